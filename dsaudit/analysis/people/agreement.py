"""How far several people agree on labels: kappa and alpha with intervals, and what they disagree about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from dsaudit.analysis.model.metrics import proportion

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

N_BOOTSTRAP = 1000
_BLOCK_VALUES = 4_000_000


class Agreement(NamedTuple):
    """A coefficient of agreement: 1 complete, 0 what chance gives, below 0 worse than chance.

    Attributes
    ----------
    value : float
        NaN where it is not defined: nobody shares an item, or only one label was ever used.
    low, high : float
        95 % percentile bootstrap interval over items.
    n_items, n_people : int
        Items with two labels or more, and people who gave them.
    """

    value: float
    low: float
    high: float
    n_items: int
    n_people: int


@dataclass(frozen=True, slots=True)
class Ratings:
    """Annotations as a matrix.

    Attributes
    ----------
    labels : int64 array (n_people, n_items)
        Column of the label in ``classes``, -1 where the person said nothing of the item.
    people, items, classes : tuple of str
        Sorted.
    """

    labels: npt.NDArray[np.int64]
    people: tuple[str, ...]
    items: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many people gave each label, int64 (n_items, n_classes)."""
        counts = np.zeros((len(self.items), len(self.classes)), dtype=np.int64)
        for row in self.labels:
            said = np.flatnonzero(row >= 0)
            counts[said, row[said]] += 1
        return counts


def ratings(annotations: pd.DataFrame) -> Ratings:
    """The matrix of a table ``item_id``, ``annotator``, ``label``; of repeated rows the last counts, empty ones do not.

    Parameters
    ----------
    annotations : DataFrame
        One row per item and annotator, in any order.

    Examples
    --------
    >>> import pandas as pd
    >>> said = [("x", "ann", "no"), ("x", "bob", "yes"), ("y", "bob", "yes")]
    >>> ratings(pd.DataFrame(said, columns=["item_id", "annotator", "label"])).labels.tolist()
    [[0, -1], [1, 1]]
    """
    table = annotations.dropna(subset=["item_id", "annotator", "label"])
    table = table.drop_duplicates(["item_id", "annotator"], keep="last")
    names = [sorted({str(v) for v in table[column]}) for column in ("annotator", "item_id", "label")]
    place = [{name: k for k, name in enumerate(values)} for values in names]
    labels = np.full((len(names[0]), len(names[1])), -1, dtype=np.int64)
    rows, columns, values = (
        table[column].astype(str).map(where).to_numpy(dtype=np.int64)
        for column, where in zip(("annotator", "item_id", "label"), place, strict=True)
    )
    labels[rows, columns] = values
    return Ratings(labels, tuple(names[0]), tuple(names[1]), tuple(names[2]))


