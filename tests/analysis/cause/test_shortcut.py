from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from dsaudit.analysis.cause import shortcut as module
from dsaudit.analysis.cause.shortcut import recording_facts, shortcuts, single_sources

COLUMNS = pd.DataFrame(
    [
        *[(name, "setting", "", "", "") for name in ("sample_rate_hz", "n_channels", "subtype", "container")],
        *[(name, "setting", "", "", "") for name in ("file_suffix", "detected_type")],
        ("duration_s", "trace", "", "", ""),
        ("bytes_per_s", "trace", "", "file_bytes", "duration_s"),
        ("peak_dbfs", "trace", "active_s", "", ""),
        ("active_s", "", "", "", ""),
    ],
    columns=["name", "shortcut", "where", "over", "under"],
).set_index("name")
COLUMNS["rank"] = range(len(COLUMNS))
SETTINGS = tuple(COLUMNS.index[COLUMNS["shortcut"] == "setting"])
N = 600
IDS = [f"i{k:04d}" for k in range(N)]


@pytest.fixture
def labels():
    return pd.Series([f"c{k % 6}" for k in range(N)], index=IDS)


@pytest.fixture
def groups():
    return pd.Series([f"p{k // 20}" for k in range(N)], index=IDS)


def measured(seed=0, **more):
    rng = np.random.default_rng(seed)
    table = {"peak_dbfs": rng.normal(-12, 5, N), "duration_s": rng.normal(1, 0.1, N), "sample_rate_hz": 16000.0}
    return pd.DataFrame(table | more, index=IDS)


def flags(table):
    strong = table[(table["balanced_accuracy"] >= 0.75) & (table["p_value"] <= 0.01) & table["stands_out"]]
    return set(zip(strong["label"], strong["fact"], strict=True))


