"""Numbers that need the samples themselves: levels, clipping, offset, gaps. Fed block by block."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

LARGEST_OFFSET = 0.004
"""Mean of the samples, full scale 1, that is left alone."""
LSB_16 = 2.0**-15
"""One step of 16-bit PCM where full scale is 1."""
FLOOR_DBFS = -120.0
"""What a level of exactly nothing is called."""
MOST_COMPARED_CHANNELS = 16
SURROUND, LOW_FREQUENCY = (6, 8), 3
"""Numbers of channels that are surround sound (5.1, 7.1), and which of them holds low frequencies only."""
SHORTEST_COPY_S = 0.050
"""Shorter recordings are no copies of each other, and none of their channels is dead, whatever their samples."""
HOP_S = 0.010
"""Length of a level frame."""
MOST_LEVELS = 1 << 20
"""Level frames that are kept one by one, 3 hours; of a longer recording some together: memory has an end."""
_BROKEN_OFF, _STEPS = 0.1, 2.5
"""Least jump at the edge of lost samples: over the level beside it, and in the finest steps found there."""


def decibels(power: Any) -> Any:
    """10 log10 of a power, at least ``FLOOR_DBFS``; arrays and scalars."""
    return 10.0 * np.log10(np.maximum(power, 1e-12))


@dataclass(slots=True)
class Downmix:
    """Several channels to one, decided once per recording so that blocks fit together.

    The mean of the channels; where they cancel each other (one is wired in reverse), the loudest alone.
    """

    channel: int = -1

    def __call__(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Float32 array (n, channels) to float32 array (n,)."""
        if block.shape[1] == 1:
            return block[:, 0]
        if self.channel >= 0:
            return np.ascontiguousarray(block[:, self.channel])
        mono = np.asarray(block.mean(axis=1, dtype=np.float32))
        power = np.einsum("ij,ij->j", block, block)
        if float(mono @ mono) < 0.05 * float(power.mean()):
            self.channel = int(power.argmax())
            return np.ascontiguousarray(block[:, self.channel])
        return mono


