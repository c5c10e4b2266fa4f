"""Labels of several people, in every usual form."""

from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.dataset.annotations import EXCLUDED, annotations_of, joined, read_annotations
from dsaudit.errors import DatasetError
from dsaudit.types import Decision

LONG = pd.DataFrame(
    [("a.wav", "ana", "on"), ("a.wav", "ben", "off"), ("b.wav", "ana", "on")],
    columns=["item_id", "annotator", "label"],
)


def same(table: pd.DataFrame) -> bool:
    return table.to_numpy().tolist() == LONG.to_numpy().tolist()


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_long_tables_of_every_format(tmp_path, suffix):
    path = tmp_path / f"labels{suffix}"
    other = LONG.rename(columns={"item_id": "Path", "annotator": "rater", "label": "Class"}).iloc[::-1]
    if suffix == ".parquet":
        other.to_parquet(path)
    elif suffix == ".jsonl":
        other.to_json(path, orient="records", lines=True)
    else:
        other.to_csv(path, sep="\t" if suffix == ".tsv" else ",", index=False)
    assert same(read_annotations(path))


def test_wide_tables_have_a_column_per_person(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("item,annotator_1,annotator_2,length\na.wav,on,off,1\nb.wav,on,,1\n")
    found = read_annotations(path)
    assert found.to_numpy().tolist() == [["a.wav", "1", "on"], ["a.wav", "2", "off"], ["b.wav", "1", "on"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("annotator,label\nana,on\n", "names the item"),
        ("item_id,label\na,on\n", "names no annotators"),
        ("item_id,annotator,label\na,on\n", "2 fields where 3"),
        ("", "empty"),
    ],
)
def test_tables_that_cannot_be_understood(tmp_path, text, said):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=said):
        read_annotations(path)


def test_files_that_are_none(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        read_annotations(tmp_path / "x.csv")
    (tmp_path / "x.wav").touch()
    with pytest.raises(DatasetError, match="no table"):
        read_annotations(tmp_path / "x.wav")
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_annotations(tmp_path / "x.parquet")


def test_decisions_are_annotations():
    def said(actor: str, action: str, label: str | None = None, **more) -> Decision:
        return Decision(actor, action, "x", "h", new_label=label, **more)  # type: ignore[arg-type]

    opinions = {
        "b.wav": [said("ana", "confirm", "on"), said("ben", "unsure")],
        "a.wav": [said("ben", "relabel", "off"), said("ana", "exclude"), said("eve", "relabel", "on", settles=True)],
    }
    rows = annotations_of(opinions).to_numpy().tolist()
    assert rows == [["a.wav", "ana", EXCLUDED], ["a.wav", "ben", "off"], ["b.wav", "ana", "on"]]
    assert annotations_of({}).empty


def test_the_later_table_counts():
    later = pd.DataFrame([("a.wav", "ana", "up")], columns=LONG.columns)
    table = joined([LONG, later])
    assert len(table) == 3
    assert table.set_index(["item_id", "annotator"])["label"]["a.wav", "ana"] == "up"
