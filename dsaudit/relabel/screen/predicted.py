"""What a model says of a run's items, one at a time, and the items that stand for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.label.shares import label_shares
from dsaudit.analysis.label.typical import predicted_as_given, typical_of
from dsaudit.relabel.prelabel import shown_probs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.relabel.queue.items import Items
    from dsaudit.store.run import Run


class Predicted:
    """Probabilities by position of the item; those of doubtful labels are the ones that are stated.

    Parameters
    ----------
    run : Run
    items : Items
        All items of the run.

    Attributes
    ----------
    classes : object array (k,)
    typical : mapping of class to positions
        Items that stand for it; none until ``make_ready`` where items are many.
    """

    def __init__(self, run: Run, items: Items) -> None:
        self._items = items
        self._columns = items.columns("predictions", "p:")
        self.classes = np.array([c[2:] for c in self._columns], dtype=object)
        self._column = {str(c): j for j, c in enumerate(self.classes)}
        self._labels = items.column("label")
        prelabelled = shown_probs(run)
        self._prelabelled = dict(zip(items.positions(prelabelled.index).tolist(), prelabelled.index, strict=True))
        self._prelabels = prelabelled.reindex(columns=self._columns)
        doubted, self._stated = items.doubted
        candidates = np.flatnonzero(self._stated["candidate"].astype(bool)) if len(doubted) else doubted
        self._row = dict(zip(doubted[candidates].tolist(), candidates.tolist(), strict=True))
        self._held: tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]] | None = None
        if not items.many and self._columns:
            rows = np.full(len(items) + 1, -1, dtype=np.int64)
            ks = items.places_in("predictions")
            rows[ks] = np.arange(len(ks))
            self._held = rows, next(items.numbers("predictions", self._columns))
        self.typical: Mapping[str, Sequence[int]] = {} if items.many else self._typical()

    def make_ready(self) -> None:
        """Find the typical items of many; may run beside all else."""
        if self._items.many:
            self.typical = self._typical()

    def of(self, k: int) -> npt.NDArray[np.float32] | None:
        """Probabilities of the classes, float32 (k,); None where none are told."""
        p = self._modelled(k)
        if p is None:
            told = self._prelabelled.get(k)
            return None if told is None else self._prelabels.loc[told].to_numpy(dtype=np.float32)
        at = self._row.get(k)
        if at is None:
            return p
        given = self._column.get(self._labels[k] or "", -1)
        other = self._column.get(str(self._stated["suggestion"][at]), -1)
        wrong = self._stated["p_wrong"][at]
        if given < 0 or other < 0 or given == other or np.isnan(wrong):
            return p
        stated = label_shares(p[None], [given], [other], [wrong], [self._stated["p_suggested"][at]])
        return np.asarray(stated[0], dtype=np.float32)

    def _modelled(self, k: int) -> npt.NDArray[np.float32] | None:
        if self._held is not None:
            row = self._held[0][k]
            return self._held[1][row] if row >= 0 else None
        told = self._items.row_of("predictions", k, self._columns) if self._columns else None
        return None if told is None else np.array([told[column] for column in self._columns], dtype=np.float32)

    def voters(self, k: int) -> Sequence[str] | None:
        """Neighbours that were counted of a doubtful label; None where none were."""
        told = self._items.row_of("label_quality", k, ("voters",)) if k in self._row else None
        return None if told is None else told.get("voters")

    def _typical(self) -> dict[str, Sequence[int]]:
        codes, words = self._items.coded("label")
        column = np.array([*(self._column.get(word, -1) for word in words), -1])
        doubted = np.fromiter(self._row, dtype=np.int64, count=len(self._row))
        found = []
        for k, probs in self._parts():
            own = column[codes[k]]
            right = predicted_as_given(probs, own) & ~np.isin(k, doubted)
            found.append((k[right].astype(np.int32), own[right].astype(np.int16), probs[right, own[right]]))
        if not found:
            return {}
        ks, own, p = map(np.concatenate, zip(*found, strict=True))
        chosen = typical_of(p, own, n_classes=len(self.classes))
        return {str(c): ks[rows].tolist() for c, rows in zip(self.classes, chosen, strict=True)}

    def _parts(self) -> Iterator[tuple[npt.NDArray[np.integer[Any]], npt.NDArray[np.float32]]]:
        """Positions of some items and their probabilities, one part after the other."""
        ks = self._items.places_in("predictions") if self._columns else np.empty(0, np.int64)
        start = 0
        for probs in self._items.numbers("predictions", self._columns) if len(ks) else ():
            k = ks[start : start + len(probs)]
            yield k[k >= 0], probs[k >= 0]
            start += len(probs)
