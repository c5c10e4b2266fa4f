from __future__ import annotations

import errno
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyarrow.parquet import ParquetFile

from dsaudit.analysis.row_lists import column_of_lists
from dsaudit.errors import RunError, StoreError
from dsaudit.store import files
from dsaudit.store import run as store_run
from dsaudit.store.cache import Cache
from dsaudit.store.files import (
    digest,
    digest_frame,
    frame_to_parquet,
    growing_parquet,
    to_json,
    write_atomic,
    writing,
)
from dsaudit.store.run import Run, Store, this_machine
from dsaudit.store.schema.run import SettingUsed
from dsaudit.store.schema.shape import ShapeError, plain
from dsaudit.store.schema.tuning import Tuning
from store.make_schema import meta, write_json


def test_json_is_sorted_and_strict():
    value = {"b": math.nan, "a": np.float32(0.5), "c": [np.int64(3), (1, 2), {"z"}], "d": np.array([1.0, np.inf])}
    assert json.loads(to_json(value)) == {"a": 0.5, "b": None, "c": [3, [1, 2], ["z"]], "d": [1.0, None]}
    assert to_json({"b": 1, "a": 2}) == to_json({"a": 2, "b": 1})
    assert json.loads(to_json({"t": pd.NaT, "n": pd.NA})) == {"t": None, "n": None}


def test_digest_tells_parts_apart():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest(b"x") == digest(b"x")
    texts = [to_json(part, indent=None).encode("utf-8", "surrogatepass") for part in ('a"\n\udc80é', -3, True)]
    assert digest('a"\n\udc80é', -3, True) == digest(*texts)
    frame = pd.DataFrame({"a": ["x", "y"]}, index=["1", "2"])
    assert digest_frame(frame) == digest_frame(frame.copy())
    assert digest_frame(frame) != digest_frame(frame.rename(index={"1": "3"}))
    assert digest_frame(frame) != digest_frame(frame.rename(columns={"a": "b"}))


def test_a_read_only_place_is_one_line_even_where_nothing_can_be_taken_away(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StoreError, match="the file system is read-only"):
        write_atomic(tmp_path / "words.txt", refuse)