def krippendorff_alpha(counts: npt.ArrayLike, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> Agreement:
    """Krippendorff's alpha for nominal labels; people may have labelled different items, and any number of them.

    K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", University of Pennsylvania, 2011.

    Parameters
    ----------
    counts : int array (n_items, n_classes)
        How many people gave each label to each item; ``Ratings.counts``. Items with fewer than two labels
        say nothing of agreement and are left out.

    Returns
    -------
    Agreement
        ``n_people`` is the largest number of labels on one item.

    Examples
    --------
    >>> krippendorff_alpha([[2, 0], [0, 2], [2, 0], [0, 2]]).value
    1.0
    >>> round(krippendorff_alpha([[2, 0], [1, 1], [0, 2]]).value, 3)  # 1 - (1 / 3) / (18 / 30)
    0.444
    """
    table = np.asarray(counts, dtype=np.float64)
    per_item = table.sum(axis=1)
    n_people = int(per_item.max(initial=0)) if (per_item >= 2).any() else 0
    table = table[per_item >= 2]
    return _estimate(_alpha_of(table), len(table), n_people, n_bootstrap=n_bootstrap, seed=seed)


def _alpha_of(table: npt.NDArray[np.float64]) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Alpha as a function of weights (m, n_items) of the items; those with fewer than two labels weigh nothing."""
    counts = np.where(table.sum(axis=1, keepdims=True) >= 2, table, 0.0)
    per_item = counts.sum(axis=1)
    disagreeing = (per_item**2 - (counts**2).sum(axis=1)) / np.maximum(per_item - 1, 1)

    def alpha(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        n = weights @ per_item
        observed = weights @ disagreeing / n
        expected = (n**2 - ((weights @ counts) ** 2).sum(axis=1)) / (n * (n - 1))
        return np.asarray(1 - observed / np.where(expected > 0, expected, np.nan))

    return alpha


def alpha_change(
    first: npt.ArrayLike, second: npt.ArrayLike, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0
) -> Agreement:
    """How much higher Krippendorff's alpha is in a second round than in a first, -2 to 2.

    Items are resampled with all that was said of them in both rounds, so that those asked about twice are compared with
    themselves.

    Parameters
    ----------
    first, second : int arrays (n_items, n_classes of that round)
        How many people gave each label to each item, as ``Ratings.counts``: row for row the same items, with nothing
        but 0 where one was not asked about. The classes may be others.

    Returns
    -------
    Agreement
        ``n_items`` with two labels or more in both rounds; ``n_people`` is the largest number of labels on one item.
        NaN where alpha is not defined in one of the rounds.

    Examples
    --------
    >>> found = alpha_change([[2, 0], [1, 1], [1, 1], [0, 2]] * 10, [[2, 0], [2, 0], [0, 2], [0, 2]] * 10)
    >>> round(found.value, 2), found.low > 0.5, found.n_items
    (0.99, True, 40)
    """
    a, b = (np.asarray(counts, dtype=np.float64) for counts in (first, second))
    both = (a.sum(axis=1) >= 2) & (b.sum(axis=1) >= 2)
    either = (a.sum(axis=1) >= 2) | (b.sum(axis=1) >= 2)
    n_people = int(max(a.sum(axis=1).max(initial=0), b.sum(axis=1).max(initial=0)))
    before, after = _alpha_of(a[either]), _alpha_of(b[either])
    found = _estimate(lambda w: after(w) - before(w), int(either.sum()), n_people, n_bootstrap=n_bootstrap, seed=seed)
    return found._replace(n_items=int(both.sum()))


def fleiss_kappa(counts: npt.ArrayLike, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> Agreement:
    """Fleiss' kappa.

    J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76, 1971.

    Parameters
    ----------
    counts : int array (n_items, n_classes)
        Every row sums to the same number of people, two or more.

    Raises
    ------
    ValueError
        Items with different numbers of labels: use ``krippendorff_alpha``.

    Examples
    --------
    >>> found = fleiss_kappa([[2, 0], [1, 1], [0, 2]])  # two of three agree, half would by chance
    >>> round(found.value, 3), found.n_people
    (0.333, 2)
    """
    table = np.asarray(counts, dtype=np.float64)
    per_item = table.sum(axis=1)
    if len(table) and (per_item.min() != per_item.max() or per_item[0] < 2):
        raise ValueError("Fleiss' kappa needs the same number of labels, two or more, on every item")
    m = float(per_item[0]) if len(table) else 2.0
    agreeing = ((table**2).sum(axis=1) - m) / (m * (m - 1))

    def kappa(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        n = weights.sum(axis=1)
        chance = ((weights @ table / (n * m)[:, None]) ** 2).sum(axis=1)
        return np.asarray((weights @ agreeing / n - chance) / np.where(chance < 1, 1 - chance, np.nan))

    return _estimate(kappa, len(table), int(m), n_bootstrap=n_bootstrap, seed=seed)


def cohen_kappa(a: npt.ArrayLike, b: npt.ArrayLike, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> Agreement:
    """Cohen's kappa of two people on the same items.

    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.

    Parameters
    ----------
    a, b : int arrays (n_items,)
        Labels; items where either is negative were not labelled by both and are left out.

    Examples
    --------
    >>> found = cohen_kappa([0, 0, 1, 1, -1], [0, 0, 1, 0, 1])  # three of four agree, half would by chance
    >>> found.value, found.n_items
    (0.5, 4)
    """
    left, right = np.asarray(a, dtype=np.int64), np.asarray(b, dtype=np.int64)
    both = (left >= 0) & (right >= 0)
    left, right = left[both], right[both]
    k = int(max(left.max(initial=0), right.max(initial=0))) + 1
    n = len(left)
    if not n:
        return Agreement(np.nan, np.nan, np.nan, 0, 2)
    # resampling items is drawing from the cells of their table
    cells, observed = np.unique(left * k + right, return_counts=True)

    def kappa(tables: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        agreed = tables[:, cells // k == cells % k].sum(axis=1) / n
        rows, columns = tables @ _one_hot(cells // k, k), tables @ _one_hot(cells % k, k)
        chance = (rows * columns).sum(axis=1) / n**2
        return np.asarray((agreed - chance) / np.where(chance < 1, 1 - chance, np.nan))

    value = float(kappa(observed[None].astype(np.float64))[0])
    draws = kappa(np.random.default_rng(seed).multinomial(n, observed / n, size=n_bootstrap).astype(np.float64))
    return Agreement(value, *_ends(draws), n, 2)


def _one_hot(codes: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.float64]:
    return np.asarray(codes[:, None] == np.arange(k), dtype=np.float64)


def percent_agreement(counts: npt.ArrayLike) -> float:
    """Share of pairs of labels on one item that agree, 0 to 1; NaN where no item has two.

    Examples
    --------
    >>> round(percent_agreement([[2, 0], [1, 1], [0, 2], [3, 0]]), 3)  # 5 of the 6 pairs
    0.833
    """
    table = np.asarray(counts, dtype=np.float64)
    m = table.sum(axis=1)
    pairs = (m * (m - 1)).sum()
    return float((table * (table - 1)).sum() / pairs) if pairs else float("nan")


def agreement_by_person(found: Ratings) -> pd.DataFrame:
    """How often each person says what others say of the same items.

    Returns
    -------
    DataFrame indexed by annotator
        ``n_items`` shared with others, ``n_pairs`` labels of others compared with, ``agreed`` (0 to 1) with its
        95 % Wilson interval ``low``, ``high`` (over items), and ``others``: the agreement among the other people
        on the items that they share, NaN where there are no two others.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(i, a, "no" if a == "cy" else "yes") for i in "xyz" for a in ("ann", "bob", "cy")]
    >>> found = agreement_by_person(ratings(pd.DataFrame(rows, columns=["item_id", "annotator", "label"])))
    >>> found["agreed"].to_dict(), found.loc["cy", "others"].item()
    ({'ann': 0.5, 'bob': 0.5, 'cy': 0.0}, 1.0)
    """
    counts = found.counts
    rows = []
    for row in found.labels:
        said = np.flatnonzero(row >= 0)
        others = counts[said].sum(axis=1) - 1
        shared = said[others > 0]
        if not len(shared):
            rows.append((0, 0, np.nan, np.nan, np.nan, np.nan))
            continue
        same = counts[shared, row[shared]] - 1
        of = counts[shared].sum(axis=1) - 1
        rest = counts.copy()
        rest[said, row[said]] -= 1
        estimate = proportion(float((same / of).sum()), len(shared))
        rows.append((len(shared), int(of.sum()), estimate.value, estimate.low, estimate.high, percent_agreement(rest)))
    columns = ["n_items", "n_pairs", "agreed", "low", "high", "others"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(found.people, name="annotator", dtype=object))


def beyond_chance(found: Ratings, beside: npt.ArrayLike | None = None) -> pd.DataFrame:
    """Whether each person's answers have anything to do with the items, by how they agree with all other voices.

    A person's answers are dealt anew over the items that they answered: the mean and the variance of the agreement that
    this gives are known (W. Hoeffding, "A combinatorial central limit theorem", Annals of Mathematical Statistics
    1951). Someone is said to answer at random whose agreement is not above that (p > .05), with the upper end of its
    interval below what the median of the others reaches. Where that cannot be told, as of two people without another
    voice, nobody is.

    Parameters
    ----------
    found : Ratings
    beside : int array (n_voices, n_items), optional
        Further voices, columns of ``found.classes``, -1 for none: what a model says, what is given.

    Returns
    -------
    DataFrame indexed by annotator
        ``beyond`` (agreement above chance, 1 where all other voices are met; NaN where there are none), ``low``,
        ``high`` (95 %), ``p_value`` (one-sided) and ``at_random``.

    Examples
    --------
    >>> said = {"ann": 2, "bo": 2, "cy": 1}
    >>> rows = [(i, who, "no" if i // every % 2 else "yes") for i in range(60) for who, every in said.items()]
    >>> told = beyond_chance(ratings(pd.DataFrame(rows, columns=["item_id", "annotator", "label"])))
    >>> told["at_random"].to_dict()
    {'ann': False, 'bo': False, 'cy': True}
    """
    voices = np.zeros((0, len(found.items)), dtype=np.int64) if beside is None else np.asarray(beside, dtype=np.int64)
    rows = [
        _beyond(row, np.concatenate([np.delete(found.labels, k, axis=0), voices]), len(found.classes))
        for k, row in enumerate(found.labels)
    ]
    table = pd.DataFrame(
        rows,
        columns=["beyond", "low", "high", "p_value"],
        index=pd.Index(found.people, name="annotator", dtype=object),
    )
    others = [float(table["beyond"].drop(who).median()) for who in table.index]
    table["at_random"] = (table["p_value"] > 0.05) & (table["high"] < others)
    return table


def _beyond(own: npt.NDArray[np.int64], others: npt.NDArray[np.int64], k: int) -> tuple[float, float, float, float]:
    """Agreement beyond chance with its interval and p-value."""
    from scipy.stats import norm

    said = np.flatnonzero((own >= 0) & (others >= 0).any(axis=0))
    votes = np.zeros((len(said), k))
    for row in others[:, said]:
        known = np.flatnonzero(row >= 0)
        votes[known, row[known]] += 1
    n = len(said)
    if n < 2:
        return np.nan, np.nan, np.nan, np.nan
    votes /= votes.sum(axis=1, keepdims=True)
    met = votes[:, own[said]]  # what answer j would meet on item i
    chance, centred = met.mean(), met - met.mean(axis=0) - met.mean(axis=1, keepdims=True) + met.mean()
    error = np.sqrt((centred**2).sum() / (n - 1)) / n
    agreed, most = float(np.trace(met)) / n, 1.0 - float(chance)
    if error <= 0 or most <= 0:
        return np.nan, np.nan, np.nan, np.nan
    value, half = (agreed - chance) / most, 1.96 * error / most
    return float(value), float(value - half), float(value + half), float(norm.sf((agreed - chance) / error))


def agreement_by_class(found: Ratings, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> pd.DataFrame:
    """Krippendorff's alpha of each label against all others.

    Returns
    -------
    DataFrame indexed by label
        ``alpha``, ``low``, ``high``, ``n_items`` with at least two labels, at least one of them this; the least
        agreed on first.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(i, a, "c" if i == "x" else a if i == "y" else "b") for i in "wxyz" for a in ("a", "b")]
    >>> found = agreement_by_class(ratings(pd.DataFrame(rows, columns=["item_id", "annotator", "label"])))
    >>> found["n_items"].to_dict(), found.loc["c", "alpha"].item()
    ({'a': 1, 'b': 3, 'c': 1}, 1.0)
    """
    counts = found.counts
    counts = counts[counts.sum(axis=1) >= 2]
    rows = {}
    for k, name in enumerate(found.classes):
        binary = np.stack([counts[:, k], counts.sum(axis=1) - counts[:, k]], axis=1)
        alpha = krippendorff_alpha(binary, n_bootstrap=n_bootstrap, seed=seed)
        rows[name] = (alpha.value, alpha.low, alpha.high, int((counts[:, k] > 0).sum()))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["alpha", "low", "high", "n_items"])
    return table.rename_axis("label").sort_values("alpha", kind="stable")


def disputed_pairs(found: Ratings) -> pd.DataFrame:
    """Pairs of labels that people give to the same item.

    Returns
    -------
    DataFrame
        ``a``, ``b`` (labels, sorted), ``n_items``, and ``item_ids`` (list of str); the most frequent first.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("x", "ann", "no"), ("x", "bob", "yes"), ("y", "ann", "yes"), ("y", "bob", "yes")]
    >>> disputed_pairs(ratings(pd.DataFrame(rows, columns=["item_id", "annotator", "label"]))).to_dict("records")
    [{'a': 'no', 'b': 'yes', 'n_items': 1, 'item_ids': ['x']}]
    """
    counts = found.counts
    items: dict[tuple[int, int], list[int]] = {}
    for k in np.flatnonzero((counts > 0).sum(axis=1) > 1):
        used = np.flatnonzero(counts[k])
        for i, a in enumerate(used):
            for b in used[i + 1 :]:
                items.setdefault((int(a), int(b)), []).append(int(k))
    rows = [
        (found.classes[a], found.classes[b], len(members), [found.items[m] for m in members])
        for (a, b), members in items.items()
    ]
    table = pd.DataFrame(rows, columns=["a", "b", "n_items", "item_ids"])
    return table.sort_values(["n_items", "a", "b"], ascending=[False, True, True], ignore_index=True)


def _estimate(
    statistic: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    n: int,
    n_people: int,
    *,
    n_bootstrap: int,
    seed: int,
) -> Agreement:
    """The statistic on all items, and its percentiles over resampled items: multinomial weights, in blocks."""
    if not n:
        return Agreement(np.nan, np.nan, np.nan, 0, n_people)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(np.ones((1, n)))[0])
        rng = np.random.default_rng(seed)
        step = max(1, _BLOCK_VALUES // n)
        draws = [
            statistic(rng.multinomial(n, np.full(n, 1 / n), size=min(step, n_bootstrap - done)).astype(np.float64))
            for done in range(0, n_bootstrap, step)
        ]
    return Agreement(value, *_ends(np.concatenate(draws)), n, n_people)


def _ends(draws: npt.NDArray[np.float64]) -> tuple[float, float]:
    known = draws[np.isfinite(draws)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
