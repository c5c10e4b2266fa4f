"""The fine-tuned baseline of a dataset: what the run keeps of it, and what the cache saves."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from fabric import word, write_wav

from dsaudit.dataset import open_dataset
from dsaudit.errors import ConfigError, UsageError
from dsaudit.evidence.context import Context
from dsaudit.evidence.fine_tuning import MOST_TRAININGS, FineTuning, check_training, confusion_kept, why_not
from dsaudit.evidence.gather import gather
from dsaudit.evidence.tables import Evidence
from dsaudit.media import kind_for, media_for
from dsaudit.media.audio import KIND
from dsaudit.media.audio.tuning import TUNING
from dsaudit.media.scan import measure_items
from dsaudit.model.ensemble import load_networks
from dsaudit.settings import Settings, load_settings
from dsaudit.store.cache import Cache
from dsaudit.types import Epoch

TRAINING = {"epochs": 2, "views": 1, "layers": 1}


def folder(root):
    for c, name in enumerate(("low", "high")):
        for k in range(9):
            sound = word(100 * c + k, duration_s=0.4, pitch_hz=110.0 * 2**c)
            write_wav(root / name / f"{k % 6 * 0x1111111 + 0x1A2B3C4:08x}_nohash_{k // 6}.wav", sound)
    (root / "low" / "broken.wav").write_bytes(b"RIFF nonsense")
    return root


def gathered(root, cache, told=None, **settings):
    media = media_for("audio")
    dataset = open_dataset(root, kind_for("audio"))
    measured = measure_items(dataset.items, media, cache=cache, jobs=1)
    dataset = replace(dataset, items=dataset.items.assign(content_hash=measured["content_hash"]))

    @contextlib.contextmanager
    def stage(name, total):
        yield lambda n: None

    values = {"quality": "standard", "training": TRAINING, "folds": 2, "device": "cpu", **settings}
    on_epoch = (lambda epoch: None) if told is None else told.append
    context = Context(dataset, measured, media, Settings(**values), cache, stage, on_epoch=on_epoch)
    return Gathered(context, gather(context))


class Gathered(NamedTuple):
    context: Context
    evidence: Evidence

    @property
    def baseline(self):
        return self.evidence.get("baseline")


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    root = folder(tmp_path_factory.mktemp("words"))
    cache, told = Cache(tmp_path_factory.mktemp("cache")), []
    made = gathered(root, cache, told)
    made.evidence.get("dynamics")
    return root, cache, made, told


def test_probabilities_dynamics_and_training_of_every_item(audited):
    _, _, made, told = audited
    probs, dynamics = made.evidence.get("pred_probs"), made.evidence.get("dynamics")
    assert len(probs) == 18
    assert set(dynamics.index) <= set(probs.index)
    assert dynamics["aum"].between(-1, 1).all()
    training = made.baseline.training
    assert training["n_folds"] == 2
    assert training["classes"] == ["high", "low"]
    assert set(training["learned"]) == {"high", "low"}
    assert training["recipe"]["epochs"] == 2
    assert len(training["epochs"]) == len(told)
    assert {(e["fold"], e["epoch"]) for e in training["epochs"]} == {(e.fold, e.epoch) for e in told}
    assert (made.baseline.predictions.pred_probs.argmax(1) == made.baseline.predictions.given).mean() > 0.8


def test_a_second_audit_trains_nothing_and_says_the_same(audited):
    root, cache, made, _ = audited
    told = []
    again = gathered(root, cache, told)
    pd.testing.assert_frame_equal(
        again.evidence.get("pred_probs"), made.evidence.get("pred_probs"), check_exact=True, check_index_type=False
    )
    pd.testing.assert_frame_equal(
        again.evidence.get("dynamics"), made.evidence.get("dynamics"), check_exact=True, check_index_type=False
    )
    assert again.baseline.training == made.baseline.training
    assert told == []


def test_the_cache_keeps_the_networks_and_neither_checkpoints_nor_trainings_long_past(audited, tmp_path, monkeypatch):
    root, cache, made, _ = audited
    trainings = cache.path / "training"
    assert [p.name for p in trainings.rglob("*.pt")] == ["networks.pt"]
    for k in range(MOST_TRAININGS + 2):
        (trainings / f"old-{k}").mkdir()
        os.utime(trainings / f"old-{k}", (k, k))
    made.baseline.trained.settle()
    left = {p.name for p in trainings.iterdir()}
    assert left == {made.baseline.trained.key, "old-5", "old-4", "old-3"}
    again = gathered(root, cache)
    again.evidence.get("pred_probs")
    with monkeypatch.context() as patch:
        patch.setattr(FineTuning, "fit", lambda self: pytest.fail("trained again"))
        again.baseline.save_model(tmp_path / "model")
    made.baseline.save_model(tmp_path / "other")
    kept = (tmp_path / "model" / "networks.pt").read_bytes()
    assert kept == (tmp_path / "other" / "networks.pt").read_bytes()
    (trainings / made.baseline.trained.key / "networks.pt").write_bytes(kept[:1000])
    made.baseline.save_model(tmp_path / "third")
    assert kept == (tmp_path / "third" / "networks.pt").read_bytes()


def test_another_recipe_is_another_result(audited):
    root, cache, _, _ = audited
    other = gathered(root, cache, training={**TRAINING, "epochs": 0})
    assert other.evidence.why_missing("dynamics") == "no epoch was trained"
    assert other.baseline.training["epochs"] == []
    assert other.baseline.training["learned"] == {"high": None, "low": None}


def test_the_model_is_kept_and_agrees_with_its_folds(audited, tmp_path):
    root, _, made, _ = audited
    made.baseline.save_model(tmp_path / "model")
    ensemble = load_networks(tmp_path / "model" / "networks.pt", TUNING)
    media, predictions = media_for("audio"), made.baseline.predictions
    probs = ensemble.predict([str(root / i) for i in predictions.item_ids], media.read, device="cpu")
    assert np.isfinite(probs).all()
    assert (probs.argmax(1) == predictions.given).mean() > 0.8
    assert (tmp_path / "model" / "card.json").exists()


def test_training_that_goes_astray_is_said(audited):
    root, cache, _, _ = audited
    wild = {**TRAINING, "epochs": 12, "optimizer": "sgd", "learning_rate": 10.0, "weight_decay": 10.0, "patience": 99}
    made = gathered(root, cache, training={**wild, "unfreeze_epochs": 0})
    assert np.isfinite(made.evidence.get("pred_probs")).all(axis=None)
    assert any("went astray in 2 of 2 folds" in note for note in made.context.notes)


def test_quick_has_no_dynamics_and_says_why(audited):
    root, cache, _, _ = audited
    quick = gathered(root, cache, quality="quick", training={})
    assert "--quality standard" in (quick.evidence.why_missing("dynamics") or "")
    assert quick.baseline.training is None


def test_what_cannot_be_followed_is_refused():
    check_training(Settings(training={"epochs": 3}), KIND)
    with pytest.raises(ConfigError):
        check_training(Settings(training={"epochs": -3}), KIND)
    assert why_not(Settings(quality="best"), KIND, "speech-1") == ""
    assert "best fine-tunes recordings with the encoder speech or log-mel only" in why_not(
        Settings(quality="best"), KIND, "own:encoder-1"
    )
    assert "best fine-tunes recordings and pictures and texts only" in why_not(
        Settings(quality="best"), replace(kind_for("text"), tuning=""), "own:encoder-1"
    )


@pytest.mark.parametrize(
    ("flags", "hint"),
    [
        ({"training": {"epochs": 3}}, "--quality standard"),
        ({"head": "knn", "quality": "best"}, "--quality best"),
    ],
)
def test_what_the_quality_has_no_use_for_is_refused_where_it_was_asked_for(flags, hint):
    with pytest.raises(UsageError) as refused:
        check_training(load_settings(None, flags=flags), KIND)
    assert hint in refused.value.hint
    check_training(Settings(**flags, sources=dict.fromkeys(flags, "dsaudit.toml")), KIND)  # written for other calls too


def test_of_very_many_classes_an_epoch_keeps_how_many_were_right():
    figures = dict.fromkeys(("fold", "n_folds", "epoch", "n_epochs", "loss", "validation_loss", "accuracy"), 0)
    figures |= {"learning_rate": 1.0, "items_per_s": 0.0, "seconds_left": 0.0, "classes": ("a", "b")}
    few = Epoch(**figures, confusion=((5, 1), (2, 4)))
    many = Epoch(**figures, confusion=(), right=(5, 4), of=(6, 6))
    assert few.found == many.found == ((5, 6), (4, 6))
    assert confusion_kept(few) == {"confusion": [[5, 1], [2, 4]]}
    assert confusion_kept(many) == {"right": [5, 4], "of": [6, 6]}
