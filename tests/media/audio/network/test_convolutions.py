"""The body's features against the frozen encoder's, and padding that changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from fabric import word

from dsaudit.media.audio.encoders import SPEECH
from dsaudit.media.audio.network.convolutions import MARGIN, Block, Convolutions, small_body, speech_body
from dsaudit.media.audio.network.encoders import SpeechEncoder
from dsaudit.media.audio.network.frames import cut_s, frames_of
from dsaudit.media.audio.network.speech import LogMel
from dsaudit.media.audio.recipe import AudioRecipe
from dsaudit.model.network import Network

CPU = torch.device("cpu")
WORDS = {str(k): word(k, duration_s=s) for k, s in enumerate((0.6, 1.0, 1.0, 1.7))}
needs_weights = pytest.mark.skipif(not SPEECH.check().ok, reason="the speech embedding is not installed")


def made(body, mel, recipe=None):
    frames = frames_of(list(WORDS), lambda path: WORDS[path.name], mel, device=CPU)
    return frames if recipe is None else frames.ahead(Network(body, 3), recipe, seed=0, device=CPU)


def features(body, inputs, items, **views):
    with torch.inference_mode():
        return body(*inputs.batch(np.array(items), device=CPU, **views))


@needs_weights
def test_features_are_those_of_the_frozen_encoder_and_concat_pooling():
    mel, body = speech_body()
    found = features(body, made(body, mel), range(4)).numpy()
    assert found.shape == (4, body.n_features) == (4, 1216 + 192)
    encoded = SpeechEncoder(device="cpu").encode(list(WORDS.values()))
    layers = slice(64, 1216)  # the frames' own statistics end a frame apart
    assert np.abs(found[:, layers] - encoded[:, layers]).max() < 0.05
    highest, last = found[:, 1216:1312], found[:, 1312:]
    assert (highest >= last - 1e-6).all()
    assert (highest >= found[:, 1024:1120] - 1e-4).all()  # not below the mean of the last layer


@needs_weights
@pytest.mark.parametrize("layers", [0, 3])
def test_frozen_blocks_may_run_beforehand(layers):
    mel, body = speech_body()
    whole, ahead = made(body, mel), made(body, mel, AudioRecipe(layers=layers, views=2))
    assert ahead.start == body.first_tuned(layers)
    assert ahead.n_views == 2
    own, pooled = features(body, whole, range(4)), features(body, ahead, range(4))
    views = features(body, ahead, range(4), views=np.array([1, 2, 1, 2]))
    assert (own - pooled).abs().max() < 0.02  # kept in half precision
    assert (views - pooled).abs().mean() > 0.05


@pytest.mark.parametrize("make", [small_body, pytest.param(speech_body, marks=needs_weights)])
def test_padding_changes_nothing(make):
    mel, body = make()
    inputs = made(body, mel)
    together = features(body, inputs, range(4))
    alone = torch.cat([features(body, inputs, [k]) for k in range(4)])
    assert (together - alone).abs().max() < 1e-3
    assert together.shape[1] == body.n_features


def test_long_items_do_not_fill_the_memory(monkeypatch):
    mel, body = small_body()
    monkeypatch.setattr("dsaudit.media.audio.network.frames.MAX_S", 1)
    assert made(body, mel).steps.max() == made(body, mel).steps[0, 1]


def test_of_very_many_items_less_of_each_is_kept(monkeypatch):
    assert cut_s(30_000) == 30
    assert 5 < cut_s(100_000) < 10
    assert cut_s(10**8) == 1
    monkeypatch.setattr("dsaudit.media.audio.network.frames.MAX_FRAME_BYTES", 4 * 64 * (2 * MARGIN + 120))
    mel, body = small_body()
    inputs = made(body, mel)
    assert inputs.steps[0].tolist() == [137, 177, 177, 197]  # the last, of 1.7 s, is cut at 1.2 s
    assert inputs.rows.shape == (inputs.steps.sum(), 32, 1)


def test_frames_take_the_place_of_blocks_that_need_too_much_memory(monkeypatch):
    mel, body = small_body()
    body.pretrained = True
    recipe = AudioRecipe(layers=1, views=3)
    assert made(body, mel, recipe).n_views == 3
    kept = made(body, mel, AudioRecipe(layers=1, views=0))
    n_bytes = kept.rows.nbytes + kept.pooled.nbytes
    monkeypatch.setattr("dsaudit.media.audio.network.frames.MAX_BYTES", int(2.5 * n_bytes))
    assert made(body, mel, recipe).n_views == 1
    monkeypatch.setattr("dsaudit.media.audio.network.frames.MAX_BYTES", n_bytes - 1)
    assert made(body, mel, recipe).start == 0


def test_a_block_is_made_again_from_its_shape():
    for block in small_body()[1].blocks:
        again = Block.of(block.shape)
        again.load_state_dict(block.state_dict())
        hidden = torch.randn(2, block.convolution.in_channels, 20, 16)
        assert torch.equal(again(hidden), block(hidden))


def test_convolutions_are_made_again_from_their_shape():
    _, body = small_body()
    again = Convolutions.of(body.shape)
    again.load_state_dict(body.state_dict())
    assert again.shape == body.shape
    assert [len(group) for group in again.groups()] == [2, 2, 2, 2]


def test_small_networks_filters_are_a_log_mel():
    mel, _ = small_body()
    assert isinstance(mel, LogMel)
    low, high = (
        mel(torch.sin(2 * torch.pi * f * torch.arange(16_000) / 16_000)[None])[0].mean(0).argmax() for f in (300, 4000)
    )
    assert low < high
