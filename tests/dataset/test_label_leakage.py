"""Vectors made elsewhere, and what beside them says too much."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dataset.make_external import CLASSES, PATHS, numbered, refused
from dsaudit.dataset.external import read_embeddings


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


def test_a_label_among_the_numbers_is_no_part_of_a_vector(dataset, tmp_path):
    vectors = pd.DataFrame(np.arange(12.0).reshape(4, 3)).rename(columns=str)
    vectors.assign(path=PATHS, label=[2, 0, 1, 0], note=np.nan).to_csv(tmp_path / "e.csv", index=False)
    found = read_embeddings(tmp_path / "e.csv", dataset)
    assert found.table.shape == (4, 3)
    assert any("not taken as a part of the vectors: 'label', 'note'" in note for note in found.notes)


def vectors(n=60, d=4, seed=0):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, d)), columns=[f"f{k}" for k in range(d)])


def of_three(tmp_path, n=60):
    """Items of three classes in turn, and the number of each one's class."""
    return numbered(tmp_path, [CLASSES[k % 3] for k in range(n)]), np.arange(n) % 3


def written(path, table):
    table.to_parquet(path) if path.suffix == ".parquet" else table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", ["fold", "split", "emotion", "speaker_no", "label_id", "index"])
def test_a_column_that_says_something_of_an_item_is_no_part_of_a_vector(tmp_path, suffix, name):
    dataset, _ = of_three(tmp_path)
    table = vectors().assign(**{name: np.random.default_rng(1).integers(0, 7, 60)}, path=dataset.items.index)
    found = read_embeddings(written(tmp_path / f"e{suffix}", table), dataset, parts=("emotion", "speaker_no", None))
    np.testing.assert_allclose(found.table.to_numpy(), vectors().to_numpy(), atol=1e-6)
    assert found.notes == (
        f"e{suffix}: not taken as a part of the vectors: {name!r}",
        f"e{suffix}: a vector is the 4 columns 'f0', 'f1', 'f2' and 1 more",
    )


@pytest.mark.parametrize("shift", [0, 1, -5])
@pytest.mark.parametrize("n_wrong", [0, 4])
def test_numbers_that_stand_for_the_labels_are_no_part_of_a_vector_whatever_they_are_called(tmp_path, shift, n_wrong):
    dataset, codes = of_three(tmp_path)
    codes = (codes * 2 + shift).astype(float)
    codes[:n_wrong] = np.roll(codes[:n_wrong], 1)  # labels that were corrected since
    table = vectors().assign(emo=codes, path=dataset.items.index)
    found = read_embeddings(written(tmp_path / "e.csv", table), dataset)
    np.testing.assert_allclose(found.table.to_numpy(), vectors().to_numpy(), atol=1e-6)
    assert any("'emo': whole numbers that stand for the labels" in note for note in found.notes)


def test_whole_numbers_that_do_not_stand_for_the_labels_are_taken(tmp_path):
    dataset, codes = of_three(tmp_path)
    rng = np.random.default_rng(0)
    counts = {"c0": rng.poisson(1.0, 60), "c1": (codes == 1) & (rng.random(60) < 0.9), "c2": rng.integers(0, 3, 60)}
    table = vectors().assign(**counts, path=dataset.items.index)
    found = read_embeddings(written(tmp_path / "e.parquet", table), dataset)
    assert found.table.shape == (60, 7)


@pytest.mark.parametrize(("n_odd", "kept"), [(0, False), (6, True)])
def test_a_feature_of_two_classes_may_tell_nearly_as_much_as_a_label(tmp_path, n_odd, kept):
    codes = np.arange(60) % 2
    dataset = numbered(tmp_path, [CLASSES[k] for k in codes])
    codes[:n_odd] = 0
    found = read_embeddings(written(tmp_path / "e.csv", vectors().assign(has_word=codes)), dataset)
    assert (found.table.shape[1] == 5) is kept


def test_an_array_is_taken_as_it_is_with_a_warning(tmp_path):
    dataset, codes = of_three(tmp_path)
    np.save(tmp_path / "e.npy", np.column_stack([vectors(), codes]))
    found = read_embeddings(tmp_path / "e.npy", dataset)
    assert found.table.shape == (60, 5)
    assert any("gives the labels away in 'column 5'" in note for note in found.notes)


def test_what_is_left_of_a_table_must_be_a_vector(tmp_path):
    dataset, codes = of_three(tmp_path)
    path = written(tmp_path / "e.csv", vectors(d=1).assign(emo=codes, path=dataset.items.index))
    assert "no vectors beside 'emo'" in refused(path, dataset, read_embeddings)


def test_the_same_file_without_another_column_is_another_embedding(tmp_path):
    """The cache holds neighbours by digest: they are not those of vectors with a label among them."""
    dataset, _ = of_three(tmp_path)
    table = vectors().assign(emotion=np.random.default_rng(1).integers(0, 7, 60), path=dataset.items.index)
    path = written(tmp_path / "e.csv", table)
    first, second = (read_embeddings(path, dataset, parts=parts) for parts in ((), ("emotion",)))
    assert first.table.shape[1] == second.table.shape[1] + 1
    assert first.digest != second.digest
