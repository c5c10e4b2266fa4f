"""Embeddings and probabilities made elsewhere: matched to items by id or order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dataset.make_external import CLASSES, LABELS, PATHS, PROBS, refused, same, saved
from dsaudit.dataset import open_dataset
from dsaudit.dataset.external import read_embeddings, read_external, read_pred_probs
from dsaudit.media import kind_for


def test_rows_of_an_array_are_in_the_order_of_the_manifest_and_columns_in_that_of_the_classes(dataset, tmp_path):
    found = read_pred_probs(saved(tmp_path / "p.npy", PROBS), dataset)
    same(found.table)
    said = " ".join(found.notes)
    assert "in the order of the csv, from z/3.wav to b/9.wav" in said
    assert "columns are taken in sorted order, 'cat', 'cow', 'dog'" in said


def test_an_archive_names_items_and_classes_in_any_order(dataset, tmp_path):
    rows, columns = [2, 0, 3, 1], [2, 0, 1]
    path = saved(
        tmp_path / "p.npz",
        PROBS[rows][:, columns],
        ids=[PATHS[k] for k in rows],
        classes=[CLASSES[k] for k in columns],
    )
    found = read_pred_probs(path, dataset)
    same(found.table)
    assert found.notes == ()


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
@pytest.mark.parametrize("prefix", ["", "p:", "prob_"])
def test_tables_name_items_by_a_column_and_classes_by_their_columns(dataset, tmp_path, suffix, prefix):
    table = pd.DataFrame(PROBS, columns=[prefix + c for c in CLASSES])
    table.insert(0, "file", PATHS)
    table.insert(1, "given", LABELS)
    path = tmp_path / f"p{suffix}"
    table = table.sample(frac=1, random_state=1)
    if suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    same(read_pred_probs(path, dataset).table)


def test_the_index_of_a_table_names_the_items_unless_it_only_counts(dataset, tmp_path):
    table = pd.DataFrame(PROBS, columns=CLASSES)
    table.to_csv(tmp_path / "counted.csv")
    same(read_pred_probs(tmp_path / "counted.csv", dataset).table)
    table.set_axis(PATHS).iloc[::-1].to_csv(tmp_path / "named.csv")
    same(read_pred_probs(tmp_path / "named.csv", dataset).table)
    table.set_axis(PATHS).iloc[::-1].to_parquet(tmp_path / "named.parquet")
    same(read_pred_probs(tmp_path / "named.parquet", dataset).table)


def test_absolute_and_windows_paths_name_items_too(dataset, tmp_path):
    ids = [str(tmp_path / PATHS[0]), "a\\1.wav", "./m/2.wav", PATHS[3]]
    same(read_pred_probs(saved(tmp_path / "p.npz", PROBS, ids=ids, classes=CLASSES), dataset).table)


def test_order_is_that_of_the_whole_source_also_in_a_sample(tmp_path):
    frame = pd.DataFrame({"path": PATHS, "label": LABELS})
    dataset = open_dataset(frame, kind_for("audio"), root=tmp_path, sample=2)
    table = read_pred_probs(saved(tmp_path / "p.npy", PROBS), dataset).table
    assert set(table.index) == set(dataset.items.index)
    for item_id, row in table.iterrows():
        np.testing.assert_allclose(row, PROBS[PATHS.index(item_id)], atol=1e-6)


def test_a_folder_is_in_the_order_of_its_ids(tmp_path):
    for name in PATHS:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    dataset = open_dataset(tmp_path, kind_for("audio"))
    vectors = np.arange(8.0).reshape(4, 2)
    np.save(tmp_path / "e.npy", vectors)
    table = read_embeddings(tmp_path / "e.npy", dataset).table
    assert table.index.tolist() == sorted(PATHS)
    np.testing.assert_array_equal(table.to_numpy(), vectors)


def test_items_may_be_missing_and_strange_which_is_counted(dataset, tmp_path):
    path = saved(tmp_path / "p.npz", PROBS, ids=[*PATHS[:2], "x.wav", "y.wav"], classes=CLASSES)
    found = read_pred_probs(path, dataset)
    assert sorted(found.table.index) == sorted(PATHS[:2])
    said = " ".join(found.notes)
    assert "no prediction for 2 items" in said
    assert "2 rows about no item of the dataset, such as 'x.wav'" in said


def test_ids_that_match_nothing_show_both_sides_and_repeats_are_refused(dataset, tmp_path):
    message = refused(saved(tmp_path / "p.npz", PROBS, ids=["p", "q", "r", "s"]), dataset)
    assert "'p' and 'q'" in message
    assert "'a/1.wav' and 'b/9.wav'" in message
    twice = saved(tmp_path / "q.npz", PROBS, ids=[PATHS[0], PATHS[0], *PATHS[2:]])
    assert "z/3.wav more than once" in refused(twice, dataset)


def test_the_digest_follows_the_content_not_the_name(dataset, tmp_path):
    a = read_pred_probs(saved(tmp_path / "a.npy", PROBS), dataset)
    b = read_pred_probs(saved(tmp_path / "b.npy", PROBS), dataset)
    c = read_pred_probs(saved(tmp_path / "c.npy", PROBS[:, [1, 0, 2]]), dataset)
    assert a.digest == b.digest != c.digest


def test_nothing_given_is_nothing_external(dataset):
    found = read_external(dataset)
    assert found.embeddings is None
    assert found.pred_probs is None


# What used to give rows to the wrong items, or columns to the wrong classes, without a word.


@pytest.mark.parametrize(("key", "values"), [("ids", PATHS[::-1]), ("classes", CLASSES[::-1])])
def test_names_saved_as_objects_are_not_replaced_by_the_order(dataset, tmp_path, key, values):
    path = saved(tmp_path / "p.npz", PROBS, **{key: np.array(values, dtype=object)})
    assert f"{key} in p.npz were saved as Python objects" in refused(path, dataset)


def test_names_saved_as_bytes_are_names(dataset, tmp_path):
    path = saved(tmp_path / "p.npz", PROBS[::-1], ids=np.array(PATHS[::-1], dtype="S"), classes=np.array(CLASSES, "S"))
    same(read_pred_probs(path, dataset).table)


@pytest.mark.parametrize("header", [True, False])
def test_a_column_that_names_the_items_counts_whatever_it_is_called(dataset, tmp_path, header):
    table = pd.DataFrame(PROBS, columns=CLASSES)
    table.insert(0, "clipname", PATHS)
    table.iloc[::-1].to_csv(tmp_path / "p.csv", index=False, header=header)
    found = read_pred_probs(tmp_path / "p.csv", dataset)
    same(found.table)
    assert not any("names no items" in note for note in found.notes)


def test_a_folder_with_two_sorted_orders_needs_ids(tmp_path):
    for name in ("a/1.wav", "a b/1.wav"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    dataset = open_dataset(tmp_path, kind_for("audio"))
    np.save(tmp_path / "e.npy", np.eye(2))
    assert "sorted by folder 'a/1.wav' comes first" in refused(tmp_path / "e.npy", dataset, read_embeddings)
    np.savez(tmp_path / "e.npz", embeddings=np.eye(2), ids=["a/1.wav", "a b/1.wav"])
    assert read_embeddings(tmp_path / "e.npz", dataset).table.loc["a/1.wav"].tolist() == [1.0, 0.0]


def test_paths_outside_a_sample_are_not_called_strange(tmp_path):
    frame = pd.DataFrame({"id": list("dcba"), "path": PATHS, "label": LABELS})
    dataset = open_dataset(frame, kind_for("audio"), root=tmp_path, sample=2)
    found = read_pred_probs(saved(tmp_path / "p.npz", PROBS, ids=PATHS, classes=CLASSES), dataset)
    assert set(found.table.index) == set(dataset.items.index)
    for item_id, row in found.table.iterrows():
        np.testing.assert_allclose(row, PROBS["dcba".index(item_id)], atol=1e-6)
    assert found.notes == ()
