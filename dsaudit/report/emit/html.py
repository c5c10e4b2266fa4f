"""The report: one HTML file that opens from a disk, says what to do first and shows the evidence."""

from __future__ import annotations

import math
import shlex
from collections import defaultdict
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dsaudit.media import page_of
from dsaudit.report.draw import cut as draw_cut
from dsaudit.report.draw import figures
from dsaudit.report.draw import learning_curve as draw_learning_curve
from dsaudit.report.draw import search as draw_search
from dsaudit.report.draw import training as draw_training
from dsaudit.report.page import page, payload
from dsaudit.report.page.budget import fill_shelf
from dsaudit.report.say import next_hour as say_next_hour
from dsaudit.report.say.agreement import agreement_sentences, agreement_title
from dsaudit.report.say.axes import axes_title, told_axes, told_category_axes
from dsaudit.report.say.band import band_words
from dsaudit.report.say.causes import told_causes
from dsaudit.report.say.cut import cut_of
from dsaudit.report.say.datamap import datamap_title
from dsaudit.report.say.external import held_out
from dsaudit.report.say.headline import ORDER
from dsaudit.report.say.learning_curve import gain_in_points, more_labels
from dsaudit.report.say.place import named_run, to_judge_labels
from dsaudit.report.say.reviewed import reviewed
from dsaudit.report.say.search import search_of
from dsaudit.report.say.semi_supervised import said_of as semi_supervised_said
from dsaudit.report.say.semi_supervised import table_of
from dsaudit.report.say.summary import summary
from dsaudit.report.say.training import model_words, training_of
from dsaudit.report.say.unlabelled import said_of
from dsaudit.report.say.words import measurement_name
from dsaudit.report.view import SEVERITY_ORDER, RunView, by_id, skipped_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.kind import Nouns
    from dsaudit.media.previews import Previewer
    from dsaudit.report.page.budget import Shelf
    from dsaudit.report.page.payload import Payload
    from dsaudit.report.say.headline import Headline
    from dsaudit.report.say.summary import Summary
    from dsaudit.store.schema.metrics import BandErrors, BaselineFigures, Metrics
    from dsaudit.store.schema.run import RuleRecord

CAP_BYTES = 25 * 2**20

_SCRIPTS = (
    *("core.js", "card.js", "pane.js", "drawer.js", "first.js", "plot.js"),
    *("matrix.js", "map.js", "datamap.js", "epochs.js", "yield.js", "overview.js", "lists.js", "main.js"),
)
_NOTE_BYTES = 600
"""Room for the sentence about media, which is known only once the media are chosen."""


def render_report(
    run: RunView,
    *,
    previews: Previewer | None,
    cap_bytes: int = CAP_BYTES,
    page_dir: Path | None = None,
) -> bytes:
    """Render a run as one self-contained page.

    Parameters
    ----------
    run : RunView
        A run folder, see ``dsaudit.store.run.Run``.
    previews : Previewer or None
        None renders without pictures and sound.
    cap_bytes : int
        The page never is larger. At least 4 MiB.
    page_dir : Path, optional
        Folder the page will be written to, for links to the originals. Default: the run folder.

    Returns
    -------
    bytes
        UTF-8 HTML, the same bytes for the same run.

    Raises
    ------
    ValueError
        Where ``cap_bytes`` leaves no room for even the smallest page.
    """
    folder = page_dir or run.path
    said = summary(run)
    rows = list(said.rows)
    first = [i for h in said.first for i in h.item_ids]
    facts = _facts(run, said)
    known, per_rule = 50_000, payload.MAX_PER_RULE
    while True:
        contents = payload.build(run, rows, first=first, page_dir=folder, max_known=known, per_rule=per_rule)
        bare = _render(facts, contents, None, cap_bytes)
        room = cap_bytes - len(bare) - _NOTE_BYTES
        if room >= cap_bytes // 4 or known <= 500:
            break
        known, per_rule = known // 2, max(20, per_rule // 2)
    if room < 0:
        raise ValueError(f"a report of this run needs {len(bare) + _NOTE_BYTES:,} bytes, the cap is {cap_bytes:,}")
    if previews is None:
        return bare
    shelf = fill_shelf(
        contents.order,
        contents.paths,
        previews=previews,
        budget=room - min(room, 40 * 2000),
        overhead=page.BLOCK_OVERHEAD,
    )
    full = _render(facts, contents, shelf, cap_bytes)
    if len(full) > cap_bytes:
        raise AssertionError(f"report of {len(full):,} bytes is over its cap of {cap_bytes:,}")
    return full