def test_nothing_is_told_where_nothing_differs(labels, groups):
    table = shortcuts(labels, measured(subtype=["a", "b"] * (N // 2)), COLUMNS, groups=groups)
    assert flags(table[table["fact"] != "subtype"]) == set()
    assert table.loc[table["fact"] == "peak_dbfs", "balanced_accuracy"].between(0.4, 0.6).all()
    assert (table.loc[table["fact"] == "peak_dbfs", "p_value"] > 0.05).all()


@pytest.mark.parametrize(
    ("fact", "plant"),
    [
        ("sample_rate_hz", lambda own, m: np.where(own, 8000.0, 16000.0)),
        ("peak_dbfs", lambda own, m: m["peak_dbfs"] + 14 * own),
        ("duration_s", lambda own, m: m["duration_s"] + 0.4 * own),
        ("subtype", lambda own, m: np.where(own, "PCM_24", "PCM_16").astype(object)),
    ],
)
def test_the_planted_fact_of_the_planted_class_is_told(labels, groups, fact, plant):
    own = (labels == "c2").to_numpy()
    table = measured()
    table[fact] = plant(own, table)
    found = shortcuts(labels, recording_facts(pd.DataFrame({"group": groups}), table, COLUMNS), COLUMNS, groups=groups)
    assert flags(found) == {("c2", fact)}
    row = found[(found["label"] == "c2") & (found["fact"] == fact)].iloc[0]
    assert row["p_value"] == 0.01  # beyond all 99 permutations
    assert set(row["item_ids"]) <= set(labels.index[own])
    assert len(row["item_ids"]) >= 0.75 * own.sum()


def test_figures_agree_with_a_plain_count(labels):
    own = (labels == "c0").to_numpy()
    rate = np.where(own & (np.arange(N) % 4 != 0), 8000.0, 16000.0)  # half of the class: every second item of it
    table = shortcuts(labels, pd.DataFrame({"sample_rate_hz": rate}, index=IDS), COLUMNS)
    row = table[table["label"] == "c0"].iloc[0]
    caught = (rate[own] == 8000).mean()
    assert row["balanced_accuracy"] == pytest.approx((caught + 1) / 2)
    assert row["auc"] == pytest.approx(roc_auc_score(own, rate == 8000), abs=0.01)
    assert row["others"] == "16,000"


def test_what_differs_between_all_classes_by_nature_is_no_shortcut(labels, groups):
    number = labels.str[1].astype(int).to_numpy()
    table = measured(duration_s=1 + 0.5 * number + np.random.default_rng(1).normal(0, 0.05, N))
    found = shortcuts(labels, table, COLUMNS, groups=groups)
    longest = found[(found["label"] == "c5") & (found["fact"] == "duration_s")].iloc[0]
    assert longest["balanced_accuracy"] > 0.95
    assert flags(found) == set()


@pytest.mark.parametrize("shortcut", ["trace", "setting"])
@pytest.mark.parametrize(("least", "told"), [(0.0, True), (0.002, False)])
def test_what_nobody_notices_is_no_shortcut(labels, groups, shortcut, least, told):
    facts = measured(dc_offset=np.where(labels == "c3", 2e-4, np.random.default_rng(1).normal(0, 2e-5, N)))
    columns = pd.concat([COLUMNS, pd.DataFrame({"shortcut": shortcut, "rank": 20}, ["dc_offset"])]).fillna("")
    table = shortcuts(labels, facts[["dc_offset"]], columns.assign(least=least), groups=groups)
    assert bool(len(flags(table))) is told
    loud = shortcuts(labels, facts[["dc_offset"]] * 100, columns.assign(least=least), groups=groups)
    assert len(flags(loud)) == 1


def test_a_fact_that_is_the_speakers_own_does_not_carry_over(labels):
    # each class from four people of its own, each with a level of their own: unseen people give nothing away
    groups = labels + "-" + pd.Series([str(k // 6 % 4) for k in range(N)], index=IDS)
    level = dict(zip(sorted(groups.unique()), np.random.default_rng(3).permutation(24) * 3.0, strict=True))
    table = pd.DataFrame({"sample_rate_hz": groups.map(level)}, index=IDS)
    with_groups = shortcuts(labels, table, COLUMNS, groups=groups)
    assert (with_groups["balanced_accuracy"] < 0.75).all()
    assert (shortcuts(labels, table, COLUMNS)["balanced_accuracy"] > 0.9).all()


def test_a_class_from_one_source_is_told(labels):
    groups = pd.Series([f"p{k % 40}" for k in range(N)], index=IDS)
    groups[labels == "c3"] = "studio"
    found = single_sources(labels, groups)
    assert found.loc[found["stands_out"], "label"].tolist() == ["c3"]
    assert found.loc[found["label"] == "c3", "balanced_accuracy"].item() == 1.0
    groups[labels == "c4"] = "studio"  # two classes from one source: it tells neither
    assert not single_sources(labels, groups)["stands_out"].any()


def test_facts_of_a_recording():
    items = pd.DataFrame({"group": [f"lab{'AB'[k % 2]}_{k}" for k in range(N)]}, index=IDS)
    table = pd.DataFrame(
        {"file_bytes": 32_044.0, "duration_s": 1.0, "peak_dbfs": -3.0, "active_s": [0.0, 0.5] * (N // 2)}, index=IDS
    )
    facts = recording_facts(items, table, COLUMNS)
    assert facts["source"].iloc[:2].tolist() == ["labA", "labB"]
    assert facts["peak_dbfs"].isna().tolist() == [True, False] * (N // 2)
    assert facts["bytes_per_s"].iloc[0] == pytest.approx(32_044, rel=0.011)
    hexadecimal = pd.DataFrame({"group": [f"{k * 7919:08x}" for k in range(N)]}, index=IDS)
    assert "source" not in recording_facts(hexadecimal, table, COLUMNS)


def test_too_little_is_not_judged(labels):
    assert len(shortcuts(labels.iloc[:0], measured(), COLUMNS)) == 0
    assert len(shortcuts(labels[labels == "c0"], measured(), COLUMNS)) == 0
    two_people = pd.Series(["a", "b"] * (N // 2), index=IDS)
    assert len(shortcuts(labels, measured(), COLUMNS, groups=two_people)) == 0
    few = shortcuts(labels[labels.isin(["c0", "c1"])], measured(), COLUMNS)
    assert not few["stands_out"].any()
    assert module.MIN_CLASSES == 4


def from_groups_of_one_class(seed, *, n_groups=5, n_classes=4, per_group=None):
    """Labels and groups, each group of one class; six settings that each group has at random."""
    rng = np.random.default_rng(seed)
    sizes = per_group or rng.integers(2, 39, n_classes * n_groups)
    number = np.repeat(np.arange(n_classes * n_groups), sizes)
    index = [f"i{k:04d}" for k in range(len(number))]
    values = {name: rng.integers(0, rng.integers(2, 5), number.max() + 1)[number] for name in SETTINGS[:6]}
    facts = pd.DataFrame({n: v.astype(float) if n in SETTINGS[:2] else v.astype(str) for n, v in values.items()})
    labels, groups = (
        pd.Series([f"{p}{k}" for k in v], index=index) for p, v in (("c", number // n_groups), ("g", number))
    )
    return labels, groups, facts.set_axis(index)


@pytest.mark.parametrize("per_group", [20, None])
def test_what_is_alike_within_a_group_counts_once(per_group):
    """Five groups of a class that happen to be stored alike are five, not a hundred."""
    drawn = [from_groups_of_one_class(seed, per_group=per_group) for seed in range(12)]
    told = [flags(shortcuts(labels, facts, COLUMNS, groups=groups)) for labels, groups, facts in drawn]
    assert sum(map(bool, told)) <= 1


def test_a_class_whose_groups_are_all_stored_in_another_way_is_told():
    labels, groups, facts = from_groups_of_one_class(0, n_groups=6)
    facts["sample_rate_hz"] = np.where(labels == "c1", 8000.0, 16000.0)
    assert ("c1", "sample_rate_hz") in flags(shortcuts(labels, facts, COLUMNS, groups=groups))


def test_few_groups_that_chance_seldom_deals_so_are_told_whatever_the_seed():
    """Six groups of each of two classes fall so in 2 of 924 deals: of 99, one or two may."""
    labels, groups, facts = from_groups_of_one_class(0, n_groups=6, n_classes=2)
    facts = facts[["sample_rate_hz"]].assign(sample_rate_hz=np.where(labels == "c1", 8000.0, 16000.0))
    told = [flags(shortcuts(labels, facts, COLUMNS, groups=groups, seed=seed)) for seed in range(12)]
    assert sum(("c1", "sample_rate_hz") in found for found in told) >= 11


@pytest.mark.parametrize("size", [20, 1])
def test_labels_dealt_anew_stay_with_those_of_their_group(size):
    units = np.random.default_rng(0).permutation(np.repeat(np.arange(30), size))
    y = units % 6
    dealt = module._dealt(y, units, np.random.default_rng(1))
    assert (dealt != y).any()
    assert (pd.Series(dealt).groupby(units).nunique() == 1).all()


def test_neither_order_nor_chance_changes_it(labels, groups):
    table = measured(sample_rate_hz=np.where(labels == "c1", 8000.0, 16000.0))
    first = shortcuts(labels, table, COLUMNS, groups=groups)
    order = np.random.default_rng(0).permutation(N)
    again = shortcuts(labels.iloc[order], table.iloc[order[::-1]], COLUMNS.iloc[::-1], groups=groups.iloc[order])
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize("at_once", [1, 7 * N])
def test_how_many_deals_are_worked_out_together_changes_nothing(labels, groups, monkeypatch, at_once):
    table = measured(sample_rate_hz=np.where(np.arange(N) % 3 > 0, 8000.0, np.where(labels == "c3", 8000.0, 16000.0)))
    together = shortcuts(labels, table, COLUMNS, groups=groups)
    assert together["p_value"].nunique() > 1
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    pd.testing.assert_frame_equal(shortcuts(labels, table, COLUMNS, groups=groups), together, check_exact=True)
