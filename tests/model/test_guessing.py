"""A network that is fine-tuned on guessed labels: against the papers by hand, planted truth, and what it may see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from dsaudit.model import crossfit
from dsaudit.model.crossfit import Material, cross_fit
from dsaudit.model.finetune import fine_tune, predict
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.guessing import GUESSING, LEAST_STEPS, FixMatchTuning, MixMatchTuning, Others, Step
from dsaudit.model.tunable import Drawn
from model.make_tunable import JitterRecipe, Vectors, VectorTuning

CPU = torch.device("cpu")
TUNING = VectorTuning(lambda row: row, 10)
RECIPE = JitterRecipe(
    epochs=5, batch_size=32, learning_rate=0.01, layers=2, unfreeze_epochs=0.0, patience=9, jitter=0.3, dropout=0.0
)


def clouds(seed, *, n=400, labels=2):
    """Two round clouds, three standard deviations apart on two axes; the first rows have a label."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    rows = rng.standard_normal((n, 10)) + 3.0 * np.eye(10)[truth]
    return Vectors(torch.from_numpy(rows.astype(np.float32)), np.ones(n, dtype=np.int64)), truth, 2 * labels


def right(guessing, seed):
    """Share of what has no label that is told right."""
    inputs, truth, n = clouds(seed)
    rows, rest = np.arange(n), np.arange(n, len(truth))
    others = None if guessing is None else Others(rest, guessing)
    tuned = fine_tune(
        TUNING.start("plane", 2).network,
        *(inputs, truth[:n].astype(np.int64)),
        **{"train": rows, "validation": rows, "recipe": RECIPE, "seed": seed, "device": CPU, "others": others},
    )
    assert tuned.pred_probs.shape == (n, 2)
    assert tuned.margins.shape[1] == n
    return (predict(tuned.network, inputs, rest, device=CPU).argmax(1) == truth[n:]).mean()


@pytest.mark.parametrize("name", GUESSING)
def test_clouds_with_two_labels_each_are_told_better_with_the_unlabelled(name):
    gained = [right(GUESSING[name], seed) - right(None, seed) for seed in (0, 3)]
    assert np.mean(gained) > 0.05, gained


class Watched:
    """Remembers what it was asked for; views are rows as they are, the i-th with i added."""

    def __init__(self, rows):
        self.rows, self.asked, self.mixed = rows, [], []

    def batch(self, items, *, device):
        return (self.rows[items],)

    def drawn(self, items, recipe, rng, *, device):
        self.asked.append(items.tolist())
        self.mixed.append(recipe.mixup)
        share, partner = (0.75, np.roll(np.arange(len(items)), 1)) if recipe.mixup else (1.0, np.arange(len(items)))
        own = self.rows[items] + len(self.asked) - 1
        return Drawn((own.lerp(own[partner], 1.0 - share),), share, partner)


