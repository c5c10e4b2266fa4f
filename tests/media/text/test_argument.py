"""Words that argue for a label, as a model takes them."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.media.text.argument import occlusion, words


def told(spans, text):
    return {text[span.start : span.end]: span.weight for span in spans}


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
