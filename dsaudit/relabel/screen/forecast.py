"""What a review may expect: so many wrong labels in what is left, so many in the whole set. It learns from verdicts.

Until there are enough verdicts it is what the report says, to the figure; nothing where the report refuses one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.label.recalibration import expected_wrong, recalibration
from dsaudit.relabel.queue.items import Items, items_of
from dsaudit.relabel.queue.label_doubt import doubted_labels
from dsaudit.relabel.screen.decision_state import VERDICTS
from dsaudit.relabel.screen.stats import expected_errors

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from dsaudit.analysis.label.recalibration import Recalibration
    from dsaudit.relabel.screen.stats import Expected
    from dsaudit.store.run import Run
    from dsaudit.store.schema.metrics import LabelErrorFigures
    from dsaudit.types import Estimate

EVERY = 20
"""Verdicts after which the forecast is made anew."""
_SAID = np.array([{"confirm": 0, "relabel": 1, "exclude": 1}.get(verdict, -1) for verdict in VERDICTS], dtype=np.int8)
"""By verdict: 0 where the label is right, 1 where it is wrong, -1 where neither was said."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected after so many verdicts.

    Attributes
    ----------
    n_heard : int
        Verdicts on labels that it rests on.
    n_left : int
        Labels of the cut, as far as they are on the list, that nobody has decided; of a run without a cut, all that
        are in doubt.
    left : Estimate
        How many of those are wrong.
    in_set : Estimate or None
        Wrong labels in the whole set, those that people found wrong in this review included; None for a run that
        states no probability for every item.
    """

    n_heard: int
    n_left: int
    left: Estimate
    in_set: Estimate | None


@dataclass(frozen=True)
class Stated:
    """What a run states of its labels.

    Attributes
    ----------
    p_wrong : float64 array (n,), by position of the item
        Probability that the given label is wrong, 0 to 1; NaN where none is stated, or where people had decided on
        the item before the run: its label is theirs, and says nothing of the others.
    of_all : bool
        Whether every judged item has one, not only the doubted ones.
    in_cut : bool array (n,)
        The labels that the report says to review.
    shift : float or None
        What all its log odds may be off by, see ``dsaudit.analysis.label.recalibration.recalibration``.
    """

    p_wrong: npt.NDArray[np.float64]
    of_all: bool
    in_cut: npt.NDArray[np.bool_]
    shift: float | None = None

    @property
    def none(self) -> bool:
        """Whether labels were judged, and nothing is known of any."""
        return self.of_all and not self.known.any()

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Of which items a probability is stated."""
        return ~np.isnan(self.p_wrong)

    @cached_property
    def told(self) -> npt.NDArray[np.float64]:
        """The probabilities of those."""
        return self.p_wrong[self.known]


def stated_by(run: Run, items: Items) -> Stated:
    """Probabilities of being wrong as the run states them; see ``doubted_labels`` for a run without its own."""
    p = np.full(len(items), np.nan)
    in_cut = np.zeros(len(items), dtype=bool)
    if n := items.count("label_quality"):
        k, told = items.chosen("label_quality", ("p_wrong", "candidate"))
        p[k], in_cut[k] = told["p_wrong"], told["candidate"]
    else:
        doubts = doubted_labels(run, items)
        p[doubts.index.to_numpy(dtype=np.int64)] = doubts["p_wrong"].to_numpy(dtype=np.float64)
    if "decided_by" in items:
        p[items.coded("decided_by")[0] >= 0] = np.nan
    return Stated(p, n > 0, in_cut & ~np.isnan(p))


