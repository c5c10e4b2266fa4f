"""Does the sound begin and end by itself, or was it cut off? Judged on the samples, without any model of words.

Two moments are looked at on the way from the edge into the sound: where the level rises most steeply, and where it
first leaves what lies at the edge. A natural onset grows over tens of milliseconds and in some bands only; at a
cut the word, its pitch and the background of the recording are there at full strength within a millisecond or two.
``boundary_trees.json`` weighs the features; ``tests/benchmarks/train_boundary.py`` made it, on recordings and
paddings that no published figure is measured on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.media.audio.envelope import (
    SHORTEST_MS,
    STEP_S,
    Level,
    bands_around,
    grid,
    periodicity,
    pieces_at,
    spectra,
    stretches,
)
from dsaudit.media.audio.waveform import LSB_16, decibels

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

LOWEST_DB, LOWEST_EDGE_DB, OUTSTANDING_DB = -26.0, -21.0, 8.0
"""A sound that was cut is at least so loud at the cut: relative to the loudest 50 ms, and over the noise floor."""
SMALLEST_STEP_DB = 9.0
"""A cut rises at least so much within 3 ms; slower sounds are not looked at more closely."""
NEGLIGIBLE = 0.02
"""Certainties below are not worked out further."""

_PER_MOMENT = (
    "step10", "step3", "after10", "after3", "before30", "floor_gap", "above_floor", "growth20", "growth60",
    "periodicity", "band_min", "band_low", "band_mid", "band_high", "before_std", "before_tilt", "before_still",
    "outside_peak", "shape_max", "shape_std", "growth100", "growth200", "hf_step10", "hf_step3", "hf_after10",
    "hf_growth20", "hf_growth60",
)  # fmt: skip
EDGE_FEATURES = (
    "edge5", "edge10", "edge20", "edge40", "floor", "above_floor", "growth40", "growth80", "periodicity", "still",
    "band1", "band2", "band3", "band4", "band5", "shape_max", "shape_std",
)  # fmt: skip
"""Names of what ``edge_features`` gives: levels of the outermost N ms, of the quietest 30 ms further in, how the level
grows inwards, the five bands of the outermost 12 ms, and how 30 ms there differ from the quietest 30 ms further in."""
FEATURES = (*(f"steepest_{n}" for n in _PER_MOMENT), *(f"first_{n}" for n in _PER_MOMENT), "apart_ms")
"""Names of what ``features`` gives. Decibels relative to the loudest 50 ms of the recording, unless said otherwise.

``stepN``: rise from the N ms before to the N ms after. ``afterN``, ``beforeN``: level of those. ``floor_gap``: the
quietest 30 ms further in, over the level before. ``above_floor``: the level after, over that quietest. ``growthN``:
further rise N ms later. ``periodicity``: 0 to 1, of the 32 ms after. ``band_*``: rise per band, 12 ms on both sides.
``before_std``: spread of the 1 ms levels before. ``before_tilt``: low bands over high, before. ``before_still``:
share of samples before that equal their neighbour. ``outside_peak``: loudest 10 ms further out over the median
there. ``shape_max``, ``shape_std``: how the five bands before differ from those of the quietest 30 ms further in, the
largest difference and the spread of them. ``apart_ms``: from the first moment to the steepest.
"""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One end of a recording, seen from that end inwards.

    Attributes
    ----------
    cut : float
        0 the sound begins (or dies away) by itself, 1 it was certainly cut.
    edge_db : float
        RMS of the outermost 20 ms behind any digital silence, relative to the loudest 50 ms.
    pad_ms : float
        From the edge to the moment of the cut; 0 where that is the edge.
    step_db : float
        Rise at that moment, from the 3 ms before to the 3 ms after; NaN at the edge.
    level_db : float
        Level of the 10 ms after that moment, relative to the loudest 50 ms.
    """

    cut: float
    edge_db: float
    pad_ms: float
    step_db: float
    level_db: float


def boundary(x: npt.NDArray[np.float32], rate: int, *, loudest_dbfs: float, floor_dbfs: float, side: str) -> Boundary:
    """Judge one end of a recording.

    Parameters
    ----------
    x : float32 array (n,)
        Seconds at the end in question, downmix, the edge first: reversed for an end.
    rate : int
        Hz.
    loudest_dbfs : float
        RMS level of the recording's loudest 50 ms.
    floor_dbfs : float
        Noise floor of the recording, digital silence left out.
    side : str
        ``start`` or ``end``: sounds begin and end in different ways.
    """
    pad = still(x)
    if pad == len(x):
        return Boundary(0.0, float("nan"), pad / rate * 1e3, float("nan"), float("nan"))
    pad = pad if pad > 0.001 * rate else 0
    inner = x[pad:]
    edge = inner[: max(1, round(0.020 * rate))]
    edge_db = float(decibels(edge @ edge / len(edge))) - loudest_dbfs
    if len(inner) < 0.001 * SHORTEST_MS * rate:
        # Too short to look inside: a sound that is loud at its edge is all that can be said.
        return Boundary(_logistic((edge_db + 14.0) / 1.5), edge_db, pad / rate * 1e3, float("nan"), edge_db)
    floor_db = floor_dbfs - loudest_dbfs
    # A click at the edge is over at once; a word that was cut goes on inwards.
    next_ = inner[round(0.015 * rate) : round(0.050 * rate)]
    lasting_db = min(edge_db, float(decibels(next_ @ next_ / len(next_))) - loudest_dbfs + 4.0)
    at_edge = _heard(lasting_db - LOWEST_EDGE_DB, lasting_db - floor_db)
    if at_edge > NEGLIGIBLE:
        at_edge *= _edge_cut(inner, rate, loudest_dbfs, side)
    inside = _inside_cut(x, rate, loudest_dbfs, floor_db, side)
    if inside is None or inside[0] <= at_edge:
        return Boundary(at_edge, edge_db, pad / rate * 1e3, float("nan"), edge_db)
    cut, at_ms, step_db, level_db = inside
    return Boundary(cut, edge_db, at_ms, step_db, level_db)


