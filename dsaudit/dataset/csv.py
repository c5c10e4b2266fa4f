"""Manifests as text with a delimiter: CSV, TSV and their neighbours."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, get_args

from dsaudit.dataset.columns import Choice, Role, columns_for, known_columns, resolved
from dsaudit.dataset.names import counted
from dsaudit.dataset.record import told_names
from dsaudit.dataset.table import Table, no_rows
from dsaudit.dataset.text import listed_lines, manifest_suffix, manifest_text
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


DELIMITED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "blanks"}
CSV_SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".txt")

_SEP_LINE = re.compile(r'"?sep=(\\t|.)"?\s*', re.IGNORECASE)
_RULE = re.compile(r"[-=+:| ]*-{2}[-=+:| ]*")
_OWN = {".tsv": "\t", ".tab": "\t", ".psv": "|"}
_LOOKED_AT = 200
_TITLE_LINES = 10
_LONGEST_ROW = 10_000
_FEW = 0.1
"""Share of rows up to which odd ones are left out; where more are odd it is the whole that is not understood."""
_SUFFIX = re.compile(r"\S\.[A-Za-z][A-Za-z0-9]{1,4}")


@dataclass(slots=True)
class CsvText:
    """The rows of a text, and the lines that they stand in.

    Attributes
    ----------
    delimiter : str
    names : list of str
        Of the columns; ``"1"``, ``"2"`` … where the text names none.
    rows : list of list of str
        As many cells each as there are names.
    spans : list of (int, int)
        Of every row, its lines: from the first to before the last, counted from 0.
    lines : list of str
        With their ends.
    header : (int, int)
        The lines of the column names; empty where there are none.
    quoting : bool
        False where double quotes are part of the cells.
    literal : set of int
        First lines of rows whose double quotes are not as CSV has them: they are written again rather than kept.
    guessed : mapping of Role to str
        Columns of a text without names that look like a part.
    notes : list of str
    passed : list of int
        Lines that are neither a row nor the column names but are worth keeping: comments, rows that were left out.
    """

    delimiter: str
    lines: list[str]
    names: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    header: tuple[int, int] = (0, 0)
    quoting: bool = True
    literal: set[int] = field(default_factory=set)
    guessed: Mapping[Role, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        """The cells of a column."""
        place = self.names.index(name)
        return [fields[place] for fields in self.rows]


def read_csv(path: Path, choice: Choice) -> Table:
    """Read a CSV or TSV manifest; every cell stays text. How it is written is found out, see ``csv_text``.

    Raises
    ------
    DatasetError
        No text, no known column, or rows of different widths.
    """
    read = manifest_text(path)
    suffix = manifest_suffix(path)
    found = csv_text(read.text, path.name, suffix, choice)
    if not found.rows:
        raise no_rows(path.name)
    roles = resolved(found.names, choice, where=path.name, cells=found.column, guessed=found.guessed)
    columns = {name: found.column(name) for name in roles.columns}
    source = "tsv" if _OWN.get(suffix) == "\t" else "csv"
    layout = f"a table of text, cells between {DELIMITED.get(found.delimiter, repr(found.delimiter))}"
    numbers = [first + 1 for first, _ in found.spans]
    return Table(source, path.name, roles, columns, numbers, "line", layout, (*read.notes, *found.notes))


def csv_text(text: str, where: str, suffix: str, choice: Choice) -> CsvText:
    r"""Take a text with a delimiter apart.

    The delimiter is the one that a line ``sep=;`` names, or the one of ``, ; tab |`` and blank under which the line of
    names shows the most known ones and the rows agree in width, in doubt the one that the suffix promises.
    Double quotes enclose cells where that makes the rows agree, and are part of the cells where only that does.
    Comments, lines of delimiters alone and column names that come again are no rows. Line ends may be of any system.

    Parameters
    ----------
    text : str
    where : str
        Name of the manifest, for messages.
    suffix : str
    choice : Choice

    Raises
    ------
    DatasetError
        Nothing in it, or more than one row in ten is not as wide as the others.

    Examples
    --------
    >>> from dsaudit.dataset.columns import Choice
    >>> found = csv_text('path\tlabel\tby\n1.wav\t"no\tann\n2.wav\tyes"\tbob\n', "m.tsv", ".tsv", Choice())
    >>> found.rows, found.quoting
    ([['1.wav', '"no', 'ann'], ['2.wav', 'yes"', 'bob']], False)
    """
    lines = list(io.StringIO(text, newline=""))
    first, declared, title = _first_line(lines, suffix, choice)
    if first == len(lines):
        raise DatasetError(f"{where} is empty", hint="it needs a line of column names and one row per item")
    found = CsvText(declared or _delimiter(lines, first, suffix, choice), lines)
    if title:
        found.notes.append(f"passed over {counted(title, 'line')} above the column names of {where}")
    reading = _Reading(found, where, comments=any(line.startswith("#") for line in lines[:first]))
    reading.read_names(first, choice)
    reading.read_rows()
    reading.take_wide(choice)
    if known_columns(found.names, choice) or found.guessed:
        reading.refuse_odd()
    reading.tell()
    _strip_blanks(found)
    if choice.rows:
        found.names, notes = told_names(found.names)
        found.notes += notes
    else:
        _drop_copies(found, where)
    return found


@dataclass(slots=True)
class _Reading:
    """One text being taken apart, and the lines that were odd by what is odd about them."""

    found: CsvText
    where: str
    comments: bool
    """Whether a line that begins with ``#`` is a comment whatever follows."""
    skip: bool = False
    """Whether blanks before a quote are passed over."""
    least: int = 0
    """Cells that a row has at least."""
    comment: list[int] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    odd: list[tuple[int, int]] = field(default_factory=list)
    """Lines that are too wide or too narrow, and how many cells they have."""
    wide: dict[int, list[str]] = field(default_factory=dict)
    """Cells of the odd lines without a quote that have more of them than there are columns."""
    surplus: list[int] = field(default_factory=list)
    joined: list[int] = field(default_factory=list)
    literal: list[int] = field(default_factory=list)

    def read_names(self, first: int, choice: Choice) -> None:
        """Find the column names, or number the columns of a text that has none."""
        found, d = self.found, self.found.delimiter
        body = [line for line in found.lines[first:] if '"' in line]
        before = re.compile(rf'(?:^|{re.escape(d)}) +"')
        whole = re.compile(rf'(?:^|{re.escape(d)}) +"(?:[^"]|"")*" *(?={re.escape(d)}|[\r\n]|$)')
        n_before = sum(len(before.findall(line)) for line in body)
        self.skip = 0 < n_before == sum(len(whole.findall(line)) for line in body)
        names, stop = self._quoted(first)
        if names is None:
            names, stop = _split(found.lines[first], d), first + 1
        names = [name.strip() for name in names]
        names[0] = names[0].lstrip("\ufeff").removeprefix("#").lstrip()
        found.header = (first, stop)
        sample = [_split_quoted(line, d) for line in islice((x for x in found.lines[stop:] if x.strip()), _LOOKED_AT)]
        if (guessed := _without_names(names, sample, choice)) is not None:
            names = [str(k + 1) for k in range(len(names))]
            found.header, found.guessed = (first, first), guessed
            found.notes.append(f"the first line of {self.where} names no columns, so they are called {names[0]}, 2 …")
        counts, first_cells = [str(k) for k in range(len(sample) + 1)], [fields[0] for fields in sample]
        if {len(fields) for fields in sample} == {len(names) + 1} and first_cells in (counts[:-1], counts[1:]):
            names = ["", *names]
            found.notes.append(f"the first column of {self.where} has no name: its rows are one cell longer")
        found.names = names
        self.least = max((k for k, name in enumerate(names, 1) if name), default=len(names))

    def read_rows(self) -> None:
        """Read every row; in the plain way where that leaves no doubt, else line by line."""
        found = self.found
        reader = csv.reader(islice(found.lines, found.header[1], None), delimiter=found.delimiter, strict=True)
        width, k = len(found.names), found.header[1]
        try:
            for fields in [] if self.skip or self.comments else reader:
                stop = found.header[1] + reader.line_num
                if fields and (len(fields) != width or (stop > k + 1 and self._fits_by_line(k, stop))):
                    break
                if fields:
                    self._keep(fields, k, stop)
                if stop > k + 1:
                    self.joined.append(k)
                k = stop
        except csv.Error:
            pass
        if k < len(found.lines):
            found.rows, found.spans, self.empty, self.again, self.joined = [], [], [], [], []
            self._read_by_line()

    def _read_by_line(self) -> None:
        """Weigh what quotes do: enclose cells, where rows would be too wide without; join and cut rows, where not."""
        found = self.found
        rows: dict[int, tuple[list[str] | None, int]] = {}
        proof = against = 0
        k = found.header[1]
        while k < len(found.lines):
            stop = k + 1
            if '"' in found.lines[k]:
                fields, stop = rows[k] = self._quoted(k)
                plain = self._fits_by_line(k, stop)
                fits = self._fit(fields) is not None
                proof += fits and not plain
                if plain and (not fits or stop > k + 1):
                    against += 1
                    stop = k + 1
                elif not fits:
                    stop = k + 1
            k = stop
        found.quoting = proof >= against
        k = found.header[1]
        while k < len(found.lines):
            k = self._read_line(k, rows)

    def _read_line(self, k: int, rows: Mapping[int, tuple[list[str] | None, int]]) -> int:
        """Read the row that begins in line ``k``; the line after it."""
        found = self.found
        line = found.lines[k]
        if line.lstrip().startswith("#") and (self.comments or self._fit(_split(line, found.delimiter)) is None):
            self.comment.append(k)
            return k + 1
        plain = _split(line, found.delimiter)
        if '"' not in line or not found.quoting:
            self._take(plain, k, k + 1)
            return k + 1
        fields, stop = rows[k] if k in rows else self._quoted(k)
        fits = self._fit(fields) is not None
        if fits and stop > k + 1:
            fits = not self._fits_by_line(k, stop)
        if fits or self._fit(plain) is None:
            stop = stop if fits else k + 1
            if stop > k + 1:
                self.joined.append(k)
            self._take(fields if fits or fields is not None else plain, k, stop)
            return stop
        self.literal.append(k)
        self._take(plain, k, k + 1)
        return k + 1

    def _take(self, fields: Sequence[str] | None, k: int, stop: int) -> None:
        if not fields or fields == [""]:
            return
        fitting = self._fit(fields)
        if fitting is not None:
            self._keep(fitting, k, stop)
        elif any(cell.strip() for cell in fields):
            self.odd.append((k, len(fields)))
            if len(fields) > len(self.found.names) and stop == k + 1 and '"' not in self.found.lines[k]:
                self.wide[k] = list(fields)
        else:
            self.empty.append(k)

    def take_wide(self, choice: Choice) -> None:
        """Read the delimiters in a text without quotes as part of it, where the label then is one of the others."""
        names, found = self.found.names, self.found
        texts = [choice.text] if choice.text else columns_for("text", names, choice) if choice.inline else []
        if not self.wide or len(texts) != 1 or names.count(texts[0]) != 1:
            return
        at = names.index(texts[0])
        labels = [names.index(name) for name in columns_for("label", names, choice)[:1]]
        rows = {}
        for k, fields in self.wide.items():
            end = at + len(fields) - len(names) + 1
            rows[k] = [*fields[:at], found.delimiter.join(fields[at:end]), *fields[end:]]
        seen = Counter(row[place] for row in [*found.rows, *rows.values()] for place in labels)
        taken = {k: row for k, row in rows.items() if all(seen[row[place]] > 1 for place in labels)}
        self.odd = [(k, n) for k, n in self.odd if k not in taken]
        self.surplus = sorted(taken)
        found.literal |= set(taken)
        spans = [*found.spans, *((k, k + 1) for k in taken)]
        order = sorted(range(len(spans)), key=spans.__getitem__)
        every = [*found.rows, *taken.values()]
        found.rows, found.spans = [every[n] for n in order], [spans[n] for n in order]

    def _keep(self, fields: list[str], k: int, stop: int) -> None:
        found = self.found
        if len(fields) > 1 and (not any(map(str.strip, fields)) or _RULE.fullmatch(" ".join(fields))):
            self.empty.append(k)
        elif fields[0].strip("\ufeff ") == found.names[0] and [cell.strip("\ufeff ") for cell in fields] == found.names:
            self.again.append(k)
        else:
            found.rows.append(fields)
            found.spans.append((k, stop))

    def _fits_by_line(self, k: int, stop: int) -> bool:
        """Whether lines are rows each with quotes as part of their cells; two lines may be so by chance."""
        if stop == k + 2 and (self.found.delimiter != "\t" or len(self.found.names) == 2):
            return False
        lines, d = self.found.lines[k:stop], self.found.delimiter
        return all(self._fit(_split(line, d)) is not None for line in lines if line.strip())

    def _fit(self, fields: Sequence[str] | None) -> list[str] | None:
        """The row as wide as the column names, where what differs is empty; else None."""
        width = len(self.found.names)
        if fields is None or len(fields) < self.least:
            return None
        if len(fields) == width:
            return list(fields)
        if len(fields) <= width:
            return [*fields, *[""] * (width - len(fields))]
        return None if any(cell.strip() for cell in fields[width:]) else list(fields[:width])

    def _quoted(self, k: int) -> tuple[list[str] | None, int]:
        """The row from line ``k`` on with quotes around cells, and the line after it; None where that is none."""
        lines, d = self.found.lines, self.found.delimiter
        stop, mended = k + 1, 0
        while True:
            part = lines[k:stop]
            if mended == 1:  # blanks after a quote
                part = [re.sub(rf'" +(?={re.escape(d)}|[\r\n]*$)', '"', line) for line in part]
            elif mended == 2:  # quotes within a cell after a backslash
                part = [line.replace('\\"', '""') for line in part]
            reader = csv.reader(part, delimiter=d, strict=True, skipinitialspace=self.skip)
            try:
                fields = next(reader, [])
                if mended:
                    self.found.literal.add(k)
                return fields, k + reader.line_num
            except csv.Error as error:
                if "unexpected end" in str(error):
                    most = min(len(lines), k + _LONGEST_ROW)
                    after = next((n for n in range(stop, most) if '"' in lines[n]), None)
                    stop = k + 1 if after is None else after + 1
                    if after is not None:
                        continue
                if mended == 2 or (mended == 1 and '\\"' not in "".join(part)):
                    return None, k + 1
                mended += 1

    def refuse_odd(self) -> None:
        """Refuse a manifest of which many rows are too wide or too narrow."""
        found, where = self.found, self.where
        if self.odd and len(self.odd) > _FEW * (len(found.rows) + len(self.odd)):
            (line, has), more = self.odd[0], len(self.odd) - 1
            raise DatasetError(
                f"{where}, line {line + 1}: {counted(has, 'field')} where the first line names "
                + counted(self.least, "column")
                + (f"; so {counted(more, 'other row')}" if more else ""),
                hint="put text that holds the delimiter in double quotes",
            )

    def tell(self) -> None:
        """Say what was odd."""
        found, where = self.found, self.where
        if not found.quoting:
            found.notes.append(f"{where} is written without quoting: double quotes are part of its cells")
        told = (
            ("a double quote that would join or cut rows is part of the cell", self.literal),
            ("rows that run over several lines within double quotes", self.joined),
            (f"cells beyond {len(found.names)} are read as part of the text, which is not quoted", self.surplus),
            ("passed over, because they hold no cell", self.empty),
            ("passed over, because they are comments", self.comment),
            ("passed over, because they repeat the column names", self.again),
            (
                f"left out, because they have more cells than {len(found.names)}",
                [k for k, n in self.odd if n > self.least],
            ),
            (f"left out, because they have fewer cells than {self.least}", [k for k, n in self.odd if n <= self.least]),
        )
        found.notes += [f"{what}: {listed_lines([k + 1 for k in at])} of {where}" for what, at in told if at]
        found.literal |= set(self.literal)
        found.passed = sorted((*self.comment, *(k for k, _ in self.odd)))


