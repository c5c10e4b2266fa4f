from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsaudit.dataset import remote
from dsaudit.dataset.open import open_dataset
from dsaudit.dataset.remote import as_file
from dsaudit.errors import DatasetError, MissingExtraError, MissingItemError, UnreadableItemError
from dsaudit.media import kind_for
from dsaudit.media.recognise import recognised_modality


def test_typed_columns(tmp_path, opened):
    frame = pd.DataFrame(
        {
            "path": ["a.wav", "b.wav", "c.wav"],
            "label": [1.0, None, 2.0],
            "speaker": pd.array([1, 2, None], dtype="Int64"),
            "split": pd.Categorical(["train", "test", None]),
            "embedding": [[0.0, 1.0]] * 3,
        }
    )
    frame.to_parquet(tmp_path / "m.parquet")
    dataset = opened(tmp_path / "m.parquet")
    assert dataset.items["label"].tolist() == ["1", None, "2"]
    assert dataset.items["group"].tolist() == ["1", "2", None]
    assert dataset.items["split"].tolist() == ["train", "test", None]
    assert dataset.source == "parquet"


def test_not_parquet(tmp_path, opened):
    path = tmp_path / "m.parquet"
    path.write_text("path,label\na.wav,yes\n")
    with pytest.raises(DatasetError, match="not a readable Parquet file") as caught:
        opened(path)
    assert caught.value.hint


def test_truncated(tmp_path, opened):
    path = tmp_path / "m.parquet"
    pd.DataFrame({"path": ["a.wav"] * 100, "label": ["x"] * 100}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DatasetError):
        opened(path)


def hugging_face(path, names, labels, *, paths=True):
    cells = [{"bytes": f"RIFF {n}".encode(), "path": n if paths else None} for n in names]
    features = {"audio": {"_type": "Audio"}, "label": {"names": ["no", "yes"], "_type": "ClassLabel"}}
    table = pa.table({"audio": cells, "label": pa.array(labels, pa.int64())})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})}), path)


def test_bytes_are_read_where_they_lie_and_numbers_are_the_names_of_classes(tmp_path, opened):
    path = tmp_path / "m.parquet"
    hugging_face(path, ["a.wav", "../up/b.wav", "a.wav"], [0, 1, -1])
    before = path.read_bytes()
    dataset = opened(path)
    assert dict(dataset.items["label"]) == {"a.wav": "no", "../up/b.wav": "yes", "a.wav#2": None}
    assert [Path(uri).name for uri in dataset.items["uri"]] == ["b.wav", "a.wav", "a.wav"]
    assert any("names that m.parquet gives them" in note for note in dataset.notes)
    assert {fetched_bytes(uri) for uri in dataset.items["uri"]} == {b"RIFF a.wav", b"RIFF ../up/b.wav"}
    assert [*tmp_path.iterdir()] == [path], "nothing is unpacked"
    assert path.read_bytes() == before


def fetched_bytes(uri):
    with as_file(uri) as file:
        return file.read_bytes()


def test_bytes_without_a_name(tmp_path, opened):
    hugging_face(tmp_path / "m.parquet", ["a", "b"], [0, 1], paths=False)
    dataset = opened(tmp_path / "m.parquet")
    assert list(dataset.items.index) == ["row-00001", "row-00002"]
    assert {Path(uri).suffix for uri in dataset.items["uri"]} == {".wav"}


def test_a_folder_of_parts_for_each_split(tmp_path, opened):
    for part, split in (("train-00000-of-00002", 0), ("train-00001-of-00002", 1), ("test-00000-of-00001", 1)):
        hugging_face(tmp_path / "data" / f"{part}.parquet", [f"{part[:6]}.wav", "x.wav"], [split, 1])
    dataset = opened(tmp_path)
    assert dataset.items["split"].value_counts().to_dict() == {"train": 4, "test": 2}
    assert dataset.classes == ("no", "yes")
    assert sorted(dataset.items.index)[-3:] == ["x.wav", "x.wav#2", "x.wav#3"]
    assert all(fetched_bytes(uri).startswith(b"RIFF ") for uri in dataset.items["uri"])


def parts(path, cells, **options):
    table = pa.table({"label": ["x"] * len(cells), "audio": cells})
    if path.suffix == ".arrow":
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table)
    else:
        pq.write_table(table, path, row_group_size=40, **options)