def _render(facts: dict[str, Any], contents: Payload, shelf: Shelf | None, cap_bytes: int) -> bytes:
    position = {item: k for k, item in enumerate(contents.order)}
    blocks = [(position[i], Markup(text)) for i, text in shelf.blocks.items()] if shelf else []
    nouns = facts["nouns"]
    failed = sorted((position[i], reason[:80]) for i, reason in (shelf.failed.items() if shelf else ()))[:500]
    data = contents.data | {
        "noun": nouns.words,
        "in_sample": facts["in_sample"],
        "n_by_code": dict(sorted(facts["n_by_code"].items())),
        "failed": {str(k): reason for k, reason in failed},
        "n_items": facts["run"].n_items,
    }
    html = page.page(
        "report.html.j2",
        scripts=_SCRIPTS,
        kind_page=page_of(facts["run"].kind.name),
        data=data,
        plots=True,
        context=facts
        | {
            "listed": contents.listed,
            "n_known": len(contents.order),
            "linked": list(contents.data["elsewhere"].values()).count("") < len(contents.order),
            "map_columns": list(contents.data["items"]),
            "shots": {h: [position[i] for i in h.item_ids if i in position] for h in facts["to_do"]},
            "place": position,
            "blocks": blocks,
            "shelf": shelf,
            "cap_mib": cap_bytes / 2**20,
        },
    )
    return html.encode("utf-8", "replace")


def _facts(run: RunView, said: Summary) -> dict[str, Any]:
    """What the template says in words and tables, whatever fits beside it."""
    meta, metrics = run.meta, run.metrics
    nouns = run.kind.nouns
    n_by_code: dict[str, int] = defaultdict(int)
    n_by_label: dict[str, int] = defaultdict(int)
    items = by_id(run.items)
    label_of = {} if items is None else dict(zip(items.index, items["label"], strict=True))
    rows = said.rows
    for row in rows:
        n_by_code[row.code] += 1
        for item in row.item_ids:
            n_by_label[str(label_of.get(item))] += 1
    baseline = metrics.baseline
    learned = {c.label: c for c in baseline.per_class} if baseline else {}
    classes = [
        asdict(c) | {"learned": learned.get(c.label), "n_findings": n_by_label.get(c.label, 0)} for c in metrics.classes
    ]
    source = meta.source_path or "DATA"
    n_errors = sum(h.severity == "error" for h in said.first)
    rules = sorted(run.rules, key=lambda r: (SEVERITY_ORDER.get(r.severity, 9), r.code))
    return {
        "run": meta,
        "name": Path(meta.root).name or "dataset",
        "nouns": nouns,
        "verdict": said,
        "to_do": said.first,
        "n_first": n_errors + max(3, 6 - n_errors),
        "order": ORDER,
        "parted": partial(_parted, run=str(named_run(run))),
        "causes": told_causes(run),
        "overview": run.overview,
        "baseline": baseline,
        "in_sample": baseline is not None and baseline.in_sample,
        **(_baseline_facts(run, baseline) if baseline else {}),
        "classes": classes,
        "n_by_code": n_by_code,
        "passed": [r for r in rules if r.outcome == "ran" and not n_by_code.get(r.code)],
        "not_run": _not_run(run, rules),
        "n_ran": sum(r.outcome == "ran" for r in rules),
        "n_not_run": sum(r.outcome != "ran" for r in rules),
        "rules": rules,
        "steps": skipped_steps(run),
        "to_judge": to_judge_labels(run, source).partition(shlex.quote(source)) if meta.n_items else ("", "", ""),
        "splits": metrics.splits,
        "interval_bar": figures.interval_bar,
        "hero_bar": figures.hero_bar,
        "histograms": figures.histograms(metrics.measurements, run.kind),
        **_model_facts(run),
        "axes": metrics.axes,
        "told_axes": told_axes(metrics.axes, run.kind) if metrics.axes else [],
        "category_axes": told_category_axes(metrics.category_axes),
        "axes_title": axes_title(metrics.axes, run.kind) if metrics.axes else "",
        **_unlabelled_facts(metrics, nouns),
        "agreement": (people := metrics.agreement),
        "agreement_title": agreement_title(people, nouns) if people else "",
        "agreement_said": agreement_sentences(people, nouns) if people else [],
        "reviewed": reviewed(meta, run.rules, nouns),
        "created": run.timings.created_at[:16].replace("T", " "),
        "totals": _totals(run),
    }


