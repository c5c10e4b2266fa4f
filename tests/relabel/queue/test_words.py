from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.relabel.queue import words as module
from dsaudit.relabel.queue.words import Places, texts, words
from dsaudit.relabel.screen import decision_state

COLUMN = pd.Series(["yes", None, "no", "yes", "\U0001f98a", ""], dtype="str")


@pytest.mark.parametrize("many", [0, 1000])
def test_a_column_reads_the_same_however_many_there_are(monkeypatch, many):
    monkeypatch.setattr(module, "MANY", many)
    found = words(COLUMN)
    assert list(found) == texts(COLUMN) == [found[k] for k in range(len(COLUMN))]
    assert found[1:4] == [None, "no", "yes"]
    assert list(words(COLUMN, made=lambda w: w or "-")) == ["yes", "-", "no", "yes", "\U0001f98a", "-"]


def test_places_of_a_word():
    places = Places(words(COLUMN))
    assert places.all("yes") == [0, 3]
    assert places["\U0001f98a"] == 4
    assert "maybe" not in places
    assert places.get("maybe") is None
    assert not Places([]).all("yes")


@pytest.mark.parametrize("many", [0, 1000])
def test_items_are_found_by_what_they_are_remembered_by(monkeypatch, many):
    monkeypatch.setattr(decision_state, "MANY", many)
    known = decision_state._ByKey(["a", "b", "c", "d"], ["1f", "1f", None, "2e"])
    found = {about: known[about] for about in ("1f", "2e", "id:c", "id:a", "3d")}
    assert found == {"1f": [0, 1], "2e": [3], "id:c": [2], "id:a": [], "3d": []}
