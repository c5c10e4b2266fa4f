"""What the rows of a table tell only beside all others: cells that are probably wrong, and faulty columns."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.cause.facts import MAX_VALUES
from dsaudit.analysis.cell.candidate import candidates, suspicion
from dsaudit.analysis.cell.column import columns_of
from dsaudit.analysis.cell.dependency import BESIDE, WIDE
from dsaudit.analysis.cell.fault import column_faults
from dsaudit.analysis.cell.stray import strays
from dsaudit.analysis.cell.teach import groups
from dsaudit.analysis.cell.unlikely import MOST_TOLD
from dsaudit.analysis.label.cut import choose_cut
from dsaudit.dataset.record import ALL_FIELDS, SETTLED, told_type
from dsaudit.media.base import FACT, FIELD_DOUBTS
from dsaudit.media.table.column import cell_text, infer_columns, numbers
from dsaudit.media.table.row import frame_of, heading, texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.candidate import Suspicion

SPOKEN = {
    "misspelt": ("spelling", "variant", "decoding"),
    "odd_form": ("form", "number form", "date form", "spreadsheet", "unit"),
    "out_of_range": ("number",),
    "unexpected": ("unlikely",),
    "contradicted": ("dependency", "order", "key", "derived"),
    "out_of_place": ("exchanged", "shifted"),
}
"""What the survey says of the cells of a row, and the kinds of hints that say it."""
LOOKED_AT = 800_000
"""Cells of a table that are judged; of one that has more, those of rows at even distances."""
_LIST, _STRAY = "faults", "stray"
_FACTS = 200
"""Columns that may explain errors."""
_SURE = 0.95
"""That a row which looks like no record is none."""
_DOUBTED, _LISTED = 0.05, 0.01
"""Probabilities from which a cell may be in the cut, and from which verdicts on others may bring it there."""
_ROOM = 400
"""Characters of a value that the page is given."""
_LEAST = 0.4
"""Probability from which a stand-in is named: many rows share it, so that one look is enough for all."""


def every(n_rows: int, n_columns: int) -> int:
    """Distance between the rows that are looked at of a table.

    >>> every(1_000, 8), every(100_000, 30)
    (1, 4)
    """
    return -(-n_rows * n_columns // LOOKED_AT) or 1


def survey(rows: Sequence[Mapping[str, Any]], items: pd.DataFrame) -> pd.DataFrame:
    """What is told of each row, see ``cells_and_columns``, with the facts that may explain errors, see ``facts``."""
    told = cells_and_columns(rows, items)
    notes = told.attrs.get("notes", [])
    own = pd.DataFrame({FACT + name: values for name, values in facts(rows).items()}, index=told.index)
    told = pd.concat([told, own], axis=1)
    told.attrs["notes"] = notes
    if len(rows) and (n := len(rows[0])) > WIDE:
        told.attrs["notes"] = [
            *notes,
            f"of {n:,} columns only those at most {BESIDE} places apart are held against one another, "
            f"{MOST_TOLD} are foretold from others, and exchanged or shifted values are not looked for",
        ]
    return told


def facts(rows: Sequence[Mapping[str, Any]]) -> dict[str, npt.NDArray[Any]]:
    """Of each column the numbers, or the commonest words, of all rows; NaN or None for others.

    >>> made = facts([{"size": k * k % 11, "town": ["Bern", "Graz"][k % 2], "note": f"n{k}"} for k in range(40)])
    >>> list(made), made["town"][:2].tolist(), made["size"][:2].tolist()
    (['size', 'town'], ['Bern', 'Graz'], [0.0, 1.0])
    """
    if not rows:
        return {}
    frame = frame_of(rows)
    some = frame.iloc[:, :_FACTS]
    told = {name: of_type for name, of_type in frame.attrs["types"].items() if name in some}
    made: dict[str, npt.NDArray[Any]] = {}
    for place, column in enumerate(infer_columns(some, told)):
        cells, name = some.iloc[:, place], column.name
        if column.type == "number":
            made[name] = numbers(cells, decimal_comma=column.decimal_comma)
        elif column.type == "category":
            words = cells.map(cell_text, na_action="ignore")
            often = words.value_counts().index[:MAX_VALUES]
            made[name] = words.where(words.isin(often), None).to_numpy(dtype=object)
    return made


def cells_and_columns(rows: Sequence[Mapping[str, Any]], items: pd.DataFrame) -> pd.DataFrame:
    """What is told of each row; of tables of more than 800,000 cells, of rows at even distances.

    Returns
    -------
    DataFrame with the index of ``items``
        For each name of ``SPOKEN`` what is said of its cells, None where nothing is; ``<name>_p``, the probability
        that the likeliest of them is wrong; ``<name>_cells``, these cells as JSON for the page, each ``[column, value,
        repair or null, probability that it is wrong, that the repair is right, kind]``.
        ``stray`` says what a row is that holds no record; nothing else is told of it. ``faults`` is a JSON list of
        ``[kind, subject, words]`` of the columns, and the stand-ins for missing values in them, that the row shows.

    Examples
    --------
    >>> rows = [{"town": town, "size": k % 7} for k, town in enumerate(["Boston", "Ulm", "Bern"] * 20)]
    >>> rows[3]["town"] = "Bostn"
    >>> told = cells_and_columns(rows, pd.DataFrame({"label": [None] * 60}))
    >>> told["misspelt"].dropna().to_dict()
    {3: "town 'Bostn': looks like 'Boston', which stands in 19 rows"}
    """
    if not len(rows):
        empty = [f"{name}{part}" for name in (*SPOKEN, _STRAY) for part in ("", "_p", "_cells")] + [
            *FIELD_DOUBTS,
            _LIST,
        ]
        return pd.DataFrame(index=items.index, columns=empty, dtype=object)
    if (step := every(len(rows), len(rows[0]))) > 1:
        told = cells_and_columns(rows[::step], items.iloc[::step]).reindex(items.index)
        n = -(-len(rows) // step)
        told.attrs["notes"] = [f"cells of {n:,} of {len(rows):,} rows are judged, at even distances"]
        return told
    texts = texts_of(frame_of(rows))
    strange = strays(columns_of(texts))
    if strange:
        return _without(strange, rows, items)
    found = suspicion(texts, identifiers=_identifiers(texts, items, rows))
    undecided = _undecided(found, items)
    doubted = candidates(found, undecided, least=_LISTED)
    cells = doubted[doubted["p_wrong"] >= _DOUBTED]
    stand_ins = cells[cells["kind"].eq("stand-in") & (cells["p_wrong"] >= _LEAST)]
    cells = cells.head(choose_cut(cells["p_wrong"]).n)
    told = pd.DataFrame(index=items.index)
    for name, kinds in SPOKEN.items():
        own = cells[cells["kind"].isin(kinds)]
        words: dict[int, list[str]] = defaultdict(list)
        listed: dict[int, list[list[Any]]] = defaultdict(list)
        for row, column, value, why, repair, kind, *p in own[
            ["row", "column", "value", "why", "repair", "kind", "p_wrong", "p_repair"]
        ].itertuples(index=False):
            words[row].append(_said(column, value, why, repair))
            listed[row].append([heading(column), _cut(value), _cut(repair), *(round(float(x), 3) for x in p), kind])
        worst = own.groupby("row")["p_wrong"].max()
        told[name] = pd.Series(["; ".join(words[k]) if k in words else None for k in range(len(items))], items.index)
        shown = [json.dumps(listed[k], ensure_ascii=False) if k in listed else None for k in range(len(items))]
        told[f"{name}_cells"] = pd.Series(shown, items.index, dtype=object)
        told[f"{name}_p"] = worst.reindex(range(len(items))).fillna(0.0).to_numpy()
    told[list(FIELD_DOUBTS)] = _doubts(found, undecided, doubted, items.index)
    told[[_STRAY, f"{_STRAY}_cells"]] = None
    told[f"{_STRAY}_p"] = 0.0
    told[_LIST] = _faults(found.columns, stand_ins, items)
    return told


def _without(strange: Mapping[int, str], rows: Sequence[Mapping[str, Any]], items: pd.DataFrame) -> pd.DataFrame:
    """What is told of the rows but those that hold no record, and what these are."""
    kept = [k for k in range(len(rows)) if k not in strange]
    told = cells_and_columns([rows[k] for k in kept], items.iloc[kept]).reindex(items.index)
    for name in SPOKEN:
        told[f"{name}_p"] = told[f"{name}_p"].astype(float).fillna(0.0)
    said = [f"no record but {strange[k]}" if k in strange else None for k in range(len(rows))]
    told[_STRAY] = pd.Series(said, items.index, dtype=object)
    told[f"{_STRAY}_p"] = [_SURE if k in strange else 0.0 for k in range(len(rows))]
    return told


def _undecided(found: Suspicion, items: pd.DataFrame) -> npt.NDArray[np.float32]:
    """The probabilities that cells are wrong, 0 for those that people decided on."""
    p = found.p.copy()
    place = {column.name: j for j, column in enumerate(found.columns)}
    for k, names in enumerate(items[SETTLED]) if SETTLED in items else ():
        for name in names if names is not None else ():
            p[k, slice(None) if name == ALL_FIELDS else place.get(name, slice(0, 0))] = 0.0
    return p


def _doubts(found: Suspicion, p: npt.NDArray[np.float32], listed: pd.DataFrame, index: pd.Index[Any]) -> pd.DataFrame:
    """What a review of the cells needs, see ``FIELD_DOUBTS``."""
    doubts: dict[int, list[list[Any]]] = defaultdict(list)
    for row, name, repair, wrong, right, kind, why in listed[
        ["row", "column", "repair", "p_wrong", "p_repair", "kind", "why"]
    ].itertuples(index=False):
        doubts[row].append([name, repair, round(float(right / wrong), 4), kind, why])
    names = [column.name for column in found.columns]
    n = len(index)
    columns = (
        [names] * n,
        list(np.round(p, 4)),
        list(groups(found).astype(np.int32)),
        [json.dumps(doubts[k], ensure_ascii=False) if k in doubts else None for k in range(n)],
    )
    made = {name: pd.Series(values, index, dtype=object) for name, values in zip(FIELD_DOUBTS, columns, strict=True)}
    return pd.DataFrame(made, index=index)


def _identifiers(texts: pd.DataFrame, items: pd.DataFrame, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Places of the columns that hold the ids of the rows or the groups they are in, or that the user says are such."""
    told = dict(told_type(name) for row in rows[:1] for name in row)
    ids = items.index.to_numpy(dtype=object)
    of_groups = items["group"].fillna("").to_numpy(dtype=object) if "group" in items else ids
    found = set()
    for place, name in enumerate(texts.columns):
        cells = texts.iloc[:, place].to_numpy(dtype=object)
        named = any(held.any() and (cells == held).all() for held in (ids, of_groups))
        if named or told.get(str(name)) == "identifier":
            found.add(place)
    return found