def _edge_cut(x: npt.NDArray[np.float32], rate: int, loudest_dbfs: float, side: str) -> float:
    found = edge_features(x, rate, loudest_dbfs)
    high = grid(np.diff(x, prepend=x[:1]), rate, loudest_dbfs)
    if found is None or high is None:
        return 0.0
    # Rumble is loud and has no high frequencies: what is cut there is not the word.
    over = float(high.ten[:20].max()) - high.quietest(20)[1]
    return _logistic(_trees(f"{side}_edge")(found)) * _logistic(2.0 * (over - OUTSTANDING_DB))


def _inside_cut(
    x: npt.NDArray[np.float32], rate: int, loudest_dbfs: float, floor_db: float, side: str
) -> tuple[float, float, float, float] | None:
    """Certainty, moment in ms, step and level of a cut that something was put in front of."""
    level = grid(x, rate, loudest_dbfs)
    t = None if level is None else _moments(level)
    if level is None or t is None:
        return None
    step = level(t, t + 3) - level(np.maximum(t - 3, 0), t)
    after = level(t, t + 10)
    # Whichever moment is the larger step is the one a person would point at.
    k = int((after - level(np.maximum(t - 10, 0), t)).argmax())
    certainty = _heard(float(after[k]) - LOWEST_DB, float(after[k]) - floor_db)
    if step.max() < SMALLEST_STEP_DB or certainty <= NEGLIGIBLE:
        return None
    certainty *= _logistic(_trees(side)(_at_moments(x, rate, level, t)))
    return certainty, float(t[k]), float(step[k]), float(after[k])


def _heard(over_lowest_db: float, over_floor_db: float) -> float:
    """0 where a level is background and nobody could call it a cut sound, 1 where it stands out."""
    return _logistic(2.0 * over_lowest_db) * _logistic(2.0 * (over_floor_db - OUTSTANDING_DB))


def still(x: npt.NDArray[np.float32]) -> int:
    """Samples before the first that moves by more than rounding."""
    block = 512
    for at in range(0, len(x), block):
        moving = np.abs(x[at : at + block] - x[0]) > 1.5 * LSB_16
        if moving.any():
            return at + int(moving.argmax())
    return len(x)


def edge_features(x: npt.NDArray[np.float32], rate: int, loudest_dbfs: float) -> Array | None:
    """``EDGE_FEATURES`` of a sound whose first sample is not digital silence; None where it is too short."""
    level = grid(x, rate, loudest_dbfs)
    if level is None:
        return None
    at, floor = level.quietest(20)
    edge5, edge10, edge20, edge40, after40, after80 = level(_EDGE_LOW, _EDGE_HIGH)
    origin = np.zeros(1, np.int64)
    bands = spectra(pieces_at(x, origin, round(0.012 * rate)), rate, level.quiet)[0] - loudest_dbfs
    both = stretches(x, np.array([0, at * max(1, round(STEP_S * rate))]), rate, level.quiet)
    shape = both[0] - both[1]
    first = x[: round(0.02 * rate)]
    still = np.count_nonzero(np.abs(first[1:] - first[:-1]) < 0.5 * LSB_16) / max(1, len(first) - 1)
    rest = [edge5, edge10, edge20, edge40, floor, edge20 - floor, after40 - edge20, after80 - edge20]
    rest += [float(periodicity(x, origin, rate)[0]), still]
    return np.concatenate((rest, bands, [np.abs(shape).max(), shape.std()]))


_EDGE_LOW = np.array([0, 0, 0, 0, 20, 40])
_EDGE_HIGH = np.array([5, 10, 20, 40, 40, 80])


def _logistic(x: float) -> float:
    return float(0.5 * (1.0 + np.tanh(x / 2.0)))


