"""A pandas DataFrame as a manifest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import resolved
from dsaudit.dataset.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.dataset.columns import Choice

_WHERE = "the DataFrame"
_INDEX_NAME = "item_id"


def read_dataframe(frame: pd.DataFrame, choice: Choice) -> Table:
    """Read a DataFrame with the columns of a manifest. ``frame`` itself is not changed.

    An index named ``item_id`` is the id column where there is no other.

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
    if frame.index.name == _INDEX_NAME and _INDEX_NAME not in frame.columns:
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    roles = resolved(names, choice, where=_WHERE, cells=lambda name: list(frame.iloc[:, names.index(name)]))
    if roles.id is None and _INDEX_NAME in names:
        roles = replace(roles, id=_INDEX_NAME, id_is_firm=True)
    columns = {name: list(frame.iloc[:, names.index(name)]) for name in roles.columns}
    return Table("dataframe", _WHERE, roles, columns, range(len(frame)), "row", "a DataFrame")