def _first_line(lines: Sequence[str], suffix: str, choice: Choice) -> tuple[int, str | None, int]:
    """Place of the line of column names, the delimiter that a line ``sep=`` declares, and lines of a title above."""
    declared = None
    k = 0
    while k < len(lines) and not lines[k].strip():
        k += 1
    if k < len(lines) and (match := _SEP_LINE.fullmatch(lines[k])):
        declared, k = match[1].replace("\\t", "\t"), k + 1
    heads = [n for n in range(k, len(lines)) if lines[n].strip()][:_TITLE_LINES]
    plain = [n for n in heads if not lines[n].startswith("#")]

    def known(n: int) -> int:
        head = lines[n].removeprefix("#")
        return max(_known(head, d, choice) for d in _delimiters(suffix))

    if not heads or known(heads[0]) > 1 or (plain and plain[0] == heads[0] and known(heads[0])):
        return (heads[0] if heads else len(lines)), declared, 0
    if plain and known(plain[0]):
        return plain[0], declared, 0
    named = [n for n in heads if known(n) > 1]
    above = [n for n in heads if n not in plain and plain and n < plain[0]]
    if not named and above and known(above[-1]) and _as_wide(lines, above[-1], plain[0], suffix):
        named = above[-1:]
    if not named:
        return (plain or heads)[0], declared, 0
    return named[0], declared, sum(n < named[0] and n in plain for n in heads)


