"""What a kind with heads of its own learned is kept with a run, and tells other items."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.errors import RunError

RNG = np.random.default_rng(0)
N = 120
TOWN, AGE = RNG.choice(["Bern", "Graz", "Ulm"], N), RNG.normal(40, 9, N).round(1)
LABEL = np.where((TOWN == "Bern") | (AGE > 45), "yes", "no")
TABLE = pd.DataFrame({"town": TOWN, "age": AGE, "label": LABEL})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return dsaudit.train(
        TABLE, modality="table", label_column="label", head="linear", out=tmp_path_factory.mktemp("out")
    )


def test_other_rows_are_told_by_what_did_best_each_by_itself(run, tmp_path):
    other = pd.DataFrame({"town": ["Ulm", "Bern", "Graz", "Ulm"], "age": [60.5, 30.0, None, 31.0]})
    probs = dsaudit.predict(run, other)
    assert list(probs) == ["no", "yes"]
    assert np.allclose(probs.sum(axis=1), 1.0, atol=1e-5)
    assert probs.idxmax(axis=1).tolist() == ["yes", "yes", "no", "no"]
    alone = np.concatenate([dsaudit.predict(run.path, other.iloc[[k]]).to_numpy() for k in (0, 2)])
    assert np.abs(alone - probs.to_numpy()[[0, 2]]).max() < 1e-6
    file = tmp_path / "other.csv"
    other.assign(label="yes").to_csv(file, index=False)
    assert np.abs(dsaudit.predict(run, file, label_column="label").to_numpy() - probs.to_numpy()).max() < 1e-6


def test_several_heads_tell_their_mean(run, tmp_path):
    made = {}
    for members in (["linear"], ["knn"], ["linear", "knn"]):
        copy = shutil.copytree(run.path, tmp_path / "-".join(members))
        kept = json.loads((copy / "model" / "head.json").read_text())
        assert kept["values"] == {"head": "contest", "members": ["linear"]}
        (copy / "model" / "head.json").write_text(json.dumps(kept | {"values": {"members": members}}))
        made[len(made)] = dsaudit.predict(copy, TABLE.drop(columns="label")).to_numpy()
    assert np.abs(made[2] - (made[0] + made[1]) / 2).max() < 1e-6
    assert np.abs(made[0] - made[1]).max() > 0.01


def test_a_run_without_its_rows_is_refused(run, tmp_path):
    copy = shutil.copytree(run.path, tmp_path / "run")
    items = pd.read_parquet(copy / "items.parquet")
    items.iloc[:-1].to_parquet(copy / "items.parquet")
    with pytest.raises(RunError, match="learned from"):
        dsaudit.predict(copy, TABLE.drop(columns="label"))
