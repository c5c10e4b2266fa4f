"""The order in which items are heard, who still has to hear what, and what filters leave."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fabric_ledger import decision
from hypothesis import given, settings
from hypothesis import strategies as st
from store.make_schema import label_errors, metrics, records

from dsaudit.errors import UsageError
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.queue.filters import Filters
from dsaudit.relabel.queue.queue import AMBIGUOUS, Tier, build_queue, parse_pair, todo
from dsaudit.store.run import empty_table
from relabel.make_review import doubtful_run, finding, probabilities, table, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return doubtful_run(tmp_path_factory.mktemp("queue"))


class Made:
    """A run that was never on disk."""

    def __init__(self, items, findings=(), *, doubts=None, rules=None, foreign=None, figures=None):
        self.items = items.assign(uri="x").sort_index()
        self.findings = pd.DataFrame(list(findings), columns=list(finding("AUD002", ["x"], 0.0)))
        self.predictions = probabilities(items, doubts or {}) if doubts is not None else empty_table("predictions")
        self.neighbours, self.label_quality = empty_table("neighbours"), empty_table("label_quality")
        self.rules = rules or records()
        self.metrics = metrics(label_errors=figures)
        self.scores = empty_table("scores")
        if foreign is not None:
            self.scores = pd.DataFrame({"item_id": items.index, "code": "OUT002", "score": foreign, "flagged": False})

    def rows(self, name):
        """It is no file."""


class TestOrder:
    def test_candidates_then_doubts_then_faults(self, run):
        queue = build_queue(run)
        assert queue["tier"].is_monotonic_increasing
        assert queue["name"].value_counts().to_dict() == {
            "label-error-candidate": 12,
            AMBIGUOUS: 2,
            "silent-clip": 1,
            "truncated-end": 1,
        }
        assert (queue["item_id"] == run.items.index[queue.index]).all()
        assert list(queue["name"])[-2:] == ["silent-clip", "truncated-end"]  # an unusable clip is worth ten cut ones

    def test_within_candidates_the_surest_comes_first(self, run):
        queue = build_queue(run, Filters(rule="LBL001"))
        assert queue["gain"].is_monotonic_decreasing
        assert queue["score"].is_monotonic_increasing
        assert queue["p_wrong"].between(0, 1).all()

    def test_an_ambiguous_item_has_no_finding_and_carries_its_suggestion(self, run):
        queue = build_queue(run, Filters(rule=AMBIGUOUS))
        assert len(queue) == 2
        assert set(queue["suggestion"]) == {"owl"}
        assert set(queue["cause"]) == {""}
        assert set(queue["finding"]) == {-1}

    def test_one_entry_per_item_under_its_first_cause(self):
        items = table(9)
        ids = list(items.index)
        found = [
            finding("AUD004", [ids[0]], 0.5),
            finding("OUT001", [ids[0]], 0.1),
            finding("LBL001", [ids[0]], 0.2, suggestion="dog"),
            finding("AUD004", [ids[1]], 0.5),
        ]
        queue = build_queue(Made(items, found))
        assert list(queue["item_id"]) == [ids[0], ids[1]]
        assert list(queue["rule"]) == ["LBL001", "AUD004"]
        assert queue["finding"].iloc[0] == 2
        alone = build_queue(Made(items, found[2:3]))
        # a fault does not lift it above other labels: it may be all that is wrong
        assert queue["gain"].iloc[0] == pytest.approx(0.8 * alone["gain"].iloc[0])
        assert queue["damaged"].tolist() == [True, True]

    def test_where_labels_cannot_order_all_items_come_by_how_little_they_belong(self):
        items = table(9)
        ids, belongs = list(items.index), np.array([0.9, 0.8, 0.1, 0.7, 0.2, 0.95, 0.6, 0.5, 0.4])
        found = [
            finding("LBL001", [ids[0]], 0.01, suggestion="dog"),
            finding("OUT002", [ids[2]], 0.1),
            finding("AUD001", [ids[3]], 0.0),
        ]
        weak = label_errors({}, known=False, guess=True)
        queue = build_queue(Made(items, found, foreign=belongs, figures=weak))
        assert len(queue) == 9
        assert queue["item_id"].iloc[0] == ids[3]  # a fault adds to it
        rest = [ids[k] for k in np.argsort(belongs, kind="stable") if k != 3]
        assert list(queue["item_id"])[1:] == rest
        assert queue.loc[queue["item_id"] == ids[2], "finding"].item() == 1
        assert queue.loc[queue["item_id"] == ids[4], ["name", "cause", "finding"]].to_numpy().tolist() == [
            ["foreign-item", "", -1]
        ]
        assert not queue.loc[queue["item_id"] != ids[3], "damaged"].any()
        sure = build_queue(Made(items, found[:1], foreign=belongs, figures=label_errors({})))
        assert list(sure["item_id"]) == [ids[0]]
        one = items.assign(label="cry")
        assert len(build_queue(Made(one, foreign=belongs))) == 9

    def test_conflicts_before_leaks_before_the_rest_and_leaks_spare_the_test_split(self):
        items = table(12)
        ids = list(items.index)
        split = dict(zip(ids, items["split"], strict=True))
        inside = sorted(ids[:4], key=lambda i: split[i] == "test")
        found = [
            finding("DUP001", [ids[8], ids[9], ids[10]], 0.0),
            finding("SPL001", inside, 0.0),
            finding("DUP003", [ids[5], ids[6]], 0.0),
        ]
        queue = build_queue(Made(items, found))
        heard = queue.groupby("name")["item_id"].agg(set)
        assert heard["leaked-duplicate"] == {i for i in inside if split[i] != "test"}
        assert heard["conflicting-duplicate"] == {ids[5], ids[6]}
        assert heard["exact-duplicate"] == {ids[9], ids[10]}  # one of the three stays
        assert queue["tier"].is_monotonic_increasing

    def test_the_same_bytes_are_heard_once(self):
        items = table(9)
        ids = list(items.index)
        items.loc[ids[1], "content_hash"] = items.loc[ids[0], "content_hash"]
        found = [finding("LBL001", [i], 0.1 * k, suggestion="dog") for k, i in enumerate(ids[:3])]
        assert list(build_queue(Made(items, found))["item_id"]) == [ids[0], ids[2]]

    def test_items_without_bytes_are_not_taken_for_copies(self):
        items = table(6)
        items["content_hash"] = None
        found = [finding("FIL001", [i], 0.0) for i in items.index]
        assert len(build_queue(Made(items, found))) == 6

    def test_findings_on_classes_are_heard_only_when_asked_for(self):
        items = table(9)
        found = [finding("ERR001", list(items.index[:4]), 0.3)]
        assert build_queue(Made(items, found)).empty
        assert len(build_queue(Made(items, found), Filters(rule="confused-pair"))) == 4

    def test_what_was_decided_before_the_run_is_not_ambiguous_again(self, tmp_path):
        items = table(30)
        cats = sorted(i for i in items.index if i.startswith("cat"))
        doubts = dict.fromkeys(cats[:3], ("dog", 0.6))
        assert len(build_queue(Made(items, doubts=doubts))) == 3
        items["decided_by"] = [("ann" if i == cats[0] else None) for i in items.index]
        assert cats[0] not in set(build_queue(Made(items, doubts=doubts))["item_id"])

    def test_random_is_the_same_set_and_repeatable(self, run):
        queue, first = build_queue(run), build_queue(run, Filters(order="random"), seed=3)
        assert set(first.index) == set(queue.index)
        assert list(first.index) != list(queue.index)
        assert list(first.index) == list(build_queue(run, Filters(order="random"), seed=3).index)
        assert list(first.index) != list(build_queue(run, Filters(order="random"), seed=4).index)

    def test_an_unlabelled_run_without_findings_has_an_empty_queue(self):
        items = table(5).assign(label=None)
        queue = build_queue(Made(items))
        assert queue.empty
        assert {"item_id", "cause", "rule", "score", "suggestion", "gain"} <= set(queue.columns)

    @given(seed=st.integers(0, 10_000))
    @settings(max_examples=8, deadline=None)
    def test_order_of_findings_and_items_does_not_matter(self, seed):
        rng = np.random.default_rng(seed)
        items = table(30)
        codes = ("LBL001", "AUD004", "AUD001", "OUT001")
        found = [
            finding(str(rng.choice(codes)), [i], float(rng.integers(0, 9)) / 10, suggestion="dog")
            for i in rng.choice(items.index, 20)
        ]
        one = build_queue(Made(items, found, doubts={}))
        two = build_queue(Made(items.sample(frac=1, random_state=seed), rng.permutation(np.array(found)), doubts={}))
        assert list(one["item_id"]) == list(two["item_id"])
        assert one.index.is_unique
        assert np.allclose(one["gain"], two["gain"])


class TestFilters:
    def test_each_leaves_what_it_says(self, run):
        items, all_ = run.items, build_queue(run)
        label = items["label"].to_numpy()[all_.index]
        assert set(build_queue(run, Filters(class_="owl"))["item_id"]) == set(all_["item_id"][label == "owl"])
        assert set(build_queue(run, Filters(pair="cat:dog"))["suggestion"]) == {"dog"}
        assert set(items["split"].iloc[build_queue(run, Filters(split="test")).index]) == {"test"}
        assert set(build_queue(run, Filters(text="CAT/00003"))["item_id"]) == {"cat/00003.wav"}
        assert list(build_queue(run, Filters(rule="AUD"))["tier"].unique()) == [Tier.FAULT]
        assert len(build_queue(run, Filters(rule="AUD001, label-error-candidate"))) == 13
        assert build_queue(run, Filters(class_="dog")).empty

    @pytest.mark.parametrize(
        ("filters", "words"),
        [
            ({"rule": "quite-clip"}, "no rule is called 'quite-clip'"),
            ({"class_": "bird"}, "no item has the class 'bird'"),
            ({"split": "dev"}, "no item has the split 'dev'"),
            ({"pair": "cat"}, "is no pair"),
            ({"pair": "bird:cat"}, "no item is labelled 'bird'"),
        ],
    )
    def test_a_filter_that_names_nothing_is_refused(self, run, filters, words):
        with pytest.raises(UsageError, match=words):
            build_queue(run, Filters(**filters))

    def test_pairs_of_labels_with_colons(self):
        classes = {"a:b", "c", "a", "b:c"}
        assert parse_pair("a:b:c", classes) == ("a", "b:c")
        assert parse_pair("a:b:c", {"a:b", "c"}) == ("a:b", "c")
        assert parse_pair("a:new", classes) == ("a", "new")


def naive_todo(queue, rows, items, actor, overlap):
    """One item at a time, straight from the definition."""
    memory = Memory(rows)
    left = []
    for item_id in queue["item_id"]:
        said = memory.opinions(dict(zip(items.index, items["content_hash"], strict=True))).get(item_id, ())
        if any(d.settles for d in said) or any(d.actor == actor for d in said) or len(said) >= overlap:
            continue
        left.append(item_id)
    return left


class TestTodo:
    def test_decided_items_go_and_come_back_when_their_bytes_change(self, run):
        queue, items = build_queue(run), run.items
        first = queue["item_id"].iloc[0]
        row = decision("ann", item=first, content_hash=items.at[first, "content_hash"], seq=1)
        memory = Memory([row])
        assert first not in set(todo(queue, memory, items)["item_id"])
        changed = items.copy()
        changed.loc[first, "content_hash"] = "ff" * 16
        assert first in set(todo(queue, memory, changed)["item_id"])
        renamed = items.rename(index={first: "elsewhere/x.wav"})
        assert "elsewhere/x.wav" not in set(
            todo(queue.assign(item_id=renamed.index[queue.index]), memory, renamed)["item_id"]
        )

    @given(
        rows=st.lists(
            st.tuples(
                st.sampled_from(["ann", "bob", "cy"]),
                st.sampled_from(["confirm", "relabel", "exclude", "unsure", "skip"]),
                st.integers(0, 5),
                st.booleans(),
            ),
            max_size=12,
        ),
        actor=st.sampled_from([None, "ann", "dan"]),
        overlap=st.integers(1, 3),
    )
    @settings(max_examples=60, deadline=None)
    def test_agrees_with_its_definition(self, run, rows, actor, overlap):
        queue, items = build_queue(run).head(6), run.items
        ids = list(queue["item_id"])
        decisions = [
            decision(who, action, ids[k], content_hash=items.at[ids[k], "content_hash"], seq=j + 1, settles=settles)
            for j, (who, action, k, settles) in enumerate(rows)
        ]
        found = todo(queue, Memory(decisions), items, actor=actor, overlap=overlap)
        assert list(found["item_id"]) == naive_todo(queue, decisions, items, actor, overlap)


def test_a_real_run_on_disk_gives_the_same_queue_again(tmp_path):
    run = write_run(tmp_path, table(20), findings=[finding("AUD004", ["cat/00000.wav"], 0.4)])
    assert list(build_queue(run)["item_id"]) == ["cat/00000.wav"]
    assert list(build_queue(type(run)(run.path))["item_id"]) == ["cat/00000.wav"]
