"""The speech embedding as torch modules against the same files under onnxruntime."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from dsaudit.errors import MissingExtraError
from dsaudit.media.audio.encoders import SPEECH
from dsaudit.media.audio.network import speech


@pytest.fixture(scope="module")
def modules():
    return speech.load_speech()


@pytest.fixture(scope="module")
def sessions():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        onnxruntime = pytest.importorskip("onnxruntime")
        return [onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]) for path in SPEECH.paths()]


def waveform(n=16_000, level=0.1, seed=0):
    rng = np.random.default_rng(seed)
    hum = np.sin(2 * np.pi * 300 * np.arange(n) / 16_000)
    return (level * (hum + 0.3 * rng.standard_normal(n))).astype(np.float32)


@pytest.mark.parametrize("n", [12_512, 16_000, 48_000])
def test_mel_agrees_with_onnxruntime(modules, sessions, n):
    x = waveform(n)
    with torch.inference_mode():
        ours = modules[0](torch.from_numpy(x)[None])[0].numpy()
    theirs = sessions[0].run(None, {"input": x[None] * 32767})[0].squeeze() / 10 + 2
    assert np.abs(ours - theirs).max() < 1e-5


def test_embedding_agrees_with_onnxruntime_window_by_window(modules, sessions):
    with torch.inference_mode():
        mel = modules[0](torch.from_numpy(waveform(32_000))[None])
        ours = modules[1](mel)[0].numpy()
    windows = np.stack([mel[0, 8 * i : 8 * i + 76].numpy() for i in range(len(ours))])
    theirs = sessions[1].run(None, {"input_1": windows[..., None]})[0].reshape(len(ours), 96)
    assert len(ours) == (mel.shape[1] - 76) // 8 + 1
    assert np.abs(ours - theirs).max() < 1e-3


def test_shortest_waveform_gives_one_step(modules):
    with torch.inference_mode():
        steps = modules[1](modules[0](torch.zeros(1, speech.MIN_SAMPLES)))
    assert steps.shape == (1, 1, 96)
    assert torch.isfinite(steps).all()


def test_weights_can_be_fine_tuned(modules):
    mel = modules[0](torch.from_numpy(waveform())[None])
    modules[1](mel).sum().backward()
    assert all(p.grad is not None for p in modules[1].parameters())
    modules[1].zero_grad()


def test_other_weights_are_refused(monkeypatch):
    import dataclasses

    other = dataclasses.replace(SPEECH, files=tuple((name, "0" * 64) for name, _ in SPEECH.files))
    monkeypatch.setattr(speech, "SPEECH", other)
    with pytest.raises(MissingExtraError, match="is not the file") as caught:
        speech.load_speech()
    assert caught.value.hint.startswith("pip install")
