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

from dsaudit.media.audio.envelope import SHORTEST_MS, Level, Sounds, periodicity, spectra
from dsaudit.media.audio.waveform import LSB_16, decibels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from dsaudit.media.audio.envelope import Array, Ints

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


def boundaries(
    ends: Sequence[npt.NDArray[np.float32]], rate: int, *, loudest_dbfs: Array, floor_dbfs: Array, sides: Sequence[str]
) -> list[Boundary]:
    """Judge ends of recordings, k of them.

    Parameters
    ----------
    ends : sequence of float32 arrays (n_samples,)
        Seconds at the ends in question, downmix, the edge first: reversed for an end.
    rate : int
        Hz.
    loudest_dbfs : float64 array (k,)
        RMS level of each recording's loudest 50 ms.
    floor_dbfs : float64 array (k,)
        Its noise floor, digital silence left out.
    sides : sequence of str
        ``start`` or ``end``: sounds begin and end in different ways.
    """
    sounds, side = Sounds(ends, rate), np.array(sides)
    pad = np.array([still(x) for x in ends], dtype=np.int64)
    silent = pad == sounds.n
    pad_ms = pad / rate * 1e3
    pad = np.where((pad > 0.001 * rate) & ~silent, pad, 0)
    n_inner = sounds.n - pad
    edge_db = _rms_db(sounds, pad, pad + max(1, round(0.020 * rate))) - loudest_dbfs
    short = ~silent & (n_inner < 0.001 * SHORTEST_MS * rate)
    floor_db = floor_dbfs - loudest_dbfs
    # A click at the edge is over at once; a word that was cut goes on inwards.
    next_db = _rms_db(sounds, pad + round(0.015 * rate), pad + round(0.050 * rate)) - loudest_dbfs
    lasting_db = np.minimum(edge_db, next_db + 4.0)
    cut = _heard(lasting_db - LOWEST_EDGE_DB, lasting_db - floor_db)
    # Too short to look inside: a sound that is loud at its edge is all that can be said.
    cut[short] = _logistic((edge_db[short] + 14.0) / 1.5)
    cut[silent] = 0.0
    long = ~silent & ~short
    if len(rows := np.flatnonzero(long & (cut > NEGLIGIBLE))):
        cut[rows] *= _edge_cut(sounds.inner(rows, pad[rows]), loudest_dbfs[rows], side[rows])
    pad_ms[~silent] = pad[~silent] / rate * 1e3
    at_edge = np.where(silent, np.nan, edge_db)
    step_db, level_db = np.full(len(ends), np.nan), at_edge.copy()
    if len(rows := np.flatnonzero(long & (sounds.n_ms >= SHORTEST_MS))):
        inside = _inside_cut(sounds.of(rows), loudest_dbfs[rows], floor_db[rows], side[rows])
        further = inside[0] > cut[rows]
        for values, found in zip((cut, pad_ms, step_db, level_db), inside[:, further], strict=True):
            values[rows[further]] = found
    found = (cut, at_edge, pad_ms, step_db, level_db)
    return [Boundary(*one) for one in zip(*(values.tolist() for values in found), strict=True)]


def _rms_db(sounds: Sounds, low: Ints, high: Ints) -> Array:
    """Level of each from a sample to another, as far as it goes, (k,)."""
    pieces = [x[a:b] for x, a, b in zip(sounds.sounds, low.tolist(), high.tolist(), strict=True)]
    return np.asarray(decibels(np.array([float(x @ x) / max(len(x), 1) for x in pieces])))


def _edge_cut(sounds: Sounds, loudest_dbfs: Array, side: npt.NDArray[np.str_]) -> Array:
    certainty = np.zeros(len(sounds))
    if not len(rows := np.flatnonzero(sounds.n_ms >= SHORTEST_MS)):
        return certainty
    sounds, loudest_dbfs, side = sounds.of(rows), loudest_dbfs[rows], side[rows]
    high = sounds.high(loudest_dbfs)
    # Rumble is loud and has no high frequencies: what is cut there is not the word.
    over = high.running(10, 20).max(axis=1) - high.quietest(np.full(len(rows), 20))[1]
    log_odds = _log_odds(side, "_edge", edge_features(sounds, loudest_dbfs))
    certainty[rows] = _logistic(log_odds) * _logistic(2.0 * (over - OUTSTANDING_DB))
    return certainty