def _unlabelled_facts(metrics: Metrics, nouns: Nouns) -> dict[str, Any]:
    """What the template says of items without a label, of learning from them, and of labelling more."""
    return {
        "curve": (curve := metrics.learning_curve),
        "curve_said": more_labels(curve) if curve else "",
        "growth_curve": draw_learning_curve.growth_curve(curve),
        "gain_in_points": gain_in_points,
        "hour": (hour := metrics.next_hour),
        "hour_said": say_next_hour.best_step(hour, nouns) if hour else "",
        "hour_pace": say_next_hour.pace(hour, nouns) if hour else "",
        "hour_steps": say_next_hour.steps_of(hour, nouns) if hour else [],
        "unlabelled": metrics.unlabelled,
        "unlabelled_said": said_of(metrics.unlabelled, nouns) if metrics.unlabelled else [],
        "semi_supervised": (beside := metrics.semi_supervised),
        "semi_supervised_said": semi_supervised_said(beside, nouns) if beside else "",
        "learners": table_of(beside) if beside else [],
    }


def _parted(h: Headline, run: str) -> tuple[str, str, str]:
    """The command before the run's path, the path, and what follows."""
    return h.command(run).partition(shlex.quote(run))


def _baseline_facts(run: RunView, baseline: BaselineFigures) -> dict[str, Any]:
    """What the template says of the model's errors."""
    scales = run.metrics.measurements
    return {
        "ece": baseline.ece if math.isfinite(baseline.ece) else 0.0,
        "held_out": held_out(baseline) if baseline.external else "without having seen it",
        "bands": [
            (b, band_words(b.measurement, b.low, b.high, run.kind, scales.get(b.measurement)), _plainly(b, run))
            for b in baseline.bands
        ],
        "reliability": figures.reliability(baseline.reliability),
    }


def _plainly(band: BandErrors, run: RunView) -> str:
    """What items of a band are, as people say it; empty where it has no name."""
    column = run.kind.column(band.measurement)
    return {"low": column.low, "high": column.high}.get(band.band.split()[-1], "")


def _totals(run: RunView) -> list[tuple[str, str, str, float]]:
    """What is added up over each class: column, headings of total and median, and by what the total is divided."""
    found = [c.name for c in run.kind.columns if c.total and any(own.totals.get(c.name) for own in run.metrics.classes)]
    told = []
    for column in found:
        words, unit = measurement_name(column, run.kind)
        of = f" {words}" if len(found) > 1 else ""
        minutes = unit == "s"
        tail = f", {unit}" if unit else ""
        told.append((column, f"Total{of}{', min' if minutes else tail}", f"Median{of}{tail}", 60.0 if minutes else 1.0))
    return told


def _not_run(run: RunView, rules: Sequence[RuleRecord]) -> list[tuple[str, list[str]]]:
    """What was not looked at, by reason: the reason, and what it kept from running."""
    grouped: dict[str, list[str]] = {}
    for step in skipped_steps(run):
        grouped.setdefault(step.reason, []).append(step.what)
    for rule in rules:
        if rule.outcome != "ran":
            reason = rule.reason or rule.outcome
            why = reason if rule.outcome == "skipped" else f"{rule.outcome}: {reason}"
            grouped.setdefault(why, []).append(f"{rule.code} {rule.name}")
    return list(grouped.items())


def _model_facts(run: RunView) -> dict[str, Any]:
    """What the template says of training, of the search before it, and of the labels that the model doubts."""
    metrics = run.metrics
    training = training_of(metrics, run.kind.nouns)
    dynamics = by_id(run.dynamics)
    return {
        "model": model_words(metrics),
        "cut": cut_of(metrics),
        "cut_curve": draw_cut.yield_curve(metrics.label_errors),
        "training": training,
        "accuracy_curves": draw_training.accuracy_curves(training) if training else "",
        "loss_curves": draw_training.loss_curves(training) if training else "",
        "recall_strip": draw_training.recall_strip,
        "datamap_title": datamap_title(dynamics, run.kind.nouns) if dynamics is not None else "",
        "search": search_of(run.tuning),
        "loss_against": draw_search.loss_against,
        "n_shades": draw_search.N_SHADES,
    }
