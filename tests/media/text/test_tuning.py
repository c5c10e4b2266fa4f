"""Texts are fine-tuned by the same loop as recordings, kept and loaded again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from dsaudit.errors import ConfigError
from dsaudit.media.text.network import tokens
from dsaudit.media.text.network.bert import Bert
from dsaudit.media.text.network.tokens import tokens_of
from dsaudit.media.text.network.wordpiece import PAD, pieces
from dsaudit.media.text.recipe import TextRecipe
from dsaudit.media.text.tuning import TUNING
from dsaudit.model.network import Network
from dsaudit.model.tunable import Start
from media.tuned import (
    CPU,
    damaged_at_7,
    learns_is_kept_and_says_the_same_again,
    material,
    starts_from_nothing_and_says_so,
)

SUBJECTS = ("card", "money", "transfer", "account")


def text(k: int) -> str:
    """What is told apart is the word before the last, of any length."""
    return " ".join(["please"] * (k % 5) + ["my", SUBJECTS[k % 4], ("arrived", "vanished")[k % 2], f"{k} days ago"])


read = damaged_at_7(text)


class Tiny:
    """``TextTuning`` with a network of few weights, called pretrained so that its layers may run ahead."""

    items, encoders, recipe = TUNING.items, TUNING.encoders, TextRecipe

    def start(self, encoder, n_classes, *, seed=0):
        torch.manual_seed(seed)
        shape = {"n_pieces": 30_522, "n_places": 64, "width": 16, "inner": 32, "n_layers": 3, "n_heads": 2}
        return self._of(Bert(**shape, pretrained=True).eval(), n_classes)

    def restore(self, shape, n_classes):
        return self._of(Bert.of(shape), n_classes)

    @staticmethod
    def _of(body, n_classes):
        return Start(Network(body, n_classes), tokens_of, body.shape)


@pytest.fixture(scope="module")
def read_once():
    return material(Tiny(), read, [("here", "gone")[k % 2] for k in range(64)])


RECIPE = TextRecipe(epochs=4, batch_size=8, learning_rate=0.01, unfreeze_epochs=0.2, average=0.5, patience=9)


@pytest.mark.parametrize("recipe", [replace(RECIPE, layers=1), replace(RECIPE, layers=5, mixup=0.2)])
def test_it_learns_is_kept_and_says_the_same_again(read_once, tmp_path, recipe):
    assert len(read_once[0].labels) == 63  # all but the damaged one
    learns_is_kept_and_says_the_same_again(Tiny(), read, read_once, recipe, tmp_path / "networks.pt")


def test_lower_layers_run_ahead(read_once):
    made, _ = read_once
    plain, items = made.inputs, np.array([0, 3, 9])
    ahead = plain.ahead(made.network, TextRecipe(layers=1), seed=0, device=CPU)
    assert (plain.start, ahead.start) == (0, 2)
    with torch.inference_mode():
        early, late = (made.network.features(*one.batch(items, device=CPU)) for one in (plain, ahead))
    assert (early - late).abs().max() < 5e-3  # kept in half precision
    part = ahead.take(items)
    assert torch.equal(part.batch(np.array([1]), device=CPU)[0], ahead.batch(np.array([3]), device=CPU)[0])


def test_what_would_not_fit_in_memory_is_left_out(read_once, monkeypatch):
    made, _ = read_once
    monkeypatch.setattr(tokens, "MAX_BYTES", 10)
    assert made.inputs.ahead(made.network, TextRecipe(layers=1), seed=0, device=CPU) is made.inputs


def test_padding_is_not_seen_and_some_words_are_left_out():
    inputs = tokens_of(["1", "4", "7"], read, device=CPU)
    assert inputs.lengths.tolist() == [len(pieces(text(1))), len(pieces(text(4))), 0]
    numbers, seen, _ = inputs.batch(np.array([0, 1]), device=CPU)
    assert ((numbers != PAD) == seen).all()
    drawn = inputs.drawn(np.array([0, 1]), TextRecipe(word_dropout=0.6), np.random.default_rng(0), device=CPU)
    assert drawn.batch[1][:, 0].all()
    assert drawn.batch[1].sum() < seen.sum()
    assert not (drawn.batch[1] & ~seen).any()


def test_there_are_no_views_to_ask_for():
    with pytest.raises(ConfigError, match="views"):
        TextRecipe.of("standard", {"views": 2})
    assert TextRecipe.of("best", {}).layers == 5


def test_without_weights_a_small_network_starts_from_nothing_and_says_so(monkeypatch):
    from dsaudit.media.text.network import bert

    monkeypatch.setattr(bert, "MINILM", replace(bert.MINILM, package="absent"))
    monkeypatch.setattr(bert, "MINILM_INT8", replace(bert.MINILM_INT8, package="absent"))
    starts_from_nothing_and_says_so(TUNING, "tfidf", read)
