"""Consensus labels against planted truth, and against cleanlab on the same input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from crowd import long, planted, score

from dsaudit.analysis.people.consensus import consensus, majority


@pytest.mark.parametrize("kind", ["good", "spammer", "adversary", "swapper", "sparse"])
def test_better_than_majority_and_with_a_model_than_cleanlab(kind):
    scores = pd.DataFrame([score(*planted(kind, seed, n=1200)) for seed in range(10, 15)]).mean()
    assert scores["people"] > scores["majority"]
    assert scores["people + model"] > scores["people"]
    assert scores["people + model"] >= scores["cleanlab"]


def test_quality_and_confusion_are_those_planted():
    truth, labels, _ = planted("swapper", 1, n=4000)
    found = consensus(long(labels))
    true_quality = (labels == truth).mean(axis=1)
    assert found.quality["quality"].to_numpy() == pytest.approx(true_quality, abs=0.04)
    assert (found.quality["low"] < found.quality["quality"]).all()
    swapped = found.confusion["p2"]
    assert swapped[0, 1] > 0.9
    assert swapped[1, 0] > 0.9
    assert np.allclose(swapped.sum(axis=1), 1)


def test_people_alone_are_never_taken_for_surer_than_they_are():
    """These err independently, which cannot be told from people who err together: what is stated is rather too low."""
    truth, labels, _ = planted("sparse", 3, n=6000)
    seen = (labels >= 0).any(axis=0)
    found = consensus(long(labels)).labels
    right = found["label"].astype(int).to_numpy() == truth[seen]
    for low, high in ((0.4, 0.7), (0.7, 0.9), (0.9, 1.01)):
        band = found["probability"].between(low, high, inclusive="left").to_numpy()
        assert band.sum() > 100
        assert -0.12 < found["probability"][band].mean() - right[band].mean() < 0.03


def test_one_person_is_believed():
    table = pd.DataFrame({"item_id": ["a", "b"], "annotator": "x", "label": ["on", "off"]})
    assert consensus(table).labels["label"].to_dict() == {"a": "on", "b": "off"}


def test_items_and_labels_that_the_model_does_not_know():
    rows = [(f"i{k}", f"p{p}", "new" if k == 0 else "on") for k in range(5) for p in range(3)]
    table = pd.DataFrame(rows, columns=["item_id", "annotator", "label"])
    probs = pd.DataFrame([[0.6, 0.4]] * 3, index=["i0", "i1", "i2"], columns=["on", "off"])
    found = consensus(table, pred_probs=probs)
    assert found.labels["label"].to_dict() == {"i0": "new"} | {f"i{k}": "on" for k in range(1, 5)}
    assert found.classes == ("new", "off", "on")


def test_nothing_said_is_refused():
    with pytest.raises(ValueError, match="no annotation"):
        consensus(pd.DataFrame({"item_id": [], "annotator": [], "label": []}))


def test_ties_of_the_majority_go_to_the_more_frequent_label():
    labels = np.array([[0, 1, 1, -1], [1, 1, 0, -1]])
    assert majority(labels, 2).tolist() == [1, 1, 1, -1]


@pytest.mark.real_data
def test_three_real_annotators(real_data):
    data = real_data("label_noise")
    table = pd.read_csv(data / "cifar10n_three_annotators.csv.gz").iloc[:8000]
    wide = table.melt(["item", "true_label"], var_name="annotator", value_name="label").rename(
        columns={"item": "item_id"}
    )
    found = consensus(wide).labels
    truth = table.assign(item=table["item"].astype(str)).set_index("item")["true_label"].reindex(found.index)
    assert (found["label"] == truth).mean() > (found["majority"] == truth).mean() + 0.005


def together(seed, accuracies, *, spread, rival_share, n=3000, k=8):
    """People who find the same items hard and often give the same wrong label, and a model that does so, too."""
    rng = np.random.default_rng(seed)
    truth, hard = rng.integers(0, k, n), rng.normal(0, spread, n)
    rival = (truth + 1) % k
    labels = []
    for accuracy in accuracies:
        level = np.quantile(1.7 * hard + rng.logistic(size=n), accuracy)
        right = 1.7 * hard + rng.logistic(size=n) < level
        other = np.where(rng.random(n) < rival_share, rival, (truth + rng.integers(1, k, n)) % k)
        labels.append(np.where(right, truth, other))
    logits = rng.normal(0, 1, (n, k))
    logits[np.arange(n), truth] += 3.2 - 0.8 * np.maximum(hard, 0)
    logits[np.arange(n), rival] += 0.8 * np.maximum(hard, 0)
    probs = np.exp(logits)
    return truth, np.array(labels), probs / probs.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("accuracies", [(0.85, 0.82, 0.8), (0.9, 0.85, 0.8, 0.7, 0.75)])
@pytest.mark.parametrize("with_model", [False, True])
def test_people_who_err_together_are_not_taken_for_independent(accuracies, with_model):
    truth, labels, probs = together(0, accuracies, spread=0.7, rival_share=0.5)
    ids = [f"{i:06d}" for i in range(len(truth))]
    table = pd.DataFrame(probs, index=ids, columns=[f"{c:02d}" for c in range(8)]) if with_model else None
    found = consensus(long(labels), pred_probs=table)
    right = (found.labels["label"].astype(int).to_numpy() == truth).mean()
    assert found.labels["probability"].mean() == pytest.approx(right, abs=0.025)
    assert found.quality["quality"].to_numpy() == pytest.approx((labels == truth).mean(axis=1), abs=0.025)
