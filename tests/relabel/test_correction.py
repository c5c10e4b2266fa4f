"""What people decide of the cells of rows: kept, found again, put in place, told where it no longer holds, written."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsaudit.api import apply
from dsaudit.dataset import open_dataset
from dsaudit.dataset.record import SETTLED, fields_of, record_uris
from dsaudit.media import kind_for
from dsaudit.relabel.correction import corrected, hash_of_address, rulings_of
from dsaudit.relabel.ledger.interchange import export_rows, import_rows
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.review import review
from dsaudit.types import Dataset, Decision

TOWNS = ["Bern", "Bostn", "Graz", "Bostn", "Ulm"]
SIZES = [1, 2, 30, 4, 5]


def uris_of(towns=TOWNS, sizes=SIZES):
    return record_uris({"town": towns, "size": sizes})


def said(k, field, old, new, *, uris=None, actor="ann", seq=0, **more):
    action = "keep" if old == new else "correct"
    bytes_ = hash_of_address((uris or uris_of())[k])
    return Decision(actor, action, f"row-{k + 1}", bytes_, old, new, field=field, seq=seq, **more)


def stands(rows, uris=None):
    uris = uris or uris_of()
    numbered = [replace(row, seq=k, request_id=row.request_id or f"r{k}") for k, row in enumerate(rows, 1)]
    ids = [f"row-{k + 1}" for k in range(len(uris))]
    return rulings_of(Memory(numbered), ids, uris, [hash_of_address(uri) for uri in uris])


def test_a_correction_is_put_in_place_with_its_type_and_the_row_is_known_by_its_old_bytes(tmp_path):
    uris = uris_of()
    rows = [said(1, "town", "Bostn", "Boston", seq=1), said(2, "size", "30", "3", seq=2)]
    index = pd.Index([f"row-{k + 1}" for k in range(5)], name="item_id")
    items = pd.DataFrame({"uri": uris, "label": None, "split": None, "group": None}, index=index)
    hashes = [hash_of_address(uri) for uri in uris]
    found = corrected(Dataset(tmp_path, "table", items), Memory(rows), hashes)
    made = [fields_of(uri) for uri in found.dataset.items["uri"]]
    assert made[1] == {"town": "Boston", "size": "2"}
    assert found.dataset.items["uri"].iloc[2].endswith('"size":3}')
    assert [made[k] for k in (0, 3, 4)] == [fields_of(uris[k]) for k in (0, 3, 4)]
    assert found.dataset.items["known_hash"].tolist() == hashes
    assert found.dataset.items[SETTLED].tolist() == [None, ["town"], ["size"], None, None]


def test_a_decision_holds_while_the_cell_is_what_it_was_and_is_told_when_it_is_not():
    rows = [said(1, "town", "Bostn", "Boston"), said(2, "town", "Graz", "Graz"), said(4, "size", "5", "6")]
    elsewhere = uris_of(sizes=[1, 20, 30, 4, 7])  # another cell of row 2, the decided cell of row 5
    found = stands(rows, elsewhere)
    assert found["row-2"].fields["town"].new == "Boston"
    assert not found["row-3"].fields["town"].corrected
    assert (found["row-5"].fields, found["row-5"].changed) == ({}, ("size",))
    moved = [uris_of()[k] for k in (4, 0, 1, 2, 3)]  # the rows stand elsewhere: the bytes say which is which
    assert set(stands(rows, moved)) == {"row-1", "row-3", "row-4"}


def test_a_row_that_holds_its_corrections_already_is_known_and_nothing_of_it_is_asked_again():
    rows = [said(1, "town", "Bostn", "Boston"), replace(said(1, "", None, None), action="keep")]
    done = uris_of(towns=["Bern", "Boston", "Graz", "Bostn", "Ulm"])
    found = stands(rows, done)["row-2"]
    assert found.known_as == hash_of_address(uris_of()[1])
    assert found.whole is not None
    assert not found.changed


@pytest.mark.parametrize("settled", [False, True])
def test_people_who_say_different_things_change_nothing_until_it_is_settled(settled):
    rows = [said(1, "town", "Bostn", "Boston"), said(1, "town", "Bostn", "Basel", actor="ben", settles=settled)]
    ruling = stands(rows)["row-2"].fields["town"]
    assert (ruling.disputed, ruling.corrected, ruling.actors) == (not settled, settled, ("ann", "ben"))
    assert ruling.new == "Basel"
    assert not stands([*rows, said(1, "town", "Bostn", "Basel")])["row-2"].fields["town"].disputed


def test_an_older_ledger_is_read_as_it_is_and_takes_fields_once_it_is_written(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ledger.append([Decision("ann", "confirm", "a", "h", "yes", "yes")])
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE dsaudit_decisions DROP COLUMN field")
        raw.execute("DELETE FROM dsaudit_schema WHERE version >= 3")
    with Ledger.open(path, read_only=True) as ledger:
        assert [row.field for row in ledger.rows()] == [""]
        assert ledger.verify().ok
    with Ledger.open(path) as ledger:
        ledger.append([said(1, "town", "Bostn", "Boston")])
        assert ledger.verify().ok
        export_rows(ledger, tmp_path / "all.jsonl")
    old = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()][:1]
    del old[0]["field"]
    (tmp_path / "old.jsonl").write_text(json.dumps(old[0]) + "\n")
    with Ledger.open(tmp_path / "other.sqlite") as other:
        assert len(import_rows(other, tmp_path / "old.jsonl").added) == 1
        assert [row.field for row in import_rows(other, tmp_path / "all.jsonl").added] == ["town"]


CSV = '"town";size;note\r\n"Bern";1;"a ""b"""\r\n"Bostn";2;\r\nGraz;30;café\r\n"Bostn";4;x\r\nUlm;5;"two\r\nlines"\r\n'


