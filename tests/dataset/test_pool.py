"""A pool of items without a label beside a labelled dataset, as it is opened."""

from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.dataset import open_dataset
from dsaudit.dataset.inline import inline_text
from dsaudit.errors import DatasetError, UsageError
from dsaudit.kind import Kind, Nouns

CLIPS = Kind("audio", Nouns("clip", "clips"), suffixes=frozenset({".wav"}))
TEXTS = Kind("text", inline=True, manifest_columns=("text",), suffixes=frozenset({".txt"}))
ROWS = Kind("table", rows=True)


def files(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def labelled(tmp_path):
    return files(tmp_path / "set", "yes/ann_nohash_0.wav", "no/bob_nohash_0.wav", "no/ann_nohash_1.wav")


def test_its_items_have_no_label_no_split_and_the_groups_of_the_dataset(tmp_path):
    pool = files(tmp_path / "more", "test/yes/ann_nohash_5.wav", "test/no/eve_nohash_0.wav")
    found = open_dataset(labelled(tmp_path), CLIPS, unlabelled=pool)
    own = found.items[found.items.index.str.startswith("more/")]
    assert own[["label", "split"]].isna().all(axis=None)
    assert own["group"].to_dict() == {"more/test/no/eve_nohash_0.wav": "eve", "more/test/yes/ann_nohash_5.wav": "ann"}
    assert found.classes == ("no", "yes")
    assert len(found.items) == 5
    assert list(found.listing.index) == [i for i in found.items.index if not i.startswith("more/")]
    assert any("labels that the pool has are not read" in note for note in found.notes)


def test_of_a_manifest_files_that_both_name_are_used_once(tmp_path):
    root = labelled(tmp_path)
    files(root, "new/a.wav")
    pd.DataFrame({"path": ["yes/ann_nohash_0.wav"], "label": ["yes"]}).to_csv(root / "labels.csv", index=False)
    pd.DataFrame({"path": ["yes/ann_nohash_0.wav", "new/a.wav"]}).to_csv(root / "all.csv", index=False)
    found = open_dataset(root / "labels.csv", CLIPS, unlabelled=root / "all.csv")
    assert list(found.items.index) == ["all.csv/new/a.wav", "yes/ann_nohash_0.wav"]
    assert any("used once: 1 clip" in note for note in found.notes)


def test_rows_of_a_pool_take_the_columns_of_the_table_and_no_target(tmp_path):
    table = pd.DataFrame({"age": [31, 40], "town": ["Bern", "Basel"], "target": ["a", "b"]})
    table.to_csv(tmp_path / "set.csv", index=False)
    table.assign(more=1)[["more", "target", "town", "age"]].to_csv(tmp_path / "pool.csv", index=False)
    found = open_dataset(tmp_path / "set.csv", ROWS, label_column="target", unlabelled=tmp_path / "pool.csv")
    own = found.items.loc["pool.csv/row-00002"]
    assert inline_text(own["uri"]) == '{"age":"40","town":"Basel"}'
    assert own["uri"] == found.items.loc["row-00002", "uri"]
    assert own["label"] is None


def test_what_is_no_pool_is_one_line(tmp_path):
    root, other = labelled(tmp_path), tmp_path / "other"
    files(other, "a.png")
    (tmp_path / "void").mkdir()
    pd.DataFrame({"path": ["a.png"]}).to_csv(other / "list.csv", index=False)
    pd.DataFrame({"path": ["set/no/bob_nohash_0.wav"]}).to_csv(tmp_path / "same.csv", index=False)
    for place, error, said in (
        (root, UsageError, "lies in the dataset"),
        (root / "no", UsageError, "lies in the dataset"),
        (tmp_path / "void", DatasetError, "holds no files"),
        (tmp_path / "gone", DatasetError, "does not exist"),
        (other, DatasetError, "no audio files"),
        (other / "list.csv", DatasetError, "no clip in the pool"),
        (tmp_path / "same.csv", UsageError, "every clip of the pool"),
    ):
        with pytest.raises(error, match=said) as refused:
            open_dataset(root, CLIPS, unlabelled=place)
        assert refused.value.hint
        assert "\n" not in refused.value.message
    pd.DataFrame({"a": [1, 2], "b": [1, 2], "target": ["x", "y"]}).to_csv(tmp_path / "t.csv", index=False)
    pd.DataFrame({"c": [1, 2], "d": [1, 2]}).to_csv(tmp_path / "u.csv", index=False)
    with pytest.raises(DatasetError, match="is another table: it has no column 'a', 'b'"):
        open_dataset(tmp_path / "t.csv", ROWS, label_column="target", unlabelled=tmp_path / "u.csv")


def test_texts_of_any_table_are_a_pool(tmp_path):
    pd.DataFrame({"text": ["yes please", "no thanks"], "label": ["yes", "no"]}).to_csv(tmp_path / "t.csv", index=False)
    pd.DataFrame({"text": ["why not", "no thanks"], "source": ["a", "b"]}).to_csv(tmp_path / "u.csv", index=False)
    found = open_dataset(tmp_path / "t.csv", TEXTS, unlabelled=tmp_path / "u.csv").items
    assert found["label"].isna().sum() == 2
    assert found["group"].isna().all()
