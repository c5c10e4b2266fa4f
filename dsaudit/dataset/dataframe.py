"""A pandas DataFrame as a manifest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import resolved
from dsaudit.dataset.table import Table
from dsaudit.types import ManifestColumn

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.dataset.columns import Choice

_WHERE = "the DataFrame"
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
    import pandas as pd

    if frame.index.name == _INDEX_NAME and _INDEX_NAME not in frame.columns:
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    roles = resolved(names, choice, where=_WHERE, cells=lambda name: list(frame.iloc[:, names.index(name)]))
    if roles.id is None and _INDEX_NAME in names:
        roles = replace(roles, id=_INDEX_NAME, id_is_firm=True)
    own = frame.index.nlevels == 1 and not frame.index.equals(pd.RangeIndex(len(frame)))
    if roles.id is None and own and frame.index.is_unique and not frame.index.hasnans:
        use = ManifestColumn(_INDEX, "id", "the DataFrame has one of its own")
        roles = replace(roles, id=_INDEX, id_is_firm=False, uses=(*roles.uses, use))
    columns = {name: list(frame.iloc[:, names.index(name)]) for name in roles.columns if name != _INDEX}
    if roles.id == _INDEX:
        columns[_INDEX] = list(frame.index)
    return Table("dataframe", _WHERE, roles, columns, range(len(frame)), "row", "a DataFrame")
