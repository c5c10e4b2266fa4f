from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsaudit.dataset import fingerprint, open_dataset
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for


def test_frame_is_read_not_changed(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"path": ["b.wav", "a.wav"], "label": [np.float32(0.5), True]})
    before = frame.copy(deep=True)
    dataset = opened(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert dict(dataset.items["label"]) == {"a.wav": "True", "b.wav": "0.5"}
    assert dataset.root == tmp_path
    assert dataset.source == "dataframe"
    assert all(type(value) is str for value in dataset.items["uri"])


@pytest.mark.parametrize(
    ("index", "says"),
    [
        (pd.MultiIndex.from_product([["anna"], ["x", "y"]]), "it has 2 levels; reset_index() makes columns of them"),
        ([0, 0], "it has 1 value again, as after concat()"),
        (["x", None], "it has gaps"),
        ([0, 1], ""),
        (["x", "y"], ""),
    ],
)
def test_an_index_that_is_no_id_is_said(opened, index, says):
    dataset = opened(pd.DataFrame({"path": ["a.wav", "b.wav"], "label": ["x", "y"]}, index=index))
    assert any(note == f"the index is not used: {says}" for note in dataset.notes) == bool(says)
    assert [column.why for column in dataset.understood.ignored] == [says] * bool(says)
    assert not says or list(dataset.items.index) == ["a.wav", "b.wav"]


def test_index_named_item_id(opened):
    frame = pd.DataFrame({"path": ["a.wav", "b.wav"]}, index=pd.Index(["x", "y"], name="item_id"))
    assert list(opened(frame).items.index) == ["x", "y"]
    frame.index = pd.Index(["x", "x"], name="item_id")
    with pytest.raises(DatasetError, match="the DataFrame: in column 'item_id' 1 id occurring more than once"):
        opened(frame)


@pytest.mark.parametrize(
    ("index", "ids"),
    [
        (["u1", "u2"], ["u1", "u2"]),
        ([7, 3], ["3", "7"]),
        ([1, 0], ["0", "1"]),
        ([0, 1], ["a.wav", "b.wav"]),
        (["u", "u"], ["a.wav", "b.wav"]),
        (["u", None], ["a.wav", "b.wav"]),
        (pd.MultiIndex.from_tuples([("u", 1), ("u", 2)]), ["a.wav", "b.wav"]),
    ],
)
def test_the_index_is_the_id_where_it_says_more_than_the_place(opened, index, ids):
    frame = pd.DataFrame({"path": ["a.wav", "b.wav"]}, index=index)
    assert list(opened(frame).items.index) == ids
    named = frame.assign(id=["i", "j"])
    assert list(opened(named).items.index) == ["i", "j"]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT, "", " "])
def test_nothing_is_unlabelled(opened, missing):
    frame = pd.DataFrame({"path": ["a.wav", "b.wav"], "label": pd.Series(["x", missing], dtype=object)})
    assert opened(frame).items["label"].tolist() == ["x", None]


@pytest.mark.parametrize("value", [b"x", [b"x"], {"x": 1}, np.zeros(2)])
def test_cells_that_are_no_label(opened, value):
    frame = pd.DataFrame({"path": ["a.wav"], "label": pd.Series([value], dtype=object)})
    with pytest.raises(DatasetError, match="row 0: column 'label' holds a"):
        opened(frame)


def test_empty_frame(opened):
    with pytest.raises(DatasetError, match="the DataFrame has no column 'path'"):
        opened(pd.DataFrame())
    with pytest.raises(DatasetError, match="the DataFrame has no rows"):
        opened(pd.DataFrame({"path": []}))


rows = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["a", "b", "c", None])), min_size=1, unique_by=lambda row: row[0]
)


@settings(deadline=None, max_examples=50)
@given(rows=rows, seed=st.integers(0, 3), n=st.integers(1, 12), random=st.randoms())
def test_row_order_does_not_matter(rows, seed, n, random):
    shuffled = random.sample(rows, len(rows))
    one, two = (
        open_dataset(
            pd.DataFrame([(f"{k}.wav", label) for k, label in order], columns=["path", "label"]),
            kind_for("audio"),
            sample=n,
            seed=seed,
        )
        for order in (rows, shuffled)
    )
    assert one.items.equals(two.items)
    assert fingerprint(one.items) == fingerprint(two.items)
    assert len(one.items) == min(n, len(rows))
    assert one.sampled_from == (len(rows) if n < len(rows) else None)


def test_a_table_of_its_target_alone_is_refused_in_one_line():
    frame = pd.DataFrame({"grade": ["a", "b"] * 20})
    with pytest.raises(DatasetError, match="the DataFrame has no column beside 'grade'"):
        open_dataset(frame, kind_for("table"), label_column="grade")
