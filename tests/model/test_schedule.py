"""Learning rates and optimisers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dsaudit.model.recipe import OPTIMIZERS, SCHEDULES, Recipe
from dsaudit.model.schedule import group_rates, make_optimizer, rate_factor


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_rate_rises_to_one_and_falls(schedule):
    rates = np.array([rate_factor(schedule, p, warm_up=0.2) for p in np.linspace(0, 1, 101)])
    assert rates.argmax() == 20
    assert rates.max() == pytest.approx(1.0)
    assert (np.diff(rates[:21]) > 0).all()
    assert (np.diff(rates[20:]) < 0).all()
    assert rates[0] == pytest.approx(rates[-1]) == pytest.approx(1 / 32 if schedule == SCHEDULES[1] else 0.0)


def test_slanted_triangle_is_that_of_the_paper():
    n_steps, cut, ratio = 200, 0.1, 32
    for t in range(n_steps):  # Howard & Ruder 2018, equation 3
        at = int(n_steps * cut)
        p = t / at if t < at else 1 - (t - at) / (at * (1 / cut - 1))
        wanted = (1 + p * (ratio - 1)) / ratio
        assert rate_factor("slanted-triangular", t / n_steps, warm_up=cut) == pytest.approx(wanted)


def test_one_cycle_is_that_of_torch():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=101, pct_start=0.3, div_factor=1e9, final_div_factor=1, cycle_momentum=False
    )
    for step in range(100):
        ours = rate_factor("one-cycle", step / 100, warm_up=0.3 - 0.01)
        assert ours == pytest.approx(optimizer.param_groups[0]["lr"], abs=0.03)
        optimizer.step()
        theirs.step()


def test_without_warm_up_it_begins_at_the_highest():
    assert rate_factor("one-cycle", 0.0, warm_up=0.0) == 1.0


def test_groups_thaw_from_the_top_and_learn_more_slowly_below():
    recipe = Recipe(layers=2, unfreeze_epochs=1.0, layer_decay=0.5)
    assert group_rates(recipe, 6, epoch=0.5) == [0, 0, 0, 0, 0, 1]
    assert group_rates(recipe, 6, epoch=1.0) == [0, 0, 0, 0, 0.5, 1]
    assert group_rates(recipe, 6, epoch=9.0) == [0, 0, 0, 0.25, 0.5, 1]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_finds_the_lowest_point(name):
    recipe = Recipe(optimizer=name, learning_rate=0.3 if name in ("adam", "adamw", "adagrad") else 0.05)
    point = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
    optimizer = make_optimizer([[point]], recipe)
    for _ in range(200):
        optimizer.zero_grad()
        (point - 1.0).square().sum().backward()
        optimizer.step()
    assert (point.detach() - 1.0).abs().max() < 0.1


def test_weight_decay_pulls_weights_down():
    point = torch.nn.Parameter(torch.ones(1))
    optimizer = make_optimizer([[point]], Recipe(weight_decay=1.0, learning_rate=0.1))
    point.grad = torch.zeros(1)
    optimizer.step()
    assert point.item() == pytest.approx(0.9)
