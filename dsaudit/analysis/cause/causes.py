"""Errors grouped by cause: the facts behind the baseline's errors, those that explain most of them first.

An error is an item whose out-of-sample prediction differs from its given label. A cause is a fact that was
known without the model (a flag of a rule, a group, a split, a value or band of a measurement) and holds for
errors more often than for comparable items: the others of the same given class.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.cause.facts import Fact, Facts, facts_of
from dsaudit.analysis.cause.lift import Contrast, contrast, exact_tail, lift
from dsaudit.analysis.cause.significance import MIN_HITS, ErrorSet, Supported, error_sets, log_tail, supported
from dsaudit.analysis.model.baseline_metrics import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.types import Predictions

MAX_TOLD = 20
MIN_LIFT = 1.5
_MAX_CONSIDERED = 600
_MAX_IDS = 50
_MAX_ALSO = 3
_STEADY = 1.75
_NEW_SHARE = 0.5
"""Share of a statement's excess that must remain within items of which the same has been told."""
_KEPT_SHARE = 0.3
"""The same of a statement that was told before those that now cover it."""
_NEW_TAIL = float(np.log(1e-3))
_FAULT_TAIL = 0.1
"""Chance that even one group with a fault of its own is told of errors that it has no more of than others."""
_SET_WEIGHT = {"pair": 1.0, "given": 0.8, "class": 0.8, "all": 0.65}
"""A narrow set of errors is told rather than a wide one that explains little more."""
_FACT_WEIGHT = {"finding": 1.0, "value": 1.0, "group": 1.0, "split": 0.8, "band": 0.7}