def heard(stated: Stated, verdicts: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """1 where people found a label wrong, 0 where right, -1 where neither was said; of the items with a probability.

    An excluded item counts as wrong; one left as unsure or disputed counts neither way.
    """
    return np.asarray(_SAID[verdicts[stated.known]])


def learnt(stated: Stated, verdicts: npt.NDArray[np.int8]) -> Recalibration | None:
    """What the verdicts so far say of the run's probabilities; None where it states nothing."""
    p = stated.told
    return recalibration(p, heard(stated, verdicts), shift=stated.shift) if len(p) else None


def forecast(
    queue: pd.DataFrame, verdicts: npt.NDArray[np.int8], *, stated: Stated, fit: Recalibration | None
) -> Forecast | None:
    """The forecast on a queue as from ``build_queue``; None where no label was ever in doubt."""
    at = queue.index.to_numpy()
    p = queue["p_wrong"].to_numpy(dtype=np.float64)
    if fit is None or np.isnan(p).all():
        return None
    p = np.where(stated.in_cut[at], stated.p_wrong[at], p)  # the queue has none where no label is suggested
    left = p[_to_review(queue, stated) & (verdicts[at] == 0)]
    in_set = None
    if stated.of_all:
        said = heard(stated, verdicts)
        unheard = stated.told[verdicts[stated.known] == 0]
        in_set = expected_wrong(fit, unheard, n_known=int((said == 1).sum()))
    return Forecast(fit.n_heard, len(left), expected_wrong(fit, left), in_set)


def _to_review(queue: pd.DataFrame, stated: Stated) -> npt.NDArray[np.bool_]:
    """By row of the queue: whether the forecast speaks of it."""
    in_cut = stated.in_cut[queue.index.to_numpy()]
    return in_cut if in_cut.any() else queue["p_wrong"].notna().to_numpy(dtype=bool)


def _as_reported(found: LabelErrorFigures | None, n: int) -> Forecast | None:
    """What the run itself states of its cut of ``n`` labels; None where it states none, or the list is another."""
    if found is None or found.cut.n != n or found.cut.expected is None:
        return None
    return Forecast(0, n, found.cut.expected, found.n_estimated)


class Forecaster:
    """The forecast of one review, kept until enough verdicts are new.

    Parameters
    ----------
    run : Run
    queue : DataFrame
        As from ``build_queue``.
    items : Items, optional
        All items of the run.
    reported : LabelErrorFigures, optional
        What the run states: for the first ``EVERY`` verdicts the forecast is the run's own, or none where it states
        none.
    """

    def __init__(
        self,
        run: Run,
        queue: pd.DataFrame,
        *,
        items: Items | None = None,
        reported: LabelErrorFigures | None = None,
    ) -> None:
        self._stated = replace(
            stated_by(run, items_of(run) if items is None else items), shift=reported.shift if reported else None
        )
        self._queue = queue
        doubted = queue["p_wrong"].notna().to_numpy()
        self._doubted = queue.index.to_numpy(dtype=np.int64)[doubted]
        self._cut = queue.index.to_numpy(dtype=np.int64)[_to_review(queue, self._stated)]
        self._reported = _as_reported(reported, len(self._cut))
        self._of_the_cut = reported is not None and len(self._cut) == reported.cut.n
        self._refused = reported.guess or not reported.known if reported else self._stated.none
        self._made_at = (-1, True)
        self._forecast: Forecast | None = None

    def expected(self, verdicts: npt.NDArray[np.int8]) -> Expected | None:
        """How many of the undecided items of the queue people will relabel or exclude, by the verdicts so far.

        None while there are fewer than ``EVERY`` of them and the run says that it cannot know.
        """
        if len(self._doubted) and self._refuses(verdicts):
            return None
        return expected_errors(self._queue, verdicts, fit=learnt(self._stated, verdicts))

    def latest(self, verdicts: npt.NDArray[np.int8]) -> Forecast | None:
        """The forecast, made anew every ``EVERY`` verdicts, so that it stands still long enough to be read, and at
        the last one; None while the run says that it cannot know."""
        at = self._at(verdicts)
        if self._refuses(verdicts):
            return None
        if self._reported is not None and at == (0, True):
            return self._reported  # too few verdicts to say otherwise
        if at != self._made_at:
            fit = learnt(self._stated, verdicts)
            self._forecast = forecast(self._queue, verdicts, stated=self._stated, fit=fit)
            self._made_at = at
        return self._forecast

    def as_reported(self, verdicts: npt.NDArray[np.int8]) -> bool:
        """Whether what the report says of its cut still holds: this is that list, and verdicts are few."""
        holds = self._refuses(verdicts) if self._refused else self._at(verdicts) == (0, True)
        return self._of_the_cut and holds

    def _at(self, verdicts: npt.NDArray[np.int8]) -> tuple[int, bool]:
        left = bool((verdicts[self._cut] == 0).any())
        return int((heard(self._stated, verdicts) >= 0).sum()) // EVERY, left

    def _refuses(self, verdicts: npt.NDArray[np.int8]) -> bool:
        return self._refused and int((_SAID[verdicts[self._doubted]] >= 0).sum()) < EVERY
