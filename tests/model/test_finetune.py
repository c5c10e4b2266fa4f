"""Fine-tuning: it learns, it stops, it takes up what was interrupted, and nothing depends on chance."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from dsaudit.media.audio.network.frames import Frames
from dsaudit.media.audio.recipe import AudioRecipe
from dsaudit.media.audio.tuning import TUNING
from dsaudit.model import finetune
from dsaudit.model.checkpoint import load_checkpoint, save_checkpoint
from dsaudit.model.finetune import fine_tune, judged, margin_and_confidence, no_worse, predict, started
from dsaudit.model.recipe import OPTIMIZERS
from dsaudit.types import MOST_CONFUSIONS
from model.make_inputs import frames

CPU = torch.device("cpu")
RECIPE = AudioRecipe(
    epochs=4, batch_size=8, layers=5, layer_decay=1.0, unfreeze_epochs=0, learning_rate=3e-3, patience=9
)

GENTLE = replace(RECIPE, layers=0, learning_rate=1e-3)
PARTS = {"train": np.flatnonzero(np.arange(48) % 4 > 0), "validation": np.flatnonzero(np.arange(48) % 4 == 0)}


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def task():
    inputs, given = frames(48)
    return TUNING.start("log-mel", 3).network, inputs, given


def tuned(task, recipe=RECIPE, *, seed=0, **options):
    network, inputs, given = task
    return fine_tune(network, inputs, given, **PARTS, recipe=recipe, seed=seed, device=CPU, **options)


def same(one, other):
    for a, b in zip(one.network.state_dict().values(), other.network.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert np.array_equal(one.pred_probs, other.pred_probs)
    assert np.array_equal(one.margins, other.margins)
    timeless = [[{k: v for k, v in e.items() if k != "items_per_s"} for e in t.history] for t in (one, other)]
    assert timeless[0] == timeless[1]


@pytest.fixture(scope="module")
def whole(task):
    return tuned(task)


def test_training_lowers_the_loss_and_leaves_the_network_it_began_with(task, whole):
    before, made = TUNING.start("log-mel", 3).network.state_dict(), whole
    assert [e["epoch"] for e in made.history] == [0, 1, 2, 3]
    assert made.history[-1]["loss"] < made.history[0]["loss"]
    assert made.margins.shape == made.confidence.shape == (4, 48)
    assert made.margins[-1].mean() > made.margins[0].mean()
    assert np.allclose(made.pred_probs.sum(1), 1, atol=1e-5)
    assert all(torch.equal(before[name], value) for name, value in task[0].state_dict().items())
    assert {e["learning_rate"] > 0 for e in made.history} == {True}


def test_the_same_seed_gives_the_same_network_and_another_another(task):
    recipe = AudioRecipe(epochs=1, batch_size=16, layers=5)
    first = tuned(task, recipe)
    same(first, tuned(task, recipe))
    assert not np.array_equal(first.pred_probs, tuned(task, recipe, seed=1).pred_probs)


def test_interrupted_training_goes_on_as_if_nothing_had_happened(task, whole, tmp_path, monkeypatch):
    class KilledError(Exception):
        pass

    def kill_at(last):
        def kill(epoch):
            if epoch["epoch"] == last:
                raise KilledError

        return kill

    path = tmp_path / "fold.pt"
    for last in (1, 3):
        with pytest.raises(KilledError):
            tuned(task, checkpoint=path, on_epoch=kill_at(last))
    told = []
    same(whole, tuned(task, checkpoint=path, on_epoch=told.append))
    assert [e["epoch"] for e in told] == [0, 1, 2, 3]
    monkeypatch.setattr(finetune, "_train", None)  # what is done is not done again
    same(whole, tuned(task, checkpoint=path, on_epoch=told.append))
    assert [e["epoch"] for e in told] == [0, 1, 2, 3] * 2


def test_a_damaged_checkpoint_costs_time_only(task, tmp_path):
    recipe = AudioRecipe(epochs=1, batch_size=16, layers=0)
    path = tmp_path / "fold.pt"
    whole = tuned(task, recipe, checkpoint=path)
    path.write_bytes(path.read_bytes()[:2000])
    same(whole, tuned(task, recipe, checkpoint=path))


@pytest.mark.parametrize("batches", [0, 1, 3, 4])  # the probe's features, the start, steps, the epoch's predictions
def test_halting_stops_before_the_next_batch(task, monkeypatch, batches):
    halt, taken, told = threading.Event(), [], []
    batch = Frames.batch

    def counted(*arguments, **options):
        if len(taken) == batches:
            halt.set()
        taken.append(halt.is_set())
        return batch(*arguments, **options)

    if not batches:
        halt.set()
    monkeypatch.setattr(Frames, "batch", counted)
    with pytest.raises(InterruptedError):
        tuned(task, AudioRecipe(epochs=1, batch_size=16, layers=0), halt=halt, on_epoch=told.append)
    assert sum(taken) == (batches > 0)
    assert not told


def test_how_cautious_the_start_is_is_not_chosen_on_rows_it_was_trained_on(task):
    network, inputs, given = task
    rows, seen = np.arange(len(given)), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "dsaudit.model.finetune.select_strength", lambda X, y, held, **_: seen.append(held.tolist()) or 0.01
        )
        for train, validation in ((rows, rows), (rows[8:], rows[:8])):
            started(network, inputs, given, train=train, validation=validation, device=CPU, seed=0)
    assert seen == [[False] * 96, [False] * 40 + [True] * 8]


def test_a_checkpoint_comes_to_the_cpu_and_its_bytes_do_not_depend_on_its_name(tmp_path):
    state = {"losses": torch.zeros(3, dtype=torch.float64), "epoch": 1}
    for name in ("one.pt", "two.pt"):
        save_checkpoint(tmp_path / name, state)
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "two.pt").read_bytes()
    kept = load_checkpoint(tmp_path / "one.pt", needs=("losses", "epoch"))
    assert kept is not None
    assert kept["losses"].dtype == torch.float64
    assert load_checkpoint(tmp_path / "one.pt", needs=("network",)) is None


def test_without_epochs_it_is_the_linear_probe(task):
    made = tuned(task, AudioRecipe(epochs=0))
    assert made.kept == -1
    assert made.history == []
    assert made.margins.shape == (0, 48)
    assert np.array_equal(made.pred_probs, predict(made.network, task[1], np.arange(48), device=CPU))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What is kept of its epochs: what is chosen afterwards is asked without training anew, see ``chosen``."""
    return tmp_path_factory.mktemp("gentle") / "fold.pt"