def _inside_cut(sounds: Sounds, loudest_dbfs: Array, floor_db: Array, side: npt.NDArray[np.str_]) -> Array:
    """Certainty, moment in ms, step and level of cuts that something was put in front of, (4, k); certainty 0: none."""
    found = np.zeros((4, len(sounds)))
    level = sounds.level(loudest_dbfs)
    rows, t = moments(level)
    if not len(rows):
        return found
    level = level.of(rows)
    step = level.between(t, t + 3) - level.between(np.maximum(t - 3, 0), t)
    after = level.between(t, t + 10)
    # Whichever moment is the larger step is the one a person would point at.
    k = (after - level.between(np.maximum(t - 10, 0), t)).argmax(axis=1)
    each = np.arange(len(rows))
    found[1:, rows] = t[each, k], step[each, k], after[each, k]
    certainty = _heard(found[3, rows] - LOWEST_DB, found[3, rows] - floor_db[rows])
    some = np.flatnonzero((step.max(axis=1) >= SMALLEST_STEP_DB) & (certainty > NEGLIGIBLE))
    if len(some):
        rows = rows[some]
        values = _at_moments(sounds.of(rows), level.of(some), t[some], loudest_dbfs[rows])
        found[0, rows] = certainty[some] * _logistic(_log_odds(side[rows], "", values))
    return found


def _heard(over_lowest_db: Array, over_floor_db: Array) -> Array:
    """0 where a level is background and nobody could call it a cut sound, 1 where it stands out."""
    return _logistic(2.0 * over_lowest_db) * _logistic(2.0 * (over_floor_db - OUTSTANDING_DB))


def still(x: npt.NDArray[np.float32]) -> int:
    """Samples before the first that moves by more than rounding."""
    few = x[:16].tolist()
    for at, value in enumerate(few):
        if abs(value - few[0]) > 1.5 * LSB_16:
            return at
    block = 512
    for at in range(0, len(x), block):
        moving = np.abs(x[at : at + block] - x[0]) > 1.5 * LSB_16
        if moving.any():
            return at + int(moving.argmax())
    return len(x)


def edge_features(sounds: Sounds, loudest_dbfs: Array) -> Array:
    """``EDGE_FEATURES``, (k, 17), of sounds of 60 ms or more whose first sample is not digital silence."""
    rate, level, origin = sounds.rate, sounds.level(loudest_dbfs), np.zeros(len(sounds), np.int64)
    at, floor = level.quietest(np.full(len(sounds), 20))
    low, high = np.broadcast_to(_EDGE, (len(sounds), *_EDGE.shape)).transpose(1, 0, 2)
    edge5, edge10, edge20, edge40, after40, after80 = level.between(low, high).T
    bands = (
        spectra(sounds.pieces(origin[:, None], round(0.012 * rate)), rate, level.quiet)[:, 0] - loudest_dbfs[:, None]
    )
    both = np.stack((origin, at * sounds.hop), axis=1)
    both_bands = spectra(sounds.pieces(both, round(0.030 * rate)), rate, level.quiet)
    shape = both_bands[:, 0] - both_bands[:, 1]
    first = sounds.pieces(origin, round(0.02 * rate))
    unmoved = np.count_nonzero(np.abs(np.diff(first, axis=1)) < 0.5 * LSB_16, axis=1) / max(1, first.shape[1] - 1)
    rest = [edge5, edge10, edge20, edge40, floor, edge20 - floor, after40 - edge20, after80 - edge20]
    rest += [periodicity(sounds.pieces(origin, round(0.032 * rate)), rate), unmoved]
    return np.stack((*rest, *bands.T, np.abs(shape).max(axis=1), shape.std(axis=1)), axis=1)


_EDGE = np.array([[0, 0, 0, 0, 20, 40], [5, 10, 20, 40, 40, 80]])


def _logistic(x: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(x / 2.0)))


