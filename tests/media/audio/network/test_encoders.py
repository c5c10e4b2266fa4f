"""A vector depends on its own item and on nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from dsaudit.media.audio import KIND
from dsaudit.media.audio.encoders import SPEECH, SPEECH_ENCODER
from dsaudit.media.audio.network import encoders
from dsaudit.media.audio.network.encoders import LogMelEncoder, SpeechEncoder
from dsaudit.model.encoder import choose_encoder

LENGTHS = (0, 1, 100, 5_000, 12_345, 15_999, 16_000, 16_000, 20_000, 81_000)


@pytest.fixture(scope="module")
def waveforms():
    rng = np.random.default_rng(0)
    return [(0.1 * rng.standard_normal(n)).astype(np.float32) for n in LENGTHS]


@pytest.fixture(scope="module", params=[SpeechEncoder, LogMelEncoder])
def encoder(request):
    return request.param(device="cpu")


def test_shape_and_type(encoder, waveforms):
    vectors = encoder.encode(waveforms)
    assert vectors.shape == (len(LENGTHS), encoder.dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_company_and_order_do_not_matter(encoder, waveforms):
    together = encoder.encode(waveforms)
    alone = np.vstack([encoder.encode([waveform]) for waveform in waveforms])
    assert np.array_equal(together, alone)
    assert np.array_equal(encoder.encode(waveforms[::-1]), together[::-1])


def test_padded_batches_change_nothing_that_matters(encoder, waveforms, monkeypatch):
    alone = encoder.encode(waveforms)
    monkeypatch.setitem(encoders._BATCH_SAMPLES, "cpu", 10_000_000)
    assert np.abs(encoder.encode(waveforms) - alone).max() < 1e-4


def test_threads_of_the_caller_are_left_alone(encoder, waveforms):
    before = torch.get_num_threads()
    encoder.encode(waveforms[:3])
    assert torch.get_num_threads() == before


def test_broken_samples_give_finite_vectors(encoder):
    broken = np.full(16_000, np.nan, dtype=np.float32)
    broken[::3], broken[1::3] = np.inf, -np.inf
    assert np.isfinite(encoder.encode([broken])).all()


def test_different_sounds_get_different_vectors(encoder):
    t = np.arange(16_000) / 16_000
    low, high = (np.sin(2 * np.pi * f * t).astype(np.float32) for f in (200, 3_000))
    vectors = encoder.encode([low, high])
    assert np.abs(vectors[0] - vectors[1]).max() > 0.1


def test_input_is_not_changed(encoder, waveforms):
    copy = waveforms[6].copy()
    encoder.encode([waveforms[6]])
    assert np.array_equal(copy, waveforms[6])


def test_missing_weights_fall_back_and_say_so():
    absent = replace(SPEECH, package="no-such-package-anywhere")
    fallback = replace(SPEECH_ENCODER, weights=absent)(device="cpu")
    assert (fallback.name, fallback.dim) == ("log-mel", 512)
    assert fallback.encode([np.zeros(800, dtype=np.float32)]).shape == (1, 512)
    assert "no-such-package-anywhere is not installed" in fallback.notes[0]
    assert "pip install no-such-package-anywhere" in fallback.notes[0]
    assert fallback.notes[0].endswith("log-mel statistics alone are used, which are weaker")


def test_what_the_cache_knows_is_what_is_loaded(encoder):
    lazy = choose_encoder(encoder.name, own=KIND.encoders)
    assert (lazy.name, lazy.version, lazy.dim) == (encoder.name, encoder.version, encoder.dim)
