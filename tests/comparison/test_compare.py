"""Comparisons of runs made by code, where it is known what helped and what only looks like it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from store.make_schema import review_facts

from comparison.make_pair import world, write_run
from dsaudit.comparison.compare import compare_runs
from dsaudit.comparison.experiment import PairedPredictions, run_trial
from dsaudit.comparison.heldout import ANY, TORN, partition
from dsaudit.comparison.matching import match_items
from dsaudit.comparison.score import score
from dsaudit.media import kind_for
from dsaudit.report.emit.comparison import comparison_text
from dsaudit.store.files import frame_to_parquet
from dsaudit.store.run import Run


@pytest.fixture(scope="module")
def table():
    return world(800, wrong=0.25)


@pytest.fixture(scope="module")
def before(table, tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("before") / "out", table)


@pytest.fixture
def after(tmp_path):
    def make(table, **more):
        return write_run(tmp_path / "after", table, **more)

    return make


def learned(run: Run, turned_by: int | None = None) -> Run:
    """The run as an encoder leaves it that learns from the set: its space is turned and moved by another draw."""
    rng = np.random.default_rng(turned_by)
    own, width = run.embeddings, run.embeddings.shape[1]
    rows = own.to_numpy() @ np.linalg.qr(rng.normal(size=(width, width)))[0] + rng.normal(size=width)
    made = own if turned_by is None else pd.DataFrame(rows, own.index, own.columns).astype(np.float32)
    made = made.copy()
    made.attrs |= own.attrs | {"learned_from": str(turned_by)}
    return run.with_embeddings(made)


def heard(table: pd.DataFrame) -> pd.DataFrame:
    """Everything corrected by a person who knows the truth."""
    return table.assign(
        label=table["truth"],
        given_label=table["label"],
        decided_by=np.where(table["truth"] != table["label"], "ann", None),
    )


@pytest.fixture(scope="module")
def after_hearing(table, tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("heard") / "out", heard(table))


@pytest.fixture(scope="module")
def comparison(before, after_hearing):
    return compare_runs(before, after_hearing)


class TestVerdict:
    def test_corrected_labels_improve(self, table, before, after):
        found = compare_runs(before, after(heard(table), review=review_facts(people={"ann": 9})))
        assert found.verdict.outcome == "improved"
        assert found.exit_code == 0
        assert found.corrected.difference.low > 0
        assert found.corrected.p.exact < 0.05
        assert found.changes.n_relabelled == (table["truth"] != table["label"]).sum() == found.relabelled.n
        assert found.changes.people == ("ann",)
        assert any("favours models that agree with the flags" in r for r in found.verdict.reasons)

    def test_spoilt_labels_are_worse(self, table, before, after):
        rng = np.random.default_rng(0)
        spoilt = table["label"].where(rng.random(len(table)) < 0.2, rng.permutation(table["label"]))
        found = compare_runs(before, after(table.assign(label=spoilt)))
        assert found.verdict.outcome == "worse"
        assert found.original.difference.high < 0

    def test_a_few_changes_are_no_significant_change(self, table, before, after):
        changed = table.copy()
        changed.loc[table.index[:5], "label"] = table.loc[table.index[:5], "truth"]
        changed.loc[table.index[5:9], "label"] = "pig"
        found = compare_runs(before, after(changed))
        assert found.verdict.outcome == "no significant change"
        assert found.exit_code == 0
        assert f"{len(table):,} test items" in found.verdict.statement

    @pytest.mark.parametrize("seed", range(2))
    def test_dropping_what_the_model_flags_is_refused(self, seed, tmp_path):
        """Nothing is wrong with these labels, so nothing can have become better."""
        items = world(800, wrong=0.0, seed=seed)
        first = write_run(tmp_path / "b", items)
        flagged = set(first.findings["subject"])
        second = write_run(tmp_path / "a", items[~items.index.isin(flagged)])
        found = compare_runs(first, second, n_bootstrap=500)
        assert found.verdict.outcome == "refused"
        assert found.exit_code == 3
        assert "flags" in found.verdict.statement
        assert found.pruned.by_model
        assert found.pruned.n_missing == found.pruned.n_flagged == len(flagged)
        assert found.original.n == 800  # the score counts them all
        assert found.pruned.before_on_rest > found.original.before.value + 0.1

    @pytest.mark.parametrize("seed", range(2))
    def test_taking_the_models_word_for_labels_is_no_improvement(self, seed, tmp_path):
        items = world(800, wrong=0.0, seed=seed)
        first = write_run(tmp_path / "b", items)
        said = first.predictions["predicted"].reindex(items.index)
        found = compare_runs(first, write_run(tmp_path / "a", items.assign(label=said)), n_bootstrap=500)
        assert found.verdict.outcome in ("refused", "no significant change")
        assert not found.relabelled.counts

    def test_items_excluded_by_people_may_count(self, tmp_path):
        """Wrong labels taken out by somebody who heard them; the test set stays whole all the same."""
        items = world(2400, wrong=0.35, seed=3)
        first = write_run(tmp_path / "b", items)
        wrong = items.index[items["truth"] != items["label"]]
        review = review_facts(n_excluded=len(wrong), people={"ann": len(wrong)})
        second = write_run(tmp_path / "a", items.drop(index=wrong), review=review)
        found = compare_runs(first, second)
        assert found.original.n == 2400
        assert not found.edits.by_machine
        assert found.verdict.outcome in ("improved", "no significant change", "refused")
        if found.verdict.outcome == "refused":  # only ever for the score on what is left
            assert found.original.direction == 0

    def test_two_conventions_judge_nothing(self, table, before, after):
        """All of two classes swapped: each model is better by its own labels."""
        swap = {"cat": "dog", "dog": "cat"}
        swapped = heard(table).assign(label=[swap.get(x, x) for x in table["label"]], decided_by="ann")
        found = compare_runs(before, after(swapped))
        assert found.verdict.outcome == "refused"
        assert "conventions" in found.verdict.statement


class TestRefusals:
    def test_the_same_run(self, before):
        found = compare_runs(before, before)
        assert found.verdict.outcome == "refused"
        assert "same run" in found.verdict.statement
        assert found.original is None

    def test_the_same_data(self, table, before, after):
        found = compare_runs(before, after(table.assign(decided_by="ann")))
        assert "same items with the same labels" in found.verdict.statement
        assert found.changes.n_confirmed == len(table)
        assert found.changes.n_unsure == 0
        said = ["label", "unsure", "disputed", *["label"] * (len(table) - 3)]
        found = compare_runs(before, after(table.assign(decided_by="ann", decision=said)))
        assert (found.changes.n_confirmed, found.changes.n_unsure) == (len(table) - 2, 2)
        assert "2 left unsure" in comparison_text(found)

    def test_no_shared_items(self, before, after):
        other = world(200, seed=9)
        other.index = [f"other/{k}" for k in range(len(other))]
        assert "share no items" in compare_runs(before, after(other)).verdict.statement

    def test_another_encoder(self, table, before, after):
        found = compare_runs(before, after(heard(table), encoder="fake-2"))
        assert "different encoders, fake-1 and fake-2" in found.verdict.statement
        assert "audit" in found.verdict.hint

    def test_spaces_that_nothing_holds_together(self, table, before, after):
        other = after(heard(table).assign(hash=[f"new{k}" for k in range(len(table))]))
        assert "too few" in compare_runs(learned(before), learned(other, 1)).verdict.statement
        assert compare_runs(before, other).original is not None

    def test_another_kind_of_data(self, table, before, after):
        assert "kinds" in compare_runs(before, after(heard(table), kind=kind_for("image").appearance)).verdict.statement

    def test_no_predictions(self, table, before, after):
        second = after(heard(table))
        (second.path / "embeddings.parquet").unlink()
        assert "AFTER holds no embeddings" in compare_runs(before, second).verdict.statement

    def test_too_few_items(self, tmp_path):
        items = world(50, n_groups=50)
        found = compare_runs(write_run(tmp_path / "b", items), write_run(tmp_path / "a", heard(items)))
        assert found.outcome == "inconclusive"
        assert found.exit_code == 3
        assert "50 test items are too few" in found.verdict.statement
        assert found.original is not None


class TestExperiment:
    def test_before_is_the_model_of_the_run_itself(self, before, after_hearing):
        """The very folds, penalties and seed: its predictions come out again."""
        match = match_items(before.items, after_hearing.items)
        trial = run_trial(before, after_hearing, match, tick=lambda n: None)
        again = np.array(trial.classes, dtype=object)[trial.before]
        stored = before.predictions["predicted"].reindex(list(trial.ids)).to_numpy()
        assert (again == stored).mean() > 0.995

    def test_both_scores_are_over_the_same_items(self, table, before, after):
        dropped = heard(table).iloc[200:]
        found = compare_runs(before, after(dropped))
        assert found.original.n == found.corrected.n == len(table)
        assert found.pruned.n_missing == 200

    def test_an_encoder_that_learned_from_each_set_is_no_difference(self, table, before, after):
        """Some items are gone, some are new: AFTER's vectors lie elsewhere, and its model is judged all the same."""
        grown = pd.concat([heard(table).iloc[40:], world(120, wrong=0.0, seed=5).rename(index=lambda i: f"new/{i}")])
        second = after(grown)
        plain, turned = compare_runs(before, second), compare_runs(learned(before), learned(second, 1))
        assert turned.changes.n_added == 120
        assert turned.original.before == plain.original.before
        assert turned.corrected.after.value == pytest.approx(plain.corrected.after.value, abs=0.005)
        assert turned.verdict.outcome == plain.verdict.outcome

    def test_lists_agree_with_the_counts_and_with_the_labels(self, table, comparison):
        found = comparison
        assert found.judged_by == "corrected"
        assert len(found.fixed) == found.corrected.n_fixed
        assert len(found.broken) == found.corrected.n_broken
        assert found.corrected.n_fixed - found.corrected.n_broken == pytest.approx(
            found.corrected.difference.value * found.corrected.n
        )
        for m in found.fixed:
            assert m.after == m.corrected_label == table.loc[m.item_id, "truth"] != m.before
            assert m.given_label == table.loc[m.item_id, "label"]
        change = found.corrected.confusion_after - found.corrected.confusion_before
        assert np.trace(change) == found.corrected.n_fixed - found.corrected.n_broken
        assert change.sum() == 0

    def test_per_class_adds_up(self, comparison):
        found = comparison.original
        assert sum(c.n for c in found.per_class) == found.n
        assert sum(c.n * c.after for c in found.per_class) == pytest.approx(found.n * found.after.value)

    def test_renamed_files_are_found_by_content(self, table, before, after, comparison):
        renamed = heard(table)
        renamed.index = pd.Index([f"z/{k:05d}.wav" for k in range(len(table))][::-1], name="item_id")
        found = compare_runs(before, after(renamed))
        assert found.changes.n_renamed == len(table)
        # the rows come in another order, which moves the last digits of the models
        assert found.original.difference.value == pytest.approx(comparison.original.difference.value, abs=0.002)

    def test_a_test_split_is_kept_apart(self, tmp_path):
        items = world(1200, n_groups=60, wrong=0.25, seed=2)
        items["split"] = np.where(items["group"] < "s018", "test", "train")
        first = write_run(tmp_path / "b", items)
        train = items["split"] == "train"
        corrected = items.assign(label=items["label"].where(~train, items["truth"]), decided_by="ann")
        found = compare_runs(first, write_run(tmp_path / "a", corrected))
        assert found.original.n == int((~train).sum())
        assert found.before.n_train == found.after.n_train == int(train.sum())
        assert found.relabelled.n == 0
        assert found.original.difference == found.corrected.difference
        assert "test split" in found.how

    def test_items_of_a_training_group_in_the_test_split_train_nobody(self, tmp_path):
        items = world(1200, n_groups=60, wrong=0.25, seed=2)
        items["split"] = np.where(items["group"] < "s018", "test", "train")
        items.loc[items["group"] == "s000", "split"] = "train"
        leaked = int((items["group"] == "s000").sum())
        items.loc[items.index[items["group"] == "s000"][:3], "split"] = "test"
        first = write_run(tmp_path / "b", items)
        found = compare_runs(first, write_run(tmp_path / "a", heard(items)))
        assert found.before.n_train == int((items["split"] == "train").sum()) - (leaked - 3)
        assert any("group or copy in the test split" in n for n in found.notes)

    def test_a_split_through_all_groups_is_judged_by_folds(self, tmp_path):
        items = world(900, n_groups=30, wrong=0.2, seed=4)
        items["split"] = np.where(np.arange(900) % 4 == 0, "test", "train")
        found = compare_runs(write_run(tmp_path / "b", items), write_run(tmp_path / "a", heard(items)))
        assert found.original.n == 225
        assert "in 5 folds" in found.how

    def test_more_seeds_deal_other_folds(self, before, after_hearing):
        found = compare_runs(before, after_hearing, seeds=(0, 1))
        assert [s for s, _ in found.by_seed] == [0, 1]
        assert found.original.difference.value == pytest.approx(np.mean([d for _, d in found.by_seed]))

    def test_probabilities_brought_along_have_no_folds_so_folds_are_dealt(self, table, before, after_hearing, tmp_path):
        """In one fold every model would be trained on nothing."""
        unlabelled = table.index[:9]
        items = table.assign(label=table["label"].where(~table.index.isin(unlabelled)))
        first = write_run(tmp_path / "b", items)
        brought = before.predictions.assign(fold=np.int16(0), given=items["label"])
        frame_to_parquet(brought, first.path / "predictions.parquet")
        found = compare_runs(Run(first.path), after_hearing)
        assert found.verdict.outcome == "improved"
        assert found.original.n == len(table) - 9
        assert found.before.n_train == pytest.approx(0.8 * (len(table) - 9), abs=1)
        assert "in 5 folds" in found.how
        assert any("brought along" in note for note in found.notes)
        laid = partition(Run(first.path), after_hearing, match_items(first.items, after_hearing.items))
        units = pd.DataFrame({"unit": laid.unit, "fold": laid.fold})
        assert (units.groupby("unit")["fold"].nunique() == 1).all()  # the unlabelled ones go with their group

    def test_json_is_the_same_twice_and_plain(self, before, after_hearing, comparison):
        first = comparison.to_json()
        assert first == compare_runs(before, after_hearing).to_json()
        document = json.loads(first)
        assert document["verdict"]["outcome"] == "improved"
        assert set(document["scores"]) == {"original", "corrected"}


