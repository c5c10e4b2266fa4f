"""The whole loop from Python: audit, decide, audit again, prove, apply."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import dsaudit
from dsaudit.errors import RunError
from dsaudit.types import Decision


def test_from_suspicion_to_a_corrected_copy(doubted: Path, tmp_path: Path):
    data, wrong = doubted, sorted(f"mid/{path.name}" for path in (doubted / "mid").glob("x*"))
    options = {"jobs": 1, "select": ["LBL001"], "report": False}
    first = dsaudit.audit(data, **options)
    with pytest.raises(RunError, match="no earlier run"):
        dsaudit.compare(data)
    with dsaudit.open_ledger(data) as ledger:
        ledger.append(
            [Decision("ana", "relabel", i, first.items["content_hash"][i], "mid", "low", rule="LBL001") for i in wrong]
        )
    assert [d.item_id for d in dsaudit.open_ledger(first).rows()] == wrong
    second = dsaudit.audit(data, **options)
    assert second.before_decisions().id == first.id
    found = dsaudit.compare(data)
    assert (found.before.run_id, found.after.run_id) == (first.id, second.id)
    assert found.outcome in ("improved", "no significant change", "inconclusive")
    assert found.changes.n_relabelled == len(wrong)

    done = dsaudit.apply(data, output=tmp_path / "corrected.csv")
    assert done.manifest == tmp_path / "corrected.csv"
    with done.manifest.open(newline="", encoding="utf-8") as file:
        rows = {row["item_id"]: row for row in csv.DictReader(file)}
    assert {i for i, row in rows.items() if row["corrected_label"] != row["label"]} == set(wrong)
    third = dsaudit.audit(done.manifest, out=tmp_path / "out", **options | {"select": ["FIL"]})
    assert (third.items.loc[wrong, "label"] == "low").all()
    assert not (data / "corrected.csv").exists()
