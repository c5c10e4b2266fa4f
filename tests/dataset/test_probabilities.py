"""Probabilities of classes: columns in the order of the classes, sums checked, refused in one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dataset.make_external import CLASSES, PATHS, PROBS, certain, numbered, refused, same, saved
from dsaudit.dataset import open_dataset
from dsaudit.dataset.external import read_pred_probs
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for


def test_whole_numbers_are_classes_in_the_order_of_their_values(tmp_path):
    labels = [str(k % 11) for k in range(22)]
    frame = pd.DataFrame({"path": [f"{k}.wav" for k in range(22)], "label": labels})
    dataset = open_dataset(frame, kind_for("audio"), root=tmp_path)
    probs = np.eye(11)[[int(v) for v in labels]] * 0.89 + 0.01
    table = read_pred_probs(saved(tmp_path / "p.npy", probs), dataset).table
    best = table.columns.to_numpy()[table.to_numpy().argmax(axis=1)]
    assert (best == dataset.items["label"].reindex(table.index)).all()


def test_a_class_without_a_column_and_a_column_without_an_item(dataset, tmp_path):
    two = PROBS[:, [0, 2]] / PROBS[:, [0, 2]].sum(axis=1, keepdims=True)
    found = read_pred_probs(saved(tmp_path / "p.npz", two, ids=PATHS, classes=["cat", "dog"]), dataset)
    assert found.table.columns.tolist() == ["cat", "dog"]
    assert any("no column for 'cow': the 1 item labelled so cannot be judged" in n for n in found.notes)
    more = np.column_stack([PROBS * 0.9, np.full(4, 0.1)])
    found = read_pred_probs(saved(tmp_path / "q.npz", more, ids=PATHS, classes=[*CLASSES, "bird"]), dataset)
    assert found.table.columns.tolist() == ["bird", *CLASSES]
    assert any("'bird', which is the label of no item" in n for n in found.notes)


def test_numbers_beside_the_classes_are_passed_over(dataset, tmp_path):
    table = pd.DataFrame(PROBS, columns=CLASSES).assign(path=PATHS, confidence=PROBS.max(axis=1), fold=1)
    table.to_parquet(tmp_path / "p.parquet")
    found = read_pred_probs(tmp_path / "p.parquet", dataset)
    same(found.table)
    assert any("passed over: 'confidence', 'fold'" in n for n in found.notes)


def test_sums_that_rounding_explains_are_mended(dataset, tmp_path):
    half = PROBS.astype(np.float16)
    found = read_pred_probs(saved(tmp_path / "half.npy", half), dataset)
    same(found.table, half / half.sum(axis=1, keepdims=True, dtype=float))
    rounded = np.array([[0.33, 0.33, 0.33], [0.8, 0.1, 0.1], [0.26, 0.5, 0.25], [0.3, 0.3, 0.4]])
    found = read_pred_probs(saved(tmp_path / "r.npy", rounded), dataset)
    same(found.table, rounded / rounded.sum(axis=1, keepdims=True))
    assert any("rounded to 2 digits" in n for n in found.notes)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.log(PROBS) * 3 + 1, "look like logits"),
        (np.log(PROBS), "logarithms"),
        (PROBS * 100, "percentages"),
        (np.array([[0.9, 0.8, 0.7123], *PROBS[1:]]), "1 row not summing to 1, worst z/3.wav with 2.412"),
        (np.array([[np.nan, 0.5, 0.5], *PROBS[1:]]), "1 row with NaN or an infinity, the first is z/3.wav"),
        (PROBS[:3], "3 rows, the dataset 4 items"),
        (PROBS[:, :2], "2 columns, the dataset 3 classes"),
        (PROBS[:, 0], "shape (4,)"),
        (PROBS.astype(str), "not numbers"),
        (np.full((4, 3), np.nan), "every prediction is NaN"),
    ],
)
def test_what_is_no_probability_is_refused_in_one_line(dataset, tmp_path, values, said):
    assert said in refused(saved(tmp_path / "p.npy", values), dataset)


def test_a_row_of_nan_is_an_item_without_a_prediction(dataset, tmp_path):
    found = read_pred_probs(saved(tmp_path / "p.npy", np.array([*PROBS[:3], [np.nan] * 3])), dataset)
    assert PATHS[3] not in found.table.index
    assert any("1 item without a prediction" in n for n in found.notes)


def test_columns_that_are_no_classes_show_both_sides(dataset, tmp_path):
    pd.DataFrame(PROBS, columns=["x", "y", "w"]).to_csv(tmp_path / "p.csv", index=False)
    message = refused(tmp_path / "p.csv", dataset)
    assert "'x', 'y'" in message
    assert "'cat', 'cow'" in message


def test_hard_predictions_are_taken_and_said_to_be_hard(dataset, tmp_path):
    found = read_pred_probs(saved(tmp_path / "p.npy", np.eye(3)[[2, 0, 1, 0]]), dataset)
    assert any("0 or 1 only" in n for n in found.notes)


@pytest.mark.parametrize(("n", "n_wrong", "warned"), [(400, 0, True), (400, 4, False), (150, 0, False)])
def test_agreement_that_is_too_good_is_said(tmp_path, n, n_wrong, warned):
    labels = [CLASSES[k % 3] for k in range(n)]
    frame = pd.DataFrame({"path": [f"{k}.wav" for k in range(n)], "label": labels})
    dataset = open_dataset(frame, kind_for("audio"), root=tmp_path)
    probs = np.eye(3)[np.arange(n) % 3] * 0.7 + 0.1
    probs[:n_wrong] = probs[:n_wrong, [1, 2, 0]]
    found = read_pred_probs(saved(tmp_path / "p.npy", probs), dataset)
    assert any("--in-sample" in note for note in found.notes) is warned


@pytest.mark.parametrize("how", ["csv", "parquet", "npz"])
def test_columns_that_count_from_0_are_not_called_after_classes_that_count_from_1(tmp_path, how):
    labels = [k % 10 + 1 for k in range(20)]
    probs = certain(labels, list(range(1, 11)))
    path = tmp_path / f"p.{how}"
    if how == "csv":
        pd.DataFrame(probs).to_csv(path, index=False)
    elif how == "parquet":
        pd.DataFrame(probs).rename(columns=str).to_parquet(path)
    else:
        np.savez(path, pred_probs=probs, classes=np.arange(10))
    dataset = numbered(tmp_path, labels)
    table = read_pred_probs(path, dataset).table
    assert table.idxmax(axis=1).tolist() == dataset.items["label"].tolist()


@pytest.mark.parametrize("order", [[-1, 0, 1], [1.5, 2.5, 10.5], [False, True], [0, 2, 10, 100]])
def test_numbers_and_truth_values_are_classes_in_the_order_that_numpy_sorts_them(tmp_path, order):
    labels = [order[k % len(order)] for k in range(12)]
    dataset = numbered(tmp_path, labels)
    assert order == np.unique(labels).tolist()
    table = read_pred_probs(saved(tmp_path / "p.npy", certain(labels, order)), dataset).table
    assert table.idxmax(axis=1).tolist() == dataset.items["label"].tolist()


def test_class_numbers_that_went_through_a_table_with_gaps(tmp_path):
    labels = [0.0, 1.0, np.nan, 1.0, 0.0]
    probs = certain([0.0, 1.0, 0.0, 1.0, 0.0], [1.0, 0.0])
    pd.DataFrame(probs, columns=[1.0, 0.0]).to_csv(tmp_path / "p.csv", index=False)
    dataset = numbered(tmp_path, labels)
    table = read_pred_probs(tmp_path / "p.csv", dataset).table
    assert table.idxmax(axis=1).tolist() == ["0", "1", "0", "1", "0"]
    assert dataset.items["label"].isna().sum() == 1


@pytest.mark.parametrize(("shift", "warned"), [(1, True), (0, False)])
def test_agreement_that_is_no_more_than_chance_asks_for_the_order(tmp_path, shift, warned):
    labels = [CLASSES[k % 3] for k in range(60)]
    probs = np.roll(certain(labels[:50] + labels[:10], CLASSES), shift, axis=0)
    found = read_pred_probs(saved(tmp_path / "p.npy", probs), numbered(tmp_path, labels))
    assert any("chance would do so with 33.3%" in note for note in found.notes) is warned


def test_rows_in_an_order_of_their_own_are_doubted_whatever_luck_they_have(tmp_path):
    labels = [f"c{k % 12:02d}" for k in range(360)]
    probs = certain(labels, sorted(set(labels))) * 0.9 + 0.1 / 12
    rng = np.random.default_rng(0)
    doubted = [
        any("chance" in note for note in read_pred_probs(saved(tmp_path / "p.npy", rows), dataset).notes)
        for dataset in [numbered(tmp_path, labels)]
        for rows in (rng.permutation(probs) for _ in range(40))
    ]
    assert all(doubted)


def test_of_a_model_that_saw_the_labels_agreement_is_no_news(tmp_path):
    labels = [CLASSES[k % 3] for k in range(210)]
    path, dataset = saved(tmp_path / "p.npy", certain(labels, CLASSES) * 0.9 + 0.1 / 3), numbered(tmp_path, labels)
    assert any("--in-sample" in note for note in read_pred_probs(path, dataset).notes)
    assert not any("--in-sample" in note for note in read_pred_probs(path, dataset, in_sample=True).notes)


def test_a_class_without_a_column_is_what_rows_lack(tmp_path):
    labels = [CLASSES[k % 3] for k in range(6)]
    table = pd.DataFrame(certain(labels, CLASSES), columns=CLASSES).iloc[:, 1:]
    table.to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(DatasetError, match="6 rows not summing to 1") as refused:
        read_pred_probs(tmp_path / "p.csv", numbered(tmp_path, labels))
    assert f"no column is called {CLASSES[0]!r}" in refused.value.hint


def test_a_single_probability_below_0_is_named(tmp_path):
    labels = [CLASSES[k % 3] for k in range(6)]
    probs = certain(labels, CLASSES)
    probs[4, 0] = -0.2
    dataset = numbered(tmp_path, labels)
    with pytest.raises(DatasetError, match=rf"below 0, -0.2 for {dataset.items.index[4]}"):
        read_pred_probs(saved(tmp_path / "p.npy", probs), dataset)
