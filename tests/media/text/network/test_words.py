"""Encoders without a network learn from the set, and tell topics apart."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.media.text.network import words
from dsaudit.media.text.network.words import StaticEncoder, TfidfEncoder
from dsaudit.model.probe import fit_probe

CARDS = [f"please {verb} my {noun} card" for verb in ("block", "send", "find") for noun in ("bank", "lost", "new")]
RATES = [f"which {noun} do you {verb} abroad" for noun in ("rate", "fee", "price") for verb in ("take", "have", "use")]


@pytest.fixture(scope="module", params=[TfidfEncoder, StaticEncoder])
def encoder(request):
    made = request.param()
    made.fit([*CARDS, *RATES])
    return made


def test_topics_are_told_apart(encoder):
    cards, rates = encoder.encode(CARDS), encoder.encode(RATES)
    assert cards.shape == (9, encoder.dim)
    assert cards.dtype == np.float32
    assert (cards @ cards.T).mean() > 0.2 + (cards @ rates.T).mean()
    np.testing.assert_allclose(np.linalg.norm(cards, axis=1), 1.0, rtol=1e-5)


def test_company_does_not_matter_and_learning_again_gives_the_same(encoder):
    texts = [*CARDS, "of nothing known", "👍", "x" * 100_000]
    together = encoder.encode(texts)
    np.testing.assert_allclose(together, np.vstack([encoder.encode([one]) for one in texts]), atol=1e-6)
    again = type(encoder)()
    again.fit([*CARDS, *RATES])
    assert np.array_equal(again.encode(texts), together)
    assert np.isfinite(together).all()


def test_what_was_learned_can_be_taken_up(encoder):
    other = type(encoder)()
    other.restore(encoder.learned())
    new = ["a fee for my card", "???", CARDS[0]]
    assert other.encode(new).tobytes() == encoder.encode(new).tobytes()


def test_a_head_learns_from_few(encoder):
    """A head standardises what it is given: axes that tell little must not count as much as those that tell all."""
    train, asked = [*CARDS[:6], *RATES[:6]], [*CARDS[6:], *RATES[6:]]
    given = np.repeat([0, 1], 6)
    probe = fit_probe(encoder.encode(train), given, classes=("cards", "rates"), strength=0.1, device="cpu")
    assert probe.predict(encoder.encode(asked)).argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("texts", [[], ["alone"], ["👍", "🤖"], ["", ""], ["same", "same", "same"]])
@pytest.mark.parametrize("kind", [TfidfEncoder, StaticEncoder])
def test_little_to_learn_from_stops_nothing(kind, texts):
    encoder = kind()
    encoder.fit(texts)
    assert encoder.encode(texts).shape == (len(texts), encoder.dim)
    assert np.isfinite(encoder.encode(["something else"])).all()


def test_of_very_many_some_from_all_over_are_learned_from(monkeypatch):
    monkeypatch.setattr(words, "MOST_LEARNED", 3)
    assert words._spread(list("abcdefg")) == ["a", "d", "g"]
    assert words._spread(["a", "b"]) == ["a", "b"]


def test_rare_words_are_worth_more():
    encoder = StaticEncoder()
    encoder.fit([*(f"the {noun} here" for noun in ("cat", "dog", "car", "bus", "sun", "sea")), "where is the cat"])
    with_the, other, rare = encoder.encode(["the cat", "the dog", "cat"])
    assert with_the @ rare > 0.99 > with_the @ other
