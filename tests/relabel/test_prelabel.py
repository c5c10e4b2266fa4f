"""Items without a label, end to end: predicted, listed, written, and put to use only where that is asked for."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.cli import run as command
from dsaudit.errors import InconclusiveError, UsageError
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.prelabel import prelabels, to_show
from dsaudit.relabel.screen.answer import checked_actor
from dsaudit.relabel.screen.card import Cards
from dsaudit.types import MODEL, Decision

WORDS = {
    "fruit": "apple pear plum cherry fig grape",
    "metal": "iron zinc copper tin lead gold",
    "tree": "oak ash elm birch pine yew",
}


OPTIONS = {"modality": "text", "encoder": f"{__name__}:counts", "report": False, "jobs": 1}


def counts(items):
    """Bag of words: an encoder."""
    vocabulary = " ".join(WORDS.values()).split()
    return np.array([[t.split().count(w) for w in vocabulary] for t in items], dtype=np.float32)


def texts(n=150):
    """Of fruit and metal every third has a label, of trees none; the last text is a copy of one of the test set."""
    rng = np.random.default_rng(3)
    true = [list(WORDS)[k % 3] for k in range(n)]
    table = pd.DataFrame(
        {
            "id": [f"t{k:03d}" for k in range(n)],
            "text": [" ".join(rng.choice(WORDS[t].split(), 6)) + f" {k}." for k, t in enumerate(true)],
            "label": [t if t != "tree" and k % 4 else None for k, t in enumerate(true)],
            "split": ["test" if k % 5 == 0 else "train" for k in range(n)],
        }
    )
    copy = table[(table["split"] == "test") & table["label"].notna()].iloc[0]
    table.loc[n] = ["copy", copy["text"], None, "train"]
    return table, pd.Series([*true, copy["label"]], index=table["id"])


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    table, true = texts()
    path = tmp_path_factory.mktemp("said") / "said.csv"
    table.to_csv(path, index=False)
    run = dsaudit.audit(path, select="DUP001,LBL001,OUT001", **OPTIONS)
    return path, run, true


def test_unlabelled_items_are_predicted_and_no_others_learn_of_them(audited):
    _, run, true = audited
    found, labelled = run.unlabelled, run.items.index[run.items["label"].notna()]
    assert set(found.index) == set(run.items.index) - set(labelled)
    assert set(run.predictions.index) == set(labelled)
    assert run.metrics.baseline.n == len(labelled)
    free = found[found["left_out"] == ""]
    assert (free["predicted"] == true[free.index]).mean() > 0.95
    assert found.loc["copy", "left_out"] == "copy of the test set"
    trees = true.index[true == "tree"]
    assert (found.loc[trees, "left_out"] == "like no class").mean() > 0.9
    assert run.metrics.unlabelled.groups[0].n == pytest.approx(len(trees), abs=3)
    assert run.metrics.unlabelled.n == len(found)


def test_what_is_written_has_columns_of_its_own(audited, tmp_path, capsys):
    _, run, _ = audited
    path = tmp_path / "pre.csv"
    assert command(["prelabel", str(run.path), "--least", "0.9", "-o", str(path), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    table = pd.read_csv(path, index_col="item_id")
    assert table["label"].isna().all()
    assert table["prelabel"].notna().sum() == said["n_prelabels"]
    given = table["prelabel"].notna()
    assert (table.loc[given, "prelabel_p"] >= 0.9).all()
    low = run.unlabelled["p_low"].reindex(table.index[given])
    np.testing.assert_allclose(table.loc[given, "prelabel_p_low"], low, atol=1e-4)
    assert table.loc[~given, ["prelabel_p", "prelabel_p_low"]].isna().all(axis=None)
    assert table.loc[table["left_out"].notna(), "prelabel"].isna().all()
    assert command(["prelabel", str(run.path), "-o", str(path)]) == 2  # it is there


def test_label_studio_gets_predictions_but_for_the_blind_part(audited, tmp_path):
    _, run, _ = audited
    made = prelabels(run)
    blind = set(made.table.index[made.table["blind"]])
    assert blind
    entries, said = to_show(run, made)
    assert set(said) == {e.item_id for e in entries} - blind
    path = tmp_path / "tasks.json"
    assert command(["prelabel", str(run.path), "--to", "label-studio", "-o", str(path)]) == 0
    tasks = {t["data"]["item_id"]: t for t in json.loads(path.read_text())}
    assert {i for i, t in tasks.items() if "predictions" not in t} == blind


def test_apply_takes_them_only_where_it_is_asked_to(audited, tmp_path):
    path, run, true = audited
    with dsaudit.open_ledger(run) as ledger:
        before = ledger.count()
    plain = dsaudit.apply(run, prelabels=None, decisions=[], output=tmp_path / "plain.csv")
    assert plain.plan.counts["prelabelled"] == 0
    done = dsaudit.apply(run, prelabels=0.9, output=tmp_path / "with.csv", dry_run=True)
    with dsaudit.open_ledger(run) as ledger:
        assert ledger.count() == before
    done = dsaudit.apply(run, prelabels=0.9, output=tmp_path / "with.csv")
    table = pd.read_csv(tmp_path / "with.csv", index_col="id")
    given = table[table["decided_by"] == MODEL]
    assert len(given) == done.plan.counts["prelabelled"] > 10
    assert (given["corrected_label"] == true[given.index]).mean() > 0.95
    assert given["label"].isna().all()
    with dsaudit.open_ledger(run) as ledger:
        rows = ledger.rows()
    assert {row.actor for row in rows[before:]} == {MODEL}
    assert len(rows) - before == len(given)
    assert len(Memory(rows)) == 0
    again = dsaudit.audit(path, select="DUP001,LBL001,OUT001", **OPTIONS)
    assert again.items["label"].equals(run.items["label"])


def test_people_who_see_a_prelabel_are_held_against_those_who_do_not(audited):
    _, run, _ = audited
    made = prelabels(run)
    kept = made.table[made.table["prelabel"].notna()]
    hashes = run.items["content_hash"]

    def says(item_id, label, seq):
        return Decision("ann", "relabel", item_id, hashes[item_id], None, label, seq=seq)

    rows = [
        says(i, "tree" if blind else p, k + 1)
        for k, (i, p, blind) in enumerate(zip(kept.index, kept["prelabel"], kept["blind"], strict=True))
    ]
    found = prelabels(run, rows)
    assert found.n_decided == len(rows)
    assert found.bias.value == 1.0
    assert prelabels(run, [replace(rows[0], actor=MODEL)]).n_decided == 0


def test_nobody_is_called_as_the_model_is():
    with pytest.raises(UsageError, match="stands for what a model says"):
        checked_actor(" Model ")


ONE = ["a"] + [None] * 19


@pytest.mark.parametrize(("labels", "reason"), [(["a", "b"] * 10, "every item has a label"), (ONE, "1 labelled item")])
def test_nothing_to_prelabel_is_said(tmp_path, labels, reason):
    said = [f"{w} and {k}" for k, w in enumerate(WORDS["tree"].split() * 4)][:20]
    pd.DataFrame({"text": said, "label": labels}).to_csv(tmp_path / "few.csv", index=False)
    run = dsaudit.audit(tmp_path / "few.csv", select="DUP001,LBL001", **OPTIONS)
    with pytest.raises(InconclusiveError, match=reason):
        prelabels(run)
    with pytest.raises(UsageError):
        prelabels(run, least=2.0)


def test_the_screen_shows_what_the_model_says_of_them_but_for_one_in_ten_and_those_left_out(audited):
    _, run, _ = audited
    cards, made = Cards(run), prelabels(run).table
    told = {i: cards.suggestions(cards.position[i]) for i in made.index}
    shown = made["prelabel"].notna() & ~made["blind"]
    assert {i for i, own in told.items() if own} == set(made.index[shown])
    first = made.index[shown][0]
    assert told[first][0] == {"label": made.loc[first, "prelabel"], "p": round(made.loc[first, "prelabel_p"], 4)}