@pytest.mark.parametrize("name", ["m.parquet", "m.arrow"])
def test_cells_in_any_order_are_read_a_few_rows_at_a_time(tmp_path, opened, name, monkeypatch):
    cells = [None if k == 70 else f"RIFF {k}".encode() for k in range(100)]
    parts(tmp_path / name, cells)
    uris = opened(tmp_path / name).items["uri"].tolist()
    read = []
    init = remote.Cells.__init__
    monkeypatch.setattr(remote.Cells, "__init__", lambda self, *args: read.append(1) or init(self, *args))
    for k in [*range(70), *range(71, 100), 39, 40, 0, 99]:
        assert fetched_bytes(uris[k]) == cells[k]
    assert len(read) == 1, "the table stays open"
    with pytest.raises(MissingItemError, match="its cell in"):
        fetched_bytes(uris[70])
    with pytest.raises(UnreadableItemError, match="has no such row"):
        fetched_bytes(f"{tmp_path / name}/row=100+1/x")
    assert fetched_bytes(uris[1]) == cells[1]
    parts(tmp_path / name, [b"RIFF new"] * 100)
    assert fetched_bytes(uris[1]) == b"RIFF new"


def test_a_damaged_row_group_is_told_by_its_items(tmp_path, opened):
    path = tmp_path / "m.parquet"
    parts(path, [f"RIFF {k}".encode() * 50 for k in range(80)], compression="zstd", use_dictionary=False)
    uris = opened(path).items["uri"].tolist()
    start = pq.ParquetFile(path).metadata.row_group(1).column(1).data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + 40] = b"\xff" * 40
    path.write_bytes(data)
    assert fetched_bytes(uris[3]) == b"RIFF 3" * 50
    with pytest.raises(UnreadableItemError, match="damaged"):
        fetched_bytes(uris[45])
    assert fetched_bytes(uris[4]) == b"RIFF 4" * 50


def test_a_lance_dataset(tmp_path, opened, monkeypatch):
    (tmp_path / "none.lance").mkdir()
    with pytest.raises(DatasetError, match="no Lance dataset"):
        opened(tmp_path / "none.lance")
    (tmp_path / "none.lance" / "_versions").mkdir()
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "lance", None)
        with pytest.raises(MissingExtraError) as refused:
            opened(tmp_path / "none.lance")
        assert refused.value.hint == "pip install 'dsaudit[lance]'"
    lance = pytest.importorskip("lance", reason="pip install pylance")
    place, cells = tmp_path / "m.lance", [f"RIFF {k}".encode() for k in range(100)]
    lance.write_dataset(pa.table({"audio": cells, "label": ["x", "y"] * 50}), str(place))
    assert recognised_modality(place) == "audio"
    items = opened(place).items
    assert items["label"].tolist() == ["x", "y"] * 50
    for k in (99, 0, 1, 40):
        assert fetched_bytes(items["uri"].iloc[k]) == cells[k]
    lance.write_dataset(pa.table({"audio": [b"RIFF new"], "label": ["x"]}), str(place), mode="overwrite")
    assert fetched_bytes(items["uri"].iloc[0]) == b"RIFF new"
    with pytest.raises(UnreadableItemError, match="no such row"):
        fetched_bytes(items["uri"].iloc[50])


class TestSavedToDisk:
    """What ``datasets`` writes with ``save_to_disk``: Arrow's stream format, features in its schema."""

    def test_a_folder_of_splits_is_read_with_the_names_of_its_classes(self, tmp_path):
        features = {
            "text": {"dtype": "string", "_type": "Value"},
            "label": {"names": ["no", "yes"], "_type": "ClassLabel"},
        }
        told = {"huggingface": json.dumps({"info": {"features": features}})}
        for split, rows in {"train": [("a", 0), ("b", 1), ("c", -1)], "test": [("d", 1)]}.items():
            table = pa.table({"text": [text for text, _ in rows], "label": [label for _, label in rows]})
            (tmp_path / split).mkdir()
            table = table.replace_schema_metadata(told)
            with pa.ipc.new_stream(tmp_path / split / "data-00000-of-00001.arrow", table.schema) as writer:
                writer.write_table(table)
            (tmp_path / split / "state.json").write_text('{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}')
            (tmp_path / split / "dataset_info.json").write_text(json.dumps({"features": features}))
        (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
        found = open_dataset(tmp_path, kind_for("text")).items
        assert found[["label", "split"]].values.tolist() == [
            ["no", "train"],
            ["yes", "train"],
            [None, "train"],
            ["yes", "test"],
        ]
        assert recognised_modality(tmp_path) == "text"

    def test_what_is_no_arrow_is_one_clear_line(self, tmp_path):
        (tmp_path / "x.arrow").write_bytes(b"ARROW1 or something else")
        with pytest.raises(DatasetError, match="not a readable Arrow file"):
            open_dataset(tmp_path / "x.arrow", kind_for("text"))