@lru_cache(maxsize=4)
def _trees(name: str) -> Callable[[Array], float]:
    """The boosted trees of one side, within or at the edge: a function from features to log odds."""
    stored = json.loads(resources.files("dsaudit.media.audio").joinpath("boundary_trees.json").read_text("utf-8"))
    if tuple(stored["features"]) != FEATURES or tuple(stored["edge_features"]) != EDGE_FEATURES:
        raise RuntimeError("boundary_trees.json was made for other features: run tests/benchmarks/train_boundary.py")
    feature, threshold, value = (np.array(stored[name][k]) for k in ("feature", "threshold", "value"))
    every, bias = np.arange(len(feature)), float(stored[name]["bias"])
    depth, n_questions = int(np.log2(value.shape[1])), feature.shape[1]

    def log_odds(values: Array) -> float:
        node = np.zeros(len(feature), np.int64)
        for _ in range(depth):
            node = 2 * node + 1 + (values[feature[every, node]] > threshold[every, node])
        return bias + float(value[every, node - n_questions].sum())

    return log_odds


def features(x: npt.NDArray[np.float32], rate: int, loudest_dbfs: float) -> tuple[npt.NDArray[np.int64], Array] | None:
    """The two moments, in ms from the edge, and ``FEATURES``; None where the sound is too short or never loud."""
    level = grid(x, rate, loudest_dbfs)
    t = None if level is None else _moments(level)
    if level is None or t is None:
        return None
    return t, _at_moments(x, rate, level, t)


def _at_moments(x: npt.NDArray[np.float32], rate: int, level: Level, t: npt.NDArray[np.int64]) -> Array:
    hop = max(1, round(STEP_S * rate))
    low = np.maximum(t[:, None] + _LOW, 0)
    db = level(low, np.maximum(t[:, None] + _HIGH, low + 1))
    quietest = [level.quietest(int(m)) for m in t]
    floor = np.array([db for _, db in quietest])
    bands = bands_around(x, t * hop, rate, level.quiet)
    rise = bands[:, 1] - bands[:, 0]
    frames = np.diff(x, prepend=x[:1])[: level.n * hop].reshape(level.n, hop)
    high = Level(np.einsum("ij,ij->i", frames, frames) / hop, 10.0 * float(np.log10(level.loudest)))
    hf = high(low, np.maximum(t[:, None] + _HIGH, low + 1))
    hf10, hf_after10, hf3, hf_after3, _, hf35, hf75 = hf.T[:7]
    places = np.array([at for at, _ in quietest])
    surroundings = stretches(x, np.concatenate((t - 31, places)) * hop, rate, level.quiet).reshape(2, 2, -1)
    shape = surroundings[1] - surroundings[0]
    outside = [level.ten[: max(1, m - 25)] for m in t]
    fine = [level.fine[max(0, m - 40) : max(1, m - 1)] for m in t]
    near = [x[max(0, (m - 20) * hop) : max(2, m * hop)] for m in t]
    before10, after10, before3, after3, before30, after35, after75, after125, after250 = db.T
    rows = np.array(
        [
            after10 - before10,
            after3 - before3,
            after10,
            after3,
            before30,
            floor - before30,
            after10 - floor,
            after35 - after10,
            after75 - after10,
            periodicity(x, t * hop, rate),
            rise.min(axis=1),
            rise[:, 0],
            rise[:, 2],
            rise[:, 4],
            [f.std() for f in fine],
            bands[:, 0, 0] - bands[:, 0, 4],
            [np.count_nonzero(np.abs(p[1:] - p[:-1]) < 0.5 * LSB_16) / (len(p) - 1) for p in near],
            [o.max() - np.sort(o)[len(o) // 2] for o in outside],
            np.abs(shape).max(axis=1),
            shape.std(axis=1),
            after125 - after10,
            after250 - after10,
            hf_after10 - hf10,
            hf_after3 - hf3,
            hf_after10 - high.fine.max(),
            hf35 - hf_after10,
            hf75 - hf_after10,
        ]
    )
    return np.concatenate((rows[:, 0], rows[:, 1], [float(t[0] - t[1])]))


_LOW = np.array([-10, 0, -3, 0, -30, 15, 35, 75, 150])
_HIGH = np.array([0, 10, 0, 3, -1, 35, 75, 125, 250])


def _moments(level: Level) -> npt.NDArray[np.int64] | None:
    reach = np.flatnonzero(level.thirty[10 : level.n - 20] > -12.0)
    if not len(reach):
        return None
    # Behind the first loud 30 ms the sound has begun for good.
    stop = min(int(reach[0]) + 25, level.n - 30)
    before, after = level.ten[:stop], level.ten[10 : 10 + stop]
    steepest = 10 + int(np.where(after > -30.0, after - before, -99.0).argmax())
    three = level.running(3)
    outer = float(np.sort(level.fine[1:20])[9])
    leaves = np.flatnonzero(three[10 : 10 + stop] > max(outer + 8.0, -60.0))
    first = min(10 + int(leaves[0]), steepest) if len(leaves) else steepest
    # To the millisecond: where 3 ms and the next 3 ms differ most.
    near = np.array([[steepest], [first]]) + np.arange(-6, 7)
    rise = three[near] - three[near - 3]
    return np.asarray(near[(0, 1), rise.argmax(axis=1)])