def decide(path, decisions):
    (path.parent / ".dsaudit").mkdir(exist_ok=True)
    with Ledger.open(path.parent / ".dsaudit" / "ledger.sqlite") as ledger:
        ledger.append(decisions)


def named(decisions):
    """Decisions made by name: the bytes are not what the file has."""
    return [replace(d, item_id=f"row-{int(d.item_id[4:]):05d}", content_hash="") for d in decisions]


def test_a_csv_keeps_every_byte_but_those_of_the_decided_cells(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(CSV.encode("cp1252"))
    decide(path, named([said(1, "town", "Bostn", "=Boston"), said(2, "size", "30", "-3", note="typed", rule="TAB004")]))
    tried = apply(path, modality="table", label_column="none", dry_run=True)
    assert [(x.field, x.new) for x in tried.changes] == [("town", "=Boston"), ("size", "-3")]
    assert [p.name for p in tmp_path.iterdir()] in ([".dsaudit", "t.csv"], ["t.csv", ".dsaudit"])
    done = apply(path, modality="table", label_column="none")
    expected = CSV.replace('"Bostn";2', '"\'=Boston";2').replace("Graz;30", "Graz;-3")
    assert done.manifest.read_bytes() == expected.encode("cp1252")
    assert path.read_bytes() == CSV.encode("cp1252")
    listed = pd.read_csv(done.changes_list, dtype=str, keep_default_na=False)
    assert listed.loc[1].tolist() == ["row-00003", "size", "30", "'-3", "TAB004; typed", "ann"]


def test_json_lines_and_parquet_keep_types_and_what_does_not_fit_is_told(tmp_path):
    lines = [{"town": t, "size": s, "of": {"day": "2020-01-01", "n": 1}} for t, s in zip(TOWNS, SIZES, strict=True)]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    decide(path, named([said(1, "size", "2", "20"), said(1, "of.n", "1", "7"), said(0, "town", "Bern", None)]))
    done = apply(path, modality="table", label_column="none")
    made = [json.loads(line) for line in done.manifest.read_text().splitlines()]
    assert made[1] == lines[1] | {"size": 20, "of": {"day": "2020-01-01", "n": 7}}
    assert made[0] == lines[0] | {"town": None}
    assert done.manifest.read_text().splitlines()[2:] == path.read_text().splitlines()[2:]

    days = pa.array([18_000, None, 18_002, 18_003, 18_004], pa.int32()).cast(pa.date32())
    columns = {"town": pa.array(TOWNS).dictionary_encode(), "size": pa.array(SIZES, pa.int16()), "day": days}
    table = pa.table(columns)
    path = tmp_path / "p" / "t.parquet"
    path.parent.mkdir()
    pq.write_table(table, path)
    decisions = [said(1, "town", "Bostn", "Boston"), said(1, "day", None, "2019-05-01"), said(2, "size", "30", "three")]
    decide(path, named(decisions))
    done = apply(path, modality="table", label_column="none")
    made = pq.read_table(done.manifest)
    assert made.schema == table.schema
    assert made.to_pylist()[1] == {"town": "Boston", "size": 2, "day": pd.Timestamp("2019-05-01").date()}
    assert made["size"].to_pylist() == SIZES
    assert any("'three' is no value of the type of column 'size'" in note for note in done.notes)


def test_a_workbook_keeps_its_formulas_and_types(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["town", "size", "twice"],
        *([t, s, f"=B{k}*2"] for k, (t, s) in enumerate(zip(TOWNS, SIZES, strict=True), 2)),
    ):
        sheet.append(row)
    path = tmp_path / "t.xlsx"
    book.save(path)
    decide(path, named([said(1, "town", "Bostn", "=1+1"), said(2, "size", "30", "3")]))
    done = apply(path, modality="table", label_column="none")
    made = openpyxl.load_workbook(done.manifest).active
    assert [c.value for c in made[3]] == ["=1+1", 2, "=B3*2"]
    assert made["A3"].data_type == "s"
    assert made["B4"].value == 3


def test_in_a_table_with_corrections_written_into_it_labels_and_rows_are_known_again(tmp_path):
    kinds = ["big" if size > 3 else "small" for size in SIZES]
    path = tmp_path / "t.csv"
    pd.DataFrame({"town": TOWNS, "size": SIZES, "kind": kinds}).to_csv(path, index=False)
    table = {"modality": "table", "label_column": "kind"}
    uris = record_uris({"town": TOWNS, "size": [str(size) for size in SIZES]})
    decide(
        path,
        [
            replace(said(1, "town", "Bostn", "Boston", uris=uris), item_id="row-00002"),
            Decision("ann", "relabel", "row-00002", hash_of_address(uris[1]), "small", "big"),
        ],
    )
    done = apply(path, **table)
    with Ledger.open(tmp_path / ".dsaudit" / "ledger.sqlite") as ledger:
        rows = ledger.rows()
    made = open_dataset(done.manifest, kind_for("table"))
    assert made.items["label"].tolist() == ["small", "big", *kinds[2:]]
    assert made.items["given_label"].tolist() == kinds
    assert fields_of(made.items["uri"].iloc[1]) == {"town": "Boston", "size": "2"}
    hashes = [hash_of_address(uri) for uri in made.items["uri"]]
    found = corrected(made, Memory(rows), hashes)
    reviewed = review(
        replace(found.dataset, items=found.dataset.items.assign(content_hash=hashes)), rows, fields=found.of_item
    )
    assert reviewed.changed == ()
    assert reviewed.resolutions["row-00002"].label == "big"
    assert (reviewed.facts.n_fields_corrected, reviewed.facts.people) == (1, {"ann": 1})
