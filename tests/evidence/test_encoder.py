"""Of a kind's encoders the one that tells labels best embeds, unless one is named; what was chosen is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.evidence import encoder as choice
from dsaudit.media import text
from dsaudit.model.encoder import EncoderSource

N = 120


class Lengths:
    """Tells long texts from short ones; an impostor of any name."""

    name, version, dim, notes = "lengths", "1", 2, ()

    def __init__(self, *, device):
        pass

    def encode(self, items):
        return np.array([[len(item), 1.0] for item in items], dtype=np.float32)


class Nothing(Lengths):
    name = "nothing"

    def encode(self, items):
        return np.array([[hash_of(item), 1.0] for item in items], dtype=np.float32)


def hash_of(item: str) -> int:
    return sum(item.encode()) % 7


LENGTHS = EncoderSource("lengths", load="evidence.test_encoder:Lengths", version="1", dim=2, needs_torch=False)
NOTHING = EncoderSource("nothing", load="evidence.test_encoder:Nothing", version="1", dim=2, needs_torch=False)
SLOW = EncoderSource("slow", load="evidence.test_encoder:Nothing", version="1", dim=2, needs_torch=False, most=50)


@pytest.fixture
def own():
    """Texts have three encoders of this file instead of theirs."""
    encoders = {name: f"evidence.test_encoder:{name.upper()}" for name in ("lengths", "nothing", "slow")}

    def set_to(default, *rivals):
        for name, value in {"encoders": encoders, "default_encoder": default, "rivals": rivals}.items():
            object.__setattr__(text.KIND, name, value)

    before = {name: getattr(text.KIND, name) for name in ("encoders", "default_encoder", "rivals")}
    yield set_to
    for name, value in before.items():
        object.__setattr__(text.KIND, name, value)


@pytest.fixture
def texts(tmp_path):
    rng = np.random.default_rng(0)
    labels = ["long" if k % 2 else "short" for k in range(N)]
    words = [" ".join(["abcdefgh"[j] * 3 for j in rng.integers(0, 8, 12 if k % 2 else 3)]) for k in range(N)]
    frame = pd.DataFrame({"text": [f"{w} {k}" for k, w in enumerate(words)], "label": labels})
    frame.to_csv(tmp_path / "texts.csv", index=False)
    return tmp_path


def encoder_and_notes(folder, **options):
    run = dsaudit.train(folder / "texts.csv", out=folder / "out", jobs=1, device="cpu", folds=2, **options)
    return run.metrics.baseline.model_card["encoder"], "\n".join(run.meta.notes)


def test_a_rival_that_tells_labels_better_takes_the_place_of_the_default(own, texts):
    own("nothing", "lengths")
    used, notes = encoder_and_notes(texts)
    assert used == "lengths-1"
    assert f"texts are compared by the encoder lengths: of {N} held out their labels were told by nothing " in notes
    assert ", lengths 100%" in notes


def test_one_that_is_no_better_does_not(own, texts):
    own("lengths", "nothing")
    assert encoder_and_notes(texts)[0] == "lengths-1"


def test_one_that_is_named_is_taken_without_a_question(own, texts):
    own("lengths", "nothing")
    used, notes = encoder_and_notes(texts, encoder="nothing")
    assert used == "nothing-1"
    assert "compared by" not in notes


def test_one_that_takes_too_long_is_not_tried_and_that_is_said(own, texts):
    own("slow", "lengths")
    used, notes = encoder_and_notes(texts)
    assert used == "lengths-1"
    assert f"{N} texts are more than slow takes unasked: --encoder slow takes its time" in notes


def test_of_few_labels_nothing_is_told(own, texts, monkeypatch):
    own("nothing", "lengths")
    monkeypatch.setattr(choice, "LEAST_TRIED", N + 1)
    assert encoder_and_notes(texts)[0] == "nothing-1"


def test_what_was_found_is_kept(own, texts, monkeypatch):
    own("nothing", "lengths")
    first = encoder_and_notes(texts)

    def again(*args):
        raise AssertionError("it is in the cache")

    monkeypatch.setattr(choice, "_right", again)
    assert encoder_and_notes(texts) == first
