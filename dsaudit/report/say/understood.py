"""How a dataset was understood, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsaudit.kind import Nouns
    from dsaudit.types import Dataset


def understood_line(dataset: Dataset, nouns: Nouns) -> str:
    """What an audit opens with: layout, items, and where labels, splits and groups come from.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.dataset import open_dataset
    >>> from dsaudit.kind import Kind, Nouns
    >>> table = pd.DataFrame({"path": ["yes/1.wav", "no/1.wav"], "label": ["yes", "no"]})
    >>> understood_line(open_dataset(table, Kind("audio")), Nouns("clip", "clips"))
    "a DataFrame: 2 clips in 2 classes by column 'label', no splits, no groups"
    """
    items = dataset.items
    by = {column.role: f" by column {column.name!r}" for column in dataset.understood.used}
    n_classes, n_splits, n_groups = (int(items[name].nunique()) for name in ("label", "split", "group"))
    classes = f" in {_some(n_classes, 'class', 'classes')}{by.get('label', '')}" if n_classes else ", unlabelled"
    splits = _some(n_splits, "split", "splits") + by.get("split", "") if n_splits else "no splits"
    groups = f"{_some(n_groups, 'group', 'groups')} by {dataset.group_source}" if n_groups else "no groups"
    layout = dataset.understood.layout or dataset.source
    return f"{layout}: {nouns.some(len(items))}{classes}, {splits}, {groups}"


def _some(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
