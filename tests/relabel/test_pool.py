"""A run with a pool beside its set: from the audit to what the other commands make of it."""

from __future__ import annotations

import pandas as pd
import pytest

import dsaudit
from dsaudit.relabel.apply.apply import apply_decisions
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.next_items import next_items
from dsaudit.relabel.prelabel import prelabels
from dsaudit.relabel.screen.served_preview import Previews
from dsaudit.types import Decision
from tests.relabel.test_prelabel import OPTIONS, texts


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    table, _ = texts()
    place = tmp_path_factory.mktemp("said")
    bare = table["label"].isna()
    table[~bare].to_csv(place / "said.csv", index=False)
    table.loc[bare, ["id", "text"]].to_csv(place / "more.csv", index=False)
    run = dsaudit.audit(
        place / "said.csv", unlabelled=place / "more.csv", select="DUP001,LBL001", out=place / "out", **OPTIONS
    )
    return place, run


def test_copies_of_the_test_set_are_left_out_of_all_that_is_asked_for(audited):
    _, run = audited
    found = run.unlabelled
    assert found.loc["more.csv/copy", "left_out"] == "copy of the test set"
    assert run.metrics.unlabelled.left_out["copy of the test set"] == 1
    assert next_items(run, budget=5).left_out["copies of the test set"] == 1
    made = prelabels(run).table
    assert made.loc["more.csv/copy", "prelabel"] is None
    assert set(made.index) == set(found.index) == set(run.items.index[run.items["label"].isna()])


def test_what_is_decided_of_the_pool_goes_beside_the_new_manifest(audited, tmp_path):
    place, run = audited
    one, other = run.unlabelled.index[:2]
    hashes = run.items["content_hash"]
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.append([Decision("ann", "relabel", i, hashes[i], new_label="fruit") for i in (one, other)])
        ledger.append([Decision("ann", "exclude", other, hashes[other])])
        rows = ledger.rows()
    done = apply_decisions(run, decisions=rows, output=tmp_path / "new.csv")
    assert done.plan.n_gone == 0
    assert done.pool.n == 1
    written = pd.read_csv(tmp_path / "new.pool.csv")
    assert written["id"].tolist() == [one.partition("/")[2]] or written["item_id"].tolist() == [one]
    assert written["corrected_label"].tolist() == ["fruit"]
    assert len(pd.read_csv(tmp_path / "new.csv")) == run.meta.n_labelled
    sure = apply_decisions(
        run, decisions=[], prelabels=0.9, output=tmp_path / "sure.csv", ledger=str(tmp_path / "l.sqlite")
    )
    n = int((prelabels(run, least=0.9).table["prelabel"].notna()).sum())
    assert sure.pool.n == n > 0
    again = dsaudit.audit(
        place / "said.csv",
        unlabelled=place / "more.csv",
        ledger=str(tmp_path / "ledger.sqlite"),
        select="DUP001",
        out=tmp_path / "out",
        **OPTIONS,
    )
    assert again.items.loc[one, "label"] == "fruit"
    assert other not in again.items.index


def test_items_of_the_pool_are_shown_on_the_screen(tmp_path):
    for name in ("set/a/1.txt", "set/b/2.txt", "set/a/3.txt", "set/b/4.txt", "more/x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"words of {name}")
    run = dsaudit.audit(tmp_path / "set", unlabelled=tmp_path / "more", select="DUP001", out=tmp_path / "o", **OPTIONS)
    at = list(run.items.index).index("more/x.txt")
    assert not isinstance(Previews(run).get(at), str)
