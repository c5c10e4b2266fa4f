"""A pandas DataFrame as a manifest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.columns import resolved
from dsaudit.dataset.conversation import is_nested, plain_columns
from dsaudit.dataset.names import counted
from dsaudit.dataset.record import told_names
from dsaudit.dataset.table import Table
from dsaudit.types import ManifestColumn

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.dataset.columns import Choice

_INDEX_NAME = "item_id"
_INDEX = "the index"


def read_dataframe(frame: pd.DataFrame, choice: Choice) -> Table:
    """Read a DataFrame with the columns of a manifest. ``frame`` itself is not changed.

    The index holds the ids where no column does and it says more than the place of a row: it is named ``item_id``, or
    is no plain 0, 1, 2 … and has no value twice.

    Raises
    ------
    DatasetError
        No known column.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.dataset.columns import Choice
    >>> read_dataframe(pd.DataFrame({"file": ["x.wav"], "class": ["yes"]}), Choice()).columns
    {'file': ['x.wav'], 'class': ['yes']}
    """
    where, query = frame.attrs.get("called", "the DataFrame"), "called" in frame.attrs
    if frame.index.name == _INDEX_NAME and _INDEX_NAME not in frame.columns:
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    notes: list[str] = []
    if choice.rows:
        names, notes = told_names(names)
    frame, names = _plain(frame, names)
    roles = resolved(names, choice, where=where, cells=lambda name: list(frame.iloc[:, names.index(name)]))
    if roles.id is None and _INDEX_NAME in names:
        roles = replace(roles, id=_INDEX_NAME, id_is_firm=True)
    own = frame.index.nlevels == 1 and not frame.index.equals(_counting(len(frame)))
    if roles.id is None and own and frame.index.is_unique and not frame.index.hasnans:
        use = ManifestColumn(_INDEX, "id", "the DataFrame has one of its own")
        roles = replace(roles, id=_INDEX, id_is_firm=False, uses=(*roles.uses, use))
    elif why := _dropped(frame.index, roles.id):
        use = ManifestColumn(_INDEX, "", why)
        roles = replace(roles, uses=(*roles.uses, use), notes=(*roles.notes, f"the index is not used: {why}"))
    columns = {name: list(frame.iloc[:, names.index(name)]) for name in roles.columns if name != _INDEX}
    if roles.id == _INDEX:
        columns[_INDEX] = list(frame.index)
    layout = "a query's answer" if query else "a DataFrame"
    return Table("dataframe", where, roles, columns, range(len(frame)), "row", layout, tuple(notes))


def _plain(frame: pd.DataFrame, names: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """The frame and its names, where objects and lists in cells are what ``plain_columns`` makes of them."""
    import pandas as pd

    mixed = [k for k, kind in enumerate(frame.dtypes) if kind.kind == "O"]
    if len(set(names)) < len(names) or not any(is_nested(cell) for k in mixed for cell in frame.iloc[:100, k]):
        return frame, names
    made = plain_columns({names[k]: list(frame.iloc[:, k]) for k in range(len(names))})
    return pd.DataFrame(made, index=frame.index, columns=[*made], dtype=object), [*made]


def _dropped(index: pd.Index[Any], column: str | None) -> str:
    """Why an index that may say something is not used as the ids; empty where it says nothing."""
    if index.nlevels > 1:
        return f"it has {index.nlevels} levels; reset_index() makes columns of them"
    if column is not None or not len(index) or index.equals(_counting(len(index))):
        return ""
    if index.hasnans:
        return "it has gaps"
    return (
        "" if index.is_unique else f"it has {counted(len(index) - index.nunique(), 'value')} again, as after concat()"
    )


def _counting(n: int) -> pd.Index[Any]:
    import pandas as pd

    return pd.RangeIndex(n)
