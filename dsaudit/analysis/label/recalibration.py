"""What verdicts teach about stated probabilities of being wrong: better ones, and how many are still wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dsaudit.analysis.row_batches import batches
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

KNOTS = np.linspace(-10.0, 10.0, 41)
"""Stated log odds at which the curve to the true ones is held; straight lines between."""


class Prior(NamedTuple):
    """How far statements are off before anything is heard.

    Attributes
    ----------
    shift : float
        Standard deviation of the departure from the stated log odds.
    together, length : float
        How far it is the same elsewhere: a share of its variance, 0 to 1, is common to all; the rest fades over about
        ``length`` units.
    hidden, hidden_sd : float
        Wrong labels that no model can see, as a share of the mean stated probability: median, and standard
        deviation of its logarithm.
    spared, spared_sd : float
        Share of right labels among those stated to be surely wrong, likewise.
    """

    shift: float
    together: float
    length: float
    hidden: float
    hidden_sd: float
    spared: float
    spared_sd: float


PRIOR = Prior(shift=1.35, together=0.15, length=2.2, hidden=0.005, hidden_sd=2.0, spared=0.03, spared_sd=1.3)
"""Ends: empirical Bayes on planted label errors in digits, bank queries and Gaussian classes, see
``tests/benchmarks/bench_verdicts.py``. Shift: where nothing better is known of the set. How departures at two places go
together: as in 362 settings of digits, bank queries and made worlds, where at log odds of 3 and of -3 they hardly do: a
top that is all wrong says little of what lies around the cut."""
_STEP = 0.2
_N_STEPS = round((KNOTS[-1] - KNOTS[0]) / _STEP) + 1
_N_DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Recalibration:
    """What is believed of the probability of being wrong, given the stated one.

    Attributes
    ----------
    curves : float64 array (d, m)
        Equally probable curves: true probability of being wrong, 0 to 1, at each of the ``m`` stated log odds in
        ``KNOTS``; each rises.
    n_heard : int
        Verdicts that went into them.
    """

    curves: npt.NDArray[np.float64]
    n_heard: int


def recalibration(
    stated: npt.ArrayLike,
    verdicts: npt.ArrayLike,
    *,
    shift: float | None = None,
    n_draws: int = _N_DRAWS,
    seed: int = 0,
    prior: Prior = PRIOR,
) -> Recalibration:
    """What verdicts say of a statement, whichever items were heard because of it.

    The true probability is ``h + (1 - h - s) · σ(f(l))``: ``f`` is a smooth curve of the stated log odds ``l``, ``h``
    the share of wrong labels among those stated to be surely right, which no model can see, and ``s`` that of right
    ones among the surely wrong. The prior of ``f`` is a Gaussian process about the statement itself, so that a few
    verdicts move it where they lie; away from them it stays uncertain. ``h`` and ``s`` keep
    a few surprises at the ends from moving the middle. Verdicts enter by their Bernoulli likelihood, so hearing the
    top of a list does no harm: what is chosen by the statement alone says nothing of an item beyond it.

    Laplace's approximation with importance resampling (C. Rasmussen, C. Williams, "Gaussian Processes for Machine
    Learning", 2006, ch. 3.4); drawn curves are put in rising order, since a higher statement never means less (V.
    Chernozhukov et al., "Improving point and interval estimators of monotone functions by rearrangement",
    Biometrika 2009).

    Parameters
    ----------
    stated : float array (n,)
        Stated probabilities of being wrong, 0 to 1, of all items.
    verdicts : int array (n,)
        1: people found the label wrong; 0: they found it right; -1: nobody has heard it.
    shift : float, optional
        Standard deviation of what stated log odds may be off by, instead of the prior's.
    n_draws : int
        Curves to draw.

    Returns
    -------
    Recalibration

    Raises
    ------
    ValueError
        Arrays of different lengths.

    Examples
    --------
    >>> stated = [0.5] * 60  # so says the model; forty were heard, and all of them are right
    >>> before, after = recalibration(stated, [-1] * 60), recalibration(stated, [0] * 40 + [-1] * 20)
    >>> after.n_heard, bool(updated(after, [0.5])[0] < 0.15 < updated(before, [0.5])[0])
    (40, True)
    """
    p, said = np.asarray(stated, dtype=np.float64), np.asarray(verdicts)
    if p.shape != said.shape or p.ndim != 1:
        raise ValueError(f"stated {p.shape} and verdicts {said.shape} do not agree")
    heard = said >= 0
    at, counts, which = _binned(log_odds(p[heard]))
    hits = np.asarray(np.bincount(which, weights=said[heard].astype(np.float64), minlength=len(at)), dtype=np.float64)
    if shift is not None:
        prior = prior._replace(shift=shift)
    model = _Model(prior, float(p.mean()) if len(p) else 0.0)
    z, root = model.fitted(at, counts, hits)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((2 * n_draws, len(z)))
    draws = z + noise @ root.T
    if heard.any():  # without verdicts the approximation is exact
        excess = model.log_posterior(draws, at, counts, hits) + 0.5 * (noise**2).sum(axis=1)
        draws = draws[_resampled(excess, n_draws, rng)]
    return Recalibration(np.sort(model.curve(draws[:n_draws], KNOTS), axis=1), int(heard.sum()))


def updated(fit: Recalibration, stated: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Probabilities of being wrong after the verdicts (medians), float64 (n,), for stated ones; rising with them.

    Examples
    --------
    >>> fit = recalibration([0.1, 0.9], [-1, -1])  # nothing heard: the statement stands
    >>> updated(fit, [0.1, 0.5, 0.9]).round(1).tolist()
    [0.1, 0.5, 0.8]
    """
    at, _, which = _binned(log_odds(stated))
    return np.asarray(_read(np.median(fit.curves, axis=0, keepdims=True), at)[0][which])


