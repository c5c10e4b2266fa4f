"""What the emitters read: the run folder as ``dsaudit.store.run.Run`` offers it, and its findings, worst first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from dsaudit.store.schema.run import NotDone
from dsaudit.types import Finding

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from dsaudit.kind import Appearance
    from dsaudit.store.schema.metrics import Metrics
    from dsaudit.store.schema.run import RuleRecord, RunMeta, Timings
    from dsaudit.store.schema.tuning import Tuning

SEVERITY_ORDER = {"error": 0, "warning": 1, "info": 2}
SETTLED = frozenset({"ignored", "fixed"})
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
    def arguments(self) -> pd.DataFrame | None: ...  # noqa: D102
    @property
    def tuning(self) -> Tuning | None: ...  # noqa: D102
    @property
    def overview(self) -> Mapping[str, Any] | None: ...  # noqa: D102
    @property
    def findings(self) -> pd.DataFrame | None: ...  # noqa: D102
    def rows_of(self, name: str, ids: Sequence[str], *, columns: Sequence[str]) -> pd.DataFrame: ...  # noqa: D102


def finding_rows(run: RunView, *, among: npt.NDArray[np.bool_] | None = None, most: int | None = None) -> list[Finding]:
    """Findings of the run, worst first: severity, then score, then subject; ``among`` marks rows of its table.

    No more than ``most`` of millions are made.
    """
    table = run.findings
    if table is None:
        return []
    table = table if among is None else table[among]
    severity = [SEVERITY_ORDER[name] for name in table["severity"]]
    at = sorted(
        range(len(table)),
        key=list(zip(severity, table["score"], table["code"], table["subject"], strict=True)).__getitem__,
    )
    return [_finding(record) for record in table.iloc[at[:most]].to_dict("records")]


def skipped_steps(run: RunView) -> list[NotDone]:
    """Steps, not rules, that were skipped."""
    codes = {r.code for r in run.rules}
    steps = (s for s in run.meta.skipped if s.what.split(" ", maxsplit=1)[0] not in codes)
    return [NotDone(s.what, s.reason.rstrip(".")) for s in steps]


def doubtful(run: RunView) -> pd.DataFrame | None:
    """Label quality of the items within the cut, the likeliest errors first; None where none was computed."""
    table = by_id(run.label_quality)
    if table is None or "candidate" not in table.columns:
        return None
    inside = table[table["candidate"].to_numpy(dtype=bool)]
    return inside.sort_values(["p_wrong", "quality"], ascending=[False, True], kind="stable")


def mistaken(run: RunView) -> tuple[pd.Series | None, pd.Series | None]:
    """Whether the prediction differs from the given label, bool by item id, of the items whose class could be learned;
    and the given labels of those whose class could not. None without predictions.

    A class without a column was never learned, and one that lies in one fold was never seen by the model that judged
    it: every item of theirs is mistaken, which says nothing of the item.
    """
    table = by_id(run.predictions)
    if table is None:
        return None, None
    known = table[table["given"].notna()]
    given = known["given"]
    learned = given.isin([name[2:] for name in known.columns if name.startswith("p:")])
    if "fold" in known and known["fold"].nunique() > 1:
        learned &= known.groupby("given")["fold"].transform("nunique") > 1
    return (given != known["predicted"])[learned], given[~learned]


def by_id(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """The table indexed by ``item_id`` (text), whether the id came as a column or as the index."""
    if table is None or table.empty:
        return None
    if "item_id" in table.columns:
        table = table.set_index("item_id")
    return table


def _finding(record: Mapping[Any, Any]) -> Finding:
    found = {name: record[name] for name in Finding.__dataclass_fields__}
    return Finding(**found | {"item_ids": tuple(record["item_ids"]), "evidence": json.loads(record["evidence"])})
