"""Manifests that get new columns and keep the rest to the last character."""

from __future__ import annotations

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dataset.make_manifests import WRITTEN
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dsaudit.dataset import open_dataset
from dsaudit.dataset.columns import Choice
from dsaudit.dataset.csv import csv_text
from dsaudit.dataset.jsonl import json_text
from dsaudit.errors import UsageError
from dsaudit.media import kind_for
from dsaudit.relabel.apply.manifest import (
    CsvSheet,
    JsonSheet,
    member_spans,
    quoted,
    raw_fields,
    read_sheet,
    rendered,
    sheet_of,
)

HOSTILE = st.text(st.sampled_from("ab,;\t\"'\n\r=+-@ é\u2028🦊{}:\\/"), max_size=8)


def as_csv(rows: list[list[str]], *, delimiter: str = ",", end: str = "\n", quote_all: bool = False) -> str:
    """As csv.writer would, which forgets to quote a lone carriage return before Python 3.13."""

    def written(cell: str) -> str:
        plain = not quote_all and not set(cell) & {delimiter, '"', "\r", "\n"}
        return cell if plain else '"' + cell.replace('"', '""') + '"'

    return "".join(delimiter.join(map(written, row)) + end for row in rows)


def read_csv(text: str, delimiter: str = ",") -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]


def csv_sheet(text: str, delimiter: str = ",") -> CsvSheet:
    return CsvSheet(csv_text(text, "m.csv", ".tsv" if delimiter == "\t" else ".csv", Choice()), "csv", mark=b"")


def raw(sheet: CsvSheet) -> list[str]:
    return ["".join(sheet._found.lines[start:stop]) for start, stop in sheet._found.spans]


@pytest.mark.parametrize(("name", "content", "labels", "_"), WRITTEN.values(), ids=WRITTEN)
def test_however_it_is_written_it_reads_back(tmp_path, name, content, labels, _):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    audio = kind_for("audio")
    before = open_dataset(path, audio).items["label"].to_dict()
    sheet = read_sheet(path, Choice(items=audio.manifest_columns))
    assert sheet.n == len(before) == sum(label is not None for label in labels.values())
    new = [f"n{k}" for k in range(sheet.n)]
    columns = {"corrected_label": new, "excluded": [False] * sheet.n, "reason": ["a, b"] * sheet.n}
    suffix = {"csv": ".csv", "tsv": ".tsv", "jsonl": ".jsonl", "parquet": ".parquet"}[sheet.format]
    after = tmp_path / f"after{suffix}"
    after.write_bytes(sheet.edited(columns, [True] * sheet.n))
    items = open_dataset(after, audio).items
    assert sorted(items["label"]) == sorted(new)
    assert items["given_label"].to_dict() == before
    if sheet.format == "csv" and len(set(sheet.names)) == len(sheet.names):
        (tmp_path / "after.jsonl").write_bytes(rendered(sheet, "jsonl", columns, [True] * sheet.n))
        assert sorted(open_dataset(tmp_path / "after.jsonl", audio).items["label"]) == sorted(new)


def json_sheet(text: str) -> JsonSheet:
    return JsonSheet(json_text(text, "m.jsonl"), has_mark=False)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(HOSTILE, HOSTILE), min_size=1, max_size=6),
    st.lists(HOSTILE, min_size=6, max_size=6),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_csv_keeps_every_cell_and_reads_back(rows, new, delimiter, end, quote_all):
    table = [["path", "label"], *([f"p{k}{a}", b] for k, (a, b) in enumerate(rows))]
    text = as_csv(table, delimiter=delimiter, end=end, quote_all=quote_all)
    # where cells over several lines may look like rows of their own, quoting is not plain to see
    cells = "".join(cell for row in [*rows, new] for cell in row)
    assume(not (set(cells) & set("\n\r") and delimiter in cells))
    sheet = csv_sheet(text, delimiter)
    assert sheet.n == len(rows)
    out = sheet.edited({"corrected_label": new}, [True] * len(rows)).decode()
    assert read_csv(out, delimiter) == [
        [*row, cell] for row, cell in zip(table, ["corrected_label", *new], strict=False)
    ]
    # what the file had is there letter by letter: without the added cells it is the file again
    again = csv_sheet(out, delimiter)
    assert [cell.strip(" ") for cell in again.column("label")] == [row[1].strip(" ") for row in table[1:]]
    assert [row.startswith(old.removesuffix(end)) for row, old in zip(raw(again), raw(sheet), strict=True)]
    # in place: the column is not there twice, and the others keep their spelling
    other = [f"{cell}!" for cell in new]
    updated = again.edited({"corrected_label": other}, [True] * len(rows)).decode()
    assert read_csv(updated, delimiter) == [
        [*row, cell] for row, cell in zip(table, ["corrected_label", *other], strict=False)
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(HOSTILE, min_size=2, max_size=6), st.sampled_from(",;\t"), st.booleans())
def test_raw_fields_are_the_fields_as_written(cells, delimiter, quote_all):
    row = as_csv([cells], delimiter=delimiter, end="", quote_all=quote_all)
    raw = raw_fields(row, delimiter)
    assert delimiter.join(raw) == row
    assert [read_csv(f"x{delimiter}{r}", delimiter)[0][1] for r in raw] == cells