def test_write_atomic_leaves_the_old_file_when_writing_fails(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("old")

    def fail(partial):
        partial.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_atomic(path, fail)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


class TestCache:
    def test_rows_come_back_and_the_newest_wins(self, tmp_path):
        cache = Cache(tmp_path)
        cache.add_rows("k", pd.DataFrame({"v": [1.0, 2.0]}, index=["a", "b"]))
        cache.add_rows("k", pd.DataFrame({"v": [3.0]}, index=["b"]))
        assert cache.rows("k")["v"].to_dict() == {"a": 1.0, "b": 3.0}
        assert not len(cache.rows("other"))

    def test_many_segments_become_one(self, tmp_path):
        cache = Cache(tmp_path)
        for i in range(40):
            cache.add_rows("k", pd.DataFrame({"v": [i]}, index=[f"{i:02d}"]))
        assert len(cache.rows("k")) == 40
        assert len(list((tmp_path / "k").glob("*.parquet"))) == 1
        assert len(cache.rows("k")) == 40

    def test_vectors_keep_every_bit(self, tmp_path):
        cache = Cache(tmp_path)
        vectors = {f"k{i}": np.random.default_rng(i).normal(size=7).astype(np.float32) for i in range(5)}
        cache.put_vectors("e", vectors)
        back = cache.get_vectors("e", ["k3", "k1", "nothing"])
        assert set(back) == {"k1", "k3"}
        np.testing.assert_array_equal(back["k3"], vectors["k3"])

    def test_damage_is_forgotten_not_raised(self, tmp_path):
        cache = Cache(tmp_path)
        cache.add_rows("k", pd.DataFrame({"v": [1.0]}, index=["a"]))
        next((tmp_path / "k").glob("*.parquet")).write_bytes(b"PAR1 no more")
        assert not len(cache.rows("k"))

    def test_a_stage_is_computed_once(self, tmp_path):
        cache, calls = Cache(tmp_path), []

        def compute():
            calls.append(1)
            table = pd.DataFrame({"x": [1, 2]}, index=["a", "b"])
            table.attrs["note"] = "kept"
            return table

        first, second = cache.stage("s", "key", compute), cache.stage("s", "key", compute)
        pd.testing.assert_frame_equal(first, second)
        assert second.attrs["note"] == "kept"
        assert len(calls) == 1
        next((tmp_path / "stage").iterdir()).write_bytes(b"junk")
        cache.stage("s", "key", compute)
        assert len(calls) == 2


class TestRuns:
    def make(self, store: Store) -> Run:
        with store.new_run() as writer:
            write_json(writer)
            writer.table("findings", pd.DataFrame({"severity": ["error"], "code": ["X"], "name": ["<b>"]}))
        return Run(writer.path)

    def test_a_run_appears_whole(self, tmp_path):
        store = Store(tmp_path / ".dsaudit")
        with store.new_run() as writer:
            write_json(writer)
            assert not [p for p in (store.path / "runs").iterdir() if not p.name.startswith(".")]
        assert Run.open(tmp_path).path == writer.path == store.path / "runs" / writer.run_id

    def test_a_failed_run_leaves_nothing(self, tmp_path):
        store = Store(tmp_path)

        def fail():
            with store.new_run() as writer:
                write_json(writer)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert not list((tmp_path / "runs").iterdir())

    def test_the_newest_run_is_opened(self, tmp_path):
        store = Store(tmp_path / ".dsaudit")
        for name in ("20250101-0000-aaaa", "20260101-0000-bbbb"):
            folder = store.path / "runs" / name
            folder.mkdir()
            (folder / "run.json").write_text(to_json(plain(meta())))
        for start in (tmp_path, tmp_path / ".dsaudit"):
            assert Run.open(start).path.name == "20260101-0000-bbbb"

    def test_a_training_is_no_audit(self, tmp_path):
        runs = Store(tmp_path / ".dsaudit").path / "runs"
        for name, rules in (("20250101-0000-aaaa", [{}]), ("20260101-0000-bbbb", [])):
            (runs / name).mkdir()
            (runs / name / "run.json").write_text(to_json(plain(meta())))
            (runs / name / "rules.json").write_text(to_json(rules))
        assert Run.open(tmp_path).path.name == "20250101-0000-aaaa"
        assert Run.open(runs / "20260101-0000-bbbb").path.name == "20260101-0000-bbbb"
        (runs / "20250101-0000-aaaa" / "run.json").unlink()
        with pytest.raises(RunError, match="trained on, but never audited"):
            Run.open(tmp_path)

    def test_an_audit_of_a_few_checks_does_not_hide_the_one_that_judged_labels(self, tmp_path):
        runs = Store(tmp_path / ".dsaudit").path / "runs"
        few = {"select": SettingUsed(["FIL", "DUP"], "flag")}
        for day, (chosen, tables) in enumerate([({}, ["embeddings", "label_quality"]), (few, []), (few, [])]):
            folder = runs / f"2025010{day}-0000-aaaa"
            folder.mkdir()
            settings = meta().settings | chosen
            (folder / "run.json").write_text(to_json(plain(meta(settings=settings))))
            (folder / "rules.json").write_text("[{}]")
            for name in tables:
                (folder / f"{name}.parquet").touch()
        full, newest = (Run(runs / f"2025010{day}-0000-aaaa") for day in (0, 2))
        assert Run.open(tmp_path).path == newest.path
        assert Run.open(tmp_path, holding="embeddings").path == full.path
        assert Run.open(tmp_path, holding="dynamics").path == newest.path
        assert newest.before_decisions().path == full.path
        assert newest.wider().path == full.path
        assert full.wider() is None

    def test_tables_that_were_not_made_are_empty(self, tmp_path):
        run = self.make(Store(tmp_path))
        assert run.predictions.empty
        assert {"given", "predicted", "fold"} <= set(run.predictions)
        assert run.predictions.index.name == "item_id"
        assert len(run.findings) == 1
        assert "&lt;b&gt;" in run._repr_html_()

    def test_what_is_no_run_is_refused_with_a_hint(self, tmp_path):
        with pytest.raises(RunError, match="no finished run") as caught:
            Run.open(tmp_path)
        assert "dsaudit audit" in caught.value.hint

    @pytest.mark.parametrize(
        ("version", "said", "hint"),
        [(999, "newer dsaudit", "pip install -U dsaudit"), (1, "older dsaudit", "run the audit again")],
    )
    def test_a_run_of_another_version_is_refused_with_what_to_do(self, tmp_path, version, said, hint):
        (tmp_path / "run.json").write_text(f'{{"schema_version": {version}}}')
        with pytest.raises(RunError, match=said) as caught:
            Run.open(tmp_path)
        assert caught.value.hint == hint

    @pytest.mark.parametrize("text", ["{}", "[]", "null", '{"schema_version": 2}', '{"schema_version": "2"}', "{"])
    def test_a_damaged_run_is_one_clear_line(self, tmp_path, text):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(RunError, match="cannot be read") as caught:
            Run.open(tmp_path)
        assert caught.value.hint == "run the audit again"

    def test_what_the_schema_does_not_know_is_not_written(self, tmp_path):
        with Store(tmp_path).new_run() as writer:
            write_json(writer)
            with pytest.raises(ShapeError, match="run has no field root"):
                writer.json("run", {k: v for k, v in plain(meta()).items() if k != "root"})
            with pytest.raises(ShapeError, match="run has a field colour"):
                writer.json("run", plain(meta()) | {"colour": "red"})

    def test_leftovers_of_killed_runs_are_removed_and_living_ones_kept(self, tmp_path):
        store = Store(tmp_path)
        done = subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
        )
        dead = store.path / "runs" / f".partial-x-{this_machine()}-{done.stdout.strip()}"
        elsewhere = store.path / "runs" / f".partial-x-00000000-{done.stdout.strip()}"
        elsewhere.mkdir()
        alive = store.path / "runs" / f".partial-x-{this_machine()}-{os.getpid()}"
        dead.mkdir()
        alive.mkdir()
        Store(tmp_path)
        assert alive.exists()
        assert elsewhere.exists(), "another machine's process cannot be asked"
        assert not dead.exists()


