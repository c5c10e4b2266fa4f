"""Labels of several people: from a table of the user's, and from decisions."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING

import pandas as pd

from dsaudit.dataset.names import shown
from dsaudit.dataset.table import cell_text
from dsaudit.dataset.text import file_text, in_one_line, unreadable
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from dsaudit.types import Decision

EXCLUDED = "(exclude)"
"""What a person says who excludes an item: that no label fits. It is compared like any other label."""

_ITEM = ("item_id", "item", "id", "path", "file", "filename", "file_name", "uri", "task")
_PERSON = ("annotator", "annotator_id", "rater", "rater_id", "user", "user_id", "worker", "worker_id", "labeler")
_LABEL = ("label", "annotation", "class", "answer", "response", "category")
_WIDE = re.compile(r"(?:annotator|rater|worker|user|label|annotation)[ _-]?(\w+)", re.IGNORECASE)
_COLUMNS = ("item_id", "annotator", "label")


@in_one_line
def read_annotations(path: Path, *, items: Sequence[str] = ()) -> pd.DataFrame:
    r"""Annotations from a CSV, TSV, JSONL or Parquet file.

    Either long, with one row per item and annotator (columns such as ``item_id``, ``annotator``, ``label``),
    or wide, with one row per item and one column per annotator (``annotator_1``, ``annotator_2`` …).

    Parameters
    ----------
    path : Path
    items : sequence of str
        Other names of the column of items, such as what an item is called.

    Returns
    -------
    DataFrame
        ``item_id``, ``annotator``, ``label`` (all str), without empty labels; sorted.

    Raises
    ------
    DatasetError
        The file cannot be read, or its columns cannot be understood.

    Examples
    --------
    >>> from pathlib import Path
    >>> path = Path("said.csv")
    >>> _ = path.write_text("item_id,annotator_1,annotator_2\nx,yes,no\ny,yes,\n")
    >>> read_annotations(path).to_numpy().tolist()
    [['x', '1', 'yes'], ['x', '2', 'no'], ['y', '1', 'yes']]
    """
    table = _table(path)
    names = {_plain(str(c)): str(c) for c in table.columns}
    item = next((names[a] for a in (*_ITEM, *items) if a in names), None)
    if item is None:
        raise DatasetError(
            f"{shown(path)} has no column that names the item; its columns are: {', '.join(map(str, table.columns))}",
            hint="call it item_id",
        )
    person = next((names[a] for a in _PERSON if a in names), None)
    label = next((names[a] for a in _LABEL if a in names), None)
    if person is not None and label is not None:
        long = table[[item, person, label]].set_axis(_COLUMNS, axis=1)
    else:
        wide = {c: m[1] for c in map(str, table.columns) if c != item and (m := _WIDE.fullmatch(c.strip()))}
        if len(wide) < 2:
            raise DatasetError(
                f"{shown(path)} names no annotators",
                hint="give columns item_id, annotator, label; or item_id, annotator_1, annotator_2 …",
            )
        parts = [
            pd.DataFrame({"item_id": table[item], "annotator": who, "label": table[column]})
            for column, who in wide.items()
        ]
        long = pd.concat(parts, ignore_index=True)
    return _tidy(long, shown(path))


def annotations_of(opinions: Mapping[str, Sequence[Decision]]) -> pd.DataFrame:
    """Standing decisions by item id as annotations.

    ``confirm`` and ``relabel`` give their label, ``exclude`` gives ``EXCLUDED``; who was unsure said nothing, and
    so did whoever settled a dispute, having seen what the others said.
    """
    rows = [
        (item_id, d.actor, EXCLUDED if d.action == "exclude" else d.new_label)
        for item_id, said in opinions.items()
        for d in said
        if d.action in ("confirm", "relabel", "exclude") and not d.settles
    ]
    return _tidy(pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object), "decisions")


def joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several tables of annotations as one; where a person spoke twice of an item, the later table counts.

    Examples
    --------
    >>> import pandas as pd
    >>> columns = ["item_id", "annotator", "label"]
    >>> before, after = [["x", "ann", "no"]], [["x", "ann", "yes"]]
    >>> joined(pd.DataFrame(rows, columns=columns) for rows in (before, after)).to_numpy().tolist()
    [['x', 'ann', 'yes']]
    """
    table = pd.concat(list(tables), ignore_index=True)
    return _sorted(table.drop_duplicates(["item_id", "annotator"], keep="last"))


def _table(path: Path) -> pd.DataFrame:
    suffix = path.suffix.lower()
    if not path.is_file():
        raise DatasetError(f"{shown(path)} does not exist", hint="--annotations takes a file")
    try:
        if suffix == ".parquet":
            return pd.read_parquet(path)
        if suffix in (".jsonl", ".ndjson"):
            return pd.DataFrame(
                [json.loads(line) for line in file_text(path).split("\n") if line.strip()], dtype=object
            )
        if suffix in (".csv", ".tsv"):
            text = file_text(path)
            first = text.lstrip("\r\n").partition("\n")[0]
            delimiter = max("\t,;" if suffix == ".tsv" else ",;\t", key=first.count)
            rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
            if not rows:
                raise DatasetError(f"{shown(path)} is empty", hint="it needs a line of column names")
            width = len(rows[0])
            if odd := next((k for k, row in enumerate(rows, 1) if len(row) != width), 0):
                raise DatasetError(f"{shown(path)}, row {odd}: {len(rows[odd - 1])} fields where {width} are named")
            return pd.DataFrame(rows[1:], columns=rows[0], dtype=object)
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, AttributeError, csv.Error) as error:
        raise DatasetError(f"{shown(path)} cannot be read as {suffix[1:]}: {error}") from error
    raise DatasetError(f"{shown(path)} is no table of annotations", hint="give a .csv, .tsv, .jsonl or .parquet file")


def _tidy(table: pd.DataFrame, where: str) -> pd.DataFrame:
    columns = {}
    for name in _COLUMNS:
        try:
            columns[name] = [cell_text(value) for value in table[name]]
        except TypeError as error:
            raise DatasetError(f"{where}: column {name!r} holds a {error}, not one word or number") from None
    tidy = pd.DataFrame(columns, dtype=object).dropna()
    return _sorted(tidy.drop_duplicates(["item_id", "annotator"], keep="last"))


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["item_id", "annotator"], ignore_index=True)


def _plain(column: str) -> str:
    return column.strip().casefold().replace(" ", "_").replace("-", "_")
