"""What the emitters read: the run folder as ``dsaudit.store.run.Run`` offers it, and rows in a handy shape."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dsaudit.store.schema.run import NotDone

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from dsaudit.kind import Appearance
    from dsaudit.store.schema.metrics import Metrics
    from dsaudit.store.schema.run import RuleRecord, RunMeta, Timings
    from dsaudit.store.schema.tuning import Tuning

SEVERITY_ORDER = {"error": 0, "warning": 1, "info": 2}
SETTLED = frozenset({"known", "ignored", "fixed"})
"""States of findings that somebody has already dealt with: listed, but no headline."""


class RunView(Protocol):
    """The attributes of a run that a report is made of; every table is None where its step was skipped."""

    @property
    def path(self) -> Path: ...  # noqa: D102
    @property
    def meta(self) -> RunMeta: ...  # noqa: D102
    @property
    def kind(self) -> Appearance: ...  # noqa: D102
    @property
    def timings(self) -> Timings: ...  # noqa: D102
    @property
    def rules(self) -> Sequence[RuleRecord]: ...  # noqa: D102
    @property
    def metrics(self) -> Metrics: ...  # noqa: D102
    @property
    def items(self) -> pd.DataFrame | None: ...  # noqa: D102
    @property
    def measurements(self) -> pd.DataFrame | None: ...  # noqa: D102
    @property
    def predictions(self) -> pd.DataFrame | None: ...  # noqa: D102
    @property
    def projection(self) -> pd.DataFrame | None: ...  # noqa: D102
    @property
    def neighbours(self) -> pd.DataFrame | None: ...  # noqa: D102
    @property
    def dynamics(self) -> pd.DataFrame | None: ...  # noqa: D102
    @property
    def label_quality(self) -> pd.DataFrame | None: ...  # noqa: D102
    @property
    def tuning(self) -> Tuning | None: ...  # noqa: D102
    @property
    def findings(self) -> pd.DataFrame | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Row:
    """One finding as the emitters list it; fields as in ``dsaudit.types.Finding``."""

    code: str
    name: str
    scope: str
    subject: str
    item_ids: tuple[str, ...]
    score: float
    severity: str
    message: str
    suggestion: str
    evidence: Mapping[str, Any]
    fingerprint: str
    state: str


def finding_rows(run: RunView) -> list[Row]:
    """Findings of the run, worst first: severity, then score, then subject."""
    table = run.findings
    if table is None or table.empty:
        return []
    rows = [_row(record) for record in table.to_dict("records")]
    return sorted(rows, key=lambda r: (SEVERITY_ORDER.get(r.severity, 9), r.score, r.code, r.subject))


def skipped_steps(run: RunView) -> list[NotDone]:
    """Steps, not rules, that were skipped."""
    codes = {r.code for r in run.rules}
    steps = (s for s in run.meta.skipped if s.what.split(" ", maxsplit=1)[0] not in codes)
    return [NotDone(s.what, s.reason.rstrip(".")) for s in steps]


def by_id(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """The table indexed by ``item_id`` (text), whether the id came as a column or as the index."""
    if table is None or table.empty:
        return None
    if "item_id" in table.columns:
        table = table.set_index("item_id")
    return table


def _row(record: Mapping[Any, Any]) -> Row:
    ids = record.get("item_ids")
    evidence = record.get("evidence")
    if isinstance(evidence, str):
        evidence = json.loads(evidence) if evidence else {}
    subject = str(record.get("subject", ""))
    scope = str(record.get("scope", "item"))
    found = tuple(str(i) for i in ids) if ids is not None and not isinstance(ids, str) else ()
    score = record.get("score")
    return Row(
        code=str(record.get("code", "")),
        name=str(record.get("name", "")),
        scope=scope,
        subject=subject,
        item_ids=found or ((subject,) if scope == "item" else ()),
        score=0.0 if _absent(score) else float(str(score)),
        severity=str(record.get("severity", "warning")),
        message=str(record.get("message", "")),
        suggestion=_text(record.get("suggestion")),
        evidence=evidence if isinstance(evidence, Mapping) else {},
        fingerprint=_text(record.get("fingerprint")),
        state=_text(record.get("state")) or "new",
    )


def _text(value: Any) -> str:
    return "" if _absent(value) else str(value)


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
