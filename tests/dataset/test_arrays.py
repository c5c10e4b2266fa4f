"""Files of numbers that are damaged, or that no writer meant: refused in one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dataset.make_external import CLASSES, PATHS, PROBS, certain, numbered, refused, same
from dsaudit.dataset import arrays, number_table
from dsaudit.dataset.external import read_embeddings, read_pred_probs
from dsaudit.errors import DatasetError


def test_damaged_missing_and_pickled_files_are_refused(dataset, tmp_path):
    assert "does not exist" in refused(tmp_path / "none.npy", dataset)
    for suffix in (".npy", ".npz", ".parquet", ".txt"):
        path = tmp_path / f"bad{suffix}"
        path.write_bytes(b"nonsense")
        assert path.name in refused(path, dataset)
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object))
    assert "Python objects" in refused(tmp_path / "o.npy", dataset)
    np.savez(tmp_path / "two.npz", a=PROBS, b=PROBS)
    assert "a, b: which array is meant" in refused(tmp_path / "two.npz", dataset)


def test_an_archive_with_one_table_among_labels_needs_no_name(dataset, tmp_path):
    np.savez(tmp_path / "p.npz", out=PROBS, given=np.arange(4), odd=np.array([None]))
    same(read_pred_probs(tmp_path / "p.npz", dataset).table)


def header(shape):
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def damaged_archive(path):
    np.savez_compressed(path, pred_probs=np.random.default_rng(0).random((100, 3)))
    content = bytearray(path.read_bytes())
    content[60:90] = b"\xff" * 30
    path.write_bytes(content)


LINES = "path,cat,cow,dog\n" + "".join(f"{p},.1,.2,.7\n" for p in PATHS)


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("large.npy", lambda p: p.write_bytes(header("(100000000000, 100)")), "larger than the memory"),
        ("header.npy", lambda p: p.write_bytes(header("(4, -1")), "header.npy is damaged"),
        ("cut.npy", lambda p: p.write_bytes(header("(4, 3)") + b"\0" * 20), "cut.npy is damaged"),
        ("empty.npy", lambda p: p.write_bytes(b""), "empty.npy is damaged"),
        ("zip.npz", damaged_archive, "zip.npz is damaged"),
        ("folder.npy", lambda p: p.mkdir(), "is no file"),
        ("index.parquet", lambda p: pd.DataFrame(PROBS, index=[list("aabb"), PATHS]).to_parquet(p), "several levels"),
        ("ids.parquet", lambda p: pd.DataFrame({"id": [[1]] * 4, "cat": 0.5}).to_parquet(p), "not words or numbers"),
        ("empty.csv", lambda p: p.write_bytes(b""), "no rows"),
        ("cut.csv", lambda p: p.write_text(LINES[:-4]), "row 4: 3 fields where there should be 4"),
        (
            "comma.csv",
            lambda p: p.write_text(LINES.replace(",", ";").replace(".1", "0,1")),
            "'0,1', which is no number",
        ),
        ("latin.csv", lambda p: p.write_bytes(LINES.encode() + b"\xe9,1,0,0\n"), "line 6: byte 0xe9"),
        ("long.csv", lambda p: p.write_text(LINES + "x" * 200_000 + ",1,0,0\n"), "field larger"),
        ("quote.csv", lambda p: p.write_text(LINES + '"x,1,0,0\n'), "row 5"),
    ],
)
def test_hostile_files_are_refused_in_one_line(dataset, tmp_path, name, write, said):
    write(tmp_path / name)
    assert said in refused(tmp_path / name, dataset)


def test_what_a_file_holds_counts_not_its_suffix(dataset, tmp_path):
    with (tmp_path / "p.npz").open("wb") as stream:
        np.save(stream, PROBS)
    with (tmp_path / "p.npy").open("wb") as stream:
        np.savez(stream, pred_probs=PROBS[::-1], ids=PATHS[::-1])
    same(read_pred_probs(tmp_path / "p.npz", dataset).table)
    same(read_pred_probs(tmp_path / "p.npy", dataset).table)


def test_nothing_in_a_cell_is_nothing(dataset, tmp_path):
    (tmp_path / "p.csv").write_text(LINES.replace(f"{PATHS[0]},.1,.2,.7", f"{PATHS[0]},NA,,null"))
    assert sorted(read_pred_probs(tmp_path / "p.csv", dataset).table.index) == sorted(PATHS[1:])


def test_blocks_of_a_long_text_file_are_one_table(tmp_path, monkeypatch):
    monkeypatch.setattr(number_table, "_BLOCK", 3)
    labels = [CLASSES[k % 3] for k in range(10)]
    probs = certain(labels, CLASSES)
    dataset = numbered(tmp_path, labels)
    mixed = ["1"] * 5 + ["x"] * 5
    table = pd.DataFrame(probs, columns=CLASSES).assign(mixed=mixed, path=dataset.items.index)
    table.iloc[::-1].to_csv(tmp_path / "p.csv", index=False)
    found = read_pred_probs(tmp_path / "p.csv", dataset)
    np.testing.assert_allclose(found.table.loc[dataset.items.index].to_numpy(), probs, atol=1e-6)


def test_an_array_on_disk_stays_there_and_reads_the_same(dataset, tmp_path, monkeypatch):
    vectors = np.random.default_rng(0).random((len(PATHS), 3)).astype(np.float32)
    np.save(tmp_path / "v.npy", vectors)
    read = read_embeddings(tmp_path / "v.npy", dataset)
    monkeypatch.setattr(arrays, "MAPPED_FROM", 0)
    mapped = read_embeddings(tmp_path / "v.npy", dataset)
    pd.testing.assert_frame_equal(mapped.table, read.table)
    assert (mapped.digest, mapped.notes) == (read.digest, read.notes)
    np.save(tmp_path / "o.npy", np.array([[{}, {}]], dtype=object))
    assert "Python objects" in refused(tmp_path / "o.npy", dataset)
    vectors[1, 2] = np.inf
    np.save(tmp_path / "v.npy", vectors)
    with pytest.raises(DatasetError, match="holds NaN, an infinity"):
        read_embeddings(tmp_path / "v.npy", dataset)
