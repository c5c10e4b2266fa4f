"""Mel filters against triangles, and what is made with them."""

from __future__ import annotations

import numpy as np
import torch

from dsaudit.media.audio.network.logmel import LogMelStatistics, mel_filters


def test_filters_are_triangles_evenly_spaced_on_the_mel_scale():
    mel = np.linspace(2595 * np.log10(1 + 60 / 700), 2595 * np.log10(1 + 8_000 / 700), 66)
    edges = 700 * (10 ** (mel / 2595) - 1)
    hz = np.linspace(0, 8_000, 257)
    triangles = [np.interp(hz, edges[k : k + 3], [0, 1, 0]) for k in range(64)]
    assert np.abs(mel_filters(64, n_bins=257, sample_rate_hz=16_000).numpy() - triangles).max() < 1e-5


def test_silence_and_full_scale_are_finite():
    statistics = LogMelStatistics()
    for x in (torch.zeros(512), torch.ones(16_000), torch.randn(3_000)):
        vector = statistics(x)
        assert vector.shape == (512,)
        assert torch.isfinite(vector).all()