def expected_wrong(fit: Recalibration, stated: npt.ArrayLike, *, n_known: int = 0, seed: int = 0) -> Estimate:
    """How many labels are wrong among items that nobody has heard, with its 95 % interval.

    The interval covers what is not known of the curve and the chance of each label.

    Parameters
    ----------
    stated : float array (n,)
        Stated probabilities, of any set of items.
    n_known : int
        Labels known to be wrong, added to all three figures.

    Examples
    --------
    >>> stated = [0.5] * 100
    >>> found = expected_wrong(recalibration(stated, [-1] * 100), stated, n_known=7)
    >>> found.low < 57 < found.high
    True
    """
    draws = drawn_wrong(fit, stated, seed=seed)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(float(np.median(draws)) + n_known, float(low) + n_known, float(high) + n_known)


def drawn_wrong(
    fit: Recalibration, stated: npt.ArrayLike, *, ends: Sequence[int] | None = None, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Numbers of wrong labels among unheard items, one per curve: equally probable outcomes.

    Parameters
    ----------
    stated : float array (n,)
        Stated probabilities, of any set of items.
    ends : sequence of int, rising, optional
        Count the first so many items, for each of these; all of them if not given.

    Returns
    -------
    float64 array (d, len(ends)) or (d,)
        Along a row one outcome for all ends.

    Examples
    --------
    >>> stated = [0.9] * 10 + [0.1] * 10
    >>> draws = drawn_wrong(recalibration(stated, [-1] * 20), stated, ends=[10, 20])
    >>> draws.shape[1], bool((draws[:, 0] <= draws[:, 1]).all())
    (2, True)
    """
    if ends is None:
        at, n = _counted(stated)
        found = np.random.default_rng(seed).binomial(n, _read(fit.curves, at))
        return np.asarray(found.sum(axis=1), dtype=np.float64)
    stops = np.array(ends, dtype=np.int64)
    at, _, which = _binned(log_odds(stated))
    part = np.searchsorted(stops, np.arange(len(which)), side="right")
    cell, counts = np.unique((part * len(at) + which)[part < len(stops)], return_counts=True)
    of, step = np.divmod(cell, max(len(at), 1))
    wrong = np.random.default_rng(seed).binomial(counts, _read(fit.curves, at[step]))
    so_far = np.concatenate([np.zeros((len(wrong), 1)), wrong.cumsum(axis=1)], axis=1)
    return np.asarray(so_far[:, np.searchsorted(of, np.arange(len(stops)), side="right")])


def updated_suggestions(
    p_suggested: npt.ArrayLike, p_wrong: npt.ArrayLike, verdicts: npt.ArrayLike, hit: npt.ArrayLike, *, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Probabilities that the suggested label is right, after people have relabelled some items.

    Of a wrong label, the suggestion is right with probability ``p_suggested / p_wrong``; that is recalibrated on the
    items found wrong, by whether people chose the suggestion, and multiplied with the probability of being wrong.

    Parameters
    ----------
    p_suggested : float array (n,)
        Stated probability that the suggestion is the right label, 0 to ``p_wrong``.
    p_wrong : float array (n,)
        Stated probability that the given label is wrong, 0 to 1.
    verdicts : int array (n,)
        As of ``recalibration``.
    hit : bool array (n,)
        Whether people relabelled the item to the suggestion; read only where the verdict is 1.

    Returns
    -------
    float64 array (n,)
        0 to 1; for heard items 1 or 0.

    Examples
    --------
    >>> p_wrong, p_suggested = [0.9, 0.9, 0.9], [0.8, 0.8, 0.8]
    >>> verdicts, hit = [1, 0, -1], [True, False, False]  # relabelled as suggested, found right, not heard
    >>> p = updated_suggestions(p_suggested, p_wrong, verdicts, hit)
    >>> p[:2].tolist(), bool(0 < p[2] < 1)
    ([1.0, 0.0], True)
    """
    stated, said = np.asarray(p_wrong, dtype=np.float64), np.asarray(verdicts)
    share = np.clip(np.asarray(p_suggested, dtype=np.float64) / np.maximum(stated, 1e-12), 0.0, 1.0)
    chosen = np.asarray(hit, dtype=bool)
    of_wrong = recalibration(share, np.where(said == 1, chosen, -1), seed=seed)
    p = updated(of_wrong, share) * updated(recalibration(stated, said, seed=seed), stated)
    return np.where(said >= 0, (said == 1) & chosen, p).astype(np.float64)


def _logistic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    from scipy.special import expit  # slow to load: a screen opens without it

    return np.asarray(expit(x))


def log_odds(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Log odds of probabilities, within the range of ``KNOTS``.

    Examples
    --------
    >>> log_odds([0.5, 0.9]).round(3).tolist()  # ln 1, ln 9
    [0.0, 2.197]
    """
    least = float(_logistic(KNOTS[:1])[0])
    q = np.clip(np.asarray(p, dtype=np.float64), least, 1.0 - least)
    return np.asarray(np.log(q / (1.0 - q)))


class _Model:
    """Curve and ends as functions of ``z``, which is standard normal before any verdict."""

    def __init__(self, prior: Prior, mean_stated: float) -> None:
        self.prior = prior
        apart = KNOTS[:, None] - KNOTS
        alike = prior.together + (1.0 - prior.together) * np.exp(-0.5 * (apart / prior.length) ** 2)
        self._root = np.linalg.cholesky(prior.shift**2 * alike + 1e-6 * np.eye(len(KNOTS)))
        self._hidden = np.log(prior.hidden * max(mean_stated, 1e-5))
        self._spared = np.log(prior.spared)

    def ends(self, z: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        hidden = np.minimum(np.exp(self._hidden + self.prior.hidden_sd * z[..., -2:-1]), 0.4)
        return hidden, np.minimum(np.exp(self._spared + self.prior.spared_sd * z[..., -1:]), 0.4)

    def curve(self, z: npt.NDArray[np.float64], at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities (…, len(at)) at stated log odds."""
        hidden, spared = self.ends(z)
        f = at + z[..., :-2] @ (_weights(at) @ self._root).T
        return np.asarray(np.clip(hidden + (1.0 - hidden - spared) * _logistic(f), 1e-9, 1.0 - 1e-9))

    def log_posterior(
        self,
        z: npt.NDArray[np.float64],
        at: npt.NDArray[np.float64],
        counts: npt.NDArray[np.float64],
        hits: npt.NDArray[np.float64],
    ) -> npt.NDArray[np.float64]:
        p = self.curve(z, at)
        return np.asarray((hits * np.log(p) + (counts - hits) * np.log1p(-p)).sum(-1) - 0.5 * (z**2).sum(-1))

    def fitted(
        self, at: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], hits: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Mode and a root of the covariance, by Fisher scoring."""
        n = len(KNOTS) + 2
        rows = _weights(at) @ self._root
        z, precision = np.zeros(n), np.eye(n)
        now = float(self.log_posterior(z, at, counts, hits))
        for _ in range(60):
            hidden, spared = self.ends(z)
            s = _logistic(at + rows @ z[:-2])
            p = np.clip(hidden + (1.0 - hidden - spared) * s, 1e-9, 1.0 - 1e-9)
            slope = np.column_stack(
                [
                    ((1.0 - hidden - spared) * s * (1.0 - s))[:, None] * rows,
                    self.prior.hidden_sd * hidden * (1.0 - s),
                    -self.prior.spared_sd * spared * s,
                ]
            )
            weight = 1.0 / (p * (1.0 - p))
            gradient = slope.T @ ((hits - counts * p) * weight) - z
            precision = np.eye(n) + (slope * (counts * weight)[:, None]).T @ slope
            step = np.linalg.solve(precision, gradient)
            size = 1.0
            while size > 1e-4 and (then := float(self.log_posterior(z + size * step, at, counts, hits))) < now:
                size /= 2.0
            if size <= 1e-4 or np.abs(step).max() < 1e-6:
                break
            z, now = z + size * step, then
        return z, np.linalg.cholesky(np.linalg.inv(precision))


def _resampled(log_weight: npt.NDArray[np.float64], n: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """``n`` positions by systematic resampling."""
    weight = np.exp(log_weight - log_weight.max())
    edges = np.cumsum(weight / weight.sum())
    return np.asarray(np.minimum(np.searchsorted(edges, (np.arange(n) + rng.random()) / n), len(edges) - 1))


def _binned(
    odds: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Log odds by steps of ``_STEP``, how many items lie at each, and which step each item is at."""
    step = _step(odds)
    counts = np.bincount(step, minlength=_N_STEPS)
    present = np.flatnonzero(counts)
    place = np.zeros(len(counts), dtype=np.int64)
    place[present] = np.arange(len(present))
    return KNOTS[0] + _STEP * present, counts[present].astype(np.float64), place[step]


def _step(odds: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.asarray(np.round((odds - KNOTS[0]) / _STEP), dtype=np.int64)


def _counted(stated: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Log odds by steps of ``_STEP`` and how many items lie at each; of millions a part at a time."""
    p = np.asarray(stated, dtype=np.float64)
    counts = np.zeros(_N_STEPS, dtype=np.int64)
    for rows in batches(len(p), 1, cells=2**18):
        counts += np.bincount(_step(log_odds(p[rows])), minlength=_N_STEPS)
    present = np.flatnonzero(counts)
    return KNOTS[0] + _STEP * present, counts[present]


def _weights(at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Linear interpolation from the knots, float64 (len(at), m)."""
    width = KNOTS[1] - KNOTS[0]
    return np.asarray(np.clip(1.0 - np.abs(at[:, None] - KNOTS) / width, 0.0, None))


def _read(curves: npt.NDArray[np.float64], at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.clip(curves @ _weights(at).T, 0.0, 1.0))
