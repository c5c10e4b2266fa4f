"""Groups with a fault of their own: planted, absent, and what only looks like one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.cause.culprit import culprits

N = 600
IDS = [f"{k:04d}" for k in range(N)]
CUT = ("AUD003", "truncated-start")


def people(seed: int, *, own: int = 60) -> tuple[pd.Series, pd.Series]:
    """Labels, and groups of which the first ``own`` items are ``ann``'s."""
    rng = np.random.default_rng(seed)
    labels = pd.Series(rng.choice(["on", "off", "up"], N), index=IDS)
    return labels, pd.Series(["ann"] * own + [f"s{k % 9}" for k in range(N - own)], index=IDS)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("share", "elsewhere"), [(0.48, 0.03), (0.9, 0.1), (0.3, 0.0)])
def test_a_flagged_group_is_named_with_its_share_and_that_of_the_others(seed, share, elsewhere):
    rng = np.random.default_rng(seed)
    labels, groups = people(seed)
    rate = np.where(groups == "ann", share, elsewhere)
    hit = rng.random(N) < rate
    found = culprits(labels, groups, flagged={CUT: [i for i, h in zip(IDS, hit, strict=True) if h]})
    assert [c["group"] for c in found] == ["ann"]
    fault = found[0]["faults"][0]
    assert (fault["cause"]["name"], fault["n"], found[0]["n"]) == ("truncated-start", int(hit[:60].sum()), 60)
    assert fault["rest"] == pytest.approx(hit[60:].mean(), abs=0.02)
    assert found[0]["rest_wrong"] is None


@pytest.mark.parametrize("seed", range(5))
def test_nothing_planted_names_nobody(seed):
    rng = np.random.default_rng(seed)
    labels, groups = people(seed)
    wrong = pd.Series(rng.random(N) < 0.1, index=IDS)
    measured = pd.DataFrame({"level": rng.normal(0, 1, N), "noise": rng.normal(0, 1, N)}, index=IDS)
    flagged = {CUT: list(rng.choice(IDS, 40, replace=False))}
    assert culprits(labels, groups, flagged=flagged, measurements=measured, wrong=wrong) == []


def test_a_measurement_is_a_fault_only_where_the_model_errs_on_the_group():
    rng = np.random.default_rng(0)
    labels, groups = people(0)
    level = pd.DataFrame({"brightness": rng.normal(0.6, 0.1, N) - 0.5 * (groups == "ann").to_numpy()}, index=IDS)
    wrong = pd.Series(rng.random(N) < np.where(groups == "ann", 0.6, 0.05), index=IDS)
    assert culprits(labels, groups, measurements=level) == []
    assert culprits(labels, groups, measurements=level, wrong=wrong & (groups != "ann")) == []
    (found,) = culprits(labels, groups, measurements=level, wrong=wrong)
    assert (found["group"], found["faults"][0]["cause"]["value"]) == ("ann", "low")
    assert (found["n_wrong"], found["n_judged"]) == (int(wrong[:60].sum()), 60)


def test_a_rule_that_names_the_fault_goes_before_one_that_says_odd():
    labels, groups = people(0)
    flagged = {("AUD010", "odd-duration"): IDS[:59], CUT: IDS[:45]}
    (found,) = culprits(labels, groups, flagged=flagged)
    assert [f["cause"]["name"] for f in found["faults"]] == ["truncated-start", "odd-duration"]


def test_items_of_one_class_are_held_against_their_class():
    """Everybody's ``up`` is flagged: a group of nothing but ``up`` is no worse than the others."""
    labels, groups = people(0)
    labels = labels.mask(groups == "ann", "up")
    assert culprits(labels, groups, flagged={CUT: list(labels.index[labels == "up"])}) == []


@pytest.mark.parametrize("groups", [None, pd.Series(None, index=IDS, dtype=object)])
def test_without_groups_there_is_nobody_to_name(groups):
    assert culprits(people(0)[0], groups, flagged={CUT: IDS[:60]}) == []