def without_offset(block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The block, float32 array (n,), without its mean where that is large enough to pass for sound."""
    offset = block.sum() / np.float32(max(len(block), 1))
    return block - offset if abs(offset) > LARGEST_OFFSET else block


@dataclass(frozen=True, slots=True)
class Channels:
    """How the channels of a recording compare; NaN and None where there is one.

    Attributes
    ----------
    faintest : float
        Number of the faintest channel, from 1.
    gap_db : float
        How far it lies below the loudest.
    correlation : float
        Lowest correlation of two channels with sound, -1 for one turned upside down.
    pair : str or None
        Which two, in words: "2 is channel 1".
    """

    faintest: float = float("nan")
    gap_db: float = float("nan")
    correlation: float = float("nan")
    pair: str | None = None


@dataclass(slots=True)
class Waveform:
    """Running sums over the blocks of one recording.

    Parameters
    ----------
    sample_rate_hz : int
    """

    sample_rate_hz: int
    n_frames: int = 0
    n_nonfinite: int = 0
    peak: float = 0.0
    offset_sum: Any = 0.0
    sum_squares: float = 0.0
    products: Any = None
    rail: float = 0.0
    n_clipped: int = 0
    longest_clip: int = 0
    n_clip_runs: int = 0
    n_dropouts: int = 0
    dropout_frames: int = 0
    _digest: Any = field(default_factory=lambda: hashlib.sha1(usedforsecurity=False))
    _rest: Any = None
    together: int = 1
    """Level frames of 10 ms in each that ``levels`` gives."""
    _power: list[Any] = field(default_factory=list)
    _flat: list[Any] = field(default_factory=list)
    _n_levels: int = 0
    _long: list[Any] = field(default_factory=list)

    def add_channels(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Account for a block with all its channels; gives it back with NaN and infinities as zero."""
        sums = block.sum(axis=0, dtype=np.float64)
        # A sum that is finite proves every sample is, for a tenth of the price of isfinite.
        if not np.isfinite(sums).all():
            finite = np.isfinite(block)
            self.n_nonfinite += int(block.size - np.count_nonzero(finite))
            block = np.where(finite, block, np.float32(0.0))
            sums = block.sum(axis=0, dtype=np.float64)
        self.n_frames += len(block)
        self.offset_sum = self.offset_sum + sums
        if 1 < block.shape[1] <= MOST_COMPARED_CHANNELS:
            products = (block.T @ block).astype(np.float64)
            self.products = products if self.products is None else self.products + products
        for column in block.T:
            self._add_rails(column)
        self._add_digest(block)
        return block

    def _add_digest(self, block: npt.NDArray[np.float32]) -> None:
        steps = (block if self.peak <= 127.0 else np.clip(block, -128.0, 127.0)) * np.float32(2.0**23)
        self._digest.update(np.rint(steps, out=steps).astype("<i4").data)

    def _add_rails(self, x: npt.NDArray[np.float32]) -> None:
        high, low = float(x.max()), float(x.min())
        self.peak = max(self.peak, high, -low)
        for rail, is_high in ((high, True), (-low, False)):
            if rail < 0.01 or rail < self.rail - LSB_16:
                continue
            nearly = np.float32(rail - 1.01 * LSB_16)
            railed = x >= nearly if is_high else x <= -nearly
            if rail > self.rail + LSB_16:
                self.rail, self.n_clipped, self.longest_clip, self.n_clip_runs = rail, 0, 0, 0
            if np.count_nonzero(railed) < 3:
                continue
            at = np.flatnonzero(railed)
            runs = np.diff(np.flatnonzero(np.diff(at, prepend=-2, append=at[-1] + 2) != 1))
            runs = runs[runs >= 3]
            if len(runs):
                self.n_clipped += int(runs.sum())
                self.n_clip_runs += len(runs)
                self.longest_clip = max(self.longest_clip, int(runs.max()))

    def channels(self) -> Channels:
        """How the channels compare, apart from their offsets; nothing of less than 50 ms."""
        if self.products is None or self.n_frames < SHORTEST_COPY_S * self.sample_rate_hz:
            return Channels()
        mean = np.atleast_1d(self.offset_sum) / self.n_frames
        covariance = self.products / self.n_frames - np.outer(mean, mean)
        power = np.maximum(covariance.diagonal(), 0.0)
        level = decibels(power)
        heard = level > level.max() - 50.0
        spread = np.sqrt(np.outer(power, power))
        correlation = np.divide(covariance, spread, out=np.ones_like(covariance), where=spread > 1e-12)
        correlation[~(heard[:, None] & heard)] = 1.0
        a, b = divmod(int(correlation.argmin()), len(level))
        # of surround sound the low frequencies' channel is silent at will; a mix for few speakers leaves most so
        judged = [k for k in range(len(level)) if k != LOW_FREQUENCY or len(level) not in SURROUND]
        n_silent = sum(not heard[k] for k in judged)
        faintest = min(judged, key=lambda k: level[k]) if n_silent < max(2, len(judged) / 2) else int(level.argmax())
        return Channels(
            faintest=faintest + 1,
            gap_db=float(level.max() - level[faintest]),
            correlation=float(correlation[a, b]) if a != b else float("nan"),
            pair=f"{max(a, b) + 1} is channel {min(a, b) + 1}" if a != b else None,
        )

    def add_mono(self, x: npt.NDArray[np.float32]) -> None:
        """Account for a block of the downmix."""
        self.sum_squares += float(x @ x)
        self._add_gaps(x)
        hop = max(1, round(self.sample_rate_hz * HOP_S))
        if self._rest is not None:
            x = np.concatenate((self._rest, x))
        n = len(x) // hop
        self._rest = x[n * hop :]
        if n:
            frames = x[: n * hop].reshape(n, hop)
            self._power.append(np.einsum("ij,ij->i", frames, frames) / hop)
            self._flat.append(_flat(frames))
            self._n_levels += n
            if self.together > 1 or self._n_levels > MOST_LEVELS:
                self._bring_together()

    def _bring_together(self) -> None:
        """Levels of 10 ms to longer ones, which are made twice as long whenever they are too many."""
        power, flat = np.concatenate(self._power), np.concatenate(self._flat)
        if self.together == 1:
            self.together = 2
        n = len(power) // self.together * self.together
        self._long.append(_means(power[:n], flat[:n], self.together))
        self._power, self._flat = [power[n:]], [flat[n:]]
        if sum(len(p) for p, _ in self._long) > MOST_LEVELS:
            power, flat = (np.concatenate(part) for part in zip(*self._long, strict=True))
            if odd := len(power) % 2:
                self._power.insert(0, power[-1:].repeat(self.together))
                self._flat.insert(0, flat[-1:].repeat(self.together))
            n = len(power) - odd
            self._long, self.together = [_means(power[:n], flat[:n], 2)], 2 * self.together

    def _add_gaps(self, x: npt.NDArray[np.float32]) -> None:
        """Runs of one and the same value that break off sound which is loud on both sides of the run.

        Sound that fades into a closure, a glottal stop's or a gate's, ends near the run's value. Lost samples break it
        off where it happens to be: on one side at least by a tenth of the level there, and by more than a coarse scale
        of few bits steps anyway.
        """
        shortest = max(16, round(0.002 * self.sample_rate_hz))
        moving = x[1:] != x[:-1]
        # A run of 16 holds an aligned eight, which are looked at as one word: most recordings have none.
        if moving[: len(moving) // 8 * 8].view(np.uint64).all():
            return
        moves = np.flatnonzero(moving)
        lengths = np.diff(moves)
        runs = np.flatnonzero(lengths >= shortest)
        if not len(runs):
            return
        beside = max(8, round(0.005 * self.sample_rate_hz))
        loud = 0.03 * float(np.abs(x).max())
        longest = 0.5 * self.sample_rate_hz
        for i in runs:
            first, last = int(moves[i]) + 1, int(moves[i + 1])
            if lengths[i] > longest or abs(float(x[first])) > 0.5 * loud:
                continue
            before, after = x[max(0, first - beside) : first], x[last + 1 : last + 1 + beside]
            if len(before) < beside or len(after) < beside or min(_rms(before), _rms(after)) <= loud:
                continue
            jumps = abs(float(before[-1] - x[first])) / _rms(before), abs(float(after[0] - x[last])) / _rms(after)
            steps = np.abs(np.diff(np.concatenate((before, after))))
            finest = float(steps[steps > 0].min(initial=1.0))
            if max(jumps) > _BROKEN_OFF and max(abs(before[-1] - x[first]), abs(after[0] - x[last])) > _STEPS * finest:
                self.n_dropouts += 1
                self.dropout_frames += int(lengths[i])

    @property
    def sample_hash(self) -> str | None:
        """Hex of the samples at 24 bits with rate and channels: one value for WAV, FLAC and AIFF copies.

        None where there is too little to call two recordings copies: silence, or less than 50 ms.
        """
        if self.peak <= 0.0 or self.n_frames < SHORTEST_COPY_S * self.sample_rate_hz:
            return None
        digest = self._digest.copy()
        digest.update(f"{self.sample_rate_hz} {np.size(self.offset_sum)}".encode())
        return str(digest.hexdigest())

    def levels(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Mean power and "not one step of 16 bits is used" per 10 ms of the downmix, or ``together`` times as long.

        Two arrays (n_frames,).
        """
        if not self._power:
            rest = self._rest if self._rest is not None and len(self._rest) else np.zeros(1, np.float32)
            return np.array([float(np.mean(rest**2))]), np.array([bool(np.ptp(rest) < 0.5 * LSB_16)])
        power, flat = np.concatenate(self._power), np.concatenate(self._flat)
        if self.together > 1:
            parts = [*self._long, *([_means(power, flat, len(power))] if len(power) else [])]
            power, flat = (np.concatenate(part) for part in zip(*parts, strict=True))
        return power.astype(np.float64), flat


def _means(
    power: npt.NDArray[np.float32], flat: npt.NDArray[np.bool_], n: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Of every ``n`` frames together, which they are a multiple of."""
    return power.reshape(-1, n).mean(axis=1), np.asarray(flat.reshape(-1, n).all(axis=1), dtype=bool)


def _flat(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Whether the samples of each frame, (n, length), lie within half a step of 16 bits."""
    few = frames[:, :: max(1, frames.shape[1] // 4)]
    flat = np.asarray(few.max(axis=1) - few.min(axis=1) < 0.5 * LSB_16)
    if len(some := np.flatnonzero(flat)):
        all_of = frames[some]
        flat[some] = all_of.max(axis=1) - all_of.min(axis=1) < 0.5 * LSB_16
    return flat


def _rms(x: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(x @ x / len(x)))
