"""Manifests as comma- or tab-separated text."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import known_columns, resolved
from dsaudit.dataset.names import counted
from dsaudit.dataset.table import Table
from dsaudit.dataset.text import file_text
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from dsaudit.dataset.columns import Choice

_DELIMITED = {",": "cells between commas", ";": "cells between semicolons", "\t": "cells between tabs"}


def read_csv(path: Path, choice: Choice) -> Table:
    """Read a CSV or TSV manifest; every cell stays text.

    The delimiter is the one of ``, ; tab`` under which the first line shows the most known column names,
    in doubt the one that the suffix promises. Empty lines are passed over.

    Raises
    ------
    DatasetError
        Not UTF-8, no known column, or a row with too few or too many fields, with its line number.
    """
    text = file_text(path)
    delimiter = delimiter_of(text, path.suffix, choice)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] = []
    kept: list[list[str]] = []
    lines: list[int] = []
    first_line = 1
    try:
        for fields in reader:
            line, first_line = first_line, reader.line_num + 1
            if not fields:
                continue
            if not names:
                names = [name.strip() for name in fields]
                continue
            if len(fields) != len(names) and (len(fields) < len(names) or any(f.strip() for f in fields[len(names) :])):
                raise DatasetError(
                    f"{path.name}, line {line}: {counted(len(fields), 'field')} where the first line names "
                    f"{len(names)} columns",
                    hint="put text that holds the delimiter in double quotes",
                )
            kept.append(fields)
            lines.append(line)
    except csv.Error as error:
        raise DatasetError(
            f"{path.name}, line {first_line}: {error}",
            hint="a quoted field ends with a double quote before the next delimiter; a quote inside is doubled",
        ) from error
    if not names:
        raise DatasetError(f"{path.name} is empty", hint="it needs a line of column names and one row per item")
    roles = resolved(names, choice, where=path.name)
    places = {name: names.index(name) for name in roles.columns}
    columns = {name: [fields[place] for fields in kept] for name, place in places.items()}
    source = "tsv" if _own_delimiter(path.suffix) == "\t" else "csv"
    return Table(source, path.name, roles, columns, lines, "line", f"a table of text, {_DELIMITED[delimiter]}")


def delimiter_of(text: str, suffix: str, choice: Choice) -> str:
    r"""The delimiter under which the first line of ``text`` shows the most known column names.

    Examples
    --------
    >>> from dsaudit.dataset.columns import Choice
    >>> delimiter_of("path;label\nx.wav;yes\n", ".csv", Choice())
    ';'
    """
    own = _own_delimiter(suffix)
    header, _, _ = text.lstrip("\r\n").partition("\n")
    return max(
        (own, *(d for d in ",;\t" if d != own)),
        key=lambda d: known_columns(next(csv.reader([header], delimiter=d), []), choice),
    )


def _own_delimiter(suffix: str) -> str:
    return "\t" if suffix.lower() == ".tsv" else ","
