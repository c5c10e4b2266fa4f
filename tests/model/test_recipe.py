"""Hyper-parameters: what is accepted, and what is said of the rest."""

from __future__ import annotations

from dataclasses import fields

import pytest

from dsaudit.errors import ConfigError
from dsaudit.kind import named
from dsaudit.media import kinds
from dsaudit.model.recipe import CHOICES, Recipe

RECIPES = [Recipe, *(named(kind.tuning).recipe for kind in kinds() if kind.tuning)]
each_recipe = pytest.mark.parametrize("recipe", RECIPES)


@each_recipe
def test_every_field_has_a_range_or_choices_and_is_documented(recipe):
    names = {f.name for f in fields(recipe)}
    assert names == set(recipe.ranges) | set(CHOICES)
    told = f"{Recipe.__doc__}{recipe.__doc__}"
    assert all(name in told for name in names)


@each_recipe
def test_searched_values_are_accepted(recipe):
    for name, allowed in recipe.ranges.items():
        assert allowed.least <= allowed.low <= allowed.high <= allowed.most, name
        assert allowed.low < allowed.high or allowed.least == allowed.most, name
        assert not allowed.log or allowed.low > 0, name
        for value in (allowed.low, allowed.high, allowed.least, allowed.most):
            assert getattr(recipe(**{name: value}), name) == value
    for quality in recipe.qualities:
        made = recipe.of(quality, {})
        assert all(a.least <= getattr(made, n) <= a.most for n, a in recipe.ranges.items())


@each_recipe
def test_items_are_mixed_by_one_distribution_alone(recipe):
    made = recipe.of("best", {}).mixed(0.75)
    assert made.mixup == 0.75
    assert not getattr(made, "cutmix", 0.0)
    assert recipe().mixed(0.0).mixup == 0.0


def test_given_values_replace_those_of_the_quality():
    recipe = Recipe.of("best", {"epochs": 3, "layer-decay": 1})
    assert (recipe.epochs, recipe.layer_decay, recipe.layers) == (3, 1.0, Recipe.qualities["best"]["layers"])
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
