"""Heads beside the linear probe: against plain implementations, on planted classes, and the averages of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier

from dsaudit.analysis.space.embedding_space import principal_axes
from dsaudit.errors import UsageError
from dsaudit.model.device import one_thread_each
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs, train_head
from dsaudit.model.heads import HEADS, KNN, Boosting, Ensemble, Forest, best_temperature, head_of, tempered
from dsaudit.model.probe import Linear, log_loss

SMALL = {
    "linear": Linear(),
    "knn": KNN(),
    "forest": Forest(n_trees=12),
    "boosting": Boosting(n_rounds=12),
    "ensemble": Ensemble({"linear": Linear(), "knn": KNN(), "forest": Forest(n_trees=12)}),
}
CLASSES = ("a", "b", "c")
NONE = np.zeros(0, dtype=bool)


@pytest.fixture(autouse=True)
def alone():
    with one_thread_each():
        yield


def rings(n=150, d=6, seed=0):
    """Three classes that differ by their distance from the middle, which no straight line tells apart."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    direction = rng.standard_normal((n, d))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return (direction * (1.0 + 1.5 * y[:, None]) + rng.normal(0, 0.05, (n, d))).astype(np.float32), y


def blobs(n=150, d=8, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return (2.0 * rng.standard_normal((3, d))[y] + rng.standard_normal((n, d))).astype(np.float32), y


def fitted(name, X, y, *, inner=None, classes=CLASSES):
    inner = np.arange(len(y)) % 4 == 0 if inner is None else inner
    return SMALL[name].fit(X, y, classes=classes, inner=inner, device="cpu", seed=0)


def table(X, y):
    ids = [f"i{i:04d}" for i in range(len(y))]
    return pd.DataFrame(X, index=ids), pd.Series([CLASSES[k] for k in y], index=ids, dtype=object)


@pytest.mark.parametrize("name", SMALL)
def test_every_head_learns_and_its_probabilities_are_such(name):
    X, y = blobs()
    new, truth = blobs(300, seed=0)
    probs = fitted(name, X, y).predict(new[150:])
    assert probs.shape == (150, 3)
    assert probs.dtype == np.float32
    assert np.allclose(probs.sum(1), 1, atol=1e-5)
    assert probs.min() >= 0
    assert (probs.argmax(1) == truth[150:]).mean() > 0.9


@pytest.mark.parametrize("name", ["forest", "boosting"])
def test_trees_learn_what_no_straight_line_can(name):
    X, y = rings(600)
    train = np.arange(600) < 400
    probs = fitted(name, X[train], y[train]).predict(X[~train])
    straight = fitted("linear", X[train], y[train]).predict(X[~train])
    assert log_loss(probs, y[~train]) < log_loss(straight, y[~train]) - 0.15


@pytest.mark.parametrize("name", SMALL)
def test_a_class_without_a_row_keeps_its_column(name):
    X, y = blobs()
    some = y != 1
    probs = fitted(name, X[some], y[some]).predict(X)
    assert probs.shape == (150, 3)
    assert (probs[:, 1] > 0).all()
    assert probs[:, 1].max() < 0.1
    assert np.allclose(probs.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_one_class_or_one_row_is_no_reason_to_fail(name):
    X, y = blobs(9)
    for some in (y == 2, np.arange(9) == 2):
        probs = fitted(name, X[some], y[some], inner=np.zeros(some.sum(), dtype=bool)).predict(X)
        assert np.isfinite(probs).all()
        assert (probs.argmax(1) == 2).mean() > 0.5
    assert fitted(name, X, y, inner=np.zeros(9, dtype=bool)).predict(X[:0]).shape == (0, 3)


@pytest.mark.parametrize("name", SMALL)
def test_columns_that_do_not_vary_do_no_harm(name):
    X, y = blobs(60)
    X[:, 3] = 7.0
    assert np.isfinite(fitted(name, X, y).predict(X)).all()
    assert np.isfinite(fitted(name, np.zeros_like(X), y).predict(X)).all()


@pytest.mark.parametrize("name", SMALL)
def test_out_of_sample_whole_and_the_same_whatever_the_row_order(name):
    X, labels = table(*blobs(90))
    folds = stratified_group_folds(labels, n_folds=3)
    one = cross_validated_pred_probs(X, labels, folds, head=SMALL[name], device="cpu")
    two = cross_validated_pred_probs(X.iloc[::-1], labels.iloc[::-1], folds, head=SMALL[name], device="cpu")
    assert one.pred_probs.tobytes() == two.pred_probs.tobytes()
    assert one.model_card == two.model_card
    assert one.model_card["head"] == SMALL[name].description
    assert all(len(values) == 3 for values in one.model_card["chosen"].values())
    assert (one.pred_probs.argmax(1) == one.given).mean() > 0.9


@pytest.mark.parametrize("name", SMALL)
def test_labels_without_meaning_are_not_remembered(name):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.standard_normal((120, 20)), index=[f"i{i:03d}" for i in range(120)])
    labels = pd.Series(rng.choice(["a", "b"], 120), index=X.index, dtype=object)
    copies = pd.Series([f"k{i // 2}" for i in range(120)], index=X.index)
    X.iloc[1::2], labels.iloc[1::2] = X.iloc[::2].to_numpy(), labels.iloc[::2].to_numpy()
    folds = stratified_group_folds(labels, duplicate_keys=copies, n_folds=3)
    found = cross_validated_pred_probs(X, labels, folds, head=SMALL[name], device="cpu")
    assert (found.pred_probs.argmax(1) == found.given).mean() < 0.68


def test_the_held_out_labels_decide_nothing():
    X, labels = table(*blobs(90))
    folds = stratified_group_folds(labels, n_folds=3)
    held = folds.fold.index[folds.fold == 0]
    other = labels.copy()
    other[held] = np.random.default_rng(1).permutation(other[held].to_numpy())
    for name, head in SMALL.items():
        one, two = (
            cross_validated_pred_probs(X, y, folds, head=head, device="cpu").pred_probs for y in (labels, other)
        )
        rows = (folds.fold == 0).to_numpy()
        assert np.array_equal(one[rows], two[rows]), name
        assert not np.array_equal(one[~rows], two[~rows]), name


def test_votes_agree_with_scikit_learn():
    X, y = blobs()
    new, _ = blobs(240)
    ours = KNN(n_neighbours=15, width=0.2).fit(X, y, classes=CLASSES, inner=np.zeros(150, bool), device="cpu", seed=0)
    axes = principal_axes(X)
    reference = KNeighborsClassifier(
        15, metric="cosine", weights=lambda gap: np.exp((gap.min(1, keepdims=True) - gap) / 0.2)
    )
    theirs = reference.fit(axes.apply(X, whiten=True), y).predict_proba(axes.apply(new, whiten=True))
    gap, _ = reference.kneighbors(axes.apply(new, whiten=True))
    votes = np.exp((gap.min(1, keepdims=True) - gap) / 0.2).sum(1, keepdims=True)
    assert np.allclose(ours.predict(new), (votes * theirs + 0.5 / 3) / (votes + 0.5), atol=1e-4)


def test_values_are_chosen_by_the_log_loss_on_the_inner_rows():
    X, y = blobs(200, d=30)
    rng = np.random.default_rng(0)
    y = np.where(rng.random(200) < 0.4, rng.integers(0, 3, 200), y)  # noise: many neighbours are better than few
    inner = np.arange(200) % 4 == 0
    chosen = KNN().fit(X, y, classes=CLASSES, inner=inner, device="cpu", seed=0).chosen
    losses = {
        n: log_loss(
            KNN(n, chosen["width"])
            .fit(X[~inner], y[~inner], classes=CLASSES, inner=NONE, device="cpu", seed=0)
            .predict(X[inner]),
            y[inner],
        )
        for n in (10, 20, 40)
    }
    assert chosen["n_neighbours"] == min(losses, key=losses.get)
    assert chosen["n_neighbours"] > 10


def test_rows_that_are_the_same_are_taken_in_no_order_of_the_file():
    X = np.repeat(np.eye(2, dtype=np.float32), 200, axis=0)
    y = np.tile(np.repeat([1, 0], [60, 140]), 2)  # sorted: the first of each are the fewer
    fitted = KNN(n_neighbours=40, width=0.1).fit(
        X, y, classes=("a", "b"), inner=np.zeros(400, bool), device="cpu", seed=0
    )
    assert (fitted.predict(X).argmax(axis=1) == 0).all()


def test_temperature_undoes_what_was_done_to_calibrated_probabilities():
    rng = np.random.default_rng(0)
    probs = rng.dirichlet([1, 1, 1], 4000)
    y = np.array([rng.choice(3, p=p) for p in probs])
    assert best_temperature(tempered(probs, 2.0), y)[0] == 0.5
    assert best_temperature(tempered(probs, 0.5), y)[0] == 2.0
    assert best_temperature(probs, y)[0] == 1.0


def test_an_ensemble_is_the_mean_of_its_members():
    X, y = blobs()
    members = [fitted(name, X, y).predict(X) for name in ("linear", "knn", "forest")]
    ensemble = fitted("ensemble", X, y)
    assert np.allclose(ensemble.predict(X), np.mean(members, axis=0), atol=1e-6)
    assert {name.split(".")[0] for name in ensemble.chosen} == {"linear", "knn", "forest"}


def test_trees_of_many_items_and_classes_stay_small(monkeypatch):
    X, y = blobs(150)
    free = Forest(min_leaf=1, n_trees=10).fit(X, y, classes=CLASSES, inner=NONE, device="cpu", seed=0)
    monkeypatch.setattr("dsaudit.model.heads._MAX_TREE_BYTES", 5_000.0)
    small = Forest(min_leaf=1, n_trees=10).fit(X, y, classes=CLASSES, inner=NONE, device="cpu", seed=0)

    def size(head):
        return sum(tree.tree_.value.nbytes for tree in head.model.estimators_)

    assert size(small) <= 5_000 < size(free)
    assert small.chosen["min_leaf"] > 1


def test_heads_by_name_with_values():
    assert head_of({"head": "knn", "n_neighbours": 7}) == KNN(n_neighbours=7)
    ensemble = head_of({"head": "ensemble", "min_leaf": 5, "strength": 0.1})
    assert ensemble.members == {"linear": Linear(0.1), "knn": KNN(), "forest": Forest(min_leaf=5)}
    assert head_of({"head": "ensemble"}).description.startswith("mean of linear probe")
    assert set(HEADS) == set(SMALL)
    with pytest.raises(UsageError, match="unknown head 'svm'"):
        head_of({"head": "svm"})
    with pytest.raises(UsageError, match="no value 'min_leaf'"):
        head_of({"head": "knn", "min_leaf": 3})


def test_a_head_is_trained_on_everything_to_be_kept():
    X, labels = table(*blobs())
    head = train_head(X, labels, stratified_group_folds(labels), head=SMALL["knn"], device="cpu")
    assert head.classes == CLASSES
    assert len(head.points) == 150
