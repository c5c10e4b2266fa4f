"""Which facts go along with which errors more often than chance: one permutation test over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.cause.facts import Facts

MIN_HITS = 4
"""Errors that a fact must share with a set to be worth a test."""
MIN_ERRORS = 5
MAX_PAIRS = 400
_MIN_Z = 3.0
_PERMUTATIONS = (120, 500)
_WORK = 3e8
"""Elementary steps that the permutations may take together; a larger set gets fewer of them."""
_AT_ONCE = 2e6
"""Of these steps as many are taken in one product of matrices: a small one takes longer to set up than to work out."""


@dataclass(frozen=True, slots=True)
class ErrorSet:
    """Errors looked at together: all, those of a class as given or as predicted, or those of a confused pair.

    Attributes
    ----------
    kind : str
        ``all``, ``given``, ``class`` (as predicted) or ``pair``.
    given, predicted : int
        Class numbers; -1 for any.
    """

    kind: str
    given: int = -1
    predicted: int = -1

    def holds(self, given: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which items are in the set."""
        inside = given != predicted
        if self.given >= 0:
            inside &= given == self.given
        if self.predicted >= 0:
            inside &= predicted == self.predicted
        return np.asarray(inside)

    def strata(self, given: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which items it is compared within: those of its class, or of all classes that could be predicted so."""
        return np.asarray(given == self.given if self.given >= 0 else given != self.predicted)


@dataclass(frozen=True, slots=True)
class Supported:
    """Pairs of a fact and an error set that chance does not explain, in no particular order.

    Attributes
    ----------
    fact, errors : int64 arrays (h,)
        Numbers of the fact and of the error set.
    p_value : float64 array (h,)
        Family-wise: how often the clearest of all pairs is as clear by chance, 1 / (permutations + 1) up.
    tail : float64 array (h,)
        Logarithm of the chance of so many hits for this pair alone.
    n_tests : int
        Pairs that were looked at.
    n_permutations : int
    """

    fact: npt.NDArray[np.int64]
    errors: npt.NDArray[np.int64]
    p_value: npt.NDArray[np.float64]
    tail: npt.NDArray[np.float64]
    n_tests: int
    n_permutations: int


def error_sets(given: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], *, n_classes: int) -> list[ErrorSet]:
    """The sets with enough errors: all, by given class, by predicted class, by pair (the largest first).

    Examples
    --------
    >>> import numpy as np
    >>> given, predicted = np.zeros(40, dtype=np.int64), np.repeat([0, 1], 20)
    >>> [(found.kind, found.given, found.predicted) for found in error_sets(given, predicted, n_classes=2)]
    [('all', -1, -1), ('pair', 0, 1)]
    """
    wrong = given != predicted
    counts = np.bincount(given[wrong] * n_classes + predicted[wrong], minlength=n_classes**2)
    table = counts.reshape(n_classes, n_classes)
    found = [ErrorSet("all")] if counts.sum() >= MIN_ERRORS else []
    for axis, kind in ((1, "given"), (0, "class")):
        total, largest = table.sum(axis), table.max(axis)
        # errors that are all of one pair are told as that pair
        chosen = np.flatnonzero((total >= MIN_ERRORS) & (largest < total)).tolist()
        found += [ErrorSet(kind, given=c) if axis else ErrorSet(kind, predicted=c) for c in chosen]
    order = np.argsort(-counts, kind="stable")[:MAX_PAIRS]
    found += [ErrorSet("pair", int(c // n_classes), int(c % n_classes)) for c in order if counts[c] >= MIN_ERRORS]
    return found


def supported(
    facts: Facts,
    sets: list[ErrorSet],
    *,
    given: npt.NDArray[np.int64],
    predicted: npt.NDArray[np.int64],
    n_classes: int,
    groups: npt.NDArray[np.int64] | None = None,
    alpha: float = 0.05,
    seed: int = 0,
) -> Supported:
    """Test every fact against every error set, and hold the chance of even one false claim at ``alpha``.

    Predictions are shuffled among the items of a given class, so that a fact which is nothing but the
    make-up of a class proves nothing. A pair's statistic is the tail of a binomial distribution that has
    the mean and the variance of its number of hits under shuffling; the smallest tail over all pairs is
    compared with the smallest of every shuffle (P. H. Westfall and S. S. Young, "Resampling-Based Multiple
    Testing", 1993, single-step min-p). One shuffle serves all sets, so their dependence is kept.

    The items of a group err together: a fact that marks an error-prone group would pass for a cause. So
    facts other than groups are held against shuffles in which errors fall on each group as often as they
    do in truth, by the group's relative error rate (``error_rates``).

    Parameters
    ----------
    facts : Facts
    sets : list of ErrorSet
    given, predicted : int64 arrays (n,)
        Class numbers.
    n_classes : int
    groups : int64 array (n,), optional
        Number of the group each item is of; -1 for none.
    alpha : float
        Family-wise error rate.
    seed : int

    Returns
    -------
    Supported

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.analysis.cause.facts import facts_of
    >>> ids, given = [str(i) for i in range(100)], np.zeros(100, dtype=np.int64)
    >>> predicted = (np.arange(100) < 20).astype(np.int64)
    >>> facts = facts_of(ids, flagged={("AUD1", "noisy"): ids[:30], ("AUD2", "even"): ids[::2]})
    >>> sets = error_sets(given, predicted, n_classes=2)
    >>> found = supported(facts, sets, given=given, predicted=predicted, n_classes=2)
    >>> {facts.about[k].name for k in found.fact}
    {'noisy'}
    """
    wrong = np.flatnonzero(given != predicted)
    n, n_tests = len(given), len(facts.about) * len(sets)
    empty = np.empty(0, dtype=np.int64)
    nothing = Supported(empty, empty, np.empty(0), np.empty(0), n_tests, 0)
    if not n_tests or not len(wrong):
        return nothing
    grouped = np.array([f.kind == "group" for f in facts.about])
    rates = error_rates(given, predicted, groups, n_classes=n_classes)
    member = _membership(sets, given[wrong], predicted[wrong])
    by_class = wrong[np.argsort(given[wrong], kind="stable")]
    member = member[np.argsort(given[wrong], kind="stable")]
    families = [
        _Family.of(facts, np.flatnonzero(which), member, given, by_class, rate, n_classes)
        for which, rate in ((grouped, np.ones(n)), (~grouped, rates))
        if which.any()
    ]
    observed = [f.tails(by_class[None], member)[1:] for f in families]
    fact, errors, tails = (np.concatenate(part) for part in zip(*observed, strict=True))
    if not len(fact):
        return nothing
    rng = np.random.default_rng(seed)
    work = sum(f.holds[by_class].nnz for f in families) * 3.0 + 10.0 * n * len(families)
    low, high = _PERMUTATIONS
    n_permutations = int(np.clip(_WORK / max(work, 1.0), low, high))
    best = np.zeros(n_permutations)
    at_once = int(np.clip(_AT_ONCE / work, 1, n_permutations))
    for begin in range(0, n_permutations, at_once):
        some = range(min(at_once, n_permutations - begin))
        drawn = [[family.shuffled(given, by_class, rng) for family in families] for _ in some]
        for family, rows in zip(families, zip(*drawn, strict=True), strict=True):
            draw, _, _, tail = family.tails(np.array(rows), member)
            np.minimum.at(best, begin + draw, tail)
    best.sort()
    p_value = (1.0 + np.searchsorted(best, tails, side="right").astype(np.float64)) / (n_permutations + 1.0)
    kept = p_value <= alpha
    return Supported(fact[kept], errors[kept], p_value[kept], tails[kept], n_tests, n_permutations)


def error_rates(
    given: npt.NDArray[np.int64],
    predicted: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64] | None,
    *,
    n_classes: int,
) -> npt.NDArray[np.float64]:
    """Error rate of each item's group relative to what its classes make expect, float64 (n,), above 0.

    Rates are shrunken towards 1 as far as the groups' spread is chance (gamma prior, method of moments).

    Examples
    --------
    >>> import numpy as np
    >>> given, groups = np.zeros(200, dtype=np.int64), np.repeat([0, 1], 100)
    >>> predicted = np.where(np.arange(200) < 100, np.arange(200) % 2, 0)  # the first group errs at every second item
    >>> error_rates(given, predicted, groups, n_classes=2)[[0, 199]].round(1).tolist()
    [2.0, 0.0]
    """
    rates = np.ones(len(given))
    if groups is None or not (groups >= 0).any():
        return rates
    wrong = given != predicted
    share = np.bincount(given[wrong], minlength=n_classes) / np.maximum(np.bincount(given, minlength=n_classes), 1)
    known = groups >= 0
    n_wrong = np.bincount(groups[known & wrong], minlength=int(groups.max()) + 1).astype(np.float64)
    expected = np.bincount(groups[known], weights=share[given[known]], minlength=len(n_wrong))
    between = ((n_wrong - expected) ** 2 - expected).sum() / max((expected**2).sum(), 1e-12)
    if between <= 0:
        return rates
    rates[known] = ((n_wrong + 1.0 / between) / (expected + 1.0 / between))[groups[known]]
    return rates


def _membership(sets: list[ErrorSet], given: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64]) -> Any:
    """Sparse float32 (errors, sets)."""
    from scipy import sparse

    number = {(e.given, e.predicted): j for j, e in enumerate(sets)}
    everything = np.full(len(given), -1)
    rows, columns = [], []
    for g, p in ((everything, everything), (given, everything), (everything, predicted), (given, predicted)):
        which = np.array([number.get(pair, -1) for pair in zip(g.tolist(), p.tolist(), strict=True)], dtype=np.int64)
        rows.append(np.flatnonzero(which >= 0))
        columns.append(which[which >= 0])
    row, column = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=(len(given), len(sets)))


@dataclass(frozen=True, slots=True)
class _Family:
    """Facts under one way of shuffling, with mean and variance of every pair's hits, float32 (facts, sets)."""

    facts: npt.NDArray[np.int64]
    holds: Any
    """Sparse float32 (items, facts)."""
    inverse_rates: npt.NDArray[np.float64] | None
    """Of each item; None where all are one."""
    of_class: list[npt.NDArray[np.int64]]
    """Items of each class."""
    mean: npt.NDArray[np.float32]
    variance: npt.NDArray[np.float32]

    @classmethod
    def of(
        cls,
        facts: Facts,
        chosen: npt.NDArray[np.int64],
        member: Any,
        given: npt.NDArray[np.int64],
        by_class: npt.NDArray[np.int64],
        rates: npt.NDArray[np.float64],
        n_classes: int,
    ) -> _Family:
        from scipy import sparse

        rows = np.concatenate([facts.rows(j) for j in chosen.tolist()])
        fact = np.repeat(np.arange(len(chosen)), (facts.starts[1:] - facts.starts[:-1])[chosen])
        ones = np.ones(len(rows), dtype=np.float32)
        holds = sparse.csr_matrix((ones, (rows, fact)), shape=(len(given), len(chosen)))
        size = np.bincount(given, minlength=n_classes).astype(np.float64)
        n_wrong = np.bincount(given[by_class], minlength=n_classes).astype(np.float64)
        likely = _inclusion(given, rates, n_wrong)
        mass = np.bincount(fact * n_classes + given[rows], weights=likely[rows], minlength=len(chosen) * n_classes)
        share = np.minimum(mass.reshape(len(chosen), n_classes) / np.maximum(n_wrong, 1.0), 1.0).astype(np.float32)
        k = np.zeros((n_classes, member.shape[1]), dtype=np.float32)
        coo = member.tocoo()
        np.add.at(k, (given[by_class][coo.row], coo.col), 1.0)
        spread = (k * (size[:, None] - k) / np.maximum(size[:, None] - 1.0, 1.0)).astype(np.float32)
        of_class = np.split(np.argsort(given, kind="stable"), np.cumsum(size.astype(np.int64))[:-1])
        inverse_rates = None if (rates == 1.0).all() else 1.0 / rates
        return cls(chosen, holds, inverse_rates, of_class, share @ k, (share * (1.0 - share)) @ spread)

    def shuffled(
        self, given: npt.NDArray[np.int64], by_class: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        """Rows that the errors ``by_class`` fall on instead: of the same classes, more often where rates are higher."""
        # a race of exponential clocks draws without replacement in proportion to the rates
        clock = rng.random(len(given))  # millions, time and again: in place
        if self.inverse_rates is not None:
            np.power(clock, self.inverse_rates, out=clock)
        np.subtract(1.0, clock, out=clock)
        np.clip(clock, 0.0, 1.0 - 1e-9, out=clock)
        clock += given
        n_wrong = np.bincount(given[by_class]).tolist()
        parts = [(rows, n) for rows, n in zip(self.of_class, n_wrong, strict=False) if n]
        first = [rows[np.argpartition(clock[rows], n - 1)[:n]] for rows, n in parts]
        chosen = np.concatenate(first)
        chosen = chosen[np.argsort(clock[chosen])]
        classes = given[by_class]
        return np.asarray(chosen[np.argsort(classes + rng.random(len(classes)))])

    def tails(
        self, rows: npt.NDArray[np.int64], member: Any
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Draw, fact, set and logarithm of the tail of every pair with more hits than chance by three deviations.

        ``rows`` are those that the errors fall on, int64 (draws, errors).
        """
        hits = (self.holds[rows.ravel()].T.tocsr() @ _side_by_side(member, len(rows))).tocoo()
        enough = hits.data >= MIN_HITS - 0.5
        draw, errors = np.divmod(hits.col[enough].astype(np.int64), member.shape[1])
        fact, count = hits.row[enough], hits.data[enough].astype(np.float64)
        mean, variance = self.mean[fact, errors], self.variance[fact, errors]
        clear = (variance > 0) & (count - mean >= _MIN_Z * np.sqrt(variance))
        tail = log_tail(count[clear], mean[clear].astype(np.float64), variance[clear].astype(np.float64))
        return draw[clear], self.facts[fact[clear]], errors[clear], tail


def _side_by_side(member: Any, n: int) -> Any:
    """``n`` copies of a sparse matrix along the diagonal of one."""
    from scipy import sparse

    one = member.tocoo()
    place = np.repeat(np.arange(n), one.nnz)
    row, column = (np.tile(at, n) + place * size for at, size in zip((one.row, one.col), one.shape, strict=True))
    return sparse.csr_matrix((np.tile(one.data, n), (row, column)), shape=(n * one.shape[0], n * one.shape[1]))


def _inclusion(
    given: npt.NDArray[np.int64], rates: npt.NDArray[np.float64], n_wrong: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Chance of each item to be among its class's errors when they are drawn by rate."""
    low, high = np.zeros(len(n_wrong)), np.full(len(n_wrong), 1e6)
    for _ in range(60):
        middle = np.where(low > 0, np.sqrt(low * high), high * 1e-6)
        drawn = np.bincount(given, weights=-np.expm1(-middle[given] * rates), minlength=len(n_wrong))
        low, high = np.where(drawn < n_wrong, middle, low), np.where(drawn < n_wrong, high, middle)
    return np.asarray(-np.expm1(-high[given] * rates))


def log_tail(
    count: npt.NDArray[np.float64], mean: npt.NDArray[np.float64], variance: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Logarithm of P(X ≥ count) for the binomial X with this mean and variance (below the mean), at least -700.

    Examples
    --------
    >>> import numpy as np
    >>> tail = log_tail(np.array([2.0]), np.array([2.0]), np.array([1.0]))  # two heads or more of four coins: 11 / 16
    >>> round(float(np.exp(tail[0])), 4)
    0.6875
    """
    from scipy.special import betainc

    # a binomial with more trials than its moments ask for where the count would lie beyond them
    trials = np.maximum(mean**2 / np.maximum(mean - variance, 1e-9 * mean), count + 1.0)
    with np.errstate(divide="ignore"):
        logarithm = np.log(betainc(count, trials - count + 1.0, np.minimum(mean / trials, 1.0)))
    return np.asarray(np.maximum(logarithm, -700.0))
