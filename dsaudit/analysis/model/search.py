"""Random search that narrows: trials drawn at random, in rounds, each round nearer the best of those before it.

Random search beats a grid where few of the values matter (J. Bergstra, Y. Bengio, "Random Search for
Hyper-Parameter Optimization", JMLR 2012); rates and strengths are drawn on a log scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_KEEP = 0.25
_EXPLORE = 0.2
_MARGIN = 0.15


@dataclass(frozen=True, slots=True)
class Numeric:
    """Numbers from ``low`` to ``high``, both included.

    Attributes
    ----------
    low, high : float
        ``low`` ≤ ``high``; positive where ``log``.
    log : bool
        Drawn evenly on a log scale, as rates are, and not evenly, as shares are.
    whole : bool
        Whole numbers.
    when : (str, tuple), optional
        Name of a choice and those of its options under which the number has a meaning; else it is not drawn.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False
    when: tuple[str, tuple[Any, ...]] | None = None

    def __post_init__(self) -> None:
        if not (self.low <= self.high and math.isfinite(self.high - self.low)) or (self.log and self.low <= 0):
            raise ValueError(f"no range: {self.low} to {self.high}{' on a log scale' * self.log}")

    def place(self, value: float) -> float:
        """Where a value lies: 0 at ``low``, 1 at ``high``."""
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, max(value, self.low)))
        return (at - low) / (high - low) if high > low else 0.0

    def value(self, place: float) -> float | int:
        """The value at a place, 0 to 1."""
        found = self.low * (self.high / self.low) ** place if self.log else self.low + (self.high - self.low) * place
        return min(max(round(found) if self.whole else float(f"{found:.4g}"), self.low), self.high)


@dataclass(frozen=True, slots=True)
class Categorical:
    """One of several; ``when`` as for ``Numeric``."""

    options: tuple[Any, ...]
    when: tuple[str, tuple[Any, ...]] | None = None


Space = Mapping[str, Numeric | Categorical]
"""What to search: name to where its values come from. A choice that others depend on comes before them."""


@dataclass(frozen=True, slots=True)
class ValidationScore:
    """How good a trial was on the validation part: log loss in nats, share predicted as given."""

    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One set of values that was tried.

    Attributes
    ----------
    trial, round : int
        Counted from 0; trial 0 of round 0 has the defaults.
    values : mapping
        Name to value, of what has a meaning in this trial.
    loss, accuracy : float
        NaN where it failed.
    error : str
        Why it failed; empty where it did not.
    """

    trial: int
    round: int
    values: Mapping[str, Any]
    loss: float
    accuracy: float
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether it came to no loss that can be compared."""
        return not math.isfinite(self.loss)


def search(
    space: Space,
    judge: Callable[[Mapping[str, Any]], ValidationScore],
    *,
    n_trials: int,
    defaults: Mapping[str, Any] | None = None,
    seed: int = 0,
    on_trial: Callable[[Trial], None] | None = None,
) -> tuple[Trial, ...]:
    """Try sets of values; the same space, judge and seed give the same trials.

    Trials are dealt to rounds of at least four. The first round draws from the whole space; every later
    one from ranges around the best quarter of all trials so far, options of choices in proportion to how
    often they are among those; one draw in five comes from the whole space again, so that an early mistake
    can be mended.

    Parameters
    ----------
    space : Space
    judge : callable
        From values to their score. What it raises (an ``Exception``) and a loss that is not finite make the
        trial a failed one, and the search goes on.
    n_trials : int
        At least 1, the defaults included where they are given.
    defaults : mapping, optional
        Values tried first, so that the best trial is never worse than they are.
    on_trial : callable, optional
        Told of each trial as it ends.

    Returns
    -------
    tuple of Trial, in the order they were tried.

    Examples
    --------
    >>> space = {"rate": Numeric(0.001, 1.0, log=True)}
    >>> judge = lambda v: ValidationScore(abs(v["rate"] - 0.1), 0.5)
    >>> trials = search(space, judge, n_trials=20, defaults={"rate": 0.5})
    >>> len(trials), trials[0].values, trials[best_trial(trials)].loss < 0.02
    (20, {'rate': 0.5}, True)
    """
    trials: list[Trial] = []
    for number, of_round in enumerate(round_sizes(n_trials)):
        aims = narrowed(space, trials) if number else whole(space)
        for _ in range(of_round):
            k = len(trials)
            if k == 0 and defaults is not None:
                values = dict(defaults)
            else:
                values = draw(space, aims, np.random.default_rng([seed, k]))
            trial = _tried(judge, values, trial=k, round=number)
            trials.append(trial)
            if on_trial is not None:
                on_trial(trial)
    return tuple(trials)


