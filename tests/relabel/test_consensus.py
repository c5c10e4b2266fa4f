"""What several people who labelled an item say together goes where people take it: a spreadsheet, a new manifest."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.relabel.exchange.review_item import review_items
from dsaudit.relabel.exchange.spreadsheet import as_csv
from dsaudit.types import Decision


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    root = tmp_path_factory.mktemp("labelled")
    rng = np.random.default_rng(0)
    true = np.array(["yes", "no"])[np.arange(60) % 2]
    texts = [f"{'surely' if t == 'yes' else 'never'} {k}" for k, t in enumerate(true)]
    said = {who: np.where(rng.random(60) < 0.15, np.where(true == "yes", "no", "yes"), true) for who in "abc"}
    pd.DataFrame({"id": range(60), "text": texts, "label": said["a"]}).to_csv(root / "rows.csv", index=False)
    rows = [(k, who, label) for who, labels in said.items() for k, label in enumerate(labels) if k < 50]
    pd.DataFrame(rows, columns=["item_id", "annotator", "label"]).to_csv(root / "people.csv", index=False)
    run = dsaudit.audit(root / "rows.csv", modality="text", annotations=str(root / "people.csv"), report=False, jobs=1)
    return root, run, true


def test_a_run_keeps_what_people_agree_on(labelled):
    _, run, true = labelled
    table = run.consensus.sort_index(key=lambda index: index.astype(int))
    assert list(table.index) == [str(k) for k in range(50)]
    assert (table["label"].to_numpy() == true[:50]).mean() > 0.85
    assert table["probability"].between(0.5, 1.0).all()
    assert (table["n_people"] == 3).all()


def test_a_spreadsheet_has_it_and_hides_it_from_the_blind(labelled):
    _, run, _ = labelled
    entries = review_items(run, everything=True)
    found = list(csv.DictReader(io.StringIO(as_csv(entries, run_id="r"))))
    assert {row["item_id"]: row["consensus"] for row in found if row["consensus"]} == run.consensus["label"].to_dict()
    assert all(0.5 <= float(row["consensus_probability"]) <= 1 for row in found if row["consensus"])
    assert "consensus" not in as_csv(entries, run_id="r", blind=True).splitlines()[0]


def test_a_new_manifest_has_it(labelled):
    root, run, _ = labelled
    row = run.items.reset_index().iloc[0]
    confirmed = Decision("ann", "confirm", row["item_id"], row["content_hash"], row["label"], row["label"], seq=1)
    dsaudit.apply(root / "rows.csv", decisions=[confirmed], output=root / "new.csv")
    new = pd.read_csv(root / "new.csv", dtype={"id": str}).set_index("id")
    agreed = new["consensus_label"].dropna()
    assert agreed.to_dict() == run.consensus["label"].to_dict()
    assert new["consensus_probability"].notna().sum() == 50
    used = {column.name for column in dsaudit.inspect(root / "new.csv", modality="text").columns if column.role}
    assert not {"consensus_label", "consensus_probability"} & used  # no part of the copy when it is audited
