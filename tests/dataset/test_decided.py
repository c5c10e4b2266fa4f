"""Manifests that carry people's decisions: a corrected label and a mark on what is left out."""

from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.dataset import open_dataset
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for


def opened(frame: pd.DataFrame, **kwargs):
    return open_dataset(frame, kind_for("audio"), **kwargs)


def table(**columns):
    base = {"path": ["a.wav", "b.wav", "c.wav"], "label": ["on", "off", "off"]}
    return pd.DataFrame(base | columns)


def test_the_corrected_label_is_in_force_and_the_given_one_is_kept():
    dataset = opened(table(corrected_label=["on", "on", "off"], excluded=["false", "false", "TRUE"]))
    assert dataset.items["label"].to_dict() == {"a.wav": "on", "b.wav": "on"}
    assert dataset.items["given_label"].to_dict() == {"a.wav": "on", "b.wav": "off"}
    assert any("corrected_label" in note for note in dataset.notes)
    assert any("1 item" in note and "exclude" in note for note in dataset.notes)


@pytest.mark.parametrize("written", [True, 1, "1", "yes", " True "])
def test_every_usual_way_to_say_excluded(written):
    dataset = opened(table(corrected_label=["on"] * 3, excluded=[written, None, 0]))
    assert list(dataset.items.index) == ["b.wav", "c.wav"]


def test_a_label_column_named_by_hand_looks_at_the_data_as_it_was():
    dataset = opened(table(corrected_label=["on"] * 3, excluded=[True, False, False]), label_column="label")
    assert dataset.items["label"].tolist() == ["on", "off", "off"]
    assert "given_label" not in dataset.items
    assert any("not used" in note for note in dataset.notes)


def test_the_corrected_label_named_by_hand_is_the_same_as_found():
    frame = table(corrected_label=["on", "on", "off"], excluded=["false", "false", "TRUE"])
    pd.testing.assert_frame_equal(opened(frame, label_column="corrected_label").items, opened(frame).items)


def test_excluded_means_nothing_without_corrected_labels():
    assert len(opened(table(excluded=[True, False, False])).items) == 3


def test_the_rows_that_stay_keep_their_ids():
    frame = pd.DataFrame(
        {"path": ["a.wav", "a.wav"], "label": ["x", "y"], "corrected_label": ["x", "y"], "excluded": [True, False]}
    )
    assert list(opened(frame).items.index) == ["a.wav#2"]


def test_nothing_left_is_one_clear_line():
    with pytest.raises(DatasetError, match="every row is marked"):
        opened(table(corrected_label=["on"] * 3, excluded=[True] * 3))
