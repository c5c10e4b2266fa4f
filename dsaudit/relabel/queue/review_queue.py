"""Queues as they are walked: filtered, kept, and handed out in turn to several people."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.relabel.queue import queue as q
from dsaudit.relabel.queue.filters import ALL, Filters
from dsaudit.relabel.queue.items import ID, Items, items_of
from dsaudit.store.schema.metrics import FIRST_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.store.run import Run
    from dsaudit.types import Decision

ALIKE_AT_LEAST = 6
"""Fewer items that are alike are put on a grid only where there are no more anywhere."""
SURE_TOP = 0.6
"""Mean probability of being wrong of the first labels from which on hearing just those would tell little."""
_KEPT = 24
_CHUNK = 256


@dataclass(frozen=True)
class View:
    """A queue ready to be walked.

    Attributes
    ----------
    table : DataFrame
        As from ``build_queue``.
    ks : int64 array (n,)
        Positions of the items, in order.
    given : object array (n,)
        Their labels.
    open : dict
        For whoever walks it: by person the row of the ledger and the places that were open after it.
    """

    table: pd.DataFrame
    ks: npt.NDArray[np.int64]
    given: npt.NDArray[np.object_]
    open: dict[str, tuple[int, npt.NDArray[np.bool_]]] = field(default_factory=dict)

    def entry(self, k: int) -> dict[str, Any] | None:
        """The item's row; None where it is not in the queue."""
        at = self.rank(k)
        return None if at < 0 else {name: column[at] for name, column in self._columns.items()}

    def rank(self, k: int) -> int:
        """Place of an item in the queue, -1 where it is not in it."""
        at = int(np.searchsorted(self._sorted, k))
        return int(self._order[at]) if at < len(self.ks) and self._sorted[at] == k else -1

    @cached_property
    def _order(self) -> npt.NDArray[np.int64]:
        return np.argsort(self.ks)

    @cached_property
    def _sorted(self) -> npt.NDArray[np.int64]:
        return self.ks[self._order]

    @cached_property
    def _columns(self) -> dict[str, npt.NDArray[Any]]:
        return {str(name): self.table[name].to_numpy() for name in self.table}

    @cached_property
    def kinds(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Which entries have one given label and one suggestion, or one rule where nothing is suggested; and which have
        one rule; as numbers."""
        names = pd.factorize(self.table["name"])[0]
        given = pd.factorize(self.given, use_na_sentinel=False)[0]
        suggested = pd.factorize(self.table["suggestion"])[0]
        suggested = 2 * suggested + self.table["damaged"].to_numpy()  # a damaged one is no part of a grid of labels
        n = 2 * len(self.ks) + 2
        rule = np.where(self.table["suggestion"].to_numpy() == "", names.astype(np.int64), n - 1)
        kind = (rule * n + given) * n + suggested
        return pd.factorize(kind)[0].astype(np.int64), names.astype(np.int64)


class ReviewQueue:
    """The queue of a review, and its parts under further filters.

    Parameters
    ----------
    run : Run
    filters : Filters
        What the whole review is confined to.
    items : Items, optional
        All items of the run.
    budget : int, optional
        Only the first so many items.
    leave_out : callable
        Whether the item at a position is no part of the budget.
    seed : int
        Of the random order.
    opinions : mapping of position to decisions, optional
        Everybody's last word so far; what comes later does not change the order under people's hands.
    whole : bool
        All other items come last, without a cause: for reviews that may bring any of them up.
    """

    def __init__(
        self,
        run: Run,
        filters: Filters,
        *,
        items: Items | None = None,
        budget: int | None = None,
        leave_out: Callable[[int], bool] = lambda k: False,
        seed: int = 0,
        opinions: Mapping[int, Sequence[Decision]] | None = None,
        whole: bool = False,
    ) -> None:
        self._run, self._filters, self._seed = run, filters, seed
        self._items = items_of(run) if items is None else items
        self._causes = q.causes(run, self._items, opinions)
        self._confined = budget is not None or filters.narrow
        found = run.metrics.label_errors
        self._spread = budget is None and found is not None and found.unsure
        self._views: OrderedDict[Filters, View] = OrderedDict()
        self._lock = threading.Lock()
        table = self._selected(filters)
        if budget is not None:
            table = table[[not leave_out(k) for k in table.index]].head(budget)
        elif whole and not filters.narrow:
            table = self._with_all_others(table)
        self.base = self._walkable(table)

    def view(self, filters: Filters | None = None) -> View:
        """The queue under further filters; built once and kept.

        Raises
        ------
        UsageError
            A filter names what the run does not have.
        """
        if filters is None or filters == ALL:
            return self.base
        with self._lock:
            if filters not in self._views:
                table = self._selected(filters)
                if self._confined:
                    table = table[table.index.isin(self.base.ks)]
                self._views[filters] = self._walkable(table)
                while len(self._views) > _KEPT:
                    self._views.popitem(last=False)
            self._views.move_to_end(filters)
            return self._views[filters]

    def causes_of(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Every reason to hear an item: its position, and the fingerprint of the finding."""
        return self._causes["k"].to_numpy(dtype=np.int64), self._causes["cause"].tolist()

    def _listed(self, table: pd.DataFrame, *, among_others: bool) -> pd.DataFrame:
        """Of a queue the items that are asked for by name, in that order; with those that it does not bring up."""
        whole = self._with_all_others(table) if among_others else table
        ks = pd.Index(self._items.positions([item_id for item_id, _ in self._filters.items]))
        return whole.loc[ks[ks.isin(whole.index)]]

    def _with_all_others(self, table: pd.DataFrame) -> pd.DataFrame:
        ks = np.setdiff1d(np.arange(len(self._items)), table.index.to_numpy(dtype=np.int64))
        empty = {"cause": "", "rule": "", "name": "", "score": 1.0, "suggestion": "", "gain": 0.0, "finding": -1}
        told = {**empty, "tier": q.Tier.ASKED, "p_wrong": np.nan, "damaged": False}
        others = pd.DataFrame(told, index=pd.Index(ks, name="k")).assign(item_id=self._items.at(ID, ks))
        return pd.concat([table, others[list(table.columns)].astype(table.dtypes)])

    def counts(self) -> dict[str, int]:
        """How many items each rule brings up, by code, those only heard when asked for included."""
        table = self._causes.drop_duplicates(["k", "rule"])
        return {str(code): int(n) for code, n in table["rule"].value_counts().sort_index().items()}

    def _selected(self, f: Filters) -> pd.DataFrame:
        table = q.entries(self._causes, rules=self._run.rules, rule=f.rule)
        if self._filters.items:
            table = self._listed(table, among_others=not f.rule)
        elif self._spread:
            table = spread_first(table)
        shuffled = replace(f, order="random") if self._filters.order == "random" else f
        return q.select(table, self._items, shuffled, seed=self._seed)

    def _walkable(self, table: pd.DataFrame) -> View:
        ks = table.index.to_numpy(dtype=np.int64)
        return View(table, ks, self._items.at("label", ks))


def spread_first(queue: pd.DataFrame) -> pd.DataFrame:
    """A queue whose first verdicts come from all over the doubted labels; the rest in order.

    Where nobody knows how many labels are wrong, a top that is all but surely wrong tells nothing of what lies below
    it. So many labels are taken of each stretch of the list as it is unsure of (J. Neyman, "On the two different
    aspects of the representative method", JRSS 1934).

    Parameters
    ----------
    queue : DataFrame
        As from ``build_queue``. One with few doubted labels stays as it is, and one whose first are not
        sure: these tell much themselves.
    """
    doubted = np.flatnonzero((queue["tier"] <= q.Tier.AMBIGUOUS) & queue["p_wrong"].notna())
    p = np.clip(queue["p_wrong"].to_numpy(dtype=np.float64)[doubted], 0.0, 1.0)
    if len(p) < 3 * FIRST_VERDICTS or p[:FIRST_VERDICTS].mean() < SURE_TOP:
        return queue
    so_far = np.cumsum(np.sqrt(p * (1.0 - p)) + 1e-9)
    parts = so_far[-1] * (np.arange(FIRST_VERDICTS) + 0.5) / FIRST_VERDICTS
    first = doubted[np.unique(np.searchsorted(so_far, parts))]
    return queue.iloc[np.concatenate([first, np.setdiff1d(np.arange(len(queue)), first)])]


def in_turn(
    ks: npt.NDArray[np.int64],
    *,
    skipped: Mapping[int, int],
    taken: Callable[[int], bool],
) -> Iterator[int]:
    """Items in the order in which a person is to hear them.

    Parameters
    ----------
    ks : int64 array
        What the person has not heard, in queue order.
    skipped : mapping of position to row of the ledger
        What they skipped comes last, what was skipped longest ago first.
    taken : callable
        Whether an item is on somebody's screen and has to wait.
    """
    late: list[int] = []
    for start in range(0, len(ks), _CHUNK):
        for k in ks[start : start + _CHUNK].tolist():
            if k in skipped:
                late.append(k)
            elif not taken(k):
                yield k
    yield from (k for k in sorted(late, key=skipped.__getitem__) if not taken(k))


def alike(view: View, places: npt.NDArray[np.int64], *, by_rule: bool = False) -> npt.NDArray[np.int64]:
    """Those of some places of a queue, in order, that are of one kind: the first kind with enough of them.

    Parameters
    ----------
    by_rule : bool
        One rule is enough to be alike.
    """
    kinds = view.kinds[1 if by_rule else 0][places]
    if not len(kinds):
        return places
    sizes = Counter(kinds.tolist())
    enough = min(ALIKE_AT_LEAST, max(sizes.values()))
    first = next(kind for kind in kinds.tolist() if sizes[kind] >= enough)
    return np.asarray(places[kinds == first])
