"""Review memory: labels belong to bytes, exclusions of copies to copies, and nothing decided is asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fabric_ledger import alive, decision
from hypothesis import given
from hypothesis import strategies as st

from dsaudit.relabel.memory import Memory, key
from dsaudit.types import Decision


def said(*decisions: Decision) -> Memory:
    return Memory(replace(d, seq=k) for k, d in enumerate(decisions, 1))


def standing(memory: Memory, items: dict) -> dict[str, tuple[str, str | None]]:
    return {i: (r.outcome, r.label) for i, r in memory.resolve(items).items()}


def revert(seq: int, actor: str = "alice") -> Decision:
    return decision(actor, "revert", "any", reverts=seq, old_label=None)


class TestStanding:
    def rows(self, *decisions):
        return [d.seq for d in said(*decisions).since(0)]

    def test_revert_and_revert_of_the_revert(self):
        assert self.rows(decision(), decision(), revert(1)) == [2]
        assert self.rows(decision(), decision(), revert(1), revert(3)) == [1, 2]
        assert self.rows(decision(), revert(1), revert(2), revert(3)) == []
        assert self.rows(decision(), revert(1), revert(2), revert(1)) == []

    def test_order_of_the_rows_does_not_matter(self):
        rows = [replace(d, seq=k) for k, d in enumerate((decision(), revert(1), decision(), revert(2)), 1)]
        assert Memory(reversed(rows)).since(0) == Memory(rows).since(0)

    @given(st.lists(st.integers(0, 30), max_size=30))
    def test_against_a_recursive_definition(self, targets):
        """0 is a decision; k reverts an earlier row."""
        rows = []
        for seq, target in enumerate(targets, 1):
            back = target % seq
            rows.append(replace(revert(back) if back else decision(), seq=seq))

        def stands(row):
            return not any(r.reverts == row.seq and stands(r) for r in rows if r.seq > row.seq)

        assert Memory(rows).since(0) == alive(rows) == [r for r in rows if r.action != "revert" and stands(r)]


class TestNames:
    def test_a_renamed_item_is_remembered_and_a_changed_one_is_not(self):
        memory = said(
            decision(item="up/1.wav", content_hash="h1"), decision("alice", "relabel", "2", content_hash="h2")
        )
        assert standing(memory, {"new/name.wav": "h1", "2": "h2"}) == {
            "new/name.wav": ("label", "up"),
            "2": ("label", "off"),
        }
        assert memory.resolve({"up/1.wav": "other"}) == {}
        assert memory.changed({"up/1.wav": "other", "2": "h2", "3": "h3"}) == ["up/1.wav"]

    def test_renamed_and_the_old_name_taken_by_another_is_no_change(self):
        memory = said(decision(item="1", content_hash="h1"))
        assert memory.changed({"1": "new", "moved": "h1"}) == []

    def test_changed_and_decided_again_is_not_changed(self):
        memory = said(decision(item="1", content_hash="old"), decision(item="1", content_hash="new"))
        assert memory.changed({"1": "new"}) == []

    @pytest.mark.parametrize("unreadable", [None, "", float("nan")])
    def test_without_bytes_the_name_is_what_is_remembered(self, unreadable):
        memory = said(decision("alice", "exclude", "broken.wav", content_hash=""))
        assert standing(memory, {"broken.wav": unreadable}) == {"broken.wav": ("exclude", None)}
        assert memory.resolve({"renamed.wav": unreadable}) == {}
        assert key("a", unreadable) == "id:a"

    def test_skip_and_undone_decide_nothing(self):
        memory = said(decision("alice", "skip", "a"), decision(item="b"), revert(2))
        assert len(memory) == 0
        assert memory.resolve({"a": "#a", "b": "#b"}) == {}


class TestCopies:
    HASH = "same"

    def excluded(self, item, rule="DUP001", actor="alice"):
        return decision(actor, "exclude", item, content_hash=self.HASH, rule=rule)

    def test_a_label_holds_for_every_copy(self):
        memory = said(decision("alice", "relabel", "a", content_hash=self.HASH))
        assert standing(memory, {"a": self.HASH, "b": self.HASH}) == dict.fromkeys("ab", ("label", "off"))

    def test_a_faulty_recording_is_excluded_in_every_copy(self):
        memory = said(self.excluded("a", rule="AUD001"))
        assert standing(memory, {"a": self.HASH, "b": self.HASH}) == dict.fromkeys("ab", ("exclude", None))

    @pytest.mark.parametrize("rule", ["DUP001", "DUP002", "SPL001"])
    def test_a_superfluous_copy_is_excluded_alone(self, rule):
        memory = said(self.excluded("a", rule))
        assert standing(memory, {"a": self.HASH, "b": self.HASH}) == {"a": ("exclude", None)}

    def test_one_copy_stays_when_all_are_renamed(self):
        memory = said(self.excluded("a"), decision(item="b", content_hash=self.HASH))
        now = standing(memory, {"x": self.HASH, "y": self.HASH})
        assert sorted(now.values()) == [("exclude", None), ("label", "up")]

    def test_only_the_excluded_one_is_renamed(self):
        memory = said(self.excluded("a"), decision(item="b", content_hash=self.HASH))
        assert standing(memory, {"x": self.HASH, "b": self.HASH}) == {"x": ("exclude", None), "b": ("label", "up")}

    def test_excluded_copy_gone_leaves_the_other_in_force(self):
        memory = said(self.excluded("a"), decision(item="b", content_hash=self.HASH))
        assert standing(memory, {"b": self.HASH}) == {"b": ("label", "up")}

    def test_label_of_the_kept_copy_does_not_bring_the_superfluous_one_back(self):
        memory = said(self.excluded("a"), decision("alice", "relabel", "b", content_hash=self.HASH))
        assert standing(memory, {"a": self.HASH, "b": self.HASH}) == {"a": ("exclude", None), "b": ("label", "off")}

    def test_one_changes_ones_mind_about_a_copy(self):
        memory = said(self.excluded("a"), decision(item="a", content_hash=self.HASH))
        assert standing(memory, {"a": self.HASH}) == {"a": ("label", "up")}


class TestOpinions:
    def test_last_word_of_each_person(self):
        memory = said(
            decision("alice", "relabel", "a"), decision("bob", "confirm", "a", old_label="off"), decision(item="a")
        )
        (opinions,) = memory.opinions({"a": "#a"}).values()
        assert [(d.actor, d.new_label) for d in opinions] == [("bob", "off"), ("alice", "up")]

    @pytest.mark.parametrize(
        ("decisions", "expected"),
        [
            ([("alice", "confirm"), ("bob", "confirm")], ("label", "up")),
            ([("alice", "confirm"), ("bob", "relabel")], ("disputed", None)),
            ([("alice", "confirm"), ("bob", "exclude")], ("disputed", None)),
            ([("alice", "exclude"), ("bob", "exclude")], ("exclude", None)),
            ([("alice", "confirm"), ("bob", "unsure")], ("label", "up")),
            ([("alice", "unsure"), ("bob", "unsure")], ("unsure", None)),
            ([("alice", "relabel"), ("alice", "skip")], ("label", "off")),
            ([("alice", "relabel"), ("alice", "unsure")], ("unsure", None)),
        ],
    )
    def test_what_several_say(self, decisions, expected):
        memory = said(*(decision(actor, action, "a") for actor, action in decisions))
        assert standing(memory, {"a": "#a"}) == {"a": expected}

    @pytest.mark.parametrize(
        ("action", "expected"),
        [("relabel", ("label", "off")), ("exclude", ("exclude", None)), ("unsure", ("unsure", None))],
    )
    def test_a_settling_word_ends_the_dispute_whoever_speaks_after(self, action, expected):
        memory = said(
            decision("alice", item="a"),
            decision("bob", "relabel", "a", new_label="go"),
            decision("carol", action, "a", settles=True),
            decision("dave", item="a"),
        )
        (resolution,) = memory.resolve({"a": "#a"}).values()
        assert (resolution.outcome, resolution.label) == expected
        assert resolution.decided.actor == "carol"
        assert resolution.actors == ("alice", "bob", "carol", "dave")

    def test_undone_settling_disputes_again(self):
        rows = [decision("alice", item="a"), decision("bob", "relabel", "a"), decision(item="a", settles=True)]
        assert standing(said(*rows), {"a": "#a"}) == {"a": ("label", "up")}
        assert standing(said(*rows, revert(3)), {"a": "#a"}) == {"a": ("disputed", None)}

    def test_causes_are_the_findings_answered(self):
        memory = said(
            decision(item="a", cause="f1"), decision("bob", item="a"), decision("carol", item="a", cause="f2")
        )
        assert memory.resolve({"a": "#a"})["a"].causes == {"f1", "f2"}
