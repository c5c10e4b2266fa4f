"""The findings of a run by the items that they name; of so many that are never shown no object is made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from dsaudit.relabel.queue.items import Items

_MOST_SHOWN = 1_000
"""Items of a set that is still shown as one."""
_COLUMNS = ["code", "name", "scope", "severity", "message", "fingerprint", "suggestion", "state", "score", "evidence"]


class ItemFindings:
    """Findings of items and of sets of items, by the position of the item.

    Parameters
    ----------
    items : Items
        All items of the run.
    """

    def __init__(self, items: Items) -> None:
        lengths, k = items.members
        table = items.table("findings", _COLUMNS)
        told = table["scope"].isin(("item", "set")).to_numpy(dtype=bool)
        table, k = table[told].reset_index(drop=True), k[np.repeat(told, lengths)]
        row = np.repeat(np.arange(len(table)), lengths[told])
        self._members, row = k[k >= 0], row[k >= 0]
        self._starts = np.r_[0, np.cumsum(np.bincount(row, minlength=len(table)))]
        order = np.argsort(self._members, kind="stable")
        self._k, self._row = self._members[order], row[order]
        # a row of pandas takes a hundred times as long
        self._table = pa.Table.from_pandas(table, preserve_index=False).combine_chunks()

    def of(self, k: int) -> list[dict[str, Any]]:
        """Those that name the item, in the order of the run, with the ``words`` that their evidence quotes."""
        found: list[dict[str, Any]] = self._table.take(self._of(k)).to_pylist()
        for one in found:
            one["words"] = _words(one.pop("evidence"))
        return found

    def set_with(self, k: int) -> list[int]:
        """Positions of the largest set of copies that the item is in, of those that can be shown."""
        largest: list[int] = []
        rows = self._of(k)
        for row, one in zip(rows, self._table.select(["scope", "code"]).take(rows).to_pylist(), strict=True):
            members = self._members[self._starts[row] : self._starts[row + 1]]
            if one["scope"] == "set" and in_sets(one["code"]) and len(largest) < len(members) <= _MOST_SHOWN:
                largest = members.tolist()
        return largest

    def quoting(self, start: str) -> set[str]:
        """Fingerprints of those whose words begin so."""
        named = self._table.select(["fingerprint", "evidence"]).take(np.unique(self._row))
        named = named.filter(pc.match_substring(named["evidence"], '"words"'))
        return {one["fingerprint"] for one in named.to_pylist() if _words(one["evidence"]).startswith(start)}

    def _of(self, k: int) -> npt.NDArray[np.int64]:
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
