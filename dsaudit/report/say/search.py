"""A search for hyper-parameters in words and columns: what was tried, what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsaudit.report.say.words import count, figure, percent

if TYPE_CHECKING:
    from dsaudit.store.schema.tuning import HeldOut, TrialFigures, Tuning


@dataclass(frozen=True, slots=True)
class Parameter:
    """One hyper-parameter and where it was looked for.

    Attributes
    ----------
    name : str
    values : tuple
        Per trial: a number, or the text of a choice; None where a trial had none.
    low, high : float or None
        Ends of the range; None for a choice.
    choices : tuple of str
        What was chosen from; empty for a range.
    """

    name: str
    values: tuple[Any, ...]
    low: float | None
    high: float | None
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """The section on a search.

    Attributes
    ----------
    title, lead : str
    metric : str
        What is made small, such as ``validation log loss``.
    loss : tuple of float
        Per trial; NaN where it failed.
    rounds : tuple of int
        Per trial, 0, 1, 2 …: each round looks nearer the best of those before it.
    best : int
        Position of the best trial.
    parameters : tuple of Parameter
        The most telling first: the one whose values order the losses best.
    table : tuple of rows of text
        trial, round, a value per parameter, loss, accuracy; the best first.
    """

    title: str
    lead: str
    metric: str
    loss: tuple[float, ...]
    rounds: tuple[int, ...]
    best: int
    parameters: tuple[Parameter, ...]
    table: tuple[tuple[str, ...], ...]


def search_of(tuning: Tuning | None) -> Search | None:
    """The section of a run, from its ``tuning.json``; None where nothing was searched."""
    if tuning is None or not tuning.trials:
        return None
    trials, metric = tuning.trials, tuning.metric
    loss = tuple(t.loss for t in trials)
    best = next((k for k, t in enumerate(trials) if t.trial == tuning.best), 0)
    rounds = tuple(t.round for t in trials)
    parameters = tuple(sorted(_parameters(tuning.space, trials), key=lambda p: (-_telling(p, loss), p.name)))
    order = sorted(range(len(trials)), key=lambda k: (k != best, _last(loss[k]), k))
    table = tuple(
        (
            str(trials[k].trial),
            str(rounds[k] + 1),
            *(short(p.values[k]) for p in parameters),
            short(loss[k]),
            percent(trials[k].accuracy),
        )
        for k in order
    )
    lead = _lead(rounds, tuning.held_out)
    return Search(_title(trials, best, loss, metric), lead, metric, loss, rounds, best, parameters, table)


def short(value: Any) -> str:
    """A value with three digits, large and small ones with a power of ten."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–" if value is None else str(value)
    if not math.isfinite(value):
        return "–"
    if value and not 1e-3 <= abs(value) < 1e5:
        mantissa, _, power = f"{value:.1e}".partition("e")
        return f"{mantissa}e{int(power)}".replace("-", "−")
    return figure(value)


def _title(trials: Sequence[TrialFigures], best: int, loss: Sequence[float], metric: str) -> str:
    known = sorted(v for v in loss if math.isfinite(v))
    said = f"The best of {count(len(trials))} trials reaches a {metric} of {short(loss[best])}"
    return said + (f", the median {short(known[len(known) // 2])}" if len(known) > 2 else "")


def _lead(rounds: Sequence[int], held_out: HeldOut | None) -> str:
    n = max(rounds) + 1
    if n == 1:
        said = "Every trial was drawn at random from the whole space and judged on a validation part only."
    else:
        said = (
            f"The first round was drawn at random from the whole space; each of the {n - 1} after it looks nearer "
            "the best so far. All were judged on a validation part only."
        )
    if held_out is not None and math.isfinite(held_out.best.loss + held_out.default.loss):
        best, default = held_out.best, held_out.default
        said += (
            f" On {count(held_out.n)} items that no trial saw, the best comes to {short(best.loss)}"
            f" ({percent(best.accuracy)} right), the defaults to {short(default.loss)} ({percent(default.accuracy)})."
        )
    return said


def _parameters(space: Mapping[str, Sequence[Any]], trials: Sequence[TrialFigures]) -> list[Parameter]:
    found = []
    for name, ends in space.items():
        values = [t.values.get(name) for t in trials]
        ranged = len(ends) == 2 and all(_is_number(v) for v in ends) and all(v is None or _is_number(v) for v in values)
        if ranged:
            low, high = sorted(float(e) for e in ends)
            found.append(Parameter(name, tuple(values), low, high, ()))
        else:
            told = [short(v) for v in values]
            choices = tuple(dict.fromkeys([*(short(e) for e in ends), *told]))
            found.append(Parameter(name, tuple(told), None, None, choices))
    return found


def _telling(parameter: Parameter, loss: Sequence[float]) -> float:
    """How far the loss follows the parameter: the share of its variance between choices, or between quarters."""
    known = [(v, y) for v, y in zip(parameter.values, loss, strict=True) if v is not None and math.isfinite(y)]
    if len(known) < 8:
        return 0.0
    if parameter.choices:
        parts = [[y for v, y in known if v == c] for c in parameter.choices]
    else:
        ordered = [y for _, y in sorted(known, key=lambda e: float(e[0]))]
        size = math.ceil(len(ordered) / 4)
        parts = [ordered[k : k + size] for k in range(0, len(ordered), size)]
    mean = sum(y for _, y in known) / len(known)
    total = sum((y - mean) ** 2 for _, y in known)
    between = sum(len(p) * (sum(p) / len(p) - mean) ** 2 for p in parts if p)
    return between / total if total > 0 else 0.0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _last(loss: float) -> float:
    return loss if math.isfinite(loss) else math.inf
