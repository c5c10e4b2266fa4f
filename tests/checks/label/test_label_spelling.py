from __future__ import annotations

import pandas as pd

from dsaudit.checks.label.label_spelling import label_spelling


def test_case_spaces_and_unicode_form():
    labels = ["yes"] * 5 + ["Yes", " yes", "café", "cafe\u0301", "ice-cream", "ice cream", "no", None]
    items = pd.DataFrame({"label": labels}, index=[f"{i:02d}" for i in range(len(labels))], dtype=object)
    frame = label_spelling(items)
    assert set(frame.index) == {"yes", "café", "ice cream"}
    row = frame.loc["yes"]
    assert row["item_ids"] == ["06", "05"] or set(row["item_ids"]) == {"05", "06"}
    assert row["suggestion"] == "yes"
    assert row["n_spellings"] == 3
    assert "'yes' (5)" in row["spellings"]


def test_different_words_stay_different():
    items = pd.DataFrame({"label": ["no", "now", "on"]}, index=list("abc"), dtype=object)
    assert not len(label_spelling(items))


def test_accents_on_their_own_are_told_by_their_code_points():
    items = pd.DataFrame({"label": ["Caf\u00e9", "Caf\u00e9", "Cafe\u0301"]}, index=list("abc"))
    (row,) = label_spelling(items).to_dict("records")
    assert row["spellings"] == "'Caf\u00e9' (2), 'Cafe\\u0301' (1)"