@pytest.fixture(scope="module")
def gentle(task, trained):
    own = trained.with_name("whole.pt")
    return tuned(task, GENTLE, checkpoint=own, on_epoch=lambda epoch: shutil.copy(own, trained))


def chosen(task, trained, **options):
    return tuned(task, GENTLE, checkpoint=shutil.copy(trained, trained.with_name("again.pt")), **options)


def test_weights_are_those_between_the_start_and_the_end_that_lose_least_on_the_validation_part(task, gentle, trained):
    network, inputs, given = task
    start = started(network, inputs, given, **PARTS, device=CPU, seed=0).state_dict()
    ends = {}
    for share in (0.0, 0.25, 1.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dsaudit.model.finetune.SHARES", (share,))
            ends[share] = chosen(task, trained)
    weights = {share: one.network.state_dict() for share, one in ends.items()}
    assert all(torch.equal(value, start[name]) for name, value in weights[0.0].items())
    for name, value in weights[0.25].items():
        assert torch.allclose(value, 0.75 * start[name] + 0.25 * weights[1.0][name], atol=1e-6)
    aside = PARTS["validation"]
    losses = {share: -np.log(one.pred_probs[aside, given[aside]]).mean() for share, one in ends.items()}
    assert losses[0.25] < min(losses[0.0], losses[1.0])
    assert gentle.share == 0.25
    same(gentle, ends[0.25])
    assert [one.kept for one in ends.values()] == [-1, 3, 3]


def test_a_refit_learns_from_the_validation_part_too(task, gentle, trained, monkeypatch):
    network, inputs, given = task
    aside = PARTS["validation"], given[PARTS["validation"]]
    whole = chosen(task, trained, refit=True)
    assert (whole.share, whole.kept) == (gentle.share, gentle.kept)
    assert np.array_equal(whole.margins, gentle.margins)
    assert whole.pred_probs[aside].mean() > gentle.pred_probs[aside].mean() + 0.1
    same(whole, chosen(task, trained, refit=True))  # as if killed in the refit
    one_epoch = finetune._one_epoch

    def astray(parts, inputs, given, train, **options):
        loss = one_epoch(parts, inputs, given, train, **options)
        return loss if len(train) < len(given) else float("nan")

    monkeypatch.setattr(finetune, "_one_epoch", astray)
    same(gentle, chosen(task, trained, refit=True))  # a refit that goes astray costs time only
    monkeypatch.setattr(finetune, "_one_epoch", one_epoch)
    monkeypatch.setattr(finetune, "REFIT_UP_TO", len(given) - 1)
    same(gentle, chosen(task, trained, refit=True))
    start = tuned(task, AudioRecipe(epochs=0), refit=True)
    probe = started(network, inputs, given, **PARTS, both=True, device=CPU, seed=0)
    assert np.array_equal(start.pred_probs, predict(probe, inputs, np.arange(len(given)), device=CPU))


def test_layers_that_are_not_tuned_stay_as_they_are(task):
    made = tuned(task, AudioRecipe(epochs=1, batch_size=16, layers=1, unfreeze_epochs=0, learning_rate=1e-2))
    for k, (old, new) in enumerate(zip(task[0].body.blocks, made.network.body.blocks, strict=True)):
        moved = not torch.equal(old.convolution.weight, new.convolution.weight)
        assert moved == (k == 3 and made.kept == 0)


def test_training_that_explodes_keeps_the_start(task):
    made = tuned(task, AudioRecipe(epochs=6, optimizer="sgd", learning_rate=10.0, layers=5, unfreeze_epochs=0))
    assert np.isfinite(made.pred_probs).all()
    assert made.kept == -1
    assert len(made.history) < 6
    assert not np.isfinite(made.history[-1]["loss"])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_trains(task, name):
    made = tuned(task, AudioRecipe(epochs=1, batch_size=16, optimizer=name, layers=1, unfreeze_epochs=0))
    assert np.isfinite(made.history[0]["loss"])


def test_patience_ends_training(task):
    recipe = AudioRecipe(epochs=30, batch_size=16, optimizer="sgd", learning_rate=5.0, layers=0, patience=1)
    assert len(tuned(task, recipe).history) < 30


def test_no_worse_is_one_standard_error_of_the_difference():
    best = torch.zeros(100, dtype=torch.float64)
    noise = torch.randn(100, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    noise = (noise - noise.mean()) / noise.std(correction=0)
    assert no_worse(best + 0.099 + noise, best)
    assert not no_worse(best + 0.101 + noise, best)
    assert not no_worse(best + 0.01, best)
    assert not no_worse(best * torch.nan, best)


def test_margin_confidence_and_confusion():
    probs = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.2, 0.2, 0.6]], dtype=np.float32)
    margin, confidence = margin_and_confidence(probs, np.array([0, 1, -1]))
    assert margin.tolist()[:2] == pytest.approx([0.5, -0.1])
    assert confidence.tolist()[:2] == pytest.approx([0.7, 0.3])
    assert np.isnan([margin[2], confidence[2]]).all()
    found = judged(probs, np.array([0, 1, 2]))
    assert found["confusion"] == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert set(found) == {"confusion", "accuracy", "validation_loss"}
    assert found["validation_loss"] == pytest.approx(-np.log([0.7, 0.3, 0.6]).mean(), abs=1e-6)


def test_of_very_many_classes_an_epoch_keeps_the_worst_confusions_and_how_many_were_right():
    """A thousand classes would be a million cells an epoch, here and in every checkpoint."""
    rng = np.random.default_rng(0)
    k, n = 1000, 4000
    given = rng.integers(0, k, n)
    predicted = np.where(rng.random(n) < 0.2, rng.integers(0, k, n), given)
    predicted[given % 100 == 7] = 500
    found = judged(np.eye(k, dtype=np.float32)[predicted], given)
    counts = np.zeros((k, k), dtype=int)
    np.add.at(counts, (given, predicted), 1)
    assert (found["right"], found["of"]) == (counts.diagonal().tolist(), counts.sum(1).tolist())
    assert np.shape(found["confusion"]) == (MOST_CONFUSIONS, MOST_CONFUSIONS)
    assert found["shown"] == sorted(set(found["shown"]))
    assert found["confusion"] == counts[np.ix_(found["shown"], found["shown"])].tolist()
    assert {500, *range(7, 1000, 100)} <= set(found["shown"])
