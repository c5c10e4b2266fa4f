"""The run as one JSON document for other programs: sorted keys, the same bytes for the same content."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dsaudit.report.say.causes import told_causes
from dsaudit.report.say.cut import cut_of
from dsaudit.report.say.headline import ORDER, headlines, in_order
from dsaudit.report.view import RunView, finding_rows
from dsaudit.store.schema.shape import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_VERSION = 1


def render_json(run: RunView, *, timings: bool = False, placed: bool = False) -> str:
    """Render the run as JSON.

    Parameters
    ----------
    run : RunView
    timings : bool
        Whether to add what differs between two runs on the same data: times, dates, the run's name and place.
    placed : bool
        Whether to add ``run``: its ``id``, its ``folder`` and its ``report``, which is null where there is none.

    Returns
    -------
    str
        One object with ``schema_version``, ``dsaudit_version``, ``dataset`` (modality, counts, classes,
        fingerprint), ``counts`` (findings by severity), ``states`` (findings that are ``new``, and those ``known``
        from the last run on the same data), ``headlines`` (in the order that ``order`` states, each with
        the ``command`` that acts on it), ``causes`` (what the errors have in common), ``rules`` (code, name,
        severity, outcome, reason, n_checked, n_flagged), ``findings`` (in the same order), ``labels`` (what is said of
        wrong labels: ``statement``, ``between``, ``estimate``, ``cut``; null where not judged), ``metrics``,
        ``tuning`` (trials of a search), ``review`` (what people decided), ``skipped``, ``notes`` and
        ``settings``; NaN and infinity become null. Ends with a newline.
    """
    meta = run.meta
    cut = cut_of(run.metrics)
    rows = finding_rows(run)
    first = headlines(run, rows)
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "dsaudit_version": meta.dsaudit_version,
        "dataset": {
            key: getattr(meta, key)
            for key in (
                "modality",
                "source",
                "n_items",
                "n_labelled",
                "n_measured",
                "classes",
                "fingerprint",
                "sampled_from",
                "group_source",
            )
        },
        "seed": meta.seed,
        "counts": meta.counts,
        "states": dict(sorted(Counter(r.state for r in rows).items())),
        "order": ORDER,
        "headlines": [
            {k: v for k, v in asdict(h).items() if k not in ("link", "asks")}
            | {"worth": round(h.worth, 3), "command": h.command("RUN")}
            for h in first
        ],
        "causes": [{"text": c.text, "detail": c.detail, "also": c.also, "n": c.n} for c in told_causes(run)],
        "rules": [
            {
                k: getattr(r, k)
                for k in ("code", "name", "summary", "severity", "scope", "outcome", "reason", "n_checked", "n_flagged")
            }
            for r in sorted(run.rules, key=lambda r: r.code)
        ],
        "findings": [asdict(r) for r in in_order(rows, first)],
        "labels": {"statement": cut.statement, "between": cut.between, "estimate": cut.total, "cut": cut.chosen}
        if cut
        else None,
        "metrics": plain(run.metrics),
        "tuning": plain(run.tuning) if run.tuning else {},
        "review": {k: v for k, v in plain(meta.review).items() if k != "ledger"} if meta.review else {},
        "skipped": plain(meta.skipped),
        "notes": meta.notes,
        "settings": plain(meta.settings),
    }
    if placed:
        document["run"] = place_of_run(run)
    if timings:
        document["timings"] = {**plain(run.timings), "path": str(run.path)}
    return json.dumps(_plain(document), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def place_of_run(run: RunView) -> dict[str, str | None]:
    """Where a run is, as every JSON document about one says."""
    report = run.path / "report.html"
    return {
        "id": run.timings.run_id,
        "folder": str(run.path.absolute()),
        "report": str(report.absolute()) if report.is_file() else None,
    }


def _plain(value: Any) -> Any:
    """Only what JSON knows, without a NaN and without a lone surrogate."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "items"):
        mapping: Mapping[Any, Any] = value
        return {_plain(str(k)): _plain(v) for k, v in mapping.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return str(value)
