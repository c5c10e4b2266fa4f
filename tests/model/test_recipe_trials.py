"""Trials of fine-tuning recipes: what is searched, which parts are apart, and that a trial is a training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fabric import word, write_wav

from dsaudit.analysis.model.search import ValidationScore
from dsaudit.errors import InconclusiveError
from dsaudit.media.audio.recipe import AudioRecipe
from dsaudit.media.audio.tuning import TUNING
from dsaudit.model.crossfit import read_material
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.recipe_trials import RecipeTrials, recipe_space
from dsaudit.model.tuning import HELD, tune

RECIPE = AudioRecipe(epochs=1, views=0, batch_size=16, learning_rate=3e-3)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    root = tmp_path_factory.mktemp("words")
    ids = [f"{k:02d}.wav" for k in range(36)]
    for k, name in enumerate(ids):
        write_wav(root / name, word(k, pitch_hz=110.0 * 2.5 ** (k % 2), duration_s=0.6))
    labels = pd.Series(["ab"[k % 2] for k in range(36)], index=ids, dtype=object)
    groups = pd.Series([f"s{k // 4}" for k in range(36)], index=ids, dtype=object)
    folds = stratified_group_folds(labels, groups=groups, n_folds=3)

    def read(path):
        import soundfile

        return soundfile.read(path, dtype="float32")[0]

    material = read_material(
        TUNING,
        pd.Series([str(root / name) for name in ids], index=ids),
        read,
        labels,
        folds,
        groups=groups,
        together=pd.Series(None, index=ids, dtype=object),
        encoder="none",
        device="cpu",
    )
    return material, folds, groups


def test_no_group_is_in_two_parts_and_the_test_split_in_none(parts):
    material, folds, groups = parts
    splits = pd.Series(["test" if g == "s1" else "train" for g in groups], index=groups.index, dtype=object)
    trials = RecipeTrials.of(material, folds, RECIPE, splits=splits, device="cpu")
    ids = material.labels.index
    seen = [set(groups.reindex(ids[rows])) for rows in (trials.train, trials.validation, trials.held)]
    assert all(seen)
    assert not seen[0] & seen[1]
    assert not (seen[0] | seen[1]) & seen[2]
    assert "s1" not in seen[0] | seen[1]
    tested = set(splits.index[splits == "test"])
    assert set(ids[trials.held]) == set(folds.fold.index[folds.fold == HELD]) - tested
    held_group = groups.reindex(ids[trials.held]).iloc[0]
    hidden = splits.mask(groups == held_group, "test")
    assert held_group not in set(groups.reindex(ids[RecipeTrials.of(material, folds, RECIPE, splits=hidden).held]))


def test_a_trial_is_a_training_and_the_same_each_time(parts):
    material, folds, _ = parts
    trials = RecipeTrials.of(material, folds, RECIPE, device="cpu")
    one = trials.score({"learning_rate": 1e-3})
    assert one == trials.score({"learning_rate": 1e-3})
    assert 0 <= one.accuracy <= 1
    assert one.loss > 0
    n, score = trials.held_out({"learning_rate": 1e-3})
    assert n == len(trials.held)
    assert score.loss > 0


def test_one_group_left_is_too_few(parts):
    material, folds, groups = parts
    splits = pd.Series(["train" if g == "s1" else "test" for g in groups], index=groups.index, dtype=object)
    with pytest.raises(InconclusiveError, match="too few groups"):
        RecipeTrials.of(material, folds, RECIPE, splits=splits, device="cpu")


def test_whatever_is_drawn_is_a_recipe_and_what_is_given_stays():
    space = recipe_space(AudioRecipe, ["dropout"])
    found = tune(
        space, lambda v: ValidationScore(float(bool(AudioRecipe.of("standard", v))), 0.0), defaults={}, n_trials=40
    )
    assert not [t for t in found.table["trials"] if t.get("error")]
    assert not {"epochs", "batch_size", "dropout"} & set(found.table["space"])
    rates = [t["values"]["learning_rate"] for t in found.table["trials"][1:]]
    assert np.ptp(np.log10(rates)) > 1
