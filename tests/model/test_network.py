"""The network's features against the frozen encoder's, and padding that changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from fabric import word

from dsaudit.model.average import averaged
from dsaudit.model.backbone import SPEECH
from dsaudit.model.encoders import load_encoder
from dsaudit.model.inputs import cut_s, frames_of, prepared
from dsaudit.model.network import MARGIN, Block, small_network, speech_network
from dsaudit.model.recipe import Recipe
from dsaudit.model.speech import LogMel

CPU = torch.device("cpu")
WORDS = {str(k): word(k, duration_s=s) for k, s in enumerate((0.6, 1.0, 1.0, 1.7))}
needs_weights = pytest.mark.skipif(not SPEECH.check().ok, reason="the speech embedding is not installed")


def made(network, mel, recipe=None):
    frames = frames_of(list(WORDS), lambda path: WORDS[path.name], mel, device=CPU)
    return frames if recipe is None else prepared(frames, network, recipe, seed=0, device=CPU)


@needs_weights
def test_features_are_those_of_the_frozen_encoder_and_concat_pooling():
    mel, network = speech_network(3)
    with torch.inference_mode():
        features = network.features(*made(network, mel).batch(np.arange(4)), 0).numpy()
    assert features.shape == (4, network.n_features) == (4, 1216 + 192)
    encoded = load_encoder("speech", device="cpu").encode(list(WORDS.values()))
    layers = slice(64, 1216)  # the frames' own statistics end a frame apart
    assert np.abs(features[:, layers] - encoded[:, layers]).max() < 0.05
    highest, last = features[:, 1216:1312], features[:, 1312:]
    assert (highest >= last - 1e-6).all()
    assert (highest >= features[:, 1024:1120] - 1e-4).all()  # not below the mean of the last layer


@needs_weights
@pytest.mark.parametrize("layers", [0, 3])
def test_frozen_blocks_may_run_beforehand(layers):
    mel, network = speech_network(3)
    whole, ahead = made(network, mel), made(network, mel, Recipe(layers=layers, views=2))
    assert ahead.start == network.first_tuned(layers)
    assert ahead.n_views == 2
    with torch.inference_mode():
        own = network.features(*whole.batch(np.arange(4)), 0)
        pooled = network.features(*ahead.batch(np.arange(4)), ahead.start)
        views = network.features(*ahead.batch(np.arange(4), np.array([1, 2, 1, 2])), ahead.start)
    assert (own - pooled).abs().max() < 0.02  # kept in half precision
    assert (views - pooled).abs().mean() > 0.05


@pytest.mark.parametrize("make", [small_network, pytest.param(speech_network, marks=needs_weights)])
def test_padding_changes_nothing(make):
    mel, network = make(3)
    inputs = made(network, mel)
    with torch.inference_mode():
        together = network.features(*inputs.batch(np.arange(4)), 0)
        alone = torch.cat([network.features(*inputs.batch(np.array([k])), 0) for k in range(4)])
    assert (together - alone).abs().max() < 1e-3
    assert together.shape[1] == network.n_features


def test_long_items_do_not_fill_the_memory(monkeypatch):
    mel, network = small_network(3)
    monkeypatch.setattr("dsaudit.model.inputs.MAX_S", 1)
    assert made(network, mel).steps.max() == made(network, mel).steps[0, 1]


def test_of_very_many_items_less_of_each_is_kept(monkeypatch):
    assert cut_s(30_000) == 30
    assert 5 < cut_s(100_000) < 10
    assert cut_s(10**8) == 1
    monkeypatch.setattr("dsaudit.model.inputs.MAX_FRAME_BYTES", 4 * 64 * (2 * MARGIN + 120))
    inputs = made(small_network(3)[1], small_network(3)[0])
    assert inputs.steps[0].tolist() == [137, 177, 177, 197]  # the last, of 1.7 s, is cut at 1.2 s
    assert inputs.rows.shape == (inputs.steps.sum(), 32, 1)


def test_frames_take_the_place_of_blocks_that_need_too_much_memory(monkeypatch):
    mel, network = small_network(3)
    network.pretrained = True
    recipe = Recipe(layers=1, views=3)
    assert made(network, mel, recipe).n_views == 3
    kept = made(network, mel, Recipe(layers=1, views=0))
    n_bytes = kept.rows.nbytes + kept.pooled.nbytes
    monkeypatch.setattr("dsaudit.model.inputs.MAX_BYTES", int(2.5 * n_bytes))
    assert made(network, mel, recipe).n_views == 1
    monkeypatch.setattr("dsaudit.model.inputs.MAX_BYTES", n_bytes - 1)
    assert made(network, mel, recipe).start == 0


def test_a_block_is_made_again_from_its_shape():
    for block in small_network(3)[1].blocks:
        again = Block.of(block.shape)
        again.load_state_dict(block.state_dict())
        hidden = torch.randn(2, block.convolution.in_channels, 20, 16)
        assert torch.equal(again(hidden), block(hidden))


def test_small_networks_filters_are_a_log_mel():
    mel, _ = small_network(3)
    assert isinstance(mel, LogMel)
    low, high = (
        mel(torch.sin(2 * torch.pi * f * torch.arange(16_000) / 16_000)[None])[0].mean(0).argmax() for f in (300, 4000)
    )
    assert low < high


def test_moving_average_is_that_of_its_formula():
    _, network = small_network(2)
    average = averaged(network, decay=0.5)
    wanted, seen = 0.0, []
    for n, value in enumerate([3.0, 1.0, -2.0, 4.0]):
        with torch.no_grad():
            network.bias.fill_(value)
        average.update_parameters(network)
        decay = min(0.5, (1 + n) / (10 + n))
        wanted = value if n == 0 else decay * wanted + (1 - decay) * value
        seen.append(average.module.bias[0].item() - wanted)
    assert np.abs(seen).max() < 1e-6