def _log_odds(side: npt.NDArray[np.str_], where: str, values: Array) -> Array:
    found = np.zeros(len(values))
    for one in np.unique(side).tolist():
        found[side == one] = _trees(one + where)(values[side == one])
    return found


@lru_cache(maxsize=4)
def _trees(name: str) -> Callable[[Array], Array]:
    """The boosted trees of one side, within or at the edge: a function from features (k, n) to log odds (k,)."""
    stored = json.loads(resources.files("dsaudit.media.audio").joinpath("boundary_trees.json").read_text("utf-8"))
    if tuple(stored["features"]) != FEATURES or tuple(stored["edge_features"]) != EDGE_FEATURES:
        raise RuntimeError("boundary_trees.json was made for other features: run tests/benchmarks/train_boundary.py")
    feature, threshold, value = (np.array(stored[name][k]) for k in ("feature", "threshold", "value"))
    bias = float(stored[name]["bias"])
    depth, n_questions = int(np.log2(value.shape[1])), feature.shape[1]

    tree, n_trees = np.arange(len(feature)), len(feature)
    feature, threshold, value = feature.ravel(), threshold.ravel(), value.ravel()

    def log_odds(values: Array) -> Array:
        first = np.arange(len(values))[:, None] * values.shape[1]
        node = np.zeros((len(values), n_trees), np.int64)
        for _ in range(depth):
            at = tree * n_questions + node
            node = 2 * node + 1 + (values.ravel()[first + feature[at]] > threshold[at])
        return bias + np.cumsum(value[tree * (n_questions + 1) + node - n_questions], axis=1)[:, -1]

    return log_odds


def features(sounds: Sounds, loudest_dbfs: Array) -> Array:
    """``FEATURES``, (k, 55), of those of the sounds, of 60 ms or more, that are ever loud."""
    level = sounds.level(loudest_dbfs)
    rows, t = moments(level)
    return _at_moments(sounds.of(rows), level.of(rows), t, loudest_dbfs[rows])


def _at_moments(sounds: Sounds, level: Level, t: Ints, loudest_dbfs: Array) -> Array:
    rate, hop, high = sounds.rate, sounds.hop, sounds.high(loudest_dbfs)
    low = np.maximum(t[:, :, None] + _LOW, 0)
    up_to = np.maximum(t[:, :, None] + _HIGH, low + 1)
    db, hf = (
        one.between(low.reshape(len(t), -1), up_to.reshape(len(t), -1)).reshape(low.shape).transpose(2, 0, 1)
        for one in (level, high)
    )
    places, floor = (np.stack(pair, axis=1) for pair in zip(*(level.quietest(m) for m in t.T), strict=True))
    n, gap = round(0.012 * rate), round(0.001 * rate)
    around = np.concatenate((t * hop - gap - n, t * hop + gap), axis=1)
    bands = spectra(sounds.pieces(around, n), rate, level.quiet).reshape(len(t), 2, 2, -1)
    rise = bands[:, 1] - bands[:, 0]
    stretches = np.concatenate((t - 31, places), axis=1) * hop
    surroundings = spectra(sounds.pieces(stretches, round(0.030 * rate)), rate, level.quiet).reshape(len(t), 2, 2, -1)
    shape = surroundings[:, 1] - surroundings[:, 0]
    hf10, hf_after10, hf3, hf_after3, _, hf35, hf75 = hf[:7]
    before10, after10, before3, after3, before30, after35, after75, after125, after250 = db
    rows = np.stack(
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
            periodicity(sounds.pieces(t * hop, round(0.032 * rate)), rate),
            rise.min(axis=2),
            rise[:, :, 0],
            rise[:, :, 2],
            rise[:, :, 4],
            _spread_before(level, t),
            bands[:, 0, :, 0] - bands[:, 0, :, 4],
            _still_before(sounds, t),
            _peak_outside(level, t),
            np.abs(shape).max(axis=2),
            shape.std(axis=2),
            after125 - after10,
            after250 - after10,
            hf_after10 - hf10,
            hf_after3 - hf3,
            hf_after10 - high.loudest_ms_db[:, None],
            hf35 - hf_after10,
            hf75 - hf_after10,
        ],
        axis=2,
    )
    return np.concatenate((rows[:, 0], rows[:, 1], t[:, :1] - t[:, 1:]), axis=1)