class TestPlan:
    def test_new_items_go_where_their_group_or_copy_is(self, table, before, after):
        fold = before.predictions["fold"]
        by_fold = {f: table.loc[fold.index[fold == f][0]] for f in range(4)}
        new = world(4, seed=77)
        new.index = pd.Index([f"new/{k}" for k in range(4)], name="item_id")
        new.loc["new/0", "group"] = by_fold[0]["group"]
        new.loc["new/1", ["group", "hash"]] = [None, by_fold[1]["hash"]]
        new.loc["new/2", "group"] = "nobody else"
        new.loc["new/3", ["group", "hash"]] = [by_fold[2]["group"], by_fold[3]["hash"]]
        # the copies have other bytes around the same samples, so that they count as new items
        second = after(pd.concat([table, new]))
        items = second.items.copy()
        items.loc[new.index, "content_hash"] = ["n0", "n1", "n2", "n3"]
        match = match_items(before.items, items)
        assert match.added == tuple(new.index)
        laid = partition(before, second, match)
        found = dict(zip(laid.ids_now, laid.fold_now.tolist(), strict=True))
        assert [found[i] for i in new.index] == [0, 1, ANY, TORN]
        assert any("several folds" in n for n in laid.notes)

    def test_no_group_is_on_both_sides(self, table, before, after):
        laid = partition(before, after(heard(table)), match_items(before.items, before.items))
        sides = pd.DataFrame({"unit": np.r_[laid.unit, laid.unit_now], "fold": np.r_[laid.fold, laid.fold_now]})
        assert (sides.groupby("unit")["fold"].nunique() == 1).all()