def _known(line: str, delimiter: str, choice: Choice) -> int:
    """Known names in a line; between blanks none unless all are known, for a sentence may hold some."""
    names = _split_quoted(line, delimiter)
    n = known_columns(names, choice)
    return n if delimiter != " " or n == len(names) else 0


def _as_wide(lines: Sequence[str], one: int, other: int, suffix: str) -> bool:
    """Whether two lines have as many cells, and several."""
    widths = ([len(_split_quoted(lines[n].removeprefix("#"), d)) for n in (one, other)] for d in _delimiters(suffix))
    return any(a == b > 1 for a, b in widths)


def _delimiter(lines: Sequence[str], first: int, suffix: str, choice: Choice) -> str:
    body = [line for line in islice((x for x in lines[first + 1 :] if x.strip()), _LOOKED_AT) if line[0] != "#"]
    head = lines[first].removeprefix("#")

    def key(delimiter: str) -> tuple[int, int, bool]:
        names = _split_quoted(head, delimiter)
        agree = sum(len(_split_quoted(line, delimiter)) == len(names) for line in body)
        # commas may be parts of sentences, as many in each; tabs are not
        return _known(head, delimiter, choice), agree if len(names) > 1 else 0, delimiter == "\t"

    return max(_delimiters(suffix), key=key)