@given(HOSTILE)
def test_a_quoted_cell_reads_back(text):
    assert read_csv(f"x,{quoted(text, ',')}")[0][1] == text


def test_csv_marks_ends_and_stray_cells(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(b'\xef\xbb\xbfpath, label\r\n\r\n"a,b.wav", x ,\r\nc.wav,"y""y"')
    sheet = read_sheet(path, Choice())
    assert sheet.names == ["path", "label"]
    out = sheet.edited({"new": ["1", "2"]}, [True, True])
    assert out == b'\xef\xbb\xbfpath, label,new\r\n"a,b.wav", x ,1\r\nc.wav,"y""y",2\r\n'


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.dictionaries(HOSTILE, JSON_VALUES, max_size=4), min_size=1, max_size=4), st.booleans(), st.booleans()
)
def test_jsonl_keeps_every_member_as_it_is_written(objects, ascii_only, spaced):
    objects = [{"path": "x", **o} for o in objects]
    separators = (" , ", " : ") if spaced else (",", ":")
    lines = [json.dumps(o, ensure_ascii=ascii_only, separators=separators) for o in objects]
    sheet = json_sheet("\n".join(lines))
    new = {"corrected label": [f"x{k}" for k in range(len(objects))]}
    keep = [True] * len(objects)
    out = sheet.edited(new, keep).decode()
    got = out.split("\n")[:-1]
    for k, (line, o) in enumerate(zip(got, objects, strict=True)):
        assert json.loads(line) == {**o, "corrected label": f"x{k}"}
        assert line.startswith(lines[k][:-1].rstrip())
    again = json_sheet(out).edited({"corrected label": ["z"] * len(objects)}, keep).decode()
    assert [json.loads(line) for line in again.split("\n")[:-1]] == [{**o, "corrected label": "z"} for o in objects]


def test_numbers_in_jsonl_keep_their_spelling():
    line = '{"path": "a", "n": 1.50, "big": 12345678901234567890, "e": 1E5, "corrected_label": "x"}'
    out = json_sheet(line).edited({"corrected_label": ["y"]}, [True]).decode()
    assert out == line.replace('"x"', '"y"') + "\n"
    assert [name for name, _, _ in member_spans(line)] == ["path", "n", "big", "e", "corrected_label"]


def test_parquet_keeps_types_and_metadata(tmp_path):
    table = pa.table(
        {"path": ["a", "b"], "label": pa.array([3, 4], pa.int8()), "tags": [["x"], []]}
    ).replace_schema_metadata({"own": "kept"})
    pq.write_table(table, tmp_path / "m.parquet")
    sheet = read_sheet(tmp_path / "m.parquet", Choice())
    out = pq.read_table(pa.BufferReader(sheet.edited({"excluded": [True, False]}, [False, True])))
    assert out.schema.metadata[b"own"] == b"kept"
    assert out.schema.field("label").type == pa.int8()
    assert out.to_pylist() == [{"path": "b", "label": 4, "tags": [], "excluded": False}]


def test_every_format_into_every_other(tmp_path):
    sheet = sheet_of({"path": ["a", "b"], "n": [1, None]})
    more = {"excluded": [True, False]}
    assert rendered(sheet, "csv", more, [True, True]) == b"path,n,excluded\na,1,true\nb,,false\n"
    assert rendered(sheet, "tsv", more, [False, True]) == b"path\tn\texcluded\nb\t\tfalse\n"
    lines = rendered(sheet, "jsonl", more, [True, True]).decode().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"path": "a", "n": 1, "excluded": True},
        {"path": "b", "n": None, "excluded": False},
    ]
    text = csv_sheet("path,n\na,1\nb,\n")
    table = pq.read_table(pa.BufferReader(rendered(text, "parquet", more, [True, True])))
    assert table.to_pylist() == [{"path": "a", "n": "1", "excluded": True}, {"path": "b", "n": "", "excluded": False}]


def test_what_another_format_cannot_hold_is_refused():
    with pytest.raises(UsageError, match="same name"):
        rendered(csv_sheet("path,x,x\na,1,2\n"), "jsonl", {}, [True])
    with pytest.raises(UsageError, match="binary"):
        rendered(sheet_of({"path": ["a"], "audio": [b"RIFF"]}), "csv", {}, [True])
