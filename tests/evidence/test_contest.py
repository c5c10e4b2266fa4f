"""What a kind with heads of its own learned is kept with a run, and tells other items."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.errors import RunError
from dsaudit.evidence.contest import Contest
from dsaudit.evidence.predictions import predictions_of
from dsaudit.model.folds import Folds
from dsaudit.types import Predictions

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


@pytest.mark.parametrize("n_unlabelled", [10, 90])
def test_many_items_without_a_label_are_judged_by_those_heads_alone_that_are_believed(monkeypatch, n_unlabelled):
    ids, others = pd.Index([f"a{k:02d}" for k in range(40)]), pd.Index([f"u{k:02d}" for k in range(n_unlabelled)])
    folds = Folds(pd.Series(np.arange(40) % 2, ids), 2, ("no", "yes"), unlabelled=pd.Series(-1, others, dtype=np.int16))
    given, asked = np.arange(40) // 20, []

    def judged(self, inputs, part, head, tick, what, which=None):
        sure = np.random.default_rng(head).uniform(0.3, 0.95, 40 + n_unlabelled)
        truth = np.concatenate([given, np.arange(n_unlabelled) % 2])
        probs = np.stack([np.where(truth == k, sure, 1.0 - sure) for k in (0, 1)], axis=1).astype(np.float32)
        told = pd.DataFrame(probs[40:], others, ["no", "yes"]) if len(part.unlabelled) else None
        asked.append((head, told is not None))
        agreement = None if told is None else np.full(n_unlabelled, 0.5, dtype=np.float32)
        return Predictions(
            tuple(ids), ("no", "yes"), probs[:40], given, folds.fold.to_numpy(np.int16), {"head": str(head)},
            unlabelled=told, agreement=agreement,
        )  # fmt: skip

    monkeypatch.setattr(Contest, "_judged", judged)
    monkeypatch.setattr(Contest, "_entered", lambda self, _: (pd.DataFrame(), {str(k): k for k in (1, 2, 6, 7)}))
    context = SimpleNamespace(settings=SimpleNamespace(seed=0), stage=lambda *_: nullcontext(lambda n: None))
    table = Contest(context, None, SimpleNamespace(get=lambda _: folds), "").predictions()
    made, _ = predictions_of(table)
    members = made.model_card["members"]
    assert made.model_card["head"].startswith("mean of")
    means = [judged(None, None, folds, int(m), None, "").unlabelled for m in members]
    assert np.allclose(made.unlabelled, sum(means) / len(means), atol=1e-6)
    assert (made.agreement == 0.5).all()
    asked = asked[: -len(members)]
    assert sum(told for _, told in asked) == (4 if n_unlabelled < 40 else len(members))