def best_trial(trials: Sequence[Trial]) -> int | None:
    """Position of the trial with the lowest loss, the earlier one of equals; None where all failed.

    Examples
    --------
    >>> best_trial([Trial(0, 0, {}, 0.7, 0.5), Trial(1, 0, {}, 0.4, 0.8), Trial(2, 0, {}, float("nan"), float("nan"))])
    1
    """
    sound = [k for k, trial in enumerate(trials) if not trial.failed]
    return min(sound, key=lambda k: trials[k].loss, default=None)


def round_sizes(n_trials: int) -> list[int]:
    """Trials of each round: up to five rounds, of at least four trials where there are as many.

    Examples
    --------
    >>> round_sizes(10), round_sizes(24)
    ([5, 5], [5, 5, 5, 5, 4])
    """
    n_rounds = max(1, min(5, n_trials // 4))
    return [len(part) for part in np.array_split(np.arange(n_trials), n_rounds)]


Aim = tuple[float, float] | tuple[float, ...]
"""Where to draw: a part of a range as places from 0 to 1, or a weight per option."""


def whole(space: Space) -> dict[str, Aim]:
    """Aims that leave nothing out.

    Examples
    --------
    >>> whole({"rate": Numeric(0.001, 1.0, log=True), "layers": Categorical((1, 2))})
    {'rate': (0.0, 1.0), 'layers': (1.0, 1.0)}
    """
    return {
        name: (0.0, 1.0) if isinstance(part, Numeric) else (1.0,) * len(part.options) for name, part in space.items()
    }


def narrowed(space: Space, trials: Sequence[Trial]) -> dict[str, Aim]:
    """Aims around the best quarter of the trials, at least two of them, that did not fail.

    A range shrinks to the best values and a margin of .15 of the whole on either side; an option weighs one
    more than its number among the best. What the best say nothing of stays whole.

    Examples
    --------
    >>> trials = [Trial(k, 0, {"share": share}, abs(share - 0.5), 0.5) for k, share in enumerate([0.0, 0.5, 0.6, 1.0])]
    >>> [round(end, 2) for end in narrowed({"share": Numeric(0.0, 1.0)}, trials)["share"]]
    [0.35, 0.75]
    """
    sound = sorted((t for t in trials if not t.failed), key=lambda t: (t.loss, t.trial))
    best = sound[: max(2, math.ceil(_KEEP * len(sound)))]
    aims = whole(space)
    for name, part in space.items():
        values = [t.values[name] for t in best if name in t.values]
        if not values:
            continue
        if isinstance(part, Numeric):
            places = [part.place(v) for v in values]
            aims[name] = (max(0.0, min(places) - _MARGIN), min(1.0, max(places) + _MARGIN))
        else:
            aims[name] = tuple(1.0 + 2.0 * values.count(option) for option in part.options)
    return aims


def draw(space: Space, aims: Mapping[str, Aim], rng: np.random.Generator) -> dict[str, Any]:
    """One set of values; names in the order of the space, without those that have no meaning in it.

    Examples
    --------
    >>> import numpy as np
    >>> space = {"layers": Categorical((1, 2)), "share": Numeric(0.0, 1.0)}
    >>> values = draw(space, {"layers": (0.0, 1.0), "share": (0.25, 0.5)}, np.random.default_rng(0))
    >>> values["layers"], 0.25 <= values["share"] <= 0.5
    (2, True)
    """
    values: dict[str, Any] = {}
    if rng.random() < _EXPLORE:
        aims = whole(space)
    for name, part in space.items():
        place = rng.random()  # drawn whether used or not: what one name needs does not move the next
        if part.when is not None and values.get(part.when[0]) not in part.when[1]:
            continue
        aim = aims[name]
        if isinstance(part, Numeric):
            values[name] = part.value(aim[0] + (aim[1] - aim[0]) * place)
        else:
            weight = np.cumsum(aim)
            values[name] = part.options[int(np.searchsorted(weight, place * weight[-1], side="right"))]
    return values


def described(space: Space) -> dict[str, list[Any]]:
    """The space as the run keeps it: name to [low, high] or the list of options.

    Examples
    --------
    >>> described({"rate": Numeric(0.001, 1.0, log=True), "layers": Categorical((1, 2))})
    {'rate': [0.001, 1.0], 'layers': [1, 2]}
    """
    return {
        name: [part.low, part.high] if isinstance(part, Numeric) else list(part.options) for name, part in space.items()
    }


def _tried(
    judge: Callable[[Mapping[str, Any]], ValidationScore], values: Mapping[str, Any], *, trial: int, round: int
) -> Trial:
    nan = float("nan")
    try:
        score = judge(values)
    except Exception as error:  # whatever a set of values breaks, the others are still worth trying
        text = " ".join(str(error).split())[:200]
        return Trial(trial, round, values, nan, nan, f"{type(error).__name__}: {text}")
    if not math.isfinite(score.loss):
        return Trial(trial, round, values, nan, nan, "diverged: the loss is not finite")
    return Trial(trial, round, values, score.loss, score.accuracy)
