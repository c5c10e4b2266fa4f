"""The findings of a run by the items that they name; of so many that are never shown no object is made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.row_lists import places_of_lists

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from dsaudit.store.run import Run

_MOST_SHOWN = 1_000
"""Items of a set that is still shown as one."""
_COLUMNS = ["code", "name", "scope", "severity", "message", "fingerprint", "suggestion", "state", "score", "evidence"]


class ItemFindings:
    """Findings of items and of sets of items, by the position of the item.

    Parameters
    ----------
    run : Run
    items : DataFrame
        All items of the run.
    """

    def __init__(self, run: Run, items: pd.DataFrame) -> None:
        table = run.findings
        table = table[table["scope"].isin(("item", "set")).to_numpy(dtype=bool)].reset_index(drop=True)
        lengths, k = places_of_lists(table["item_ids"], items.index)
        row = np.repeat(np.arange(len(table)), lengths)
        self._members, row = k[k >= 0], row[k >= 0]
        self._starts = np.r_[0, np.cumsum(np.bincount(row, minlength=len(table)))]
        order = np.argsort(self._members, kind="stable")
        self._k, self._row = self._members[order], row[order]
        self._table = table[_COLUMNS]

    def of(self, k: int) -> list[dict[str, Any]]:
        """Those that name the item, in the order of the run, with the ``words`` that their evidence quotes."""
        found = [{str(name): value for name, value in one.items()} for one in self._of(k).to_dict("records")]
        for one in found:
            evidence = one.pop("evidence")
            one["words"] = _words(evidence)
        return found

    def set_with(self, k: int) -> list[int]:
        """Positions of the largest set of copies that the item is in, of those that can be shown."""
        largest: list[int] = []
        own = self._of(k)
        for row, scope, code in zip(own.index, own["scope"], own["code"], strict=True):
            members = self._members[self._starts[row] : self._starts[row + 1]]
            if scope == "set" and in_sets(code) and len(largest) < len(members) <= _MOST_SHOWN:
                largest = members.tolist()
        return largest

    def quoting(self, start: str) -> set[str]:
        """Fingerprints of those whose words begin so."""
        named = self._table.loc[np.unique(self._row), ["fingerprint", "evidence"]]
        named = named[named["evidence"].str.contains('"words"', regex=False)]
        return {
            f for f, told in zip(named["fingerprint"], named["evidence"], strict=True) if _words(told).startswith(start)
        }

    def _of(self, k: int) -> pd.DataFrame:
        first, last = np.searchsorted(self._k, [k, k + 1])
        return self._table.loc[self._row[first:last]]


def of_items(finding: Mapping[str, Any]) -> bool:
    """Whether what is said of one item answers the finding: not one on a whole class or pair of classes."""
    return finding["scope"] == "item" or in_sets(finding["code"])


def in_sets(code: str) -> bool:
    """Whether the rule tells of items that are copies of each other or belong together."""
    return code[:3] in ("DUP", "SPL")


def _words(evidence: str) -> str:
    return str(json.loads(evidence).get("words") or "") if '"words"' in evidence else ""
