"""What is known of sets that people use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from dsaudit.dataset.inline import inline_uri
from dsaudit.dataset.open import open_dataset
from dsaudit.media import kind_for, media_for
from dsaudit.media.text.candidate import passages, sketches
from dsaudit.media.text.measure import hashed
from dsaudit.media.text.normal import plain

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.real_data


def test_test_texts_that_stand_in_training_are_proposed_and_are_copies(real_data: Callable[[str], Path]) -> None:
    root, media = real_data("banking77"), media_for("text")
    train, test = (pd.read_csv(root / f"{part}.csv")["text"].tolist() for part in ("train", "test"))
    known = {" ".join(text.casefold().split()): text for text in train}
    twice = [text for text in test if " ".join(text.casefold().split()) in known]
    assert len(twice) >= 6
    texts = [*train[::10], *(known[" ".join(text.casefold().split())] for text in twice), *twice]
    bare = [plain(text) for text in texts]
    forms = {
        "plain_hash": [hashed(text) for text in bare],
        "sketch": sketches(bare),
        "passages": [passages(text) for text in bare],
    }
    proposed = {frozenset((texts[a], texts[b])) for a, b in media.proposed(pd.DataFrame(forms)).tolist()}
    for text in twice:
        again = known[" ".join(text.casefold().split())]
        assert text == again or frozenset((text, again)) in proposed
        assert media.likeness(media.look(Path(inline_uri(again))), media.look(Path(inline_uri(text)))).same


def test_a_table_of_intents_is_read_without_an_option(real_data: Callable[[str], Path]) -> None:
    dataset = open_dataset(real_data("clinc150") / "labels.csv", kind_for("text"))
    assert len(dataset.items) == len(pd.read_csv(real_data("clinc150") / "labels.csv"))
    assert len(dataset.classes) == 151
    assert dataset.items["split"].nunique() >= 3
    assert not dataset.items["label"].isna().any()
