"""Hyper-parameters: what is accepted, and what is said of the rest."""

from __future__ import annotations

from dataclasses import fields

import pytest

from dsaudit.errors import ConfigError
from dsaudit.model.recipe import CHOICES, QUALITIES, RANGES, Recipe


def test_every_field_has_a_range_or_choices_and_is_documented():
    names = {f.name for f in fields(Recipe)}
    assert names == set(RANGES) | set(CHOICES)
    assert all(name in (Recipe.__doc__ or "") for name in names)


def test_searched_values_are_accepted():
    for name, allowed in RANGES.items():
        assert allowed.least <= allowed.low < allowed.high <= allowed.most, name
        assert not allowed.log or allowed.low > 0, name
        for value in (allowed.low, allowed.high, allowed.least, allowed.most):
            assert getattr(Recipe(**{name: value}), name) == value
    for recipe in QUALITIES.values():
        assert all(a.least <= getattr(recipe, n) <= a.most for n, a in RANGES.items())


def test_given_values_replace_those_of_the_quality():
    recipe = Recipe.of("best", {"epochs": 3, "layer-decay": 1})
    assert (recipe.epochs, recipe.layer_decay, recipe.layers) == (3, 1.0, QUALITIES["best"].layers)
    assert recipe.described()["epochs"] == 3


@pytest.mark.parametrize(
    ("written", "kept"), [("SGD", "sgd"), ("AdamW", "adamw"), ("AdaGrad", "adagrad"), ("Momentum", "momentum")]
)
def test_an_optimizer_may_be_written_as_papers_do(written, kept):
    recipe = Recipe.of("standard", {"optimizer": written, "schedule": "One_Cycle"})
    assert (recipe.optimizer, recipe.schedule) == (kept, "one-cycle")


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({"epoch": 3}, "did you mean epochs?"),
        ({"colour": 3}, "known: epochs"),
        ({"epochs": 2.5}, "a whole number from 0 to 1000"),
        ({"epochs": True}, "a whole number"),
        ({"learning_rate": "fast"}, "a number from 1e-07 to 10"),
        ({"dropout": 1}, "from 0 to 0.95"),
        ({"dropout": float("nan")}, "from 0 to 0.95"),
        ({"optimizer": "lion"}, "adam, adamw, adagrad, momentum, sgd"),
        ({"schedule": None}, "one-cycle, slanted-triangular"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_a_hint(given, hint):
    with pytest.raises(ConfigError) as refused:
        Recipe.of("standard", given)
    assert hint in refused.value.hint
