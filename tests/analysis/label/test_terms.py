"""Terms of classes: those that were put there are found, and words of every sentence are not."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.terms import TermCounts, weighed

COMMON = ["the", "a", "is", "my", "it"]
OWN = {"pay": ["invoice", "tax", "bill"], "sleep": ["tent", "hammock", "pillow"], "walk": ["boots", "trail", "map"]}


@pytest.fixture(scope="module")
def world() -> tuple[list[set[str]], list[str]]:
    rng = np.random.default_rng(0)
    documents, labels = [], []
    for label, words in OWN.items():
        for _ in range(60):
            common = {w for w in COMMON if rng.random() < 0.7}
            documents.append(common | {str(rng.choice(words))} | {f"once{len(documents)}"})
            labels.append(label)
    return documents, labels


def test_what_is_typical_is_what_was_put_there(world):
    found = TermCounts(*world).typical()
    assert {label: {t["term"] for t in terms} for label, terms in found.items()} == {k: set(v) for k, v in OWN.items()}
    assert all(t["elsewhere"] == 0 and 0.2 < t["share"] < 0.5 for terms in found.values() for t in terms)


def test_common_words_are_not_typical_however_uneven_by_chance():
    rng = np.random.default_rng(1)
    documents = [{w for w in COMMON if rng.random() < 0.6} for _ in range(300)]
    labels = [str(k) for k in rng.integers(0, 10, 300)]
    assert not any(TermCounts(documents, labels).typical().values())


def test_of_words_that_come_together_the_longest_is_named():
    said = [{"form", "27b", "form 27b", "the form"}] * 10 + [{"the", "other"}] * 40
    counts = TermCounts(said, ["a"] * 10 + ["b"] * 40)
    assert next(t["term"] for t in counts.typical()["a"]) == "form 27b"
    assert "the form" not in {t["term"] for t in counts.typical()["a"]}


def test_a_wrong_label_does_not_argue_for_itself(world):
    documents, labels = world
    wrong = {"invoice", "tax", "once0", "only here"}
    counts = TermCounts([*documents, wrong], [*labels, "walk"])
    weights = counts.arguments(wrong, "walk", "pay")
    assert set(weights) == {"invoice", "tax"}
    assert min(weights.values()) > 2
    right = counts.arguments({"boots", "the", "invoice"}, "walk", "pay")
    assert right["boots"] < 0 < right["invoice"]


def test_items_without_a_class_count_nowhere():
    counts = TermCounts([{"x"}, {"x"}, {"y"}], [None, None, "a"])
    assert counts.n == {"a": 1}
    assert counts.typical() == {"a": []}
    assert counts.arguments({"x", "y"}, "a", "none such") == {}


def test_weights_are_drawn_in_three_steps():
    assert weighed([0, 1, 2, 3], [1, 2, 3, 4], [-3.1, -2.0, 1.2, 1.9]) == [(0, 1, -3), (1, 2, -2), (2, 3, 1), (3, 4, 2)]
