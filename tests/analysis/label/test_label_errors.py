from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from fabric import average_precision

from dsaudit.analysis.label.label_errors import MIN_HEARD, UNSURE, find_label_errors

CLASSES = np.array(["go", "no", "stop", "up", "yes"], dtype=object)


def planted(n=1500, share=0.1, seed=0):
    """Five classes predicted well, a share of the labels wrong, and neighbours that mostly are of one class."""
    rng = np.random.default_rng(seed)
    right = rng.integers(0, 5, n)
    given = np.where(rng.random(n) < share, (right + rng.integers(1, 5, n)) % 5, right)
    logits = rng.normal(0, 1.2, (n, 5)) + 3.5 * np.eye(5)[right]
    ids = pd.Index([f"{i:05d}.wav" for i in range(n)], name="item_id")
    probs = pd.DataFrame(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), index=ids, columns=CLASSES)
    same = [np.flatnonzero(right == c) for c in range(5)]
    near = np.where(
        rng.random((n, 6)) < 0.25, rng.integers(0, n, (n, 6)), np.stack([rng.choice(same[c], 6) for c in right])
    )
    neighbours = pd.Series([[ids[j] for j in row] for row in near], index=ids)
    return probs, pd.Series(CLASSES[given], index=ids), neighbours, pd.Series(CLASSES[right], index=ids)


def test_what_is_stated_of_the_candidates_is_true():
    probs, labels, neighbours, right = planted(n=4000)
    found = find_label_errors(probs, labels, neighbours=neighbours)
    wrong = (labels != right).to_numpy()
    chosen = found.table["candidate"].to_numpy()
    summary = found.summary
    assert summary["known"]
    assert summary["cut"]["n"] == chosen.sum()
    assert summary["cut"]["precision"]["value"] == pytest.approx(wrong[chosen].mean(), abs=0.06)
    assert summary["n_estimated"]["value"] == pytest.approx(wrong.sum(), rel=0.2)
    assert summary["n_estimated"]["low"] <= wrong.sum() <= summary["n_estimated"]["high"]
    assert found.table["suggestion"][wrong].eq(right[wrong]).mean() > 0.95
    f1 = 2 * wrong[chosen].sum() / (chosen.sum() + wrong.sum())
    order = np.argsort(found.table["quality"].to_numpy())
    best = (2 * np.cumsum(wrong[order]) / (np.arange(1, len(order) + 1) + wrong.sum())).max()
    assert f1 >= 0.97 * best
    json.dumps(summary)


def test_neighbours_make_the_ranking_better():
    probs, labels, neighbours, right = planted()
    wrong = (labels != right).to_numpy()
    alone = find_label_errors(probs, labels).table
    both = find_label_errors(probs, labels, neighbours=neighbours).table
    assert average_precision(wrong, both["quality"]) > average_precision(wrong, alone["quality"])
    assert alone["neighbour_agreement"].isna().all()
    assert (alone["n_neighbours"] == 0).all()
    first = both.index[0]
    votes = labels[neighbours[first]]
    assert both.at[first, "neighbour_agreement"] == pytest.approx((votes == labels[first]).mean())
    assert both.at[first, "suggestion_agreement"] == pytest.approx((votes == both.at[first, "suggestion"]).mean())


def test_how_items_were_learned_makes_the_ranking_better():
    probs, labels, _, right = planted()
    wrong = (labels != right).to_numpy()
    rng = np.random.default_rng(5)
    aum = pd.Series(np.tanh(rng.normal(np.where(wrong, -0.6, 0.8), 0.5)), index=labels.index)
    alone = find_label_errors(probs, labels).table
    both = find_label_errors(probs, labels, aum=aum)
    assert average_precision(wrong, both.table["quality"]) > average_precision(wrong, alone["quality"]) + 0.005
    np.testing.assert_allclose(both.table["aum"], aum)
    assert both.summary["n_estimated"]["value"] == pytest.approx(wrong.sum(), rel=0.25)
    some = aum.copy()
    some.iloc[::2] = np.nan
    assert find_label_errors(probs, labels, aum=some).table["quality"].notna().all()


def test_a_neighbour_of_the_same_group_has_no_vote():
    probs, labels, neighbours, _ = planted(n=400)
    groups = pd.Series([f"g{i % 7}" for i in range(400)], index=labels.index)
    found = find_label_errors(probs, labels, neighbours=neighbours, together=(groups,)).table
    for item in found.index[:20]:
        strangers = [i for i in neighbours[item] if groups[i] != groups[item]]
        assert found.at[item, "n_neighbours"] == len(strangers)