class TestMatching:
    def frame(self, rows):
        return pd.DataFrame(
            [{"label": label, "content_hash": h} for _, label, h in rows], index=[i for i, _, _ in rows], dtype=object
        )

    def test_what_became_of_each(self):
        before = self.frame([("a", "x", "1"), ("b", "x", "2"), ("c", "x", "3"), ("d", "x", "4"), ("e", "x", None)])
        after = self.frame([("a", "y", "1"), ("b", "x", "9"), ("z", "x", "3"), ("e", "x", None), ("n", "x", "7")])
        found = match_items(before, after)
        assert found.partner == {"a": "a", "b": "b", "c": "z", "e": "e"}
        assert found.relabelled == ("a",)
        assert found.repaired == ("b",)
        assert found.renamed == ("c",)
        assert found.missing == ("d",)
        assert found.added == ("n",)
        assert found.n_changes == 4

    def test_a_list_that_is_numbered_anew(self):
        before = self.frame([(str(k), "x", f"h{k}") for k in range(6)])
        after = self.frame([(str(k), "x", f"h{k + 1}") for k in range(5)])
        found = match_items(before, after)
        assert found.missing == ("0",)
        assert found.partner == {str(k + 1): str(k) for k in range(5)}
        assert not found.repaired

    def test_copies_are_paired_once_each(self):
        before = self.frame([("a", "x", "1"), ("b", "x", "1")])
        after = self.frame([("b", "x", "1")])
        assert match_items(before, after).partner == {"b": "b"}


def test_what_errors_cost_is_held_against_what_they_did():
    """Sixty items: the model AFTER makes as many errors as BEFORE, and none of the dear ones."""
    truth = np.repeat([0, 1, 0], 20)
    before, after = truth.copy(), truth.copy()
    before[:10], after[20:30] = 1, 0
    trial = PairedPredictions(tuple(map(str, range(60))), ("a", "b"), before, after, np.arange(60), "", (1, 1), ())
    labels = [*"ab"]
    found = score("original", [labels[k] for k in truth], [trial], costs=np.array([[0.0, 6.0], [1.0, 0.0]]))
    assert found.difference.value == 0
    assert (found.cost.before.value, found.cost.after.value) == (1.0, pytest.approx(1 / 6))
    assert found.cost.difference.value == pytest.approx(-5 / 6)
    assert found.cost.difference.high < 0