def step(done=1.0, **changed):
    """Logits are inputs; row 0 has the label 1, rows 1 and 2 none."""
    rows = torch.tensor([[0.0, 1.0], [2.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    parts = {"inputs": Watched(rows), "rows": np.array([0]), "others": np.array([1, 2]), "wanted": torch.tensor([1])}
    asked = {"logits": lambda batch: batch[0], "guessed": lambda batch: torch.softmax(batch[0], 1)}
    recipe = JitterRecipe(label_smoothing=0.0)
    return Step(**(parts | asked | {"done": done, "recipe": recipe, "rng": np.random.default_rng(0)} | changed)), rows


def test_a_step_of_mixmatch_is_that_of_the_paper():
    one, rows = step()
    loss = MixMatchTuning().loss(one)
    # adding the same to both logits changes no probability, so both views guess alike
    power = torch.softmax(rows[1:], 1) ** 2
    guesses = power / power.sum(1, keepdim=True)
    targets = torch.cat([torch.tensor([[0.0, 1.0]]), guesses, guesses])
    both = rows[[0, 1, 2, 1, 2]] + 2
    mixed = [0.75 * part + 0.25 * part.roll(1, 0) for part in (both, targets)]
    squares = (torch.softmax(mixed[0][1:], 1) - mixed[1][1:]) ** 2
    by_hand = -(mixed[1][0] * torch.log_softmax(mixed[0][0], 0)).sum() + 75.0 * squares.mean()
    assert loss.item() == pytest.approx(by_hand.item(), rel=1e-6)
    assert one.inputs.asked == [[1, 2], [1, 2], [0, 1, 2, 1, 2]]
    assert one.inputs.mixed == [0.0, 0.0, 0.75]


def test_guesses_weigh_nothing_at_first_and_then_all():
    begun, half, late = (MixMatchTuning().loss(step(done)[0]).item() for done in (0.0, 0.2, 0.4))
    assert late == MixMatchTuning().loss(step(0.9)[0]).item()
    assert half == pytest.approx((begun + late) / 2)
    assert begun == MixMatchTuning(weight=0.0).loss(step()[0]).item() < late


def test_a_step_of_fixmatch_learns_from_sure_guesses_alone():
    one, rows = step()
    loss = FixMatchTuning(threshold=0.9).loss(one)  # of .88 and .95 only the second
    said = torch.log_softmax(rows, 1)
    assert loss.item() == pytest.approx((-said[0, 1] - said[2, 1] / 2).item())
    assert one.inputs.asked == [[0, 1, 2]]
    assert one.inputs.mixed == [0.0]


def grouped(n=48):
    """A material: labelled rows in groups of four, an unlabelled one of each group, and as many of no group."""
    inputs, truth, _ = clouds(5, n=2 * n)
    ids = pd.Index([f"i{k:03d}" for k in range(2 * n)])
    label = pd.Series([f"c{t}" for t in truth[:n]] + [None] * n, index=ids, dtype=object)
    group = pd.Series(
        [f"g{k // 4}" for k in range(n)] + [f"g{k}" for k in range(n // 4)] + [None] * (n - n // 4), index=ids
    )
    none = pd.Series(None, index=ids, dtype=object)
    folds = stratified_group_folds(label, groups=group, n_folds=3)
    start = TUNING.start("plane", 2)
    parts = (label[:n], group, none, truth[:n].astype(np.int64), inputs, start, folds.classes)
    return Material(*parts, others=ids[n:]), folds, group


@pytest.mark.parametrize("transductive", [False, True])
def test_a_network_learns_from_no_unlabelled_item_of_a_group_it_is_judged_on(transductive, monkeypatch):
    made, folds, group = grouped()
    seen = {}

    def watched(*arguments, others, train, validation, seed, **options):
        seen[seed] = set(others.rows.tolist()), validation
        return fine_tune(*arguments, others=None, train=train, validation=validation, seed=seed, **options)

    monkeypatch.setattr(crossfit, "fine_tune", watched)
    recipe = replace(RECIPE, epochs=0)
    cross_fit(made, folds, recipe, device="cpu", guessing=FixMatchTuning(), transductive=transductive)
    at = {item: 48 + k for k, item in enumerate(made.others)}
    for fold, (rows, validation) in seen.items():
        held, aside = (set(group[of]) for of in (folds.fold.index[folds.fold == fold], made.labels.index[validation]))
        bound, judged = ({at[i] for i in made.others if group[i] in of} for of in (held, aside))
        dealt = {at[i] for i in made.others[(folds.dealt == fold) & (folds.unlabelled < 0)]}
        assert bound
        assert judged
        assert dealt
        assert rows & bound == (bound if transductive else set())
        assert rows & judged == (judged if transductive else set())
        assert not rows & dealt
    assert {len(rows) for rows, _ in seen.values()} != {0}


def test_the_same_seed_gives_the_same_and_labelled_items_alone_are_told(monkeypatch):
    monkeypatch.setattr("dsaudit.model.finetune.LEAST_STEPS", 0)
    made, folds, _ = grouped()
    recipe = replace(RECIPE, epochs=2, batch_size=16)
    first, again = (
        cross_fit(made, folds, recipe, device="cpu", guessing=MixMatchTuning()).predictions for _ in range(2)
    )
    assert first.pred_probs.tobytes() == again.pred_probs.tobytes()
    assert first.item_ids == tuple(made.labels.index)
    alone = cross_fit(made, folds, recipe, device="cpu").predictions
    assert alone.pred_probs.tobytes() != first.pred_probs.tobytes()


def test_few_labels_make_enough_steps_and_batches_as_large(monkeypatch):
    sizes = []

    class Counting:
        def loss(self, one):
            sizes.append((len(one.rows), len(one.others)))
            return one.logits(one.inputs.batch(one.rows, device=CPU)).sum() * 0.0

    inputs, truth, n = clouds(1)
    rows = np.arange(n)
    fine_tune(
        TUNING.start("plane", 2).network,
        *(inputs, truth[:n].astype(np.int64)),
        **{"train": rows, "validation": rows, "recipe": RECIPE, "seed": 0, "device": CPU},
        others=Others(np.arange(n, 400), Counting()),
    )
    assert set(sizes) == {(n, n)}
    assert len(sizes) == LEAST_STEPS
