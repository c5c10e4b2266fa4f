from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.errors import DatasetError


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


def test_embedded_recordings(tmp_path, opened):
    path = tmp_path / "m.parquet"
    pd.DataFrame({"audio": [{"bytes": b"RIFF", "path": "a.wav"}], "label": ["x"]}).to_parquet(path)
    with pytest.raises(DatasetError, match="row 1: column 'audio' holds a dict") as caught:
        opened(path)
    assert "embedded" in caught.value.hint
