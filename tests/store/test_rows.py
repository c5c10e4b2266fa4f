"""Rows of a file by position: what is read is what lies there, and an item is found or is not there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.errors import RunError
from dsaudit.store import files
from dsaudit.store.files import frame_to_parquet
from dsaudit.store.rows import StoredRows

N = 200
IDS = [f"i{k:03d}" for k in range(N)]


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A function that writes a table of ids in parts of four rows."""
    monkeypatch.setattr(files, "_ROWS_AT_ONCE", 16)
    monkeypatch.setattr(files, "_ROWS_LOOKED_UP", 4)

    def write(ids):
        table = pd.DataFrame({"n": [int(i[1:]) for i in ids], "word": list(ids)}, index=pd.Index(ids, name="item_id"))
        frame_to_parquet(table, tmp_path / "t.parquet")
        return StoredRows(tmp_path / "t.parquet")

    return write


def test_values_at_places(stored):
    rows, rng = stored(IDS), np.random.default_rng(0)
    places = rng.integers(0, N, 60)
    assert len(rows) == N
    assert rows.at("n", places).to_pylist() == places.tolist()
    assert rows.at("n", places[:0]).to_pylist() == []
    assert [rows.row(int(k), ["n", "word"]) for k in places[:9]] == [{"n": k, "word": IDS[k]} for k in places[:9]]
    assert [word for part in rows.stream("word") for word in part.to_pylist()] == IDS


@pytest.mark.parametrize("missing", [0, 3, 120])
def test_an_item_is_found_where_others_are_missing(stored, missing):
    gone = set(np.random.default_rng(missing).permutation(N)[:missing].tolist())
    kept = [i for k, i in enumerate(IDS) if k not in gone]
    rows = stored(kept)
    found = [rows.find(i, k, N) for k, i in enumerate(IDS)]
    assert found == [None if k in gone else kept.index(IDS[k]) for k in range(N)]


def test_an_item_is_found_in_another_order(stored):
    ids = [IDS[k] for k in np.random.default_rng(1).permutation(N)]
    rows = stored(ids)
    assert [rows.find(i, k, N) for k, i in enumerate(IDS)] == [ids.index(i) for i in IDS]


def test_damage_is_said(stored, tmp_path):
    stored(IDS)
    path = tmp_path / "t.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(RunError, match="damaged"):
        StoredRows(path)
    path.write_bytes(whole[:40] + bytes(200) + whole[240:])
    with pytest.raises(RunError, match="damaged"):
        list(StoredRows(path).stream("n"))
