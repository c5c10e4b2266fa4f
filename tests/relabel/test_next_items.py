"""Which items to label next, end to end: chosen, explained, written, and walked on the screen in that order."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import dsaudit
from dsaudit.cli import run as command
from dsaudit.errors import InconclusiveError, UsageError
from dsaudit.relabel.exchange.spreadsheet import items_of_csv
from dsaudit.relabel.queue.filters import Filters
from dsaudit.relabel.queue.review_queue import ReviewQueue
from dsaudit.relabel.screen.card import Cards
from dsaudit.types import Decision
from tests.relabel.test_prelabel import OPTIONS, texts


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    table, true = texts(90)
    table["speaker"] = [f"s{k % 30}" for k in range(90)] + [None]
    table.loc[2, "speaker"] = "s0"  # who is in the test set
    path = tmp_path_factory.mktemp("next") / "said.csv"
    table.to_csv(path, index=False)
    run = dsaudit.audit(path, select="DUP001,LBL001,OUT001", **OPTIONS)
    return path, run, true


def test_what_no_label_is_of_comes_first(audited):
    _, run, true = audited
    found = dsaudit.next_items(run, budget=4)
    assert true[found.table.index[0]] == "tree"
    assert found.table["rank"].tolist() == [1, 2, 3, 4]
    assert found.table["why"].str.contains("stands for").any()
    assert not set(found.table.index) & set(run.items.index[run.items["label"].notna()])


def test_copies_of_the_test_set_and_its_own_items_are_left_out_and_said(audited):
    _, run, _ = audited
    found = dsaudit.next_items(run, budget=10_000)
    bare = run.items[run.items["label"].isna()]
    in_test = int((bare["split"] == "test").sum())
    assert found.left_out == {"copies of the test set": 1, "in the test set": in_test, "of a group of the test set": 1}
    assert len(found.table) == found.n_pool == len(bare) - in_test - 2
    assert "copy" not in found.table.index


def test_what_was_decided_is_not_asked_for_again(audited):
    from dsaudit.relabel.next_items import next_items

    _, run, _ = audited
    first = next_items(run, budget=1).table.index[0]
    said = Decision("ann", "relabel", first, run.items["content_hash"][first], None, "tree", seq=1)
    found = next_items(run, [said], budget=1)
    assert found.left_out["decided since the audit"] == 1
    assert found.table.index[0] != first


def test_the_file_is_filled_in_and_walked_in_its_order(audited, tmp_path, capsys):
    _, run, _ = audited
    path = tmp_path / "next.csv"
    assert command(["next", str(run.path), "--budget", "5", "-o", str(path), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    table = pd.read_csv(path)
    assert table["item_id"].tolist() == [row["item_id"] for row in said["items"]]
    assert table["rank"].tolist() == [1, 2, 3, 4, 5]
    assert table["label"].isna().all()
    assert {"why", "stands_for", "content_hash"} <= set(table)
    listed = items_of_csv(path, known=frozenset(run.items.index))
    queue, ids = ReviewQueue(run, Filters(items=listed)), [item_id for item_id, _ in listed]
    told = [Cards(run, told=dict(listed)).card(int(k))["why"][0]["message"] for k in queue.base.ks]
    assert told == table["why"].tolist()
    hidden = Cards(run, blind=True, told=dict(listed)).card(int(queue.base.ks[0]))
    assert told[0] not in [w["message"] for w in hidden["why"]]
    assert queue.base.table["item_id"].tolist() == table["item_id"].tolist()
    assert queue.view(Filters(rule="ambiguous")).table["item_id"].isin(ids).all()
    path.write_text(table.assign(label=["tree", *[None] * 4]).to_csv(index=False))
    ledger = str(tmp_path / "own.sqlite")
    assert command(["import", str(path), str(run.path), "--actor", "ann", "--new-labels", "--ledger", ledger]) == 0
    assert dsaudit.next_items(run, budget=5, ledger=ledger).table.index[0] != ids[0]


def test_label_studio_gets_tasks_without_a_prediction(audited, tmp_path):
    _, run, _ = audited
    path = tmp_path / "next.json"
    assert command(["next", str(run.path), "--budget", "3", "--to", "label-studio", "-o", str(path)]) == 0
    tasks = json.loads(path.read_text())
    assert len(tasks) == 3
    assert not any("predictions" in task for task in tasks)


def test_a_file_that_lists_nothing_of_the_run_is_one_line(audited, tmp_path, capsys):
    _, run, _ = audited
    path = tmp_path / "other.csv"
    path.write_text("item_id\nnobody\n")
    assert command(["relabel", str(run.path), "--items", str(path), "--no-browser"]) == 2
    assert "lists no item of the run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("labels", "reason"), [(["a", "b"] * 6, "every item has a label"), (["a"] * 6 + [None] * 6, None)]
)
def test_all_labelled_and_one_label_in_all(tmp_path, labels, reason):
    rows = {"text": [f"{'apple' if k % 2 else 'iron'} {k}." for k in range(12)], "label": labels}
    pd.DataFrame(rows).to_csv(tmp_path / "said.csv", index=False)
    run = dsaudit.audit(tmp_path / "said.csv", select="OUT001", label_column="label", **OPTIONS)
    if reason:
        with pytest.raises(InconclusiveError, match=reason):
            dsaudit.next_items(run)
        with pytest.raises(UsageError, match="below 1"):
            dsaudit.next_items(run, budget=0)
    else:
        found = dsaudit.next_items(run, budget=2)
        assert (len(found.table), found.n_classes, found.say) == (2, 1, 0.0)
