"""MixMatch and FixMatch against their formulae by hand, and all learners against planted truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import make_moons

from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs, drawn
from dsaudit.model.probe import Linear, Probe
from dsaudit.model.semi_supervised import (
    LEARNERS,
    FixMatch,
    MixMatch,
    PseudoLabels,
    SoftMeans,
    SoftVote,
    Spreading,
    confident_loss,
    guess_loss,
    mixed_up,
    sharpened,
)

NONE = np.zeros(0, dtype=bool)


def test_sharpening_is_that_of_the_paper():
    p = torch.tensor([[0.5, 0.3, 0.2]])
    assert torch.allclose(sharpened(p, 0.5), torch.tensor([[25.0, 9.0, 4.0]]) / 38)
    assert torch.allclose(sharpened(p, 1.0), p)


def test_a_mixture_stays_nearer_to_its_own_side():
    rows, targets = torch.tensor([[0.0], [10.0]]), torch.eye(2)
    # of .2 the larger side, .8, is its own
    mixed, wanted = mixed_up(rows, targets, torch.tensor([0.2, 0.7]), torch.tensor([1, 0]))
    assert torch.allclose(mixed, torch.tensor([[2.0], [7.0]]))
    assert torch.allclose(wanted, torch.tensor([[0.8, 0.2], [0.3, 0.7]]))


def test_losses_on_guesses_are_those_of_the_papers():
    logits, guesses = torch.tensor([[0.0, 0.0], [np.log(3.0), 0.0]]), torch.tensor([[0.6, 0.4], [0.1, 0.9]])
    by_hand = (0.1**2 + 0.1**2 + 0.65**2 + 0.65**2) / 4
    assert guess_loss(logits, guesses).item() == pytest.approx(by_hand)
    # the first guess is not sure enough; the second says class 1, which has a quarter
    assert confident_loss(logits, guesses, 0.8).item() == pytest.approx(np.log(4.0) / 2)
    assert confident_loss(logits, guesses, 0.95).item() == 0.0


def test_without_weight_on_guesses_a_step_is_that_of_mixed_labels_alone():
    X, y, others, _ = blobs(seed=1)
    head = MixMatch(weight=0.0, n_steps=20)
    alone, beside = (
        head.beside(o).fit(X, y, classes=("a", "b"), inner=NONE, device="cpu", seed=0) for o in (others, -others)
    )
    assert alone.strength == beside.strength
    far = (
        FixMatch(threshold=1.1, n_steps=20)
        .beside(others)
        .fit(X, y, classes=("a", "b"), inner=NONE, device="cpu", seed=0)
    )
    none = (
        FixMatch(weight=0.0, n_steps=20).beside(others).fit(X, y, classes=("a", "b"), inner=NONE, device="cpu", seed=0)
    )
    assert torch.equal(far.weight, none.weight)


def blobs(seed=0, d=10, m=400, labels=2):
    """Two round clouds, three standard deviations apart on two axes, ``labels`` of each with a label."""
    rng = np.random.default_rng(seed)
    y = np.arange(m) % 2
    X = (rng.standard_normal((m, d)) + 3.0 * np.eye(d)[y]).astype(np.float32)
    rows = np.concatenate([rng.choice(np.flatnonzero(y == c), labels, replace=False) for c in (0, 1)])
    rest = np.setdiff1d(np.arange(m), rows)
    return X[rows], y[rows], X[rest], y[rest]


def quickly(name):
    """The learner, with few steps where it takes steps."""
    head = LEARNERS[name]
    return replace(head, n_steps=30) if hasattr(head, "n_steps") else head


@pytest.mark.parametrize(
    ("name", "least"),
    [("MixMatch", 0.12), ("FixMatch", 0.01), ("pseudo-labels", 0.1), ("label spreading", 0.05), ("soft vote", 0.1)],
)
def test_clouds_with_two_labels_each_are_told_better_with_the_unlabelled(name, least):
    gained = []
    for seed in range(3):
        X, y, others, truth = blobs(seed)
        asked = {"classes": ("a", "b"), "inner": np.zeros(len(y), dtype=bool), "device": "cpu", "seed": seed}
        alone = Linear().fit(X, y, **asked).predict(others).argmax(1) == truth
        beside = LEARNERS[name].beside(others).fit(X, y, **asked).predict(others).argmax(1) == truth
        gained.append(beside.mean() - alone.mean())
    assert np.mean(gained) > least, gained


def test_two_moons_are_told_by_their_shape():
    X, truth = make_moons(400, noise=0.06, random_state=3)
    X = X.astype(np.float32)
    rows = np.array([np.flatnonzero(truth == c)[k] for c in (0, 1) for k in (0, 1)])
    asked = {"classes": ("a", "b"), "inner": np.zeros(4, dtype=bool), "device": "cpu", "seed": 0}
    others = np.delete(X, rows, axis=0)
    alone = Linear().fit(X[rows], truth[rows], **asked).predict(X).argmax(1)
    # by cosine: seen from outside, directions tell the moons as positions do
    lifted = np.column_stack([X, np.ones(len(X))]).astype(np.float32)
    spread = Spreading(alpha=0.99).beside(np.delete(lifted, rows, axis=0)).fit(lifted[rows], truth[rows], **asked)
    assert len(others) == 396
    assert (alone == truth).mean() < 0.95
    assert (spread.predict(lifted).argmax(1) == truth).mean() > (alone == truth).mean() + 0.03


@pytest.mark.parametrize("name", LEARNERS)
def test_the_same_seed_gives_the_same_and_a_class_without_a_row_keeps_its_column(name):
    X, y, others, _ = blobs(m=120, labels=3)
    asked = {"classes": ("a", "b", "unseen"), "inner": np.zeros(len(y), dtype=bool), "device": "cpu", "seed": 4}
    first, again = (quickly(name).beside(others).fit(X, y, **asked).predict(others) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert first.shape == (len(others), 3)
    assert np.allclose(first.sum(1), 1, atol=1e-5)
    one = quickly(name).beside(others).fit(X, np.zeros_like(y), **asked).predict(others)
    assert (one.argmax(1) == 0).all()


def test_class_means_move_to_where_the_unlabelled_lie():
    X, y, others, truth = blobs(seed=2)
    asked = {"classes": ("a", "b"), "device": "cpu", "seed": 0}
    first, last = (
        SoftMeans(n_rounds=k).beside(others).learned(X, y, strength=1.0, **asked).predict(others) for k in (0, 10)
    )
    assert (last.argmax(1) == truth).mean() > max(0.9, (first.argmax(1) == truth).mean())


def test_a_vote_is_the_mean_of_what_is_learned_from_the_same():
    X, y, others, _ = blobs(seed=1, labels=4)
    asked = {"classes": ("a", "b"), "strength": 0.1, "device": "cpu", "seed": 0}
    parts = [
        one.beside(others).learned(X, y, **asked).predict(others) for one in (PseudoLabels(), Spreading(), SoftMeans())
    ]
    alone = Linear(0.1).fit(X, y, classes=("a", "b"), inner=NONE, device="cpu", seed=0).predict(others)
    assert np.allclose(
        SoftVote().beside(others).learned(X, y, **asked).predict(others), np.mean([alone, *parts], 0), atol=1e-6
    )


class Watching:
    """Remembers, as a mark in their first number, which unlabelled rows each model learned from."""

    description = "watching"

    def __init__(self):
        self.seen = []

    def beside(self, others):
        self.seen.append(set(others[:, 0].astype(int).tolist()))
        return Linear(0.01)


def grouped(n=60):
    """Labelled 0 … n - 1 in groups of four; then an unlabelled item of each group, and as many of no group."""
    ids = [f"i{k:03d}" for k in range(2 * n)]
    label = pd.Series([f"c{k % 2}" for k in range(n)] + [None] * n, index=ids, dtype=object)
    group = pd.Series(
        [f"g{k // 4}" for k in range(n)] + [f"g{k}" for k in range(n // 4)] + [None] * (n - n // 4), index=ids
    )
    X = np.random.default_rng(0).standard_normal((2 * n, 3)).astype(np.float32)
    X[:, 0] = np.arange(2 * n)
    return pd.DataFrame(X, index=ids), label, group


@pytest.mark.parametrize("transductive", [False, True])
def test_a_model_learns_from_no_unlabelled_item_of_a_group_it_is_judged_on(transductive, monkeypatch):
    monkeypatch.setattr("dsaudit.model.head.n_workers", lambda where: 1)  # fold by fold
    X, label, group = grouped()
    folds = stratified_group_folds(label, groups=group, n_folds=3)
    watching = Watching()
    free = folds.unlabelled.index
    made = cross_validated_pred_probs(
        X, label, folds, head=watching, learned_from=free, transductive=transductive, device="cpu"
    )
    for fold, seen in enumerate(watching.seen):
        held = {int(i[1:]) for i in folds.fold.index[folds.fold == fold]}
        bound = {int(i[1:]) for i in free if group[i] in {group.iloc[k] for k in held}}
        dealt = {int(i[1:]) for i in free[(folds.dealt == fold) & (folds.unlabelled < 0)]}
        assert bound
        assert dealt
        assert seen & bound == (bound if transductive else set())
        assert not seen & dealt
    assert set.union(*watching.seen) == {int(i[1:]) for i in free}
    assert np.allclose(made.unlabelled.sum(axis=1), 1, atol=1e-5)


def test_what_is_not_named_is_not_learned_from():
    X, label, group = grouped()
    folds, watching = stratified_group_folds(label, groups=group, n_folds=3), Watching()
    cross_validated_pred_probs(X, label, folds, head=watching, learned_from=folds.unlabelled.index[:30], device="cpu")
    assert set.union(*watching.seen) <= set(range(60, 90))


def test_of_very_many_so_many_are_drawn(monkeypatch):
    monkeypatch.setattr("dsaudit.model.head.MOST_OTHERS", 5)
    rows = np.arange(20, dtype=np.float32)[:, None]
    few = drawn(rows, seed=1)
    assert len(set(few.ravel().tolist())) == 5
    assert few.tobytes() == drawn(rows, seed=1).tobytes()


def test_the_average_of_weights_predicts():
    X, y, others, _ = blobs()
    asked = {"classes": ("a", "b"), "inner": NONE, "device": "cpu", "seed": 0}
    head = MixMatch(n_steps=30).beside(others)
    found = head.fit(X, y, **asked), replace(head, average=0.0).fit(X, y, **asked)
    assert isinstance(found[0], Probe)
    assert not torch.equal(found[0].weight, found[1].weight)
