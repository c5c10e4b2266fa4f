"""Texts that say the same in other words, by vectors made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dsaudit.checks.text.same_meaning import same_meaning
from dsaudit.dataset.inline import inline_uri
from dsaudit.evidence.meanings import meanings
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media import kind_for
from dsaudit.media.audio.media import MEDIA as AUDIO
from dsaudit.media.text.media import MEDIA

TEXTS = {
    "a": ("where is my card?", "arrival", "train"),
    "b": ("tell me the place of the card that I own", "delivery", "train"),
    "b2": ("Tell me the place of the card that I own!", "delivery", "train"),  # a copy, and none the less not nearer
    "c": ("is there a fee for paying abroad?", "fee", "train"),
    "d": ("do I pay more in other countries?", "fee", "test"),
    "e": ("pay back 20 pounds", "refund", "train"),
    "f": ("I want 30 pounds paid back", "refund", "train"),  # another number
    "g": ("can I cancel it", "cancel", "train"),
    "h": ("is it possible not to cancel that", "cancel", "train"),  # a negation
    "i": ("open an account for my child", "child", "train"),
    "j": ("how old must kids be for an account of their own", "age", "train"),  # not near enough
    "k": ("say it in french please", "translate", "train"),
    "l": ("how would the french put that", "translate", "train"),
}
NEAR = {"a": ("b", 0.97), "c": ("d", 0.95), "e": ("f", 0.99), "g": ("h", 0.99), "i": ("j", 0.93), "k": ("l", 0.96)}


def given(encoder="minilm", media=MEDIA, apart=()):
    """What the provider is given: each pair of ``NEAR`` in a plane of its own, at the cosine that it is to have."""
    ids = list(TEXTS)
    vectors = pd.DataFrame(np.zeros((len(ids), 2 * len(NEAR))), index=ids)
    for k, (one, (other, cosine)) in enumerate(NEAR.items()):
        vectors.loc[one, 2 * k] = 1.0
        vectors.loc[other, [2 * k, 2 * k + 1]] = [cosine, np.sqrt(1 - cosine**2)]
    vectors.loc["b2"] = vectors.loc["b"]
    cosines = vectors.to_numpy() @ vectors.to_numpy().T - 2 * np.eye(len(ids))
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :5]
    neighbours = pd.DataFrame({"ids": [np.array(ids, dtype=object)[row] for row in order]}, index=ids)
    items = pd.DataFrame(
        {
            "uri": [inline_uri(text) for text, _, _ in TEXTS.values()],
            "label": [label for _, label, _ in TEXTS.values()],
            "split": [split for _, _, split in TEXTS.values()],
        },
        index=ids,
    )
    near = pd.DataFrame({"near_set": pd.Series({"b": "b", "b2": "b"}, dtype=object).reindex(ids)})
    context = SimpleNamespace(items=items, media=media, kind=kind_for(media.modality), apart=apart)
    maker = SimpleNamespace(name=encoder) if encoder else None
    return context, SimpleNamespace(table=vectors.astype("float32"), encoder=maker), neighbours, near


def test_pairs_are_near_by_a_model_and_nothing_tells_them_apart():
    context, *rest = given()
    table = meanings(context, *rest)
    assert table["meaning_set"].to_dict() == {"a": "a", "b": "a", "c": "c", "d": "c", "k": "k", "l": "k"}
    assert table["cosine"].round(3).to_dict() == {"a": 0.97, "b": 0.97, "c": 0.95, "d": 0.95, "k": 0.96, "l": 0.96}
    frame = same_meaning(context.items, table)
    assert frame["item_ids"].to_dict() == {"a": ["a", "b"], "c": ["c", "d"], "k": ["k", "l"]}
    assert frame["but"].to_dict() == {
        "a": ", labelled arrival (1), delivery (1)",
        "c": ", in test (1), train (1)",
        "k": "",
    }
    assert frame["score"].to_dict() == pytest.approx({"a": 0.33, "c": 0.45, "k": 0.64})
    assert frame["flagged"].to_dict() == {"a": True, "c": True, "k": False}


def test_what_people_told_apart_is_no_pair():
    context, *rest = given(apart=(("d", "c"),))
    assert "c" not in meanings(context, *rest).index


@pytest.mark.parametrize("encoder", ["tfidf", "static", "sentence-transformers:x", ""])
def test_of_other_vectors_nobody_knows(encoder):
    with pytest.raises(MissingEvidenceError, match=f"of minilm .* of vectors {encoder or 'brought along'}"):
        meanings(*given(encoder))


def test_other_kinds_do_without():
    with pytest.raises(MissingEvidenceError, match="nothing tells of clips"):
        meanings(*given(media=AUDIO))


def test_nothing_found_is_an_empty_table():
    context, *rest = given()
    frame = same_meaning(context.items, meanings(context, *rest).iloc[:0])
    assert len(frame) == 0
