"""Heads come back from disk as they were, without unpickling anything."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from dsaudit.errors import RunError
from dsaudit.model.archive import load_head, save_head
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs, train_head
from dsaudit.model.heads import head_of


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    X = (2 * rng.standard_normal((3, 6))[y] + rng.standard_normal((90, 6))).astype(np.float32)
    ids = [f"i{i:03d}" for i in range(90)]
    labels = pd.Series([f"c{k}" for k in y], index=ids, dtype=object)
    labels.iloc[:2] = "rare"
    return pd.DataFrame(X, index=ids, columns=[str(c) for c in range(6)]), labels


@pytest.mark.parametrize(
    "values",
    [
        {"head": "linear", "strength": 0.03},
        {"head": "knn"},
        {"head": "forest", "min_leaf": 2},
        {"head": "boosting", "n_rounds": 5},
    ],
)
def test_a_kept_head_predicts_as_the_one_that_was_kept(data, tmp_path, values):
    X, labels = data
    folds = stratified_group_folds(labels)
    made = cross_validated_pred_probs(X, labels, folds, head=head_of(values), device="cpu")
    X.to_parquet(tmp_path / "embeddings.parquet")
    predictions = pd.DataFrame(made.pred_probs, index=list(made.item_ids), columns=[f"p:{c}" for c in made.classes])
    predictions.insert(0, "given", labels.reindex(predictions.index))
    predictions.insert(1, "fold", made.fold)
    predictions.to_parquet(tmp_path / "predictions.parquet")
    (tmp_path / "model").mkdir()
    note = save_head(tmp_path / "model", X, labels=labels, folds=folds, values=values, device="cpu")
    assert ("unpickling" in note) == (values["head"] != "linear")
    assert {p.suffix for p in (tmp_path / "model").iterdir()} <= {".json", ".pt"}
    again = load_head(tmp_path)
    head = train_head(X, labels, folds, head=head_of(values), device="cpu")
    assert again.classes == ("c0", "c1", "c2")
    assert np.array_equal(again.predict(X), head.predict(X))


def test_what_is_missing_is_said(data, tmp_path):
    with pytest.raises(RunError, match=r"head\.json"):
        load_head(tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "head.json").write_text("[1]")
    with pytest.raises(RunError, match=r"head\.json"):
        load_head(tmp_path)
    (tmp_path / "model" / "head.json").write_text(json.dumps({"values": {"head": "knn"}, "device": "cpu", "seed": 0}))
    with pytest.raises(RunError, match="embeddings"):
        load_head(tmp_path)
