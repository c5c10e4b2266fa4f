from __future__ import annotations

import defects
import numpy as np
import pytest

from dsaudit.media.audio.activity import loudest_rms_dbfs
from dsaudit.media.audio.boundary import Boundary, boundaries, still
from dsaudit.media.audio.waveform import Waveform

RATE = 16_000


def judged(x: np.ndarray, side: str) -> Boundary:
    x = (np.rint(np.clip(x, -1, 1) * 32767) / 32768).astype(np.float32)
    waveform = Waveform(RATE)
    waveform.add_mono(x)
    power, flat = waveform.levels()
    seen = np.ascontiguousarray(x if side == "start" else x[::-1])
    loud = power[~flat]
    floor = 10 * np.log10(np.percentile(loud, 10) + 1e-12) if len(loud) else -120.0
    loudest = loudest_rms_dbfs(power[None], np.array([len(power)]))
    return boundaries([seen], RATE, loudest_dbfs=loudest, floor_dbfs=np.array([floor]), sides=[side])[0]


@pytest.mark.parametrize("side", ["start", "end"])
def test_whole_words_are_not_cut(side: str) -> None:
    cuts = [judged(defects.word(seed), side).cut for seed in range(12)]
    assert np.mean(np.array(cuts) > 0.5) <= 0.1


@pytest.mark.parametrize("side", ["start", "end"])
@pytest.mark.parametrize("fraction", [0.5, 0.6])
@pytest.mark.parametrize("make", [defects.edge_a, defects.edge_b, defects.pad_a])
def test_cut_words(side: str, fraction: float, make: object) -> None:
    rng = np.random.default_rng(0)
    cuts = [judged(make(side, fraction)(defects.word(s), RATE, rng), side).cut for s in range(8)]  # type: ignore[operator]
    assert np.mean(np.array(cuts) > 0.5) >= 0.75


def test_the_moment_is_where_the_cut_is() -> None:
    x = defects.word(3)
    at = int(0.52 * RATE)
    x[:at] = 0
    found = judged(x, "start")
    assert found.cut > 0.5
    assert found.pad_ms == pytest.approx(at / RATE * 1e3, abs=8)


@pytest.mark.parametrize("n", [0, 1, 15, 100, 959, 961, 1500])
@pytest.mark.parametrize("side", ["start", "end"])
def test_tiny_pieces(n: int, side: str) -> None:
    for x in (np.zeros(n), np.full(n, 0.3), defects.word(1)[8000 : 8000 + n]):
        assert 0.0 <= judged(x, side).cut <= 1.0


@pytest.mark.parametrize("rate", [4000, 8000, 44100, 192000])
def test_any_rate(rate: int) -> None:
    x = defects.word(1, rate)
    loudest, floor = np.array([-12.0]), np.array([-60.0])
    found = boundaries([x], rate, loudest_dbfs=loudest, floor_dbfs=floor, sides=["end"])[0]
    assert 0.0 <= found.cut <= 1.0


def test_still() -> None:
    assert still(np.zeros(2000, np.float32)) == 2000
    assert still(np.zeros(0, np.float32)) == 0
    for n in (3, 63, 700):
        assert still(np.r_[np.zeros(n), 0.1, np.zeros(5)].astype(np.float32)) == n
