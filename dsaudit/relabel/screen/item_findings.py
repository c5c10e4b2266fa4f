"""The findings of a run by the items that they name; of so many that are never shown no object is made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from dsaudit.relabel.queue.items import Items
    from dsaudit.store.run import Run

_MOST_SHOWN = 1_000
"""Items of a set that is still shown as one."""
_COLUMNS = ["code", "name", "scope", "severity", "message", "fingerprint", "suggestion", "state", "score", "evidence"]


class ItemFindings:
    """Findings of items and of sets of items, by the position of the item.

    Parameters
    ----------
    run : Run
    items : Items
        All items of the run.
    """

    def __init__(self, run: Run, items: Items) -> None:
        lengths, k = items.members
        table = items.table("findings", ("code", "scope"))
        told = table["scope"].isin(("item", "set")).to_numpy(dtype=bool)
        self._of_sets = (table["scope"].eq("set") & table["code"].map(in_sets)).to_numpy(dtype=bool)
        row = np.repeat(np.arange(len(table), dtype=np.int32), lengths)
        here = np.flatnonzero((k >= 0) & told[row])
        self._members, row = k[here], row[here]
        self._starts = np.r_[0, np.cumsum(np.bincount(row, minlength=len(table)))]
        order = np.argsort(self._members, kind="stable")
        self._k, self._row = self._members[order], row[order]
        self._stored, self._table = run.rows("findings"), None
        if self._stored is None:  # a row of pandas takes a hundred times as long
            whole = items.table("findings", _COLUMNS)
            self._table = pa.Table.from_pandas(whole, preserve_index=False).combine_chunks()

    def of(self, k: int) -> list[dict[str, Any]]:
        """Those that name the item, in the order of the run, with the ``words`` that their evidence quotes."""
        rows = self._of(k)
        if self._table is not None:
            found: list[dict[str, Any]] = self._table.take(rows).to_pylist()
        else:
            assert self._stored is not None
            found = [self._stored.row(row, _COLUMNS) for row in rows.tolist()]
        for one in found:
            one["words"] = _words(one.pop("evidence"))
        return found

    def set_with(self, k: int) -> list[int]:
        """Positions of the largest set of copies that the item is in, of those that can be shown."""
        largest: list[int] = []
        rows = self._of(k)
        for row in rows[self._of_sets[rows]].tolist():
            members = self._members[self._starts[row] : self._starts[row + 1]]
            if len(largest) < len(members) <= _MOST_SHOWN:
                largest = members.tolist()
        return largest

    def quoting(self, start: str) -> set[str]:
        """Fingerprints of those whose words begin so."""
        found, first = set(), 0
        for told in self._evidence():
            of_items = np.isin(np.arange(first, first + len(told)), self._row)
            first += len(told)
            named = told.filter(pa.array(of_items)).filter(pc.match_substring(pc.field("evidence"), '"words"'))
            found |= {one["fingerprint"] for one in named.to_pylist() if _words(one["evidence"]).startswith(start)}
        return found

    def _evidence(self) -> Iterator[pa.Table]:
        names = ["fingerprint", "evidence"]
        if self._table is not None:
            yield self._table.select(names)
        else:
            assert self._stored is not None
            for columns in zip(*map(self._stored.stream, names), strict=True):
                yield pa.table(dict(zip(names, columns, strict=True)))

    def _of(self, k: int) -> npt.NDArray[np.int32]:
        first, last = np.searchsorted(self._k, [k, k + 1])
        return self._row[first:last]


def of_items(finding: Mapping[str, Any]) -> bool:
    """Whether what is said of one item answers the finding: not one on a whole class or pair of classes."""
    return finding["scope"] == "item" or in_sets(finding["code"])


def in_sets(code: str) -> bool:
    """Whether the rule tells of items that are copies of each other or belong together."""
    return code[:3] in ("DUP", "SPL")


def _words(evidence: str) -> str:
    return str(json.loads(evidence).get("words") or "") if '"words"' in evidence else ""
