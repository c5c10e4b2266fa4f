"""Mel filters against librosa's."""

from __future__ import annotations

import warnings

import numpy as np
import torch

from dsaudit.media.audio.network.logmel import LogMelStatistics, mel_filters


def test_filters_agree_with_librosa():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import librosa

        reference = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=64, fmin=60.0, htk=True, norm=None)
    assert np.abs(mel_filters(64, n_bins=257, sample_rate_hz=16_000).numpy() - reference).max() < 1e-3


def test_silence_and_full_scale_are_finite():
    statistics = LogMelStatistics()
    for x in (torch.zeros(512), torch.ones(16_000), torch.randn(3_000)):
        vector = statistics(x)
        assert vector.shape == (512,)
        assert torch.isfinite(vector).all()
