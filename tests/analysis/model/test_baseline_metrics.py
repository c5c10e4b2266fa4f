"""The baseline's figures as JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.model.baseline_metrics import baseline_metrics, plain
from dsaudit.types import Predictions

FIELDS = {
    "accuracy", "balanced_accuracy", "macro_f1", "cost", "interval", "ece", "n", "n_folds", "model_card", "confusion",
    "per_class", "confused_pairs", "reliability", "groups", "bands", "hardest", "overconfident",
}  # fmt: skip


def predictions(n=240, k=4, seed=0, left_out=0):
    rng = np.random.default_rng(seed)
    given = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), given] += 2.0
    probs = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    given[:left_out] = -1
    return Predictions(
        item_ids=tuple(f"i{i:03d}" for i in range(n)),
        classes=tuple("abcd"[:k]),
        pred_probs=probs,
        given=given.astype(np.int64),
        fold=(np.arange(n) % 5).astype(np.int16),
        model_card={"n_folds": 5, "seed": np.int64(1)},
    )


def test_everything_is_there_and_is_json():
    p = predictions()
    groups = pd.Series([f"s{i % 30}" for i in range(240)], index=list(p.item_ids))
    found = baseline_metrics(p, groups=groups, measurements=pd.DataFrame({"x": 1.0}, index=list(p.item_ids)))
    assert set(found) == FIELDS
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["n"] == sum(map(sum, found["confusion"]["counts"])) == sum(c["n"] for c in found["per_class"])
    assert found["accuracy"]["low"] <= found["accuracy"]["value"] <= found["accuracy"]["high"]
    n_wrong = round(240 * (1 - found["accuracy"]["value"]))
    assert sum(pair["count"] for pair in found["confused_pairs"]) == n_wrong == len(found["overconfident"])
    assert len(found["hardest"]) == 50
    assert len(found["groups"]) == 30
    assert "groups" in found["interval"]


def test_hardest_first_and_most_confident_error_first():
    p = predictions()
    found = baseline_metrics(p)
    own = dict(zip(p.item_ids, p.pred_probs[np.arange(240), p.given], strict=True))
    assert [own[i] for i in found["hardest"]] == sorted(own.values())[:50]
    top = dict(zip(p.item_ids, p.pred_probs.max(1), strict=True))
    confident = [top[i] for i in found["overconfident"]]
    assert confident == sorted(confident, reverse=True)


def test_items_of_classes_that_are_not_learned_do_not_count():
    assert baseline_metrics(predictions(left_out=40))["n"] == 200


def test_row_order_does_not_matter():
    p = predictions()
    order = np.random.default_rng(0).permutation(240)
    shuffled = Predictions(
        tuple(np.array(p.item_ids)[order]), p.classes, p.pred_probs[order], p.given[order], p.fold[order], p.model_card
    )
    ours, theirs = baseline_metrics(p), baseline_metrics(shuffled)
    for name in ("confusion", "confused_pairs", "hardest", "overconfident", "n"):
        assert ours[name] == theirs[name]
    assert ours["ece"] == pytest.approx(theirs["ece"])


def test_no_items_is_no_crash():
    found = baseline_metrics(predictions(n=6, left_out=6))
    assert found["n"] == 0
    assert found["accuracy"]["low"] is None
    json.dumps(found, allow_nan=False)


def test_plain_unwraps_numpy():
    value = {"a": np.float32(1.5), 2: [np.int64(3), float("nan"), np.array([np.inf, 1.0])], "b": (np.bool_(True), None)}
    assert plain(value) == {"a": 1.5, "2": [3, None, [None, 1.0]], "b": [True, None]}
