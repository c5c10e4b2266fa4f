"""Compared with its class, is a part of an item missing? For classes whose items have a course in time, as words have.

The items of a class are aligned with a left-to-right model of it: states one after the other, each with a mean and a
spread of the frames it stands for, made from the class's most typical item and refined on a sample of the class. An
item enters the model behind what is quiet in it and leaves it before what is quiet again. How much cheaper it is to
enter later than at the first state says that the beginning is missing, and where it enters says how much of it; the
same at the end. Items are judged by a model that saw neither them nor others of their group. Items that lack a part
teach the model nothing of that part, so a class of which a third is cut is still known whole.

A class has a course if items it was not made from go through its model forwards at much less cost than backwards: noise
and music do not, and a class of many things hardly does.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.int64]
    Bytes = npt.NDArray[np.uint8]

_Kind = TypeVar("_Kind", bound=np.generic)

FEWEST = 8
"""Items of a class below which nothing is typical."""
N_TYPICAL = 200
"""Items of a class, drawn at random, that its model is made from: the work on a class is bounded."""
MIN_FORWARD, MIN_LEAD, MIN_CLEAR = 0.8, 0.05, 1.4
"""A class has a course if so many of its items are more like it forwards than backwards, by so much per frame, and by
so many median deviations from item to item: noise makes the lead of all smaller, not less sure."""
COLUMNS = tuple(f"{side}_{name}" for side in ("start", "end") for name in ("gain", "typical", "share", "frames"))

_AT_ONCE = 256
_OFFSET, _STEP = -110.0, 0.5
_NOTHING = -75.0
"""Courses so far under the loudest one were not recorded: digital silence says nothing of the noise."""
_LOWEST, _HIGHEST_FLOOR = -55.0, -15.0
_NOISE_SHARE, _NOISE_SD = 0.2, 4.5
_DELTA = 0.35
_QUIET_OVER, _QUIET_SD, _QUIET_BONUS = 1.5, 2.0, 0.5
_CAP, _COST_OFFSET, _SKIP, _AWAY = 4.0, 1.6, 2.0, 2.5
_PACE = 0.5
_FRAMES_PER_STATE, _FEWEST_STATES, _MOST_STATES = 1.0, 6, 40
_VARIANCE, _PRIOR_VARIANCE, _PRIOR_N = 9.0, 25.0, 8
_ROUNDS = 5
_FAR = np.float32(1e9)


@dataclass(frozen=True, slots=True)
class Courses:
    """Items side by side, n of them, the longest of t frames.

    Attributes
    ----------
    values : float32 array (n, t, 2 bands)
        Level of each band over the loudest frame, decibels, and how it moves; what is under the noise is at its edge.
    quiet : float32 array (n, t)
        What it costs to say that a frame holds nothing but the item's own noise; 0 beyond its end.
    active : bool array (n, t)
        Where it is loud.
    length : int64 array (n,)
    """

    values: Floats
    quiet: Floats
    active: npt.NDArray[np.bool_]
    length: Ints

    def of(self, rows: npt.NDArray[np.int64]) -> Courses:
        """Some of the items."""
        return Courses(self.values[rows], self.quiet[rows], self.active[rows], self.length[rows])

    @property
    def backwards(self) -> Courses:
        """The same from the last frame to the first."""
        at = np.clip(self.length[:, None] - 1 - np.arange(self.values.shape[1]), 0, None)
        values = np.take_along_axis(self.values, at[:, :, None], axis=1)
        values[:, :, values.shape[2] // 2 :] *= -1.0
        return Courses(
            values, np.where(self._there, np.take_along_axis(self.quiet, at, 1), 0), self.active, self.length
        )

    @property
    def _there(self) -> npt.NDArray[np.bool_]:
        return np.asarray(np.arange(self.values.shape[1]) < self.length[:, None])


def frames_of(courses: Sequence[Bytes]) -> Courses:
    """What is compared, of courses as a kind's reading gives them: uint8 arrays (n_frames, bands), half decibels.

    Examples
    --------
    >>> import numpy as np
    >>> course = np.array([[40, 40]] * 5 + [[180, 120]] * 5 + [[40, 40]] * 5, dtype=np.uint8)
    >>> frames = frames_of([course, course[:8]])
    >>> frames.values.shape, frames.length.tolist(), frames.active[0].nonzero()[0].tolist()
    ((2, 15, 4), [15, 8], [5, 6, 7, 8, 9])
    """
    length = np.array([len(c) for c in courses], dtype=np.int64)
    raw = np.zeros((len(courses), int(length.max()), courses[0].shape[1]), np.float32)
    for own, course in zip(raw, courses, strict=True):
        own[: len(course)] = course
    there = np.arange(raw.shape[1]) < length[:, None]
    level = raw * np.float32(_STEP) + np.float32(_OFFSET)
    total = np.where(there, 10.0 * np.log10((10.0 ** (level / 10.0)).sum(axis=2) + 1e-12), -np.inf)
    loudest = total.max(axis=1)
    level -= loudest[:, None, None]
    total = total - loudest[:, None]
    # the noise of an item: its faintest fifth
    heard = there & (total > _NOTHING)
    n_faint = np.maximum(1, np.ceil(_NOISE_SHARE * heard.sum(axis=1))).astype(np.int64)
    ordered = np.sort(np.where(heard, total, np.inf), axis=1)
    faint = heard & (total <= np.take_along_axis(ordered, n_faint[:, None] - 1, axis=1))
    n = np.maximum(faint.sum(axis=1), 1)[:, None]
    mean = np.where(faint[:, :, None], level, 0.0).sum(axis=1) / n
    spread = (np.where(faint[:, :, None], level - mean[:, None], 0.0) ** 2).sum(axis=1) / n
    edge = mean + np.sqrt(0.5 * spread + 0.5 * _NOISE_SD**2)
    edge = np.maximum(_LOWEST, np.minimum(edge, _HIGHEST_FLOOR))[:, None].astype(np.float32)
    values = np.where(there[:, :, None], np.maximum(level, edge), edge)
    over = np.maximum(0.0, values - edge - _QUIET_OVER)
    quiet = np.minimum((over**2).mean(axis=2) / (2.0 * _QUIET_SD**2), _CAP) - _QUIET_BONUS
    moving = np.zeros_like(values)
    moving[:, 2:-2] = _DELTA * (values[:, 4:] - values[:, :-4])
    tenth = np.take_along_axis(np.sort(np.where(there, total, np.inf), axis=1), (length // 10)[:, None], axis=1)
    active = there & (total > np.maximum(-28.0, tenth + 8.0))
    both = np.concatenate((values, moving), axis=2).astype(np.float32)
    return Courses(both, np.where(there, quiet, 0.0).astype(np.float32), active, length)


@dataclass(frozen=True, slots=True)
class CourseModel:
    """The course of a class: k states in their order.

    Attributes
    ----------
    mean, variance : float32 arrays (k, 2 bands)
    duration : float64 array (k,)
        Courses that an item spends in a state; 0 for one that less than half of the items visit.
    """

    mean: Floats
    variance: Floats
    duration: npt.NDArray[np.float64]

    def costs(self, frames: Courses) -> Floats:
        """What it costs to say that a frame is of a state, (n, t, k)."""
        n, t, d = frames.values.shape
        flat, weight = frames.values.reshape(-1, d), 1.0 / self.variance
        square = (flat**2) @ weight.T - 2.0 * flat @ (self.mean * weight).T + (self.mean**2 * weight).sum(axis=1)
        cost = (square + np.log(self.variance).sum(axis=1)) / (2 * d) - _COST_OFFSET
        return np.asarray(np.minimum(cost, _CAP).reshape(n, t, -1), dtype=np.float32)

    @property
    def backwards(self) -> CourseModel:
        """From the last state to the first."""
        mean = self.mean[::-1].copy()
        mean[:, mean.shape[1] // 2 :] *= -1.0
        return CourseModel(mean, self.variance[::-1].copy(), self.duration[::-1].copy())


@dataclass(frozen=True, slots=True)
class _Beside:
    """Items of several sets, each with its own model, as one: N items, the longest of T frames, at most K states.

    Attributes
    ----------
    costs : float32 array (N, T, K)
        As of ``CourseModel.costs``; no way leads through the states that a model lacks.
    quiet : float32 array (N, T)
    length, n_states : int64 arrays (N,)
    sizes : list of (n, t, k)
        Of each set.
    """

    costs: Floats
    quiet: Floats
    length: Ints
    n_states: Ints
    sizes: list[tuple[int, int, int]]

    @classmethod
    def of(cls, pairs: Sequence[tuple[CourseModel, Courses]]) -> _Beside:
        told = [model.costs(frames) for model, frames in pairs]
        sizes = [one.shape for one in told]
        n, (t, k) = sum(size[0] for size in sizes), np.max(sizes, axis=0)[1:].tolist()
        costs, quiet = np.full((n, t, k), _FAR), np.zeros((n, t), np.float32)
        ends = np.cumsum([size[0] for size in sizes]).tolist()
        for one, (_, frames), end in zip(told, pairs, ends, strict=True):
            rows = slice(end - len(one), end)
            costs[rows, : one.shape[1], : one.shape[2]] = one
            quiet[rows, : one.shape[1]] = frames.quiet
        length = np.concatenate([frames.length for _, frames in pairs])
        return cls(costs, quiet, length, np.repeat([size[2] for size in sizes], [size[0] for size in sizes]), sizes)

    def parted(self, values: npt.NDArray[_Kind]) -> list[npt.NDArray[_Kind]]:
        """What is told of each item, by set."""
        return np.split(values, np.cumsum([size[0] for size in self.sizes])[:-1])

    def entries(self) -> list[Floats]:
        """What the best way through costs that enters at each state and leaves at any, (n, k) of each set."""
        costs, length = self.costs, self.length
        n, t, k = costs.shape
        before = np.zeros((n, t + 1), np.float32)
        np.cumsum(self.quiet, axis=1, out=before[:, 1:])
        after = before[:, -1:] - before
        best, ahead = np.full((n, k), _FAR), np.full((n, k), _FAR)
        for at in range(t - 1, -1, -1):
            further = ahead.copy()
            np.minimum(further[:, :-1], ahead[:, 1:], out=further[:, :-1])
            np.minimum(further[:, :-2], ahead[:, 2:] + np.float32(_SKIP), out=further[:, :-2])
            np.minimum(further, after[:, at + 1, None], out=further)
            ahead = np.where((at < length)[:, None], costs[:, at] + further, _FAR)
            np.minimum(best, before[:, at, None] + ahead, out=best)
        return [own[:, : size[2]] for own, size in zip(self.parted(best), self.sizes, strict=True)]

    def paths(self) -> list[Ints]:
        """State of each frame on the best way through, -1 for what is quiet, (n, t) of each set. A way that leaves out
        the beginning or the end costs extra."""
        costs, quiet, length, last = self.costs, self.quiet, self.length, self.n_states
        n, t, k = costs.shape
        row = np.arange(n)
        away_in, away_out = np.full(k, _AWAY, np.float32), np.full((n, k), _AWAY, np.float32)
        away_in[0] = away_out[row, last - 1] = 0.0
        here, before, after = np.full((n, k), _FAR), np.zeros(n, np.float32), np.full(n, _FAR)
        came, left = np.zeros((n, t, k), np.int8), np.full((n, t), -1, np.int64)
        for at in range(t):
            out = here + away_out
            leaving = out.argmin(axis=1)
            best = out[row, leaving]
            left[:, at] = np.where(after <= best, last, leaving)
            alive, least = at < length, here.copy()
            skipping, entering = here[:, :-2] + np.float32(_SKIP), before[:, None] + away_in
            for way, to, cost in ((1, 1, here[:, :-1]), (2, 2, skipping), (3, 0, entering)):
                np.copyto(came[:, at, to:], way, where=cost < least[:, to:])
                np.minimum(least[:, to:], cost, out=least[:, to:])
            here = np.where(alive[:, None], least + costs[:, at], here)
            after = np.where(alive, np.minimum(after, best) + quiet[:, at], after)
            before = np.where(alive, before + quiet[:, at], before)
        out = here + away_out
        # behind the last state stands their number; -1: before the first
        state = np.where(after < out.min(axis=1), last, out.argmin(axis=1))
        path = np.full((n, t), -1, np.int64)
        for at in range(t - 1, -1, -1):
            alive, inside = at < length, (state >= 0) & (state < last)
            path[:, at] = np.where(alive & inside, state, -1)
            step = came[row, at, np.clip(state, 0, last - 1)]
            back = np.where(inside, np.where(step == 3, -1, state - step), np.where(state == last, left[:, at], state))
            state = np.where(alive, back, state)
        return [own[:, : size[1]] for own, size in zip(self.parted(path), self.sizes, strict=True)]


def models_of(sets: Sequence[Courses]) -> list[CourseModel]:
    """The course of each set of items, such as some of a class: that of its most typical one, refined by all.

    Examples
    --------
    >>> import numpy as np
    >>> course = np.repeat(np.array([[40, 40], [180, 90], [90, 180], [40, 40]], dtype=np.uint8), 6, axis=0)
    >>> (model,) = models_of([frames_of([course] * 8)])
    >>> model.mean.shape, float(model.duration.sum())
    ((12, 4), 12.0)
    """
    models = [_begun(frames) for frames in sets]
    for _ in range(_ROUNDS):
        paths = _Beside.of(list(zip(models, sets, strict=True))).paths()
        models = [_refined(*each) for each in zip(models, sets, paths, strict=True)]
    return models


def _begun(frames: Courses) -> CourseModel:
    typical = frames.values[_typical(frames)]
    at = np.flatnonzero(frames.active[_typical(frames)])
    first, last = (int(at[0]), int(at[-1])) if len(at) > 3 else (0, len(typical) - 1)
    usual = np.quantile(frames.active.sum(axis=1), _PACE)
    k = int(np.clip(round(min(usual, last + 1 - first) / _FRAMES_PER_STATE), _FEWEST_STATES, _MOST_STATES))
    mean = typical[np.rint(np.linspace(first, last, k)).astype(np.int64)].copy()
    half = mean.shape[1] // 2
    variance = np.tile(np.repeat(np.array([64.0, 36.0], np.float32), half), (k, 1))
    return CourseModel(mean, variance, np.zeros(k))


def _refined(model: CourseModel, frames: Courses, path: Ints) -> CourseModel:
    """The model with means and spreads of the frames that a path through it says are of its states."""
    k = len(model.mean)
    of_state = [frames.values[path == state] for state in range(k)]
    visits = np.array([(path == state).any(axis=1).sum() for state in range(k)])
    mean, variance = model.mean.copy(), model.variance.copy()
    for state, own in enumerate(of_state):
        if len(own) >= 4:
            mean[state] = own.mean(axis=0)
            squares = own.var(axis=0) * len(own) + _PRIOR_N * _PRIOR_VARIANCE
            variance[state] = np.maximum(squares / (len(own) + _PRIOR_N), _VARIANCE)
    stay = np.array([len(own) for own in of_state]) / np.maximum(visits, 1)
    return CourseModel(mean, variance, np.where(visits >= 0.5 * len(path), stay, 0.0))


def _typical(frames: Courses) -> int:
    """The item that is nearest to half of the others, its loud part at 16 moments."""
    moments = []
    for values, active in zip(frames.values, frames.active, strict=True):
        at = np.flatnonzero(active)
        first, last = (at[0], at[-1]) if len(at) > 3 else (0, len(values) - 1)
        moments.append(values[np.rint(np.linspace(first, last, 16)).astype(np.int64)].ravel())
    table = np.array(moments, dtype=np.float64)
    square = (table**2).sum(axis=1)
    apart = np.maximum(square[:, None] + square - 2.0 * table @ table.T, 0.0)
    half = len(apart) // 2
    return int(np.partition(apart, half, axis=1)[:, : half + 1].mean(axis=1).argmin())


def missing_parts(
    courses: Sequence[Bytes], labels: Sequence[str], groups: Sequence[str], *, seed: int = 0
) -> pd.DataFrame:
    """What of the course of its class each item lacks.

    Parameters
    ----------
    courses : sequence of uint8 arrays (n_frames, bands)
    labels : sequence of str
    groups : sequence of str
        Items of one group are not compared with each other; an item by itself has a group of its own.

    Returns
    -------
    DataFrame, a row for each item of a class that has a course, indexed by its position
        For each ``side``, start and end: ``side_gain`` (0 and up: how much better the item fits its class without that
        part of the course than with it), ``side_typical`` (the gain of the class's items, its median and median
        deviation summed), ``side_share`` (0 to 1: part of the class's course that is left out), ``side_frames`` (how
        many frames that usually takes).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> word = 160 - 2 * np.abs(np.subtract.outer(np.linspace(0, 40, 30), np.linspace(0, 40, 12)))
    >>> said = [np.pad(word, ((12, 12), (0, 0)), constant_values=30) + rng.normal(0, 4, (54, 12)) for _ in range(24)]
    >>> said[0][:26] = 30 + rng.normal(0, 4, (26, 12))  # the beginning is gone, and noise is in its place
    >>> found = missing_parts([s.astype(np.uint8) for s in said], ["up"] * 24, [str(k) for k in range(24)])
    >>> bool(0.4 < found["start_share"][0] < 0.6), bool(found["start_share"][1:].max() < 0.1)
    (True, True)
    """
    named = pd.Series(labels, dtype=object)
    found = []
    for _, rows in sorted(named.groupby(named, sort=True).indices.items()):
        if len(rows) >= FEWEST and (own := _of_class([courses[k] for k in rows], [groups[k] for k in rows], seed)):
            found.append(pd.DataFrame(own, index=rows))
    return pd.concat(found).sort_index() if found else pd.DataFrame(columns=list(COLUMNS), dtype=np.float64)


def _of_class(courses: Sequence[Bytes], groups: Sequence[str], seed: int) -> dict[str, npt.NDArray[np.float64]] | None:
    """The columns of ``missing_parts`` of one class; None where it has no course."""
    fold = _folds(groups, 2 if len(courses) >= 60 else 5)
    table = {name: np.zeros(len(courses)) for name in COLUMNS}
    lead = np.zeros(len(courses))
    rng = np.random.default_rng(seed)
    folds, sets = np.unique(fold).tolist(), []
    for one in folds:
        others = np.flatnonzero(fold != one)
        if len(others) < FEWEST // 2:
            return None
        sets.append(frames_of([courses[k] for k in np.sort(rng.permutation(others)[:N_TYPICAL])]))
    models = models_of(sets)
    held = [(model, np.flatnonzero(fold == one)) for one, model in zip(folds, models, strict=True)]
    parts = [(model, rows[at : at + _AT_ONCE]) for model, rows in held for at in range(0, len(rows), _AT_ONCE)]
    for first in range(0, len(parts), len(folds)):
        part = parts[first : first + len(folds)]
        frames = [frames_of([courses[k] for k in rows]) for _, rows in part]
        for (model, rows), own, found in zip(part, frames, _entries([m for m, _ in part], frames), strict=True):
            start, end, turned = found
            lead[rows] = (turned[:, 0] - start[:, 0]) / np.maximum(own.active.sum(axis=1), 3)
            for side, cost, duration in (("start", start, model.duration), ("end", end, model.duration[::-1])):
                passed = np.concatenate(([0.0], np.cumsum(duration)))
                entered = passed[cost.argmin(axis=1)]
                table[f"{side}_gain"][rows] = cost[:, 0] - cost.min(axis=1)
                table[f"{side}_frames"][rows] = entered
                table[f"{side}_share"][rows] = entered / max(passed[-1], 1e-9)
    usual = float(np.median(lead))
    clear = usual > MIN_CLEAR * float(np.median(np.abs(lead - usual)))
    if (lead > 0.0).mean() < MIN_FORWARD or usual < MIN_LEAD or not clear:
        return None
    for side in ("start", "end"):
        gain = table[f"{side}_gain"]
        middle = float(np.median(gain))
        table[f"{side}_typical"][:] = middle + float(np.median(np.abs(gain - middle)))
    return table


def _entries(models: Sequence[CourseModel], sets: Sequence[Courses]) -> list[tuple[Floats, Floats, Floats]]:
    """Of each set by its model: entries from its start, from its end, and of the items turned round."""
    turned = [frames.backwards for frames in sets]
    start = list(zip(models, sets, strict=True))
    end = [(model.backwards, frames) for model, frames in zip(models, turned, strict=True)]
    found = _Beside.of([*start, *end, *zip(models, turned, strict=True)]).entries()
    n = len(sets)
    return list(zip(found[:n], found[n : 2 * n], found[2 * n :], strict=True))


def _folds(groups: Sequence[str], n: int) -> npt.NDArray[np.int64]:
    """Fold of each item, the items of a group in one: groups in an order that no name tells, in turn."""
    order = sorted(set(groups), key=lambda group: (zlib.crc32(group.encode("utf-8", "replace")), group))
    place = {group: k % n for k, group in enumerate(order)}
    return np.array([place[group] for group in groups], dtype=np.int64)
