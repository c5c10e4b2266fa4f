"""Words that argue for a label: planted ones are found, of the right sign, and a text does not speak for itself."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.media.text.argument import MOST_SPANS, Terms, occlusion, words

CARD = ["my card is lost", "the card was stolen", "card gone", "please block the card"]
MONEY = ["my money is late", "where is the money", "the transfer is late", "please send money"]
TERMS = Terms.of([*CARD, *MONEY, "unlabelled card"], [*["card"] * 4, *["money"] * 4, None])


def told(spans, text):
    return {text[span.start : span.end]: span.weight for span in spans}


def test_telling_words_argue_for_their_label_and_common_ones_for_none():
    text = "Please, the MONEY for my card"
    found = told(TERMS.argument(text, "card", "money", counted=False), text)
    assert found["MONEY"] > 0 > found["card"]
    assert not set(found) & {"Please", "the", "my", "for"}


def test_a_text_does_not_argue_for_its_own_label():
    """``gone`` stands in this very text alone, so it says nothing for the label that the text was given."""
    assert "gone" not in told(TERMS.argument("card gone", "card", "money"), "card gone")
    assert "gone" in told(TERMS.argument("card gone", "card", "money", counted=False), "card gone")


def test_spans_are_few_and_in_order():
    text = " ".join(f"w{k}" for k in range(30))
    many = Terms.of([text, text, "other"], ["a", "a", "b"])
    spans = many.argument(text, "b", "a", counted=False)
    assert len(spans) == MOST_SPANS
    assert [s.start for s in spans] == sorted(s.start for s in spans)


def test_typical_words_of_a_label_stand_first():
    assert TERMS.typical("card")[0] == "card"
    assert "money" in TERMS.typical("money")[:2]
    assert TERMS.typical("nothing such") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't!", ["don't"]),
        ("カードが", ["カ", "ー", "ド", "が"]),
        ("ÄRGER, 5 Euro", ["ärger", "5", "euro"]),
        ("👍 …", []),
        ("", []),
    ],
)
def test_words_of_any_script(text, found):
    assert [word for *_, word in words(text)] == found
    assert [text[start:end].casefold() for start, end, _ in words(text)] == found


class Counting:
    """Vectors are how often two words occur; the head takes them for labels."""

    classes = ("card", "money")

    def encode(self, items):
        return np.array([[item.count("card"), item.count("money")] for item in items], dtype=np.float32)

    def predict(self, X):
        odds = np.exp(2.0 * np.asarray(X))
        return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)


def test_occlusion_asks_the_model_itself():
    text = "the money of my card"
    found = told(occlusion(text, "card", "money", encoder=Counting(), head=Counting()), text)
    assert found == {"money": pytest.approx(2.0), "card": pytest.approx(-2.0)}