def _delimiters(suffix: str) -> list[str]:
    own = _OWN.get(suffix, ",")
    return [own, *(d for d in DELIMITED if d != own)]


def _split(line: str, delimiter: str) -> list[str]:
    return line.rstrip("\r\n").split(delimiter)


def _split_quoted(line: str, delimiter: str) -> list[str]:
    line = line.rstrip("\r\n")
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)


def _without_names(names: list[str], sample: Sequence[list[str]], choice: Choice) -> dict[Role, str] | None:
    """What the columns look like where the first line is a row like the others; None where it names the columns."""
    asked = {role: name for role in get_args(Role) if (name := getattr(choice, role)) and name not in names}
    if asked and all(name.isdigit() and 0 < int(name) <= len(names) for name in asked.values()):
        return None if known_columns(names, Choice()) else asked
    if known_columns(names, choice) or not sample:
        return None
    rows = [[cell.strip() for cell in fields] for fields in sample if len(fields) == len(names)]
    if len(rows) < max(2, (1 - _FEW) * len(sample)):
        return None
    columns = list(zip(*rows, strict=True))
    files = [k for k, cells in enumerate(columns) if _are_files([names[k], *cells])]
    # a name of a column does not come again among its cells
    rows_of_data = [k for k, cells in enumerate(columns) if names[k] and names[k] in cells]
    distinct = [k for k, cells in enumerate(columns) if len({names[k], *cells}) == len(cells) + 1]
    if not files and (len(names) < 2 or not (rows_of_data and distinct)):
        return None
    # numbers of rows are distinct, too
    item = files[0] if files else max(distinct, key=lambda k: sum(map(len, columns[k])) if choice.inline else -k)
    labels = [k for k in range(len(names)) if k != item and 1 < len(set(columns[k])) <= max(2, len(rows) // 2)]
    labels = [k for k in labels if columns[k] not in [columns[j] for j in labels if j < k]]
    guessed: dict[Role, str] = {"text" if choice.inline and not files else "path": str(item + 1)}
    return guessed | ({"label": str(labels[0] + 1)} if len(labels) == 1 else {})


def _are_files(cells: Sequence[str]) -> bool:
    """Whether nearly all are names of files, the first with a suffix that comes again."""
    suffixes = [cell.rpartition(".")[2].casefold() if _SUFFIX.search(cell[-6:]) else "" for cell in cells]
    return bool(suffixes[0]) and suffixes[0] in suffixes[1:] and suffixes.count("") <= _FEW * len(cells)


def _strip_blanks(found: CsvText) -> None:
    """Take off blanks beside the delimiters, in columns where every cell has them."""
    stripped = False
    for place in range(len(found.names)):
        head = [fields[place] for fields in found.rows[:_LOOKED_AT] if fields[place].strip()]
        if len(head) < 2 or not any(cell[0] == " " or cell[-1] == " " for cell in head):
            continue
        cells = [fields[place] for fields in found.rows if fields[place].strip()]
        left = all(cell[0] == " " for cell in cells)
        aligned = len(cells) >= _TITLE_LINES and len({len(cell) for cell in cells}) == 1
        right = aligned or all(cell[-1] == " " for cell in cells)
        if left or right:
            stripped = True
            for fields in found.rows:
                cell = fields[place]
                cell = cell.lstrip(" ") if left else cell
                fields[place] = cell.rstrip(" ") if right else cell
    if stripped:
        found.notes.append("blanks beside the delimiters are not part of the cells")


def _drop_copies(found: CsvText, where: str) -> None:
    """Unname columns that repeat another of the same name, cell by cell."""
    for name in [name for name, n in Counter(found.names).items() if n > 1 and name]:
        first, *others = [k for k, other in enumerate(found.names) if other == name]
        if all(fields[first] == fields[k] for fields in found.rows for k in others):
            for k in others:
                found.names[k] = ""
            found.notes.append(f"{where} has {len(others) + 1} columns {name!r} with the same cells: the first is used")


def numbered(names: Iterable[str], guessed: Mapping[Role, str]) -> list[str]:
    """Names for the columns of a text that has none, by which they are found again.

    Examples
    --------
    >>> numbered(["1", "2", "3"], {"path": "1", "label": "3"})
    ['path', 'column_2', 'label']
    """
    roles = {column: role for role, column in guessed.items()}
    return [roles.get(name) or f"column_{name}" for name in names]
