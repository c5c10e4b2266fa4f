"""Label quality of a whole dataset: scores, probabilities of being wrong, the cut, and what to expect of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from dsaudit.analysis.label.advice import doubts_in, pair_advice, pairs_json
from dsaudit.analysis.label.cut import choose_cut, expected_yield
from dsaudit.analysis.label.doubt_kind import KINDS, WRONG, doubt_kinds
from dsaudit.analysis.label.label_fit import LabelFit, label_fit
from dsaudit.analysis.label.ranking import candidates_by_rank, label_quality
from dsaudit.analysis.label.recalibration import recalibration, updated, updated_suggestions
from dsaudit.analysis.label.right_label import judge_labels
from dsaudit.analysis.label.stacking import with_neighbours
from dsaudit.analysis.label.wrong_labels import log_odds_sd
from dsaudit.analysis.row_lists import as_rows, places_of_lists

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.label.recalibration import Recalibration
    from dsaudit.analysis.label.right_label import Judged

MIN_ITEMS = 100
"""With fewer labels to judge, how many are wrong cannot be told from chance."""
SURE_ENOUGH, UNSURE = 0.9, 1.5
"""Log odds that statements may be off by, in standard deviations: below the first even a model that agrees with few
labels is heard; from the second on figures are a guess, unless model and labels agree on nearly everything: then they
are few at most."""
AGREES_ALL, AGREES_ENOUGH, KNOWS_NOTHING = 0.8, 0.45, 0.1
"""LabelFit of model and labels beyond chance (Cohen's kappa) above which that is so; below which nothing is said of
how many are wrong where the statement is unsure; and below which nothing is said at all. A good model on labels of
which 40 % are wrong agrees with .53 of them."""
LEARNED = 2.0
"""Standard errors by which a class must be more probable on its own items than elsewhere, or nothing is said of it."""
MIN_HEARD = 20
"""Verdicts from which on people, not the model, say what its doubts are worth."""


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """What is believed of the labels.

    Attributes
    ----------
    table : DataFrame, index ``item_id``
        The items with a prediction whose class is learned: the scores of ``label_quality`` from 0 (worst) to 1
        (healthy), ``n_neighbours`` (nearest neighbours that may vote), ``neighbour_agreement`` and
        ``suggestion_agreement`` (share of them with the given label, and with the suggestion; NaN without any),
        ``aum`` (NaN where nothing was fine-tuned), ``quality`` (all of it in one score, 0 to 1), ``p_wrong`` (0 to 1;
        NaN where it cannot be known),
        ``suggestion`` (best other label), ``p_suggested`` (0 to 1: that it is the right one), ``candidate`` (bool:
        worth a review), ``guess`` (bool: ``p_wrong`` and ``p_suggested`` order the labels and are no more than a guess,
        because the model is weak and few labels were heard), ``kind`` (``wrong``, ``ambiguous`` or ``off-topic`` for
        candidates, else empty), ``voters`` (ids of the nearest neighbours that vote, the nearest first, of
        candidates; else None).
    summary : dict
        See ``dsaudit.store.schema.metrics.LabelErrorFigures``.
    """

    table: pd.DataFrame
    summary: dict[str, Any]


def find_label_errors(
    pred_probs: pd.DataFrame,
    labels: pd.Series,
    *,
    neighbours: pd.Series | None = None,
    together: tuple[pd.Series, ...] = (),
    aum: pd.Series | None = None,
    verdicts: pd.DataFrame | None = None,
    subgroups: pd.DataFrame | None = None,
    out_of_sample: bool = True,
    precision: float | None = None,
    budget: int | None = None,
    seed: int = 0,
) -> LabelErrors:
    """Judge every given label.

    Parameters
    ----------
    pred_probs : DataFrame (n, k), index ``item_id``
        Predicted probabilities, one column per class. Items with one that is not finite are not judged.
    labels : Series of str, index ``item_id``
        Labels in force.
    neighbours : Series of lists of item ids, optional
        Nearest neighbours in embedding space.
    together : tuple of Series, index ``item_id``
        Names of groups and sets of copies: a neighbour of the same name has no vote.
    aum : Series, optional
        Area under the margin, -1 to 1.
    verdicts : DataFrame, optional
        What people found: ``judged`` (the label they heard, None for none), ``wrong`` (bool) and ``right`` (the label
        in force by their word), by ``item_id``. These items are right by now; the statement about ``judged`` learns
        from them where that is a class with predictions.
    subgroups : DataFrame, optional
        As from ``split_classes``: classes that are two things.
    out_of_sample : bool
        False: the model saw these labels, and nothing can be said of how many are wrong.
    precision, budget : optional
        See ``choose_cut``.
    seed : int

    Examples
    --------
    >>> import pandas as pd
    >>> ids = [f"{i:02d}" for i in range(40)]
    >>> probs = pd.DataFrame({"a": [0.99] * 20 + [0.01] * 20, "b": [0.01] * 20 + [0.99] * 20}, index=ids)
    >>> labels = pd.Series(["b"] + ["a"] * 19 + ["b"] * 20, index=ids)  # the first label is wrong
    >>> found = find_label_errors(probs, labels)
    >>> found.table.index[found.table["candidate"]].tolist(), found.table.loc["00", "suggestion"]
    (['00'], 'a')
    """
    classes = np.array([str(c) for c in pred_probs.columns], dtype=object)
    column = pd.Index(classes).get_indexer(pd.Index(labels.reindex(pred_probs.index)))
    every = pred_probs.to_numpy(dtype=np.float32)
    known = (column >= 0) & np.isfinite(every.sum(axis=1))
    n_predicted = int(known.sum())
    if n_predicted >= MIN_ITEMS:
        learned = _learned(every, np.where(known, column, -1))
        known &= learned | ~learned.any()
    ids, given = pred_probs.index[known], column[known].astype(np.int64)
    probs = own = every[known]
    near = _positions(neighbours, ids, together)
    if near is not None:
        probs = with_neighbours(probs, given, near, seed=seed).pred_probs
    raw = label_quality(own, given)
    table = pd.DataFrame({name: raw[name].to_numpy() for name in _SCORES}, index=ids)
    table["n_neighbours"], table["neighbour_agreement"] = _votes(near, given, given)
    table["aum"] = np.nan if aum is None else aum.reindex(ids).to_numpy(dtype=np.float64)
    heard = _heard(verdicts, ids, classes)
    reason = _why_unknown(probs, n_predicted, out_of_sample)
    judge = None if reason else _Judge.of(probs, own, given)
    if judge is not None:
        reason = _too_weak(judge, n_heard=int(heard.settled.sum()))
    if judge is None or reason:
        knows_nothing = len(ids) < n_predicted if judge is None else judge.kappa < KNOWS_NOTHING
        open_ = ~heard.settled & (not knows_nothing)
        found = _unknown(
            table, raw, near, given, open_, classes=classes, why=reason, precision=precision, budget=budget
        )
        weak = judge is not None
        return LabelErrors(found.table.assign(guess=weak), found.summary | {"guess": weak})

    judged = judge.labels(probs, given)
    margins = table["aum"].to_numpy(dtype=np.float64)
    quality = _together(judged.p_wrong, label_quality(probs, given), margins)
    falling = _falling(quality, judged.p_wrong)
    stated = _read(falling, quality)
    as_heard = _as_heard(judge, falling, probs, given, margins, heard)
    fit, p_wrong, p_suggested = _after_verdicts(stated, judged, heard, as_heard, shift=judge.shift, seed=seed)
    order = np.lexsort((np.arange(len(ids)), quality))
    order = order[~heard.settled[order]]
    cut = choose_cut(p_wrong[order], precision=precision, budget=budget)
    candidate = np.zeros(len(ids), dtype=bool)
    candidate[order[: cut.n]] = True
    table = table.assign(
        quality=quality,
        p_wrong=p_wrong,
        suggestion=classes[judged.suggested],
        suggestion_agreement=_votes(near, given, judged.suggested)[1],
        p_suggested=p_suggested,
        candidate=candidate,
        guess=judge.guesses and fit.n_heard < MIN_HEARD,
        kind=_kinds(candidate, own, given, judged, near),
        voters=_voters(candidate, ids, near),
    )
    n_known = int((heard.settled & heard.wrong).sum())
    expected = expected_yield(p_wrong[order], stated[order], fit, cut, n_known=n_known, seed=seed)
    pairs = pairs_json(pair_advice(doubts_in(table, labels), subgroups=subgroups))  # those of unclear-border
    summary = _summary(table, expected) | {"verdicts": fit.n_heard, "pairs": pairs}
    guess = bool(len(table) and table["guess"].iloc[0])
    return LabelErrors(table, summary | {"shift": round(judge.shift, 4), "guess": guess})


_SCORES = ("self_confidence", "pairwise_confidence", "normalized_margin", "confidence_weighted_entropy")


def _summary(table: pd.DataFrame, expected: dict[str, Any]) -> dict[str, Any]:
    counts = table["kind"].value_counts()
    kinds = {kind: int(counts.get(kind, 0)) for kind in KINDS}
    return {"known": True, "why_unknown": "", "n_judged": len(table), "kinds": kinds, "pairs": []} | expected


def _why_unknown(probs: npt.NDArray[np.floating], n_predicted: int, out_of_sample: bool) -> str:
    if not out_of_sample:
        return "the predicted probabilities come from a model that saw these labels"
    if len(probs) < min(n_predicted, MIN_ITEMS):
        return f"the model can tell the class of only {len(probs)} of the {n_predicted} labels"
    if len(probs) < MIN_ITEMS:
        return f"{len(probs)} labels have an out-of-sample prediction, at least {MIN_ITEMS} are needed"
    if float(np.mean(probs.max(1) >= 1.0 - 1e-6)) > 0.99:
        return "the predictions name a class and say nothing of how sure it is"
    return ""


def _too_weak(judge: _Judge, *, n_heard: int) -> str:
    """Why a model's doubts say nothing of the labels: it agrees with few of them but by chance."""
    if n_heard >= MIN_HEARD or judge.kappa >= AGREES_ENOUGH:
        return ""
    if judge.kappa >= KNOWS_NOTHING and judge.shift < SURE_ENOUGH:
        return ""
    percent = f"{100 * judge.agrees:.0f}\u00a0%"
    if judge.kappa < KNOWS_NOTHING and judge.agrees > 0.5:
        return f"the model agrees with {percent} of them, which is little more than chance"
    return f"the model agrees with only {percent} of them, so its doubts are mostly its own"


def _learned(probs: npt.NDArray[np.floating], given: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether the model tells the class of each item's label from the others; all True where there is one class."""
    k = probs.shape[1]
    labelled = given >= 0
    counts = np.bincount(given[labelled], minlength=k)
    if k < 2:
        return labelled
    known = np.zeros(k, dtype=bool)
    for c in np.flatnonzero(counts > 1):
        p = probs[:, c].astype(np.float64)
        own = given == c
        with_, without = p[own], p[labelled & ~own]
        if not len(without):
            known[c] = True
            continue
        error = np.sqrt(with_.var(ddof=1) / len(with_) + without.var() / len(without))
        known[c] = with_.mean() - without.mean() > LEARNED * error
    return labelled & known[np.maximum(given, 0)]


def _unknown(
    table: pd.DataFrame,
    raw: pd.DataFrame,
    near: npt.NDArray[np.int64] | None,
    given: npt.NDArray[np.int64],
    open_: npt.NDArray[np.bool_],
    *,
    classes: npt.NDArray[np.object_],
    why: str,
    precision: float | None,
    budget: int | None,
) -> LabelErrors:
    """Candidates by the confident joint alone, and no figure about them."""
    quality = raw["pairwise_confidence"].to_numpy(dtype=np.float64)
    candidate = candidates_by_rank(raw) & open_
    if budget is not None and candidate.sum() > budget:
        ranked = np.lexsort((np.arange(len(quality)), quality))
        candidate[ranked[candidate[ranked]][budget:]] = False
    rival = raw["self_confidence"] + 1.0 - 2.0 * raw["normalized_margin"]
    table = table.assign(
        quality=quality,
        p_wrong=np.nan,
        suggestion=classes[raw["suggested"].to_numpy(dtype=np.int64)] if len(raw) else pd.Series(dtype=object),
        suggestion_agreement=_votes(near, given, raw["suggested"].to_numpy(dtype=np.int64))[1],
        p_suggested=np.clip(rival.to_numpy(dtype=np.float64), 0.0, 1.0),
        candidate=candidate,
        kind=np.where(candidate, WRONG, "").astype(object),
        voters=_voters(candidate, table.index, near),
    )
    by, asked = ("budget", budget) if budget is not None else ("f1" if precision is None else "precision", precision)
    nothing = dict.fromkeys(("expected", "precision", "f1", "p_wrong_least"))
    summary = _summary(table, {"n_estimated": None, "n_corrected": 0, "curve": []}) | {
        "known": False,
        "why_unknown": why,
        "cut": {
            "by": by,
            "asked": None if asked is None else float(asked),
            "reached": precision is None,  # a precision nobody knows is none that is kept
            "n": int(candidate.sum()),
            **nothing,
        },
        "verdicts": 0,
        "shift": None,
    }
    return LabelErrors(table, summary)


def _together(
    p_wrong: npt.NDArray[np.float64], scores: pd.DataFrame, aum: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """One score, 0 (worst) to 1: the mean of the log odds of being right by each, AUM counting as much as the others.

    Each of the first three alone ranks best somewhere: the probability where labels go wrong in few ways, pairwise
    confidence where they go wrong in all, the margin where a class is often taken for another. The probability counts
    as much as the other two: so digits with labels wrong in each way were ranked best without a loss in any. How an
    item was learned is a witness of its own, if there.
    """
    by_model = 2.0 * logit(np.clip(1.0 - p_wrong, 1e-9, 1.0 - 1e-9))
    for name, least in (("pairwise_confidence", 1e-9), ("normalized_margin", 1e-4)):
        by_model += logit(np.clip(scores[name].to_numpy(dtype=np.float64), least, 1.0 - least))
    by_model /= 4.0
    watched = np.isfinite(aum)
    by_training = logit(np.clip((1.0 + np.where(watched, aum, 0.0)) / 2.0, 1e-4, 1.0 - 1e-4))
    return np.asarray(expit(np.where(watched, (by_model + by_training) / 2.0, by_model)))


class _Falling(NamedTuple):
    """Probability of being wrong at rising quality scores, which it falls with."""

    quality: npt.NDArray[np.float64]
    p_wrong: npt.NDArray[np.float64]


def _falling(quality: npt.NDArray[np.float64], p_wrong: npt.NDArray[np.float64]) -> _Falling:
    """Isotonic regression; scikit-learn's does no more, and takes half a second to load."""
    from scipy.optimize import isotonic_regression

    levels, place, counts = np.unique(quality, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=p_wrong) / counts
    return _Falling(levels, np.asarray(isotonic_regression(means, weights=counts, increasing=False).x))


def _read(falling: _Falling, quality: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Probability of being wrong by quality score: falling with it, and of the same sum as before."""
    return np.clip(np.interp(quality, falling.quality, falling.p_wrong), 0.0, 1.0)


def _positions(
    neighbours: pd.Series | None, ids: pd.Index, together: tuple[pd.Series, ...]
) -> npt.NDArray[np.int64] | None:
    """Rows of the neighbours that may vote, int64 (n, m); -1 for the others."""
    if neighbours is None or not len(ids):
        return None
    lengths, places = places_of_lists(neighbours.reindex(ids), ids)
    if not len(places):
        return None
    near = as_rows(lengths, places, width=int(lengths.max()), nothing=-1)
    for names in together:
        code, _ = pd.factorize(names.reindex(ids))
        near[(near >= 0) & (code[near] == code[:, None]) & (code[:, None] >= 0)] = -1
    return near


def _votes(
    near: npt.NDArray[np.int64] | None, given: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """How many neighbours vote, and the share of them that has the wanted label (NaN without any)."""
    if near is None:
        return np.zeros(len(given), dtype=np.int64), np.full(len(given), np.nan)
    known = near >= 0
    n = known.sum(1)
    hits = ((given[near] == wanted[:, None]) & known).sum(1)
    return n, np.divide(hits, n, out=np.full(len(given), np.nan), where=n > 0)


def _voters(candidate: npt.NDArray[np.bool_], ids: pd.Index, near: npt.NDArray[np.int64] | None) -> pd.Series:
    """Ids of the neighbours that vote, of candidates."""
    found: list[list[str] | None] = [None] * len(ids)
    rows = np.flatnonzero(candidate)
    own = np.full((len(rows), 1), -1) if near is None else near[rows]
    names, ends = list(map(str, ids[own[own >= 0]])), np.cumsum((own >= 0).sum(axis=1)).tolist()
    for k, start, end in zip(rows.tolist(), [0, *ends], ends, strict=False):
        found[k] = names[start:end]
    return pd.Series(found, index=ids, dtype=object)


class _Judge(NamedTuple):
    """What was learned of the labels of a set: how they agree with the model, and how sure that is."""

    found: LabelFit
    shift: float
    agrees: float
    """Share of the labels that the model predicts."""
    kappa: float
    """The same beyond chance, up to 1 (J. Cohen, 1960)."""

    @classmethod
    def of(
        cls,
        probs: npt.NDArray[np.floating],
        own: npt.NDArray[np.floating],
        given: npt.NDArray[np.int64],
    ) -> _Judge:
        """From probabilities with the neighbours' votes and the model's own."""
        found = label_fit(probs, given)
        top, k = own.argmax(1), own.shape[1]
        agrees = float(np.mean(top == given))
        chance = float(np.bincount(top, minlength=k) @ np.bincount(given, minlength=k)) / len(given) ** 2
        return cls(found, log_odds_sd(found), agrees, (agrees - chance) / max(1.0 - chance, 1e-9))

    @property
    def guesses(self) -> bool:
        return self.shift >= UNSURE and self.kappa < AGREES_ALL

    def labels(self, probs: npt.NDArray[np.floating], given: npt.NDArray[np.int64]) -> Judged:
        """Probabilities of being wrong, and what is right instead."""
        return judge_labels(self.found, probs, given)


class _Heard(NamedTuple):
    """What people said, by item."""

    settled: npt.NDArray[np.bool_]
    """They said which label is right."""
    wrong: npt.NDArray[np.bool_]
    """The label that they heard was another one."""
    judged: npt.NDArray[np.int64]
    """Class that they heard; -1 without a verdict, or for a label that is no class with predictions."""
    right: npt.NDArray[np.int64]

    @property
    def said(self) -> npt.NDArray[np.int64]:
        """Verdicts on ``judged``: 1 wrong, 0 right, -1 none."""
        return np.where(self.judged >= 0, self.wrong, -1).astype(np.int64)


class _AsHeard(NamedTuple):
    """What is stated of the labels that people heard, which may not be those in force."""

    rows: npt.NDArray[np.int64]
    p_wrong: npt.NDArray[np.float64]
    suggested: npt.NDArray[np.int64]
    p_suggested: npt.NDArray[np.float64]


def _heard(verdicts: pd.DataFrame | None, ids: pd.Index, classes: npt.NDArray[np.object_]) -> _Heard:
    settled, wrong = np.zeros(len(ids), dtype=bool), np.zeros(len(ids), dtype=bool)
    judged, right = np.full(len(ids), -1, dtype=np.int64), np.full(len(ids), -1, dtype=np.int64)
    if verdicts is None or not len(verdicts):
        return _Heard(settled, wrong, judged, right)
    mine = verdicts.reindex(ids)
    settled = mine["wrong"].notna().to_numpy()
    column = pd.Index(classes)
    judged[settled] = column.get_indexer(pd.Index(mine["judged"][settled]))
    right[settled] = column.get_indexer(pd.Index(mine["right"][settled]))
    wrong[settled] = mine["wrong"][settled].astype(bool).to_numpy()
    return _Heard(settled, wrong, judged, right)


def _as_heard(
    judge: _Judge,
    falling: _Falling,
    probs: npt.NDArray[np.floating],
    given: npt.NDArray[np.int64],
    margins: npt.NDArray[np.float64],
    heard: _Heard,
) -> _AsHeard:
    rows = np.flatnonzero(heard.judged >= 0)
    if not len(rows):
        return _AsHeard(rows, np.empty(0), rows, np.empty(0))
    was = heard.judged[rows]
    then = judge.labels(probs[rows], was)
    seen = np.where(was == given[rows], margins[rows], np.nan)  # training watched the label in force, not that one
    stated = _read(falling, _together(then.p_wrong, label_quality(probs[rows], was), seen))
    return _AsHeard(rows, stated, then.suggested, then.p_suggested)


def _after_verdicts(
    stated: npt.NDArray[np.float64], judged: Judged, heard: _Heard, as_heard: _AsHeard, *, shift: float, seed: int
) -> tuple[Recalibration, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What verdicts teach, and probabilities of being wrong and of the suggestion after them: 0 for settled items."""
    # what is compared with a verdict is the statement about the label that people heard
    before, suggested, p_suggested = stated.copy(), judged.suggested.copy(), judged.p_suggested.copy()
    before[as_heard.rows], suggested[as_heard.rows] = as_heard.p_wrong, as_heard.suggested
    p_suggested[as_heard.rows] = as_heard.p_suggested
    fit = recalibration(before, heard.said, shift=shift, seed=seed)
    p_wrong, learned = stated, judged.p_suggested
    if fit.n_heard:
        p_wrong = updated(fit, stated)
        learned = updated_suggestions(p_suggested, before, heard.said, heard.right == suggested, seed=seed)
    p_wrong = np.where(heard.settled, 0.0, p_wrong)
    return fit, p_wrong, np.where(heard.settled, 0.0, np.minimum(learned, p_wrong))


def _kinds(
    candidate: npt.NDArray[np.bool_],
    probs: npt.NDArray[np.floating],
    given: npt.NDArray[np.int64],
    judged: Judged,
    near: npt.NDArray[np.int64] | None,
) -> npt.NDArray[np.object_]:
    kinds = np.full(len(candidate), "", dtype=object)
    if candidate.any():
        found = doubt_kinds(probs, given, judged.suggested, joint=judged.joint, neighbours=near)
        kinds[candidate] = found["kind"].to_numpy(dtype=object)[candidate]
    return kinds