def test_probabilities_fall_with_quality():
    probs, labels, neighbours, _ = planted()
    table = find_label_errors(probs, labels, neighbours=neighbours).table.sort_values("quality")
    assert (np.diff(table["p_wrong"]) <= 1e-12).all()
    assert table["candidate"].to_numpy()[: table["candidate"].sum()].all()
    assert (table["p_suggested"] <= table["p_wrong"] + 1e-9).all()
    assert set(table.loc[table["candidate"], "kind"]) <= {"wrong", "ambiguous", "off-topic"}
    assert set(table.loc[~table["candidate"], "kind"]) == {""}


def test_precision_and_budget_cut_elsewhere():
    probs, labels, _, _ = planted()
    assert find_label_errors(probs, labels, budget=17).table["candidate"].sum() == 17
    strict = find_label_errors(probs, labels, precision=0.97).summary["cut"]
    loose = find_label_errors(probs, labels, precision=0.4).summary["cut"]
    assert strict["n"] < loose["n"]
    assert strict["precision"]["value"] >= 0.97


def test_verdicts_move_the_statement_and_settle_their_items():
    probs, labels, _, _ = planted(n=3000)
    before = find_label_errors(probs, labels)
    heard = before.table.sort_values("quality").index[:120]
    # people find every second candidate right, whatever was stated
    verdicts = pd.DataFrame({"judged": labels[heard], "wrong": np.arange(120) % 2 == 0}, index=heard)
    in_force = labels.copy()
    in_force[heard] = np.where(verdicts["wrong"], before.table["suggestion"][heard], labels[heard])
    verdicts["right"] = in_force[heard]
    after = find_label_errors(probs, in_force, verdicts=verdicts)
    assert after.summary["verdicts"] == 120
    assert not after.table.loc[heard, "candidate"].any()
    assert (after.table.loc[heard, "p_wrong"] == 0).all()
    rest = before.table.index.difference(heard)
    top = before.table.loc[rest].sort_values("quality").index[:40]
    assert after.table.loc[top, "p_wrong"].mean() < before.table.loc[top, "p_wrong"].mean() - 0.1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"out_of_sample": False}, "saw these labels"),
        ({"n": 60}, "at least 100"),
        ({"hard": True}, "how sure"),
    ],
)
def test_says_when_it_cannot_be_known(change, said):
    probs, labels, _, _ = planted(n=change.get("n", 800))
    if change.get("hard"):
        probs[:] = np.eye(5)[probs.to_numpy().argmax(1)]
    found = find_label_errors(probs, labels, out_of_sample=change.get("out_of_sample", True), budget=5)
    assert not found.summary["known"]
    assert said in found.summary["why_unknown"]
    assert found.table["p_wrong"].isna().all()
    assert found.table["candidate"].sum() <= 5
    json.dumps(found.summary)


def test_a_bad_model_states_no_number_until_people_have_spoken():
    probs, labels, _, right = planted(n=800, share=0.05)
    rng = np.random.default_rng(1)
    kept = rng.random(len(probs)) < 0.2  # of the rest it knows nothing, and is not sure of it
    logits = np.where(kept[:, None], 1.5 * np.eye(5)[probs.to_numpy().argmax(1)], 0.0) + rng.normal(0, 0.4, probs.shape)
    probs[:] = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    agrees = (CLASSES[probs.to_numpy().argmax(1)] == labels).mean()
    assert agrees < 0.4
    found = find_label_errors(probs, labels)
    assert not found.summary["known"]
    assert f"only {100 * agrees:.0f}\u00a0%" in found.summary["why_unknown"]
    assert found.table["p_wrong"].isna().all()
    ids = labels.index[:25]
    verdicts = pd.DataFrame({"judged": labels[ids], "wrong": labels[ids] != right[ids], "right": right[ids]})
    assert find_label_errors(probs, labels, verdicts=verdicts).summary["known"]