def cause_statements(
    predictions: Predictions,
    *,
    flagged: Mapping[tuple[str, str], Sequence[str]] | None = None,
    groups: pd.Series | None = None,
    splits: pd.Series | None = None,
    measurements: pd.DataFrame | None = None,
    culprits: Sequence[str] = (),
    alpha: float = 0.05,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """The ``causes`` of ``metrics.json``: what goes along with the errors, the most errors explained first, but before
    them groups with a fault of their own.

    Every statement is backed by a permutation test over all of them together (``significance.supported``).
    One that says little new once items are compared with those of which the same has been told is not told, but
    listed under the one that covers it; one about anything but a group is told only where it does not rest on a single
    group.

    Parameters
    ----------
    predictions : Predictions
        Out of sample.
    flagged : mapping of (code, rule name) to item ids, optional
        Items flagged by rules that do not look at predictions.
    groups, splits : Series of str, index ``item_id``, optional
    measurements : DataFrame, index ``item_id``, optional
    culprits : sequence of str
        Groups with a fault of their own, see ``culprit.culprits``: what else goes along with their errors comes of it.
    alpha : float
        Chance of even one false statement where predictions have nothing to do with any fact.
    seed : int
        Of the permutations.

    Returns
    -------
    list of dict of str, int, float, list, dict and None only
        ``errors`` (kind, given, predicted), ``cause`` (kind, name, value, code, low, high), ``n`` (hits),
        ``of`` (errors), ``rate_rest`` (0 to 1), ``lift`` (value, low, high), ``excess`` (errors explained),
        ``p_value`` (family-wise), ``also`` (causes that cover much the same errors, with ``n``: how many
        of the hits), ``item_ids`` (the surest mistakes first, at most 50).

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.types import Predictions
    >>> ids, given, noisy = tuple(f"{i:03d}" for i in range(200)), np.arange(200) % 2, np.arange(200) < 40
    >>> said = np.where(noisy & (np.arange(200) % 4 < 2), 1 - given, given)  # half of the noisy items are mistaken
    >>> probs = np.where(np.arange(2) == said[:, None], 0.9, 0.1).astype(np.float32)
    >>> predictions = Predictions(ids, ("no", "yes"), probs, given, np.zeros(200, dtype=np.int16))
    >>> told = cause_statements(predictions, flagged={("AUD1", "noisy"): [i for i, n in zip(ids, noisy) if n]})
    >>> told[0]["cause"]["name"], told[0]["n"], told[0]["of"]
    ('noisy', 20, 20)
    """
    known = np.flatnonzero(predictions.given >= 0)
    ids = [predictions.item_ids[i] for i in known.tolist()]
    given = predictions.given[known]
    probs = predictions.pred_probs[known]
    if not len(known) or len(predictions.classes) < 2:
        return []
    predicted = probs.argmax(1).astype(np.int64)
    facts = facts_of(ids, flagged=flagged, groups=groups, splits=splits, measurements=measurements)
    k = len(predictions.classes)
    sets = error_sets(given, predicted, n_classes=k)
    own = _numbers(groups, ids)
    found = supported(facts, sets, given=given, predicted=predicted, n_classes=k, groups=own, alpha=alpha, seed=seed)
    at_fault = frozenset(
        j for j, fact in enumerate(facts.about) if fact.kind == "group" and fact.value in set(culprits)
    )
    choice = _Choice(facts, sets, found, given, predicted, k, own, at_fault)
    surest = np.argsort(-probs[np.arange(len(probs)), predicted], kind="stable")
    return [_described(choice, c, predictions.classes, ids, surest) for c in choice.told()]


def _numbers(groups: pd.Series | None, ids: Sequence[str]) -> npt.NDArray[np.int64] | None:
    import pandas as pd

    if groups is None or not groups.notna().any():
        return None
    return np.asarray(pd.factorize(groups.reindex(pd.Index(ids)), sort=True)[0], dtype=np.int64)


@dataclass(slots=True)
class _Candidate:
    """A supported pair of a fact and an error set."""

    fact: int
    errors: int
    p_value: float
    tail: float
    excess: float
    told_of: list[int]
    """Candidates that cover much the same errors."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is worth telling of what is supported."""

    facts: Facts
    sets: list[ErrorSet]
    found: Supported
    given: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    n_classes: int
    groups: npt.NDArray[np.int64] | None
    at_fault: frozenset[int]
    """Facts that are groups with a fault of their own."""

    def holds(self, fact: int) -> npt.NDArray[np.bool_]:
        """Items for which the fact holds."""
        inside = np.zeros(len(self.given), dtype=bool)
        inside[self.facts.rows(fact)] = True
        return inside

    def contrast(self, fact: int, errors: int, *, told: npt.NDArray[np.int64] | None = None) -> Contrast:
        """Errors of the set and comparable items, by class, or by what is ``told`` of an item (0 for nothing)."""
        error_set = self.sets[errors]
        rows = np.flatnonzero(error_set.strata(self.given))
        given, n_strata = self.given[rows], self.n_classes
        stratum = given
        if told is not None:
            # what is told of spans classes, and is too little to be divided by them
            stratum = np.where(told[rows] > 0, self.n_classes - 1 + told[rows], given)
            n_strata = self.n_classes + int(told.max())
        own = None if self.facts.about[fact].kind == "group" else self.groups
        return contrast(
            self.holds(fact)[rows],
            error_set.holds(given, self.predicted[rows]),
            stratum,
            n_strata=n_strata,
            groups=None if own is None else own[rows],
        )

    def hits(self, candidate: _Candidate) -> npt.NDArray[np.int64]:
        """Rows of the errors for which the fact holds."""
        rows = self.facts.rows(candidate.fact)
        return rows[self.sets[candidate.errors].holds(self.given[rows], self.predicted[rows])]

    def told(self) -> list[_Candidate]:
        """Statements that add to each other, the most errors explained first."""
        told, left = self._at_fault(), list[_Candidate]()
        n_first, by = len(told), self._by(told)
        for one in self._ranked():
            whole = self.contrast(one.fact, one.errors)
            steady = not whole.steady < _STEADY
            new = len(told) < MAX_TOLD and steady and lift(whole).value >= MIN_LIFT
            if new and not self._is_told(one, told) and self._is_new(one, whole, by):
                told.append(one)
                by = self._by(told)
            else:
                left.append(one)
        # what was told early may be covered by those that came after it
        for one in told[n_first:][::-1]:
            others = [c for c in told if c is not one]
            if not self._is_new(one, self.contrast(one.fact, one.errors), self._by(others), share=_KEPT_SHARE):
                told, left = others, [one, *left]
        for one in sorted(left, key=lambda c: self.facts.about[c.fact].kind == "band"):
            self._attach(one, told)
        return sorted(told, key=lambda c: (c.fact not in self.at_fault, -c.excess))

    def _at_fault(self) -> list[_Candidate]:
        """All errors of each group with a fault of its own: few are asked about, so each needs no more than a test."""
        found = []
        for fact, everything in itertools.product(sorted(self.at_fault), range(len(self.sets))):
            if self.sets[everything].kind != "all":
                continue
            whole = self.contrast(fact, everything)
            tail = exact_tail(whole)
            p_value = tail * len(self.at_fault)
            if whole.n_hits >= MIN_HITS and lift(whole).value >= MIN_LIFT and p_value <= _FAULT_TAIL:
                found.append(_Candidate(fact, everything, p_value, float(np.log(max(tail, 1e-300))), whole.excess, []))
        return sorted(found, key=lambda c: -c.excess)

    def _by(self, told: list[_Candidate]) -> npt.NDArray[np.int64]:
        """Number of the first statement that speaks of each item, 0 for none."""
        by = np.zeros(len(self.given), dtype=np.int64)
        for number, one in enumerate(told, 1):
            by[self.holds(one.fact) & self.sets[one.errors].strata(self.given) & (by == 0)] = number
        return by

    def _is_told(self, one: _Candidate, told: list[_Candidate]) -> bool:
        """Whether another band of the measurement is told of the same errors."""
        about = self.facts.about[one.fact]
        same = (self.facts.about[c.fact] for c in told if c.errors == one.errors)
        return about.kind == "band" and any(
            (a.kind, a.name, a.value) == ("band", about.name, about.value) for a in same
        )

    def _ranked(self) -> list[_Candidate]:
        """Candidates, those first that explain many errors and hold for little else."""
        f, e = self.found.fact, self.found.errors
        rough = np.array([len(self.hits(_Candidate(i, j, 1.0, 0.0, 0.0, []))) for i, j in zip(f, e, strict=True)])
        found: list[tuple[float, _Candidate]] = []
        for h in np.argsort(-rough, kind="stable")[:_MAX_CONSIDERED].tolist():
            whole = self.contrast(int(f[h]), int(e[h]))
            p_value, tail = float(self.found.p_value[h]), float(self.found.tail[h])
            one = _Candidate(int(f[h]), int(e[h]), p_value, tail, whole.excess, [])
            weight = _SET_WEIGHT[self.sets[one.errors].kind] * _FACT_WEIGHT[self.facts.about[one.fact].kind]
            found.append((whole.excess * whole.purity * weight, one))
        return [one for _, one in sorted(found, key=lambda c: (-c[0], c[1].errors, c[1].fact))]

    def _is_new(
        self, one: _Candidate, whole: Contrast, by: npt.NDArray[np.int64], *, share: float = _NEW_SHARE
    ) -> bool:
        """Whether the fact still goes along with the errors among items of which the same has been told."""
        if whole.excess <= 0:
            return False
        if not by.any():
            return True
        left = self.contrast(one.fact, one.errors, told=by)
        if left.excess < max(share * whole.excess, 3.0):
            return False
        size = np.maximum(left.errors + left.rest, 1.0)
        rate = (left.hits + left.rest_hits) / size
        mean = float((rate * left.errors).sum())
        variance = float((rate * (1 - rate) * left.errors * left.rest / np.maximum(size - 1.0, 1.0)).sum())
        return variance > 0 and bool(
            left.n_hits > mean
            and log_tail(np.array([float(left.n_hits)]), np.array([mean]), np.array([variance]))[0] <= _NEW_TAIL
        )

    def _attach(self, one: _Candidate, told: list[_Candidate]) -> None:
        """List a cause under the first statement about the same errors whose hits it shares."""
        about = self.facts.about[one.fact]
        mine = self.hits(one)
        for other in told:
            if other.errors != one.errors or len(other.told_of) >= _MAX_ALSO:
                continue
            named = [self.facts.about[f] for f in (other.fact, *other.told_of)]
            if any((a.kind, a.name) == (about.kind, about.name) for a in named):
                continue
            theirs = self.hits(other)
            if len(np.intersect1d(mine, theirs, assume_unique=True)) >= 0.5 * min(len(mine), len(theirs)):
                other.told_of.append(one.fact)
                return


def _described(
    choice: _Choice,
    one: _Candidate,
    classes: Sequence[str],
    ids: Sequence[str],
    surest: npt.NDArray[np.int64],
) -> dict[str, Any]:
    found = choice.contrast(one.fact, one.errors)
    error_set = choice.sets[one.errors]
    hits = choice.hits(one)
    place = np.empty(len(surest), dtype=np.int64)
    place[surest] = np.arange(len(surest))
    p_value = one.p_value
    if one.fact not in choice.at_fault and p_value <= 1.5 / (choice.found.n_permutations + 1):
        # clearer than any shuffle: the tail, for as many tests as were made, says how much clearer
        p_value = min(p_value, max(exact_tail(found), float(np.exp(one.tail))) * choice.found.n_tests)
    estimate = lift(found)
    also = [
        {"cause": _cause(choice.facts.about[f]), "n": len(np.intersect1d(hits, choice.facts.rows(f)))}
        for f in one.told_of
    ]
    described = {
        "errors": {
            "kind": error_set.kind,
            "given": classes[error_set.given] if error_set.given >= 0 else None,
            "predicted": classes[error_set.predicted] if error_set.predicted >= 0 else None,
        },
        "cause": _cause(choice.facts.about[one.fact]),
        "n": found.n_hits,
        "of": int(found.errors.sum()),
        "rate_rest": found.rest_rate,
        "lift": asdict(estimate),
        "excess": found.excess,
        "p_value": p_value,
        "also": also,
        "item_ids": [ids[i] for i in hits[np.argsort(place[hits])][:_MAX_IDS].tolist()],
    }
    plainly: dict[str, Any] = plain(described)
    return plainly


def _cause(fact: Fact) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in ("kind", "name", "value", "code", "low", "high")}
