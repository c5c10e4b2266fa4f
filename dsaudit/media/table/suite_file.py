"""What holds of a table as a suite of Great Expectations. Writing it needs no Great Expectations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dsaudit.analysis.cell.expectation import number_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dsaudit.analysis.cell.expectation import ColumnExpectation, Expectations

_NUMBER = r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*"
_TEXT = "str"


def suite_file(held: Expectations, *, name: str, n_rows: int) -> str:
    """The suite as JSON; ``meta`` says how pandas reads a table for it.

    There is no expectation for ranges of dates as they are written, nor for numbers with their units, and what one
    column tells of another is asked only where all values of the one are known.

    Examples
    --------
    >>> from dsaudit.analysis.cell.expectation import ColumnExpectation, Expectations
    >>> town = ColumnExpectation("town", "text", 90, values=("Bern", "Graz"))
    >>> suite = json.loads(suite_file(Expectations((town,), ()), name="a.csv", n_rows=90))
    >>> [one["type"] for one in suite["expectations"]]
    ['expect_column_to_exist', 'expect_column_values_to_be_in_set']
    """
    made = [one for column in held.columns for one in _of_column(column)]
    by_name = {column.name: column for column in held.columns}
    for pair in held.pairs:
        soft = _softened(pair.n_broken, pair.n_rows)
        if pair.kind == "ordered" and _orderable(by_name[pair.first]) and _orderable(by_name[pair.second]):
            columns = {"column_A": pair.second, "column_B": pair.first, "or_equal": True}
            made.append(_one("column_pair_values_a_to_be_greater_than_b", soft, **columns, **_ROWS))
        elif pair.known and set(pair.known) >= set(by_name[pair.first].values):
            pairs = [list(two) for two in pair.known.items()]
            columns = {"column_A": pair.first, "column_B": pair.second}
            made.append(_one("column_pair_values_to_be_in_set", soft, **columns, value_pairs_set=pairs, **_ROWS))
    texts = {column.name: _TEXT for column in held.columns if column.type != "number" or column.units or column.comma}
    read = {
        "dtype": texts,
        "keep_default_na": False,
        "na_values": {c.name: ["", *c.missing_words] for c in held.columns},
    }
    suite = {
        "name": f"{name}: what held of {n_rows:,} rows",
        "expectations": made,
        "meta": {"made_by": "dsaudit expect", "read_csv": read},
    }
    return json.dumps(suite, indent=1, ensure_ascii=False) + "\n"


_ROWS = {"ignore_row_if": "either_value_is_missing"}


def _softened(n_broken: int, n_rows: int) -> dict[str, Any]:
    """Of what some sound cells break twice as many may."""
    return {"mostly": round(1.0 - 2.0 * n_broken / max(n_rows, 1), 4)} if n_broken else {}


def _one(of_type: str, soft: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
    severity = {"severity": "warning"} if soft else {}
    return {"type": f"expect_{of_type}", "kwargs": {**kwargs, **soft}, **severity}


def _orderable(held: ColumnExpectation) -> bool:
    """Whether cells stand in the order of what they mean as they are read."""
    return held.written.startswith("%Y-%m-%d") if held.type == "date" else not (held.units or held.comma)


def _of_column(held: ColumnExpectation) -> Iterator[dict[str, Any]]:
    column, broken = {"column": held.name}, dict(held.softened)

    def soft(what: str) -> dict[str, Any]:
        return _softened(broken.get(what, 0), held.n_rows)

    yield _one("column_to_exist", {}, **column)
    if held.most_missing < 1:
        some = {"mostly": round(1.0 - held.most_missing, 4)} if held.most_missing else {}
        yield {"type": "expect_column_values_to_not_be_null", "kwargs": {**column, **some}}
    pattern = f"(?:{held.pattern})" if held.pattern else ""
    if held.type == "number" and not (held.units or held.comma):
        yield _one("column_values_to_match_regex", soft("type"), **column, regex=f"^{_NUMBER}$")
        yield _one("column_values_to_be_between", {}, **column, min_value=held.low, max_value=held.high)
    elif held.type == "number":
        pattern = number_pattern(held.units, comma=held.comma)[0].replace("([-", "(?:[-")
    if held.type == "date":
        yield _one("column_values_to_match_strftime_format", soft("type"), **column, strftime_format=held.written)
    if held.values:
        yield _one("column_values_to_be_in_set", soft("values"), **column, value_set=list(held.values))
    if pattern:
        yield _one("column_values_to_match_regex", soft("pattern"), **column, regex=f"^{pattern}$")
    if held.unique:
        yield _one("column_values_to_be_unique", soft("unique"), **column)