def _cut(value: str | None) -> str | None:
    return value if value is None or len(value) <= _ROOM else value[: _ROOM - 2] + " …"


def _said(column: str, value: str, why: str, repair: str | None) -> str:
    shown = value if len(value) <= 60 else value[:59] + "…"
    words = f"{column} {shown!r}: {why}" if value else f"{column} is empty: {why}"
    return words if repair is None or repair in why else f"{words}; probably {repair or 'nothing'!r}"


def _faults(columns: Any, stand_ins: pd.DataFrame, items: pd.DataFrame) -> pd.Series[Any]:
    """Of each row the faults that it shows, as JSON; None for none."""
    own: dict[int, list[list[str]]] = defaultdict(list)
    index = items.index
    parts = items.reindex(columns=["label", "split", "group"]).astype(object)
    known, splits, in_groups = (parts[name].where(parts[name].notna(), None).to_numpy() for name in parts)
    for fault in column_faults(columns, known, splits=splits, groups=in_groups):
        for row in fault.rows.tolist():
            own[row].append([fault.kind, fault.column or "rows", fault.why])
    for (column, value), rows in stand_ins.groupby(["column", "value"])["row"]:
        for row in rows.tolist():
            own[row].append(["stand-in", f"{column}: {value}", f"{value!r} in {column} stands for no value"])
    made = [json.dumps(own[k], ensure_ascii=False) if k in own else None for k in range(len(index))]
    return pd.Series(made, index, dtype=object)
