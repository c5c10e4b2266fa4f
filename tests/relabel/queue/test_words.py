from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.relabel.queue.words import Places, texts

COLUMN = pd.Series(["yes", None, "no", "yes", "\U0001f98a", ""], dtype="str")


def test_places_of_a_word():
    column = texts(COLUMN)
    places = Places(column, [np.array(part, dtype=object) for part in (column[:2], column[2:])])
    assert places.all("yes") == [0, 3]
    assert places["\U0001f98a"] == 4
    assert "maybe" not in places
    assert places.get("maybe") is None
    assert not Places([], []).all("yes")
