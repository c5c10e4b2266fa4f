"""What changed between two sets for people: as text for a terminal and as one self-contained page."""

from __future__ import annotations

import math
import textwrap
from itertools import chain, groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from dsaudit.dataset.inline import addresses
from dsaudit.media import page_of
from dsaudit.report.emit.html import CAP_BYTES
from dsaudit.report.page import page
from dsaudit.report.page.budget import within_cap
from dsaudit.report.page.payload import relative_address
from dsaudit.report.say.words import percent, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.comparison.drift import Drift, DriftSide
    from dsaudit.media.previews import Previewer
    from dsaudit.report.page.budget import Shelf
    from dsaudit.report.view import RunView
    from dsaudit.types import Estimate, Finding

MAX_WIDTH = 100
_LEAST_LISTED, _LISTED_OF_RULE = 3, 2
"""Findings on a terminal, in all and of one rule."""
_LINES = 19
"""Of a screen, without what lies between its parts and the files that were written."""
_LEAST_COST = 0.005
"""Accuracy below which a loss is not spoken of."""
_LEAST_UNLIKE = 0.05
_SIGN = {"error": "■", "warning": "▲", "info": "●"}
_SCRIPTS = ("core.js", "drift.js")


def drift_text(drift: Drift, *, width: int = MAX_WIDTH) -> str:
    """What changed in at most ``min(width, 100)`` columns, a screen of plain text; ends with a newline."""
    wide = max(40, min(width, MAX_WIDTH))

    def said(text: str, first: str = "  ", indent: str = "  ") -> list[str]:
        return textwrap.wrap(shown(text), wide, initial_indent=first, subsequent_indent=indent)

    head = said(f"{verdict_in_words(drift)}.", "")
    head += [line for sentence in model_in_words(drift) for line in said(sentence)]
    tail: list[str] = []
    for one in drift.limits:
        if one.outcome != "pass":
            value = "" if one.judged is None else f": {one.judged:.3g}"
            why = f", {one.reason}" if one.reason else ""
            tail += said(f"✗ {one.name} {one.limit}{value} ({one.source}) {one.outcome}{why}")
    tail += [""] if tail else []
    tail += [line for note in drift.notes for line in said(f"{note}.", "* ")]
    if drift.findings:
        tail += said(f"Next: dsaudit rule {drift.findings[0].code} says what to do", "", "      ")
    by_rule = groupby(drift.findings, key=lambda finding: finding.code)
    listed: list[str] = []
    n = 0
    for finding in chain.from_iterable(islice(own, _LISTED_OF_RULE) for _, own in by_rule):
        more = said(f"{_SIGN[finding.severity]} {finding.code} {told(finding)}", "  ", "    ")
        if n >= _LEAST_LISTED and len(head) + len(listed) + len(more) + len(tail) > _LINES:
            break
        listed, n = listed + more, n + 1
    if n < len(drift.findings):
        listed += said(f"and {len(drift.findings) - n} more: see --output drift.html or --format json")
    lines = [*head, *([""] if listed else []), *listed, "", *tail]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def verdict_in_words(drift: Drift) -> str:
    """Whether anything changed, in one sentence without its full stop."""
    nouns, sides = drift.kind.nouns, (drift.reference, drift.current)
    both = f"{nouns.some(sides[0].n_items)} of {sides[0].name} and {nouns.some(sides[1].n_items)} of {sides[1].name}"
    if not drift.findings:
        return f"✓ NO CHANGE that chance would not bring: {both}, compared in {drift.n_tests} respects"
    n = len(drift.findings)
    return f"▲ {n} {'thing has' if n == 1 else 'things have'} CHANGED between {both}"


def model_in_words(drift: Drift) -> list[str]:
    """What it does to a model of the reference."""
    m = drift.model
    if m is None:
        return []
    said = f"A model of the reference is right about {_ends(m.reference)} there"
    untold = not math.isfinite(m.expected.value)
    said += "" if untold else f", expected about {_ends(m.expected)} now"
    if m.measured is not None:
        said += f"; by the labels there it is of {_ends(m.measured)}"
    if any(share.told is not None for share in m.shares):
        said += f". With the class shares that were told: {_ends(m.mix)}"
    unlike = f"{percent(m.unlike)} of the {drift.kind.nouns.many} now are like none there"
    if untold:
        return [f"{said}.", f"How right it is now cannot be told without labels: {unlike}."]
    if m.unlike < _LEAST_UNLIKE:
        return [f"{said}."]
    return [f"{said}.", f"{unlike}, and of these it may only guess: hence the lower end."]


def told(finding: Finding) -> str:
    """A finding with what it costs."""
    cost = finding.evidence.get("cost")
    if not isinstance(cost, float) or not cost >= _LEAST_COST:
        return f"{finding.message}."
    return f"{finding.message}; costs {100 * cost:.1f} points of accuracy."


def _ends(e: Estimate) -> str:
    return f"{percent(e.value)} ({100 * e.low:.1f}–{100 * e.high:.1f})"


