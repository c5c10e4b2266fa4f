"""What an audit does with people's decisions."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest

from dsaudit.relabel.review import review, silenced, silenced_facts
from dsaudit.store.schema.run import SilencedFacts
from dsaudit.types import Dataset, Decision, Finding


def dataset(**rows: tuple[str, str]) -> Dataset:
    items = pd.DataFrame(
        {
            "uri": [f"/d/{i}" for i in rows],
            "label": [label for label, _ in rows.values()],
            "split": None,
            "group": None,
            "content_hash": [content for _, content in rows.values()],
        },
        index=pd.Index(list(rows), name="item_id", dtype=object),
    )
    return Dataset(Path("/d"), "audio", items)


def said(seq: int, item: str, content: str, action: str, label: str | None = None, **more) -> Decision:
    return Decision(more.pop("actor", "ana"), action, item, content, new_label=label, seq=seq, **more)  # type: ignore[arg-type]


def finding(scope: str, *items: str, fingerprint: str = "f") -> Finding:
    return Finding("LBL001", "x", scope, items[0], items, 0.1, "warning", "m", fingerprint=fingerprint)  # type: ignore[arg-type]


DATA = dataset(a=("on", "A"), b=("off", "B"), c=("up", "C"), d=("up", "D"), e=("up", "E2"))
DECISIONS = [
    said(1, "a", "A", "confirm", "on", cause="f1"),
    said(2, "b", "B", "relabel", "on"),
    said(3, "c", "C", "exclude", actor="ben"),
    said(4, "d", "D", "unsure"),
    said(5, "e", "E", "confirm", "up"),
]


def test_corrected_labels_are_in_force_and_excluded_items_gone():
    found = review(DATA, DECISIONS, where="ledger", head="h")
    assert found.dataset.items["label"].to_dict() == {"a": "on", "b": "on", "d": "up", "e": "up"}
    assert found.dataset.items["given_label"].to_dict() == {"a": "on", "b": "off", "d": "up", "e": "up"}
    assert found.dataset.items["decided_by"].to_dict() == {"a": "ana", "b": "ana", "d": "ana", "e": None}
    counts = {k: v for k, v in asdict(found.facts).items() if k.startswith("n_")}
    assert counts == {
        "n_decided": 4,
        "n_confirmed": 1,
        "n_corrected": 1,
        "n_excluded": 1,
        "n_unsure": 1,
        "n_disputed": 0,
        "n_changed": 1,
        "n_fields_corrected": 0,
        "n_fields_kept": 0,
        "n_fields_disputed": 0,
        "n_fields_changed": 0,
    }
    assert found.changed == ("e",)
    assert found.facts.people == {"ana": 3, "ben": 1}
    assert DATA.items["label"].tolist() == ["on", "off", "up", "up", "up"]


def test_nothing_decided_changes_nothing():
    found = review(DATA, [])
    assert found.dataset is DATA
    assert found.facts is None


def test_a_disputed_item_keeps_the_label_in_the_data():
    found = review(DATA, [said(1, "a", "A", "confirm", "on"), said(2, "a", "A", "relabel", "up", actor="ben")])
    assert found.dataset.items["label"]["a"] == "on"
    assert found.facts.n_disputed == 1


def test_what_was_kept_is_silent_and_what_is_open_speaks():
    found = review(DATA, DECISIONS)
    rows = [
        finding("item", "a"),
        finding("item", "d"),
        finding("item", "e"),
        finding("set", "a", "e", fingerprint="f1"),
        finding("set", "a", "e", fingerprint="other"),
        finding("class", "a"),
    ]
    by = silenced(rows, found.resolutions)
    assert by == {0: "ana", 3: "ana"}
    assert silenced_facts(rows, by) == SilencedFacts(2, by_actor={"ana": 2}, by_rule={"LBL001": 2})


@pytest.mark.parametrize("outcome", ["exclude", "unsure"])
def test_only_an_item_that_was_kept_is_silent(outcome):
    found = review(DATA, [said(1, "a", "A", outcome)])
    assert silenced([finding("item", "a")], found.resolutions) == {}
