"""How many label-error candidates to review: where to cut the ranking, and what to expect of what lies above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dsaudit.analysis.label.recalibration import drawn_wrong

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.label.recalibration import Recalibration

By = Literal["f1", "precision", "budget"]

LEAST = 0.2
"""Nothing less likely to be wrong is named a candidate on its own account: where hardly anything is wrong, the best
cut for F1 would name items that are all but surely right."""
MANY = 20
"""Where so many are expected to be wrong and none is so likely, half of that will do: the ranking's best guess."""
_WORTH_NAMING = 0.01
_N_POINTS = 120


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a ranking is cut.

    Attributes
    ----------
    by : str
        ``f1``: highest expected F1; ``precision``: as many as keep the asked precision; ``budget``: at most so many.
    asked : float or None
        The precision or budget.
    reached : bool
        Whether what was asked for can be kept: the precision by at least one item; the budget by as many items with
        a chance of being wrong.
    n : int
        Items above the cut.
    f1 : float
        Expected F1 there, 0 to 1; NaN where nothing is expected to be wrong.
    """

    by: By
    asked: float | None
    reached: bool
    n: int
    f1: float


def choose_cut(p_wrong: npt.ArrayLike, *, precision: float | None = None, budget: int | None = None) -> Cut:
    """Cut a ranking by what is expected of it.

    The expected F1 of the first ``k`` items is ``2 S(k) / (k + S(n))`` with ``S`` the sum of the probabilities so
    far: the usual plug-in, exact but for terms of order 1/n (N. Ye et al., "Optimizing F-measure: a tale of two
    approaches", ICML 2012).

    Parameters
    ----------
    p_wrong : float array (n,)
        Probability of being wrong, 0 to 1, in ranking order, the worst first; must not rise.
    precision : float, optional
        Least expected share, 0 to 1, of wrong labels above the cut.
    budget : int, optional
        Most items above the cut; fewer where not so many have a chance of being wrong.

    Examples
    --------
    >>> cut = choose_cut([0.9, 0.8, 0.1, 0.0])  # 1.8 wrong labels expected; 1.7 of them among the first two
    >>> cut.n, round(cut.f1, 3)  # 2 * 1.7 / (2 + 1.8)
    (2, 0.895)
    >>> choose_cut([0.9, 0.8, 0.1, 0.0], budget=1).n
    1
    """
    p = np.asarray(p_wrong, dtype=np.float64)
    total, so_far, k = float(p.sum()), np.cumsum(p), np.arange(1, len(p) + 1)
    f1 = 2.0 * so_far / (k + total) if len(p) else np.empty(0)

    def cut(by: By, n: int, asked: float | None = None, *, reached: bool = True) -> Cut:
        return Cut(by, asked, reached, n, float(f1[n - 1]) if n else float("nan"))

    if budget is not None:
        n = min(budget, int((p >= _WORTH_NAMING).sum()))
        return cut("budget", n, float(budget), reached=n == budget)
    if precision is not None:
        kept = np.flatnonzero((so_far / k >= precision - 1e-12) & (p >= _WORTH_NAMING))
        n = int(kept[-1]) + 1 if len(kept) else 0
        return cut("precision", n, precision, reached=n > 0)
    allowed = int((p >= LEAST).sum()) or int((p >= LEAST / 2).sum()) * (total >= MANY)
    return cut("f1", int(f1[:allowed].argmax()) + 1 if allowed else 0)


def expected_yield(
    p_wrong: npt.ArrayLike, stated: npt.ArrayLike, fit: Recalibration, cut: Cut, *, n_known: int = 0, seed: int = 0
) -> dict[str, Any]:
    """What to expect of a cut ranking, as plain values for ``metrics.json``.

    Parameters
    ----------
    p_wrong : float array (n,)
        Probability of being wrong in ranking order.
    stated : float array (n,)
        The same before the verdicts that ``fit`` knows of; the intervals come from it.
    fit : Recalibration
    cut : Cut
    n_known : int
        Labels that were found wrong and corrected.

    Returns
    -------
    dict
        ``n_estimated``, ``n_corrected``, ``cut`` and ``curve`` of ``dsaudit.store.schema.metrics.LabelErrorFigures``.

    Examples
    --------
    >>> from dsaudit.analysis.label.recalibration import recalibration
    >>> p_wrong = [0.9] * 20 + [0.01] * 80
    >>> cut = choose_cut(p_wrong, budget=20)
    >>> found = expected_yield(p_wrong, p_wrong, recalibration(p_wrong, [-1] * 100), cut)
    >>> found["cut"]["n"], found["cut"]["expected"]["low"] <= 18 <= found["cut"]["expected"]["high"]
    (20, True)
    """
    p, before = np.asarray(p_wrong, dtype=np.float64), np.asarray(stated, dtype=np.float64)
    points = sorted({*_points(len(p), cut.n), cut.n, len(p)})
    values = np.concatenate([[0.0], np.cumsum(p)])[points]
    low, high = np.percentile(drawn_wrong(fit, before, ends=points, seed=seed), [2.5, 97.5], axis=0)
    figures = np.stack([values, np.minimum(low, values), np.maximum(high, values)], axis=1).round(2).tolist()
    names = ("value", "low", "high")
    expected = {k: dict(zip(names, row, strict=True)) for k, row in zip(points, figures, strict=True)}
    above, n = expected[cut.n], max(cut.n, 1)
    return {
        "n_estimated": expected[len(p)],
        "n_corrected": n_known,
        "cut": {
            "by": cut.by,
            "asked": cut.asked,
            "reached": cut.reached,
            "n": cut.n,
            "expected": above,
            "precision": {name: round(v / n, 4) for name, v in above.items()} if cut.n else None,
            "f1": None if np.isnan(cut.f1) else round(cut.f1, 4),
            "p_wrong_least": round(float(p[cut.n - 1]), 4) if cut.n else None,
        },
        "curve": [[k, *expected[k].values()] for k in _points(len(p), cut.n)],
    }


def _points(n: int, cut: int) -> list[int]:
    """Numbers of items to draw the yield at: finer where it bends, none far beyond the cut."""
    last = min(n, max(3 * cut, 100))
    spaced = np.unique(np.linspace(0, last, _N_POINTS).round().astype(int))
    return sorted({int(k) for k in spaced if k > 0} | ({cut} if cut else set()))