def test_a_file_in_the_way_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write results") as caught:
        Store(tmp_path / "file")
    assert "--out" in caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_clear_line():
    with pytest.raises(StoreError, match="disk is full"), writing(Path("/data")):
        Path("/dev/full").write_bytes(b"x" * 10_000)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_every_refusal_to_write_is_put_in_words(number, words):
    def refuse():
        with writing(Path("/data")):
            raise OSError(number, os.strerror(number))

    with pytest.raises(StoreError, match=f"cannot write results to /data: {words}"):
        refuse()


def test_what_training_left_behind_is_read_and_its_absence_is_no_error(tmp_path):
    store = Store(tmp_path)
    with store.new_run() as bare:
        pass
    assert Run(bare.path).dynamics.empty
    assert Run(bare.path).label_quality.empty
    assert Run(bare.path).tuning is None
    table = pd.DataFrame({"p_wrong": [0.5]}, index=pd.Index(["a.wav"], name="item_id"))
    with store.new_run() as writer:
        writer.table("dynamics", table.rename(columns={"p_wrong": "confidence"}))
        writer.table("label_quality", table)
        writer.json("tuning", Tuning("loss", (), None, {}))
    run = Run(writer.path)
    assert run.label_quality.equals(table)
    assert list(run.dynamics.columns) == ["confidence"]
    assert run.tuning == Tuning("loss", (), None, {})


def test_a_stage_is_the_same_bytes_computed_or_kept(tmp_path):
    def compute():
        index = pd.Index(["a", "b"], dtype=object, name="item_id")
        return pd.DataFrame({"ids": [["b"], ["a"]], "x": np.float32([0.1, 0.2])}, index=index)

    cache = Cache(tmp_path)
    for name in ("computed", "kept"):
        frame_to_parquet(cache.stage("neighbours", "key", compute), tmp_path / name)
    assert (tmp_path / "computed").read_bytes() == (tmp_path / "kept").read_bytes()


@pytest.mark.parametrize("n", [0, 1, 5, 6])
def test_rows_written_in_parts_are_the_bytes_of_a_whole(tmp_path, monkeypatch, n):
    monkeypatch.setattr(store_run, "_RECORDS_AT_ONCE", 3)
    rows = pd.DataFrame({"code": list("abcdef"), "x": [0.5, np.nan, 2, 3, 4, 5], "of": [{"k": ["é"]}] * 6}).iloc[:n]
    with Store(tmp_path).new_run() as writer:
        writer.records("rows", rows)
        writer.json("whole", rows.to_dict("records"))
    assert (writer.path / "rows.json").read_bytes() == (writer.path / "whole.json").read_bytes()