def render_drift(
    drift: Drift,
    *,
    runs: tuple[RunView, RunView],
    previews: Previewer | None = None,
    cap_bytes: int = CAP_BYTES,
    page_dir: Path | None = None,
) -> bytes:
    """Render what changed as one self-contained page, with items of both sets side by side.

    Parameters
    ----------
    drift : Drift
    runs : two runs
        Of the reference and of the current set: where their items lie.
    previews, cap_bytes, page_dir
        As for ``render_report``.

    Returns
    -------
    bytes
        UTF-8 HTML, the same bytes for the same comparison, never more than ``cap_bytes``.

    Raises
    ------
    ValueError
        Where the page does not fit even without pictures and sound.
    """
    chosen = _chosen(drift)
    folder = page_dir or Path()
    uris = [addresses(run.items).to_dict() if run.items is not None else {} for run in runs]
    paths = {key: Path(str(uris[key[0]][key[1]])) for key in chosen if key[1] in uris[key[0]]}
    names = {key: f"{key[0]}:{key[1]}" for key in chosen}
    return within_cap(
        lambda shelf: _render(drift, chosen, paths, runs, folder, shelf, cap_bytes),
        list(names.values()),
        {names[key]: path for key, path in paths.items()},
        previews=previews,
        cap_bytes=cap_bytes,
        overhead=page.BLOCK_OVERHEAD,
    )


def _chosen(drift: Drift) -> list[tuple[int, str]]:
    """Side and id of the items on the page, those of the costliest findings first."""
    found: dict[tuple[int, str], None] = {}
    for finding in drift.findings:
        found |= dict.fromkeys((1, i) for i in finding.item_ids)
        found |= dict.fromkeys((0, i) for i in finding.evidence.get("reference_ids", ()))
    return list(found)


def _render(
    drift: Drift,
    chosen: Sequence[tuple[int, str]],
    paths: dict[tuple[int, str], Path],
    runs: tuple[RunView, RunView],
    folder: Path,
    shelf: Shelf | None,
    cap_bytes: int,
) -> bytes:
    nouns = drift.kind.nouns
    items = [run.items["label"].to_dict() if run.items is not None else {} for run in runs]
    given = [items[side].get(i) for side, i in chosen]
    labels = sorted({str(label) for label in given if isinstance(label, str)})
    code = {label: k for k, label in enumerate(labels)}
    place = {key: k for k, key in enumerate(chosen)}
    of_name = {f"{side}:{i}": k for k, (side, i) in enumerate(chosen)}
    data = {
        "items": {
            "id": [i for _, i in chosen],
            "given": [code.get(label, -1) if isinstance(label, str) else -1 for label in given],
            "split": [-1] * len(chosen),
        },
        "sheets": [
            {
                "current": [place[1, i] for i in f.item_ids],
                "reference": [place[0, i] for i in f.evidence.get("reference_ids", ())],
            }
            for f in drift.findings
        ],
        "labels": labels,
        "splits": [],
        "base": "",
        "elsewhere": {place[key]: relative_address(path, folder) for key, path in paths.items()},
        "playable": bool(paths),
        "marks": {},
        "noun": nouns.words,
        "failed": {str(of_name[n]): reason[:80] for n, reason in (shelf.failed.items() if shelf else ())},
    }
    html = page.page(
        "drift.html.j2",
        scripts=_SCRIPTS,
        kind_page=page_of(drift.kind.name),
        data=data,
        plots=False,
        context={
            "d": drift,
            "nouns": nouns,
            "title": _title(drift),
            "model": model_in_words(drift),
            "findings": [(f, told(f), _SIGN[f.severity]) for f in drift.findings],
            "sides": [_side_rows(side) for side in (drift.reference, drift.current)],
            "shares": _shares(drift),
            "rows": _rows(drift),
            "blocks": [(of_name[n], Markup(text)) for n, text in shelf.blocks.items()] if shelf else [],
            "cap_mib": cap_bytes / 2**20,
        },
    )
    return html.encode("utf-8", "replace")


def _title(drift: Drift) -> str:
    n = len(drift.findings)
    return f"{n} {'thing' if n == 1 else 'things'} changed" if n else "Nothing changed that chance would not bring"


def _side_rows(side: DriftSide) -> dict[str, Any]:
    def ends(e: Estimate | None) -> str:
        return "–" if e is None or not math.isfinite(e.value) else _ends(e)

    return {"side": side, "accuracy": ends(side.accuracy), "wrong_labels": ends(side.wrong_labels)}


def _shares(drift: Drift) -> list[dict[str, str]]:
    if drift.model is None:
        return []
    rows = sorted(
        drift.model.shares,
        key=lambda s: -abs((s.labelled if s.labelled is not None else s.estimated.value) - s.reference),
    )
    return [
        {
            "label": s.label,
            "reference": percent(s.reference),
            "labelled": percent(s.labelled),
            "estimated": _ends(s.estimated),
            "by_confusion": percent(s.by_confusion),
            "told": percent(s.told),
        }
        for s in rows
    ]


def _rows(drift: Drift) -> list[dict[str, Any]]:
    """Everything that was compared, what is least likely chance first."""
    table = drift.table[~drift.table["aspect"].isin(["new", "missing"])]
    table = table.iloc[np.lexsort((-table["effect"].abs().to_numpy(), table["p"].to_numpy()))]
    return [
        {
            "subject": str(i),
            "words": r["words"],
            "effect": f"{r['effect']:.2f}" if math.isfinite(r["effect"]) else "–",
            "ends": f"{r['low']:.2f} to {r['high']:.2f}" if math.isfinite(r["effect"]) else "–",
            "p": "<0.001" if r["p"] <= 0.001 else f"{r['p']:.3f}",
        }
        for i, r in table.iterrows()
    ]
