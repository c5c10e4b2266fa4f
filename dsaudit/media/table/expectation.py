"""What held of the rows that an audit looked at, cells that it named as wrong aside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.expectation import Expectations, expectations
from dsaudit.dataset.record import record_of, told_type
from dsaudit.media.personal import personal_data
from dsaudit.media.table.row import columns_of, frame_of, heading, texts
from dsaudit.media.table.survey import every

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

_STAND_IN = "disguised-missing"
LOOKS_AT_CELLS = frozenset(
    {
        _STAND_IN,
        "misspelt-value",
        "odd-form",
        "out-of-range",
        "unexpected-value",
        "contradicted-value",
        "misplaced-value",
    }
)
"""Rules that name cells."""
_MOST = 0.5
_OTHER_SPELLING = "label-spelling"


def held(
    items: pd.DataFrame, findings: pd.DataFrame, *, parts: Mapping[str, str] | None = None, margin: float
) -> tuple[Expectations, int]:
    """What holds of the rows of a run, see ``analysis.cell.expectation``, and how many cells were left aside.

    Where most cells of a column are named as wrong, their repairs stand in their place: else nothing would hold of it.

    Personal data are not written down. Of tables that an audit looked at in part, the same part is taken.

    Parameters
    ----------
    items, findings : DataFrame
        Tables of a run.
    parts : mapping of str to str, optional
        Columns of the table that are no cells, by the part that they play: ``label``, ``id``.
    margin : float
        See ``analysis.cell.expectation.expectations``.

    Examples
    --------
    >>> cells = [json.dumps({"town": town}) for town in ["Bern", "Graz", "Bern", "Bernn"] * 20]
    >>> items = pd.DataFrame({"text": cells, "label": None}, index=[f"r{k}" for k in range(80)])
    >>> told = json.dumps({"words": json.dumps([["town", "Bernn", "Bern", 0.9, 0.9, "spelling"]])})
    >>> found = pd.DataFrame({"name": "misspelt-value", "item_ids": [[f"r{k}"] for k in range(3, 80, 4)]})
    >>> made, aside = held(items, found.assign(evidence=told, subject=""), margin=0.25)
    >>> made.columns[0].values, aside
    (('Bern', 'Graz'), 20)
    """
    width = len(record_of(items["text"].iloc[0])) if len(items) else 0
    looked = items.iloc[:: every(len(items), width)]
    rows = [record_of(text) for text in looked["text"]]
    frame = frame_of(rows)
    types = {column.name: str(column.type) for column in columns_of(frame)}
    frame.columns = pd.Index([told_type(name)[0] for name in frame.columns])
    table = pd.DataFrame({k: texts(frame.iloc[:, k]) for k in range(frame.shape[1])})
    table.columns = frame.columns
    wrong, stand_in = named(table, looked.index, findings)
    aside = int(wrong.sum() + stand_in.sum())
    _repair(table, wrong, looked.index, findings)
    for part, of_type in (("id", "identifier"), ("label", "category")):
        name = (parts or {}).get(part)
        if name and name not in table.columns:
            own = pd.Series(looked.index) if part == "id" else looked["label"].reset_index(drop=True)
            misspelt = looked.index.isin(_members(findings, _OTHER_SPELLING)) & (part == "label")
            table[name], types[name] = own.fillna("").astype(str), of_type
            wrong, stand_in = np.column_stack([wrong, misspelt]), np.column_stack([stand_in, np.zeros(len(own), bool)])
    made = expectations(
        table, wrong, stand_in, margin=margin, told=types, private=lambda text: bool(personal_data(text))
    )
    return made, aside


def named(
    table: pd.DataFrame, ids: pd.Index[Any], findings: pd.DataFrame
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Cells of a table with the rows ``ids`` that findings name as wrong, and as standing for none."""
    row = {item_id: k for k, item_id in enumerate(ids)}
    place = {heading(name): j for j, name in enumerate(table.columns)}
    wrong, stand_in = np.zeros(table.shape, bool), np.zeros(table.shape, bool)
    for name, subject, members in findings[["name", "subject", "item_ids"]].itertuples(index=False):
        rows = [row[i] for i in members if i in row]
        if name == _STAND_IN:
            for j, column in enumerate(table.columns):
                if str(subject).startswith(f"{column}: "):
                    value = str(subject).removeprefix(f"{column}: ")
                    stand_in[[k for k in rows if table.iat[k, j] == value], j] = True
    for members, cells in named_cells(findings):
        rows = [row[i] for i in members if i in row]
        for column, *_ in cells:
            if column in place:
                wrong[rows, place[column]] = True
    return wrong, stand_in


def _repair(table: pd.DataFrame, wrong: npt.NDArray[np.bool_], ids: pd.Index[Any], findings: pd.DataFrame) -> None:
    """Put repairs into columns of which most cells are wrong: these are wrong no more."""
    most = {heading(name): j for j, name in enumerate(table.columns) if wrong[:, j].mean() > _MOST}
    row = {item_id: k for k, item_id in enumerate(ids)}
    for members, cells in named_cells(findings) if most else ():
        for column, _, repair, *_ in cells:
            if column in most and repair is not None:
                rows = [row[i] for i in members if i in row]
                table.iloc[rows, most[column]] = repair
                wrong[rows, most[column]] = False


def named_cells(findings: pd.DataFrame) -> Iterator[tuple[list[str], list[list[Any]]]]:
    """Of each finding about cells its rows, and the cells as ``survey.survey`` lists them."""
    for members, evidence in findings[["item_ids", "evidence"]].itertuples(index=False):
        if '"words": "[[' in str(evidence):
            yield [str(i) for i in members], json.loads(json.loads(evidence)["words"])


def _members(findings: pd.DataFrame, name: str) -> set[str]:
    return {i for members in findings.loc[findings["name"] == name, "item_ids"] for i in members}