def test_a_part_of_a_file_holds_no_other_categories_than_its_own(tmp_path, monkeypatch):
    """Each part with all of them is as much again for each: minutes and gigabytes of scores of a million items."""
    monkeypatch.setattr(files, "_ROWS_AT_ONCE", 100)
    names = pd.CategoricalDtype([f"item {k:05d} of a set whose ids are long" for k in range(3_000)])
    rows = np.random.default_rng(0).permutation(3_000)
    told = pd.DataFrame(
        {"item_id": pd.Categorical.from_codes(rows, dtype=names), "code": pd.Categorical(["a"] * 3_000)}
    )
    frame_to_parquet(told, tmp_path / "parts")
    found = files.read_parquet(tmp_path / "parts")
    assert found["item_id"].tolist() == told["item_id"].tolist()
    assert found.dtypes.astype(str).tolist() == ["category", "category"]
    plain = sum(map(len, told["item_id"]))
    with ParquetFile(tmp_path / "parts") as file:
        parts = [file.metadata.row_group(k) for k in range(file.metadata.num_row_groups)]
    assert sum(part.column(0).total_uncompressed_size for part in parts) < 2 * plain


@pytest.mark.parametrize("at_once", [4, 10, 1_000])
def test_a_table_that_comes_in_parts_reads_as_one(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(files, "_ROWS_AT_ONCE", at_once)
    code = pd.CategoricalDtype(["AUD001", "LBL001"])
    parts = [
        pd.DataFrame({"code": pd.Categorical.from_codes([k % 2] * n, dtype=code), "score": np.arange(n) / 7 + k})
        for k, n in enumerate([9, 0, 1, 25, 3])
    ]
    with growing_parquet(tmp_path / "parts") as add:
        for part in parts:
            add(part)
    expected = pd.concat(parts, ignore_index=True)
    found = files.read_parquet(tmp_path / "parts")
    pd.testing.assert_frame_equal(found.astype({"code": str}), expected.astype({"code": str}))
    with growing_parquet(tmp_path / "none") as add:
        add(parts[1])
    assert len(files.read_parquet(tmp_path / "none")) == 0


def test_a_table_that_breaks_off_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_ROWS_AT_ONCE", 4)
    with pytest.raises(TypeError), growing_parquet(tmp_path / "parts") as add:
        list(map(add, [pd.DataFrame({"score": np.arange(9.0)}), None]))
    assert not list(tmp_path.iterdir())


def test_a_table_written_in_parts_reads_as_one_written_whole(tmp_path, monkeypatch):
    ids = pd.Index([f"{k:03d}" for k in range(40)], dtype=object, name="item_id")
    near = np.random.default_rng(0).integers(0, 40, (40, 3)).astype(np.int32)
    plain = {"label": [None] * 25 + ["a"] * 15, "x": np.arange(40), "kind": pd.Categorical(["u"] * 39 + ["v"])}
    rows = {"ids": list(ids.to_numpy()[near]), "distance": list(near.astype(np.float32))}
    held = {"ids": column_of_lists(near, names=ids), "distance": column_of_lists(near.astype(np.float32))}
    whole, arrow = (pd.DataFrame(plain | lists, index=ids) for lists in (rows, held))
    whole.attrs = arrow.attrs = {"recall": 0.5}
    frame_to_parquet(whole, tmp_path / "whole")
    frame_to_parquet(arrow, tmp_path / "arrow")
    monkeypatch.setattr(files, "_ROWS_AT_ONCE", 7)
    for name, frame in (("parts", whole), ("arrow parts", arrow), ("numbered", whole.reset_index(drop=True))):
        frame_to_parquet(frame, tmp_path / name)
    expected = files.read_parquet(tmp_path / "whole")
    for name in ("parts", "arrow", "arrow parts"):
        found = files.read_parquet(tmp_path / name)
        pd.testing.assert_frame_equal(found, expected)
        assert found.attrs == {"recall": 0.5}
    pd.testing.assert_frame_equal(files.read_parquet(tmp_path / "numbered"), expected.reset_index(drop=True))
    wide = pd.DataFrame(np.random.default_rng(1).random((40, 5)).astype(np.float32), index=ids, columns=list("edcba"))
    wide.iloc[3, 2] = np.nan
    wide.attrs = {"method": "umap"}
    frame_to_parquet(wide, tmp_path / "wide")
    found = files.read_parquet(tmp_path / "wide")
    pd.testing.assert_frame_equal(found, pd.read_parquet(tmp_path / "wide"))
    assert found.attrs == {"method": "umap"}
    one = files.read_parquet(tmp_path / "parts", columns=["ids", "item_id"], filters=[("item_id", "in", ["031"])])
    assert [v.tolist() for v in one["ids"]] == [ids.to_numpy()[near[31]].tolist()]
