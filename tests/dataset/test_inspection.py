from __future__ import annotations

import pandas as pd

from dsaudit.dataset import open_dataset
from dsaudit.dataset.inspection import Example, inspection
from dsaudit.kind import Kind

AUDIO = Kind("audio", suffixes=frozenset({".wav"}))
TABLE = pd.DataFrame(
    {
        "file": [f"{word}/{n}.wav" for word in ("yes", "no") for n in range(3)] + ["odd.wav"],
        "word": ["yes"] * 3 + ["no"] * 3 + [None],
        "split": ["train"] * 6 + ["test"],
        "speaker": ["ann", "bob", None, "ann", "bob", None, "ann"],
        "take": range(7),
    }
)


def test_everything_is_counted_and_every_column_accounted_for():
    found = inspection(open_dataset(TABLE, AUDIO, label_column="word"), name="table")
    assert (found.n_items, found.n_unlabelled, found.n_groups, found.n_without_group) == (7, 1, 2, 2)
    assert dict(found.classes) == {"no": 3, "yes": 3}
    assert dict(found.splits) == {"train": 6, "test": 1}
    assert {c.name: c.role for c in found.columns} == {
        **{"file": "path", "word": "label", "split": "split", "speaker": "group", "take": ""},
    }
    assert [c.role for c in found.columns][-1] == ""
    assert {g.option for g in found.guesses} == {"--path-column NAME", "--group-column NAME"}


def test_a_guess_is_told_once():
    found = inspection(open_dataset(TABLE, AUDIO, label_column="word"), name="table")
    assert not {g.said for g in found.guesses} & set(found.notes)


def test_examples_reach_from_the_first_to_the_last():
    found = inspection(open_dataset(TABLE, AUDIO, label_column="word"), name="table")
    assert len(found.examples) == 5
    assert found.examples[0] == Example("no/0.wav", "no", "train", "ann", None)
    assert found.examples[-1].item_id == "yes/2.wav"


def test_few_items_are_all_examples_and_texts_are_shown():
    kind = Kind("text", inline=True)
    found = inspection(open_dataset(pd.DataFrame({"text": ["Is it open? " * 20], "label": ["a"]}), kind), name="t")
    assert [e.text for e in found.examples] == [("Is it open? " * 20)[:80]]
