"""Embeddings and probabilities made elsewhere: matched to items by id or order, checked, refused in one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.dataset import number_table, open_dataset
from dsaudit.dataset.supplied import read_embeddings, read_pred_probs, read_supplied
from dsaudit.errors import DatasetError

CLASSES = ["cat", "cow", "dog"]
PATHS = ["z/3.wav", "a/1.wav", "m/2.wav", "b/9.wav"]
LABELS = ["dog", "cat", "cow", "cat"]
PROBS = np.array([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1], [0.25, 0.5, 0.25], [0.3, 0.3, 0.4]])


@pytest.fixture
def dataset(tmp_path):
    """A manifest whose order is not that of its ids."""
    pd.DataFrame({"path": PATHS, "label": LABELS}).to_csv(tmp_path / "m.csv", index=False)
    return open_dataset(tmp_path / "m.csv", suffixes=frozenset({".wav"}), modality="audio")


def same(table, probs=PROBS):
    """Every item has the row that stands beside it in the manifest."""
    assert table.columns.tolist() == CLASSES
    assert table.index.tolist() == sorted(PATHS)
    np.testing.assert_allclose(table.loc[PATHS].to_numpy(), probs, atol=1e-6)
    assert (table.dtypes == np.float32).all()


def refused(path, dataset, read=read_pred_probs):
    with pytest.raises(DatasetError) as caught:
        read(path, dataset)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value.message


def saved(path, values, **more):
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        np.savez(path, pred_probs=values, **more)
    return path


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
    dataset = open_dataset(frame, suffixes=frozenset(), modality="audio", root=tmp_path, sample=2)
    table = read_pred_probs(saved(tmp_path / "p.npy", PROBS), dataset).table
    assert set(table.index) == set(dataset.items.index)
    for item_id, row in table.iterrows():
        np.testing.assert_allclose(row, PROBS[PATHS.index(item_id)], atol=1e-6)


def test_a_folder_is_in_the_order_of_its_ids(tmp_path):
    for name in PATHS:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    dataset = open_dataset(tmp_path, suffixes=frozenset({".wav"}), modality="audio")
    vectors = np.arange(8.0).reshape(4, 2)
    np.save(tmp_path / "e.npy", vectors)
    table = read_embeddings(tmp_path / "e.npy", dataset).table
    assert table.index.tolist() == sorted(PATHS)
    np.testing.assert_array_equal(table.to_numpy(), vectors)


def test_whole_numbers_are_classes_in_the_order_of_their_values(tmp_path):
    labels = [str(k % 11) for k in range(22)]
    frame = pd.DataFrame({"path": [f"{k}.wav" for k in range(22)], "label": labels})
    dataset = open_dataset(frame, suffixes=frozenset(), modality="audio", root=tmp_path)
    probs = np.eye(11)[[int(v) for v in labels]] * 0.89 + 0.01
    table = read_pred_probs(saved(tmp_path / "p.npy", probs), dataset).table
    best = table.columns.to_numpy()[table.to_numpy().argmax(axis=1)]
    assert (best == dataset.items["label"].reindex(table.index)).all()


def test_items_may_be_missing_and_strange_which_is_counted(dataset, tmp_path):
    path = saved(tmp_path / "p.npz", PROBS, ids=[*PATHS[:2], "x.wav", "y.wav"], classes=CLASSES)
    found = read_pred_probs(path, dataset)
    assert sorted(found.table.index) == sorted(PATHS[:2])
    said = " ".join(found.notes)
    assert "no prediction for 2 items" in said
    assert "2 rows about no item of the dataset, such as 'x.wav'" in said


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


def test_ids_that_match_nothing_show_both_sides_and_repeats_are_refused(dataset, tmp_path):
    message = refused(saved(tmp_path / "p.npz", PROBS, ids=["p", "q", "r", "s"]), dataset)
    assert "'p' and 'q'" in message
    assert "'a/1.wav' and 'b/9.wav'" in message
    twice = saved(tmp_path / "q.npz", PROBS, ids=[PATHS[0], PATHS[0], *PATHS[2:]])
    assert "z/3.wav more than once" in refused(twice, dataset)


def test_columns_that_are_no_classes_show_both_sides(dataset, tmp_path):
    pd.DataFrame(PROBS, columns=["x", "y", "w"]).to_csv(tmp_path / "p.csv", index=False)
    message = refused(tmp_path / "p.csv", dataset)
    assert "'x', 'y'" in message
    assert "'cat', 'cow'" in message


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


def test_hard_predictions_are_taken_and_said_to_be_hard(dataset, tmp_path):
    found = read_pred_probs(saved(tmp_path / "p.npy", np.eye(3)[[2, 0, 1, 0]]), dataset)
    assert any("0 or 1 only" in n for n in found.notes)


@pytest.mark.parametrize(("n", "n_wrong", "warned"), [(400, 0, True), (400, 4, False), (150, 0, False)])
def test_agreement_that_is_too_good_is_said(tmp_path, n, n_wrong, warned):
    labels = [CLASSES[k % 3] for k in range(n)]
    frame = pd.DataFrame({"path": [f"{k}.wav" for k in range(n)], "label": labels})
    dataset = open_dataset(frame, suffixes=frozenset(), modality="audio", root=tmp_path)
    probs = np.eye(3)[np.arange(n) % 3] * 0.7 + 0.1
    probs[:n_wrong] = probs[:n_wrong, [1, 2, 0]]
    found = read_pred_probs(saved(tmp_path / "p.npy", probs), dataset)
    assert any("--in-sample" in note for note in found.notes) is warned


class TestEmbeddings:
    VECTORS = np.arange(20.0).reshape(4, 5)

    @pytest.mark.parametrize("how", ["npy", "npz", "csv", "parquet", "lists"])
    def test_from_any_file(self, dataset, tmp_path, how):
        path = tmp_path / f"e.{how if how != 'lists' else 'parquet'}"
        columns = {f"f{k}": self.VECTORS[:, k] for k in range(5)}
        if how == "npy":
            np.save(path, self.VECTORS)
        elif how == "npz":
            np.savez(path, embeddings=self.VECTORS[::-1], item_ids=PATHS[::-1])
        elif how == "csv":
            pd.DataFrame({"item_id": PATHS, **columns}).to_csv(path, index=False)
        elif how == "parquet":
            pd.DataFrame(columns, index=pd.Index(PATHS, name="item_id")).to_parquet(path)
        else:
            pd.DataFrame({"path": PATHS, "vector": list(self.VECTORS)}).to_parquet(path)
        table = read_embeddings(path, dataset).table
        assert table.index.tolist() == sorted(PATHS)
        assert table.columns.tolist() == list("01234")
        np.testing.assert_array_equal(table.loc[PATHS].to_numpy(), self.VECTORS.astype(np.float32))

    def test_items_may_lack_a_vector(self, dataset, tmp_path):
        np.save(tmp_path / "e.npy", np.array([[np.nan] * 5, *self.VECTORS[1:]]))
        found = read_embeddings(tmp_path / "e.npy", dataset)
        assert len(found.table) == 3
        assert any("1 item without a vector" in n for n in found.notes)

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            (VECTORS[:, :1], "no embedding"),
            (np.where(np.arange(20).reshape(4, 5) == 3, np.inf, VECTORS), "the vector of z/3.wav holds NaN"),
            (VECTORS[:2], "2 rows, the dataset 4 items"),
        ],
    )
    def test_what_is_none_is_refused(self, dataset, tmp_path, values, said):
        np.save(tmp_path / "e.npy", values)
        assert said in refused(tmp_path / "e.npy", dataset, read_embeddings)


def test_the_digest_follows_the_content_not_the_name(dataset, tmp_path):
    a = read_pred_probs(saved(tmp_path / "a.npy", PROBS), dataset)
    b = read_pred_probs(saved(tmp_path / "b.npy", PROBS), dataset)
    c = read_pred_probs(saved(tmp_path / "c.npy", PROBS[:, [1, 0, 2]]), dataset)
    assert a.digest == b.digest != c.digest


def test_nothing_given_is_nothing_supplied(dataset):
    found = read_supplied(dataset)
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


def numbered(tmp_path, labels, **options):
    frame = pd.DataFrame({"path": [f"{k:03d}.wav" for k in range(len(labels))], "label": labels})
    return open_dataset(frame, suffixes=frozenset(), modality="audio", root=tmp_path, **options)


def certain(labels, order):
    """Probabilities that agree with every label, the columns in ``order``."""
    n = len(order)
    return np.eye(n)[[order.index(label) for label in labels]] * 0.9 + 0.1 / n


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


def test_a_folder_with_two_sorted_orders_needs_ids(tmp_path):
    for name in ("a/1.wav", "a b/1.wav"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    dataset = open_dataset(tmp_path, suffixes=frozenset({".wav"}), modality="audio")
    np.save(tmp_path / "e.npy", np.eye(2))
    assert "sorted by folder 'a/1.wav' comes first" in refused(tmp_path / "e.npy", dataset, read_embeddings)
    np.savez(tmp_path / "e.npz", embeddings=np.eye(2), ids=["a/1.wav", "a b/1.wav"])
    assert read_embeddings(tmp_path / "e.npz", dataset).table.loc["a/1.wav"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(("shift", "warned"), [(1, True), (0, False)])
def test_agreement_that_is_no_more_than_chance_asks_for_the_order(tmp_path, shift, warned):
    labels = [CLASSES[k % 3] for k in range(60)]
    probs = np.roll(certain(labels[:50] + labels[:10], CLASSES), shift, axis=0)
    found = read_pred_probs(saved(tmp_path / "p.npy", probs), numbered(tmp_path, labels))
    assert any("no more than chance" in note for note in found.notes) is warned


def test_paths_outside_a_sample_are_not_called_strange(tmp_path):
    frame = pd.DataFrame({"id": list("dcba"), "path": PATHS, "label": LABELS})
    dataset = open_dataset(frame, suffixes=frozenset(), modality="audio", root=tmp_path, sample=2)
    found = read_pred_probs(saved(tmp_path / "p.npz", PROBS, ids=PATHS, classes=CLASSES), dataset)
    assert set(found.table.index) == set(dataset.items.index)
    for item_id, row in found.table.iterrows():
        np.testing.assert_allclose(row, PROBS["dcba".index(item_id)], atol=1e-6)
    assert found.notes == ()


def test_a_label_among_the_numbers_is_no_part_of_a_vector(dataset, tmp_path):
    vectors = pd.DataFrame(np.arange(12.0).reshape(4, 3)).rename(columns=str)
    vectors.assign(path=PATHS, label=[2, 0, 1, 0], note=np.nan).to_csv(tmp_path / "e.csv", index=False)
    found = read_embeddings(tmp_path / "e.csv", dataset)
    assert found.table.shape == (4, 3)
    assert any("not taken as a part of the vectors: 'label', 'note'" in note for note in found.notes)


# Files that no writer meant.


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