_LOW = np.array([-10, 0, -3, 0, -30, 15, 35, 75, 150])
_HIGH = np.array([0, 10, 0, 3, -1, 35, 75, 125, 250])


def _spread_before(level: Level, t: Ints) -> Array:
    """Standard deviation of the 1 ms levels of the 40 ms before, but for the last, (k, 2)."""
    at = t[:, :, None] + np.arange(-40, -1)
    fine = level.fine(int(t.max()))
    near = np.take_along_axis(fine[:, None], np.maximum(at, 0), axis=2)
    there = at >= 0
    n = np.count_nonzero(there, axis=2)
    off = np.where(there, near - (np.where(there, near, 0.0).sum(axis=2) / n)[:, :, None], 0.0)
    return np.asarray(np.sqrt((off * off).sum(axis=2) / n))


def _still_before(sounds: Sounds, t: Ints) -> Array:
    """Share of samples of the 20 ms before that equal their neighbour, (k, 2)."""
    n = 20 * sounds.hop
    near = sounds.pieces(t * sounds.hop - n, n)
    there = np.arange(1, n) > (n - t * sounds.hop)[:, :, None]
    unmoved = (np.abs(np.diff(near, axis=2)) < 0.5 * LSB_16) & there
    return np.asarray(np.count_nonzero(unmoved, axis=2) / np.count_nonzero(there, axis=2))


def _peak_outside(level: Level, t: Ints) -> Array:
    """Loudest 10 ms of those that begin 25 ms or more before, over the median of them, (k, 2)."""
    n = np.maximum(t - 25, 1)[:, :, None]
    ten = level.running(10, int(n.max()))[:, None]
    ordered = np.sort(np.where(np.arange(ten.shape[2]) < n, ten, np.inf), axis=2)
    most, middle = (np.take_along_axis(ordered, at, axis=2)[:, :, 0] for at in (n - 1, n // 2))
    return np.asarray(most - middle)


def moments(level: Level) -> tuple[Ints, Ints]:
    """Which sounds are ever loud, and two moments of each, in ms from the edge, (k, 2)."""
    loud = level.thirty > 30.0 * (level.loudest * 10.0**-1.2 - level.quiet)[:, None]
    loud[:, :10] = False
    for row, n_ms in zip(loud, level.n.tolist(), strict=True):
        row[max(n_ms - 20, 0) :] = False
    rows = np.flatnonzero(loud.any(axis=1))
    if not len(rows):
        return rows, np.zeros((0, 2), np.int64)
    # Behind the first loud 30 ms the sound has begun for good.
    stop = np.minimum(loud.argmax(axis=1) - 10 + 25, level.n - 30)[rows]
    level = level.of(rows)
    n = int(stop.max())
    among = np.arange(n) < stop[:, None]
    ten = level.running(10, n + 10)
    before, after = ten[:, :n], ten[:, 10:]
    steepest = 10 + np.where(among, np.where(after > -30.0, after - before, -99.0), -np.inf).argmax(axis=1)
    three = level.running(3, n + 16)
    outer = np.sort(level.fine(20)[:, 1:], axis=1)[:, 9]
    leaves = among & (three[:, 10 : 10 + n] > np.maximum(outer + 8.0, -60.0)[:, None])
    first = np.where(leaves.any(axis=1), np.minimum(10 + leaves.argmax(axis=1), steepest), steepest)
    # To the millisecond: where 3 ms and the next 3 ms differ most.
    near = np.stack((steepest, first), axis=1)[:, :, None] + np.arange(-6, 7)
    near = near.reshape(len(rows), -1)
    rise = np.take_along_axis(three, near, axis=1) - np.take_along_axis(three, near - 3, axis=1)
    best = rise.reshape(len(rows), 2, -1).argmax(axis=2)
    return rows, np.take_along_axis(near.reshape(len(rows), 2, -1), best[:, :, None], axis=2)[:, :, 0]
