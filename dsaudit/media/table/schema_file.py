"""What holds of a table as a file of Python that pandera runs. Writing it needs no pandera."""

from __future__ import annotations

import re
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING

from dsaudit.analysis.cell.expectation import number_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsaudit.analysis.cell.expectation import ColumnExpectation, Expectations, PairExpectation


def schema_file(held: Expectations, *, name: str, n_rows: int) -> str:
    """The file: how a table is read, what is asked of its cells, and a script that says which of them fail.

    Names and values of the table stand in it as literals, so nothing in them can run.

    Parameters
    ----------
    held : Expectations
    name : str
        What the table is called.
    n_rows : int
        Rows that were audited.

    Examples
    --------
    >>> from dsaudit.analysis.cell.expectation import ColumnExpectation, Expectations
    >>> size = ColumnExpectation("size", "number", 90, low=0.0, high=9.0, seen=(1.0, 8.0), most_missing=0.0)
    >>> text = schema_file(Expectations((size,), ()), name="a.csv", n_rows=90)
    >>> "error='size: not between 0 and 9; it was 1 to 8'" in text
    True
    """
    frame = resources.files(__package__).joinpath("schema.py.txt").read_text(encoding="utf-8")
    missing = {c.name: list(c.missing_words) for c in held.columns if c.missing_words}
    columns = "\n".join(_column(c) for c in held.columns)
    known = "\n".join(_known(k, pair) for k, pair in enumerate(held.pairs) if pair.known)
    by_name = {c.name: c for c in held.columns}
    pairs = "\n".join(_pair(k, pair, by_name) for k, pair in enumerate(held.pairs))
    made = {
        "AUDITED": f"{n_rows:,} rows of {_literal(name)}",
        "MISSING": _literal(missing),
        "KNOWN": known,
        "COLUMNS": columns,
        "PAIRS": pairs,
    }
    return re.sub("<<([A-Z]+)>>", lambda found: made[found[1]], frame)


def _literal(value: object) -> str:
    """As Python has it: no line and no literal ends in it, whatever it holds."""
    return repr(value)


def _column(held: ColumnExpectation) -> str:
    checks = [f"        {check}," for check in _checks(held)]
    inner = "[\n" + "\n".join(f"        {line}" for line in checks) + "\n            ]" if checks else "[]"
    return f"        {_literal(held.name)}: Column(checks={inner}, nullable={held.most_missing > 0}),"


def _checks(held: ColumnExpectation) -> Iterator[str]:
    name, soft = held.name, dict(held.softened)

    def check(body: str, words: str, what: str = "", more: str = "") -> str:
        broken = soft.get(what, 0)
        tail = f"; {broken} of {held.n_rows:,} audited are not" if broken else ""
        warns = ", raise_warning=True" if broken else ""
        return f"Check(lambda c: {body}, error={_literal(f'{name}: {words}{tail}')}{more}{warns})"

    if 0 < held.most_missing < 1:
        seen = f"it was {held.missing:.1%}"
        words = f"more than {held.most_missing:.1%} of the cells are missing; {seen}"
        yield check(f"c.isna().mean() <= {held.most_missing:.4g}", words, more=", ignore_na=False")
    read = _reader(held)
    if held.type == "number":
        beside = f" with {' or '.join(held.units)}" if held.units else ""
        yield check(f"{read}.notna()", f"no number{beside}", "type")
    if held.type == "date":
        yield check(f"{read}.notna()", f"no date written as {held.written}", "type")
    if held.whole:
        yield check(f"whole({read})", "not whole", "whole")
    if held.low is not None and held.high is not None:
        ends = [_end(held, end) for end in (held.low, held.high, *held.seen)]
        bounds = ", ".join(f"pd.Timestamp({_literal(end)})" if held.type == "date" else end for end in ends[:2])
        words = f"not between {ends[0]} and {ends[1]}; it was {ends[2]} to {ends[3]}"
        yield check(f"within({read}, {bounds})", words)
    if held.values:
        one = f"{held.values[0]!r}, the only value there was"
        words = f"not {one if len(held.values) == 1 else f'one of the {len(held.values)} values there were'}"
        yield check(f"texts(c).isin({_literal(list(held.values))})", words, "values")
    if held.pattern:
        yield check(f"texts(c).str.fullmatch({_literal(held.pattern)})", f"not written as {held.pattern}", "pattern")
    if held.unique:
        yield check("~texts(c).duplicated(keep=False)", "not unique", "unique")


def _reader(held: ColumnExpectation) -> str:
    if held.type == "date":
        return f"days(c, {_literal(held.written)})"
    if held.units or held.comma:
        pattern, thousands = number_pattern(held.units, comma=held.comma)
        return f"numbers(c, {_literal(pattern)}, {_literal(thousands)})"
    return "numbers(c)"


def _end(held: ColumnExpectation, end: float) -> str:
    if held.type == "date":
        return date.fromordinal(min(max(int(end), 1), date.max.toordinal())).isoformat()
    return f"{end:.12g}"


def _known(k: int, pair: PairExpectation) -> str:
    entries = "\n".join(f"    {_literal(a)}: {_literal(b)}," for a, b in pair.known.items())
    return f"KNOWN_{k} = {{  # what goes with each value that three rows had\n{entries}\n}}"


def _pair(k: int, pair: PairExpectation, columns: dict[str, ColumnExpectation]) -> str:
    tail = f"; {pair.n_rows - pair.n_broken:,} of {pair.n_rows:,} rows agreed"
    warns = ", raise_warning=True" if pair.n_broken else ""
    first, second = _literal(pair.first), _literal(pair.second)
    if pair.kind == "tells":
        known = f"KNOWN_{k}" if pair.known else "{}"
        body, words = f"tells(t, {first}, {second}, {known})", f"{pair.second}: not what {pair.first} tells"
    else:
        reads = [_reader(columns[name]).replace("(c", f"(t[{_literal(name)}]", 1) for name in (pair.first, pair.second)]
        body = f"ordered(t, {first}, {second}, lambda t: {reads[0]}, lambda t: {reads[1]})"
        words = f"{pair.first}: above {pair.second}"
    return f"        Check(lambda t: {body}, error={_literal(words + tail)}{warns}),"