def test_the_neighbours_that_are_counted_are_named():
    probs, labels, neighbours, _ = planted(n=300)
    together = (pd.Series([f"g{i // 3}" for i in range(300)], index=labels.index),)
    table = find_label_errors(probs, labels, neighbours=neighbours, together=together).table
    inside = table[table["candidate"]]
    assert len(inside)
    for item, row in inside.iterrows():
        group = int(item[:5]) // 3
        assert row["voters"] == [i for i in neighbours[item] if int(i[:5]) // 3 != group]
        votes = [labels[i] for i in row["voters"]]
        assert row["n_neighbours"] == len(votes)
        assert row["neighbour_agreement"] == pytest.approx(np.mean([v == labels[item] for v in votes]))
        assert row["suggestion_agreement"] == pytest.approx(np.mean([v == row["suggestion"] for v in votes]))
    assert table.loc[~table["candidate"], "voters"].isna().all()


def test_items_of_unlearned_classes_and_unlabelled_ones_are_not_judged():
    probs, labels, _, _ = planted(n=300)
    labels.iloc[0], labels.iloc[1] = "never learned", None
    found = find_label_errors(probs, labels)
    assert list(found.table.index) == list(probs.index[2:])
    assert found.summary["n_judged"] == 298


@pytest.mark.parametrize("n", [0, 1])
def test_almost_nothing_is_survived(n):
    probs, labels, neighbours, _ = planted(n=300)
    found = find_label_errors(probs.iloc[:n], labels.iloc[:n], neighbours=neighbours.iloc[:n])
    assert len(found.table) == n
    assert not found.summary["known"]


def plain(value):
    """Whether there is nothing in it but what JSON has."""
    if isinstance(value, dict):
        return all(type(name) is str and plain(v) for name, v in value.items())
    if isinstance(value, list):
        return all(plain(v) for v in value)
    return type(value) in (str, int, bool, type(None)) or (type(value) is float and np.isfinite(value))


ASKED = [{}, {"precision": 0.9}, {"precision": 1.0}, {"budget": 0}, {"budget": 7}, {"budget": 10**6}]


@pytest.mark.parametrize("out_of_sample", [True, False])
@pytest.mark.parametrize("asked", ASKED)
def test_the_summary_is_plain_and_has_the_same_names_whatever_is_asked(asked, out_of_sample):
    probs, labels, _, _ = planted(n=400)
    usual = find_label_errors(probs, labels).summary
    found = find_label_errors(probs, labels, out_of_sample=out_of_sample, **asked).summary
    assert plain(found)
    assert set(found) == set(usual)
    assert set(found["cut"]) == set(usual["cut"])
    by, value = next(iter(asked.items()), ("f1", None))
    assert (found["cut"]["by"], found["cut"]["asked"]) == (by, value)
    if by == "budget" and out_of_sample:
        assert found["cut"]["reached"] == (found["cut"]["n"] == value)
    if by == "precision" and not out_of_sample:
        assert not found["cut"]["reached"]


def test_one_broken_prediction_is_left_out():
    probs, labels, _, _ = planted(n=300)
    probs.iloc[3, 1], probs.iloc[7, 0], probs.iloc[9] = np.nan, np.inf, 0.0
    found = find_label_errors(probs, labels).table
    assert list(found.index) == [i for k, i in enumerate(probs.index) if k not in (3, 7)]
    assert found["p_wrong"].notna().all()


def test_all_decided_leaves_nothing_to_expect():
    probs, labels, _, right = planted(n=300)
    verdicts = pd.DataFrame({"judged": labels, "wrong": labels != right, "right": right})
    found = find_label_errors(probs, right, verdicts=verdicts).summary
    assert found["n_estimated"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert (found["cut"]["n"], found["verdicts"], found["curve"]) == (0, 300, [])
    assert found["n_corrected"] == (labels != right).sum()
    assert found["pairs"] == []


def test_verdicts_on_a_label_without_predictions_settle_their_items_and_teach_nothing():
    probs, labels, _, _ = planted(n=800)
    worst = find_label_errors(probs, labels).table.sort_values("quality").index[:30]
    verdicts = pd.DataFrame({"judged": "no such class", "wrong": True, "right": labels[worst]}, index=worst)
    gone = pd.DataFrame({"judged": "go", "wrong": True, "right": "up"}, index=["elsewhere.wav"])
    found = find_label_errors(probs, labels, verdicts=pd.concat([verdicts, gone]))
    assert found.summary["verdicts"] == 0
    assert found.summary["n_corrected"] == 30
    assert (found.table.loc[worst, "p_wrong"] == 0).all()
    assert not found.table.loc[worst, "candidate"].any()
    before = find_label_errors(probs, labels).table.drop(worst)
    np.testing.assert_array_equal(found.table.drop(worst)["p_wrong"], before["p_wrong"])


def test_settled_items_take_no_budget_where_nothing_can_be_known():
    probs, labels, _, _ = planted(n=400)
    worst = find_label_errors(probs, labels, out_of_sample=False).table.sort_values("quality").index[:8]
    verdicts = pd.DataFrame({"judged": labels[worst], "wrong": False, "right": labels[worst]}, index=worst)
    found = find_label_errors(probs, labels, out_of_sample=False, verdicts=verdicts, budget=5).table
    assert found["candidate"].sum() == 5
    assert not found.loc[worst, "candidate"].any()


def test_pairs_are_those_of_the_rule():
    from dsaudit.checks.label.unclear_border import unclear_border

    probs, labels, _, right = planted(n=2000, share=0.05)
    labels[right.index[(right == "go").to_numpy()][:60]] = "no"
    found = find_label_errors(probs, labels, seed=3)
    told = unclear_border.run(pd.DataFrame({"label": labels}), found.table, None)
    assert found.summary["pairs"][0]["advice"] == "guide"
    for pair in found.summary["pairs"]:
        row = told.loc[f"{pair['given']} → {pair['right']}"]
        assert (row["advice"], row["text"]) == (pair["advice"], pair["text"])
        assert pair["n"]["value"] == round(row["n"], 1)


def test_a_weak_model_guesses_until_twenty_labels_were_heard():
    probs, labels, _, right = planted(n=800)
    rng = np.random.default_rng(0)
    flat = 0.35 * probs + 0.65 * rng.dirichlet(np.ones(probs.shape[1]), len(probs))
    found = find_label_errors(flat, labels)
    assert found.summary["shift"] >= UNSURE
    assert found.summary["guess"]
    assert found.table["guess"].all()
    assert found.table["p_wrong"].notna().all() == found.summary["known"]
    worst = found.table.sort_values("quality").index[:MIN_HEARD]
    verdicts = pd.DataFrame({"judged": labels, "wrong": labels != right, "right": right}).loc[worst]
    assert not find_label_errors(flat, labels, verdicts=verdicts).summary["guess"]
    assert find_label_errors(flat, labels, verdicts=verdicts[1:]).summary["guess"]
    assert not find_label_errors(probs, labels).table["guess"].any()


@pytest.mark.parametrize("seed", [0, 1])
def test_a_model_that_knows_only_how_common_classes_are_states_nothing(seed):
    rng = np.random.default_rng(seed)
    shares = np.array([0.83, 0.1, 0.04, 0.03])
    right = rng.choice(4, 900, p=shares)
    probs = shares * np.exp(rng.normal(0, 0.1, (900, 4)))
    ids = pd.Index([f"{i:04d}" for i in range(900)])
    table = pd.DataFrame(probs / probs.sum(1, keepdims=True), index=ids, columns=CLASSES[:4])
    judged = find_label_errors(table, pd.Series(CLASSES[right], index=ids))
    found = judged.summary
    assert not found["known"]
    assert "little more than chance" in found["why_unknown"]
    assert found["n_estimated"] is None
    assert not judged.table["candidate"].any()


def test_where_few_labels_are_of_classes_that_the_model_can_tell_nothing_is_stated():
    rng = np.random.default_rng(0)
    right = rng.choice(3, 600, p=[0.5, 0.4, 0.1])
    taken = np.array([[0.35, 0.55, 0.1], [0.55, 0.35, 0.1], [0.35, 0.35, 0.3]])  # the first two for each other
    probs = taken[right] * np.exp(rng.normal(0, 0.01, (600, 3)))
    ids = pd.Index([f"{i:04d}" for i in range(600)])
    table = pd.DataFrame(probs / probs.sum(1, keepdims=True), index=ids, columns=CLASSES[:3])
    found = find_label_errors(table, pd.Series(CLASSES[right], index=ids))
    n = int((right == 2).sum())
    assert found.summary["why_unknown"] == f"the model can tell the class of only {n} of the 600 labels"
    assert not found.table["candidate"].any()


def test_a_class_that_the_model_cannot_tell_takes_no_part():
    probs, labels, _, _ = planted(n=1000, share=0.05)
    rng = np.random.default_rng(0)
    odd = labels.index[rng.random(1000) < 0.06]
    labels[odd] = "hum"  # looks like any of the others
    probs["hum"] = 0.02 * rng.uniform(0.5, 1.5, 1000)
    probs = probs.div(probs.sum(axis=1), axis=0)
    found = find_label_errors(probs, labels)
    assert not found.table.index.intersection(odd).size
    assert found.summary["n_estimated"]["value"] < 100
