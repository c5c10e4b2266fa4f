"""Sets of items as a table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pandas import DataFrame, Index, Series

_MOST_LISTED = 50
"""Copies that a finding lists one by one."""


def set_table(membership: Series[str], *, minimum: int = 2) -> DataFrame:
    """One row per set.

    Parameters
    ----------
    membership : Series, index ``item_id``
        Name of the set an item belongs to; missing for none.
    minimum : int
        Smaller sets are left out.

    Returns
    -------
    DataFrame indexed by set name, sorted
        ``item_ids`` (sorted list of str) and ``n_items`` (int).

    Examples
    --------
    >>> import pandas as pd
    >>> set_table(pd.Series({"x": "s1", "y": "s2", "z": "s1"})).to_dict("index")
    {'s1': {'item_ids': ['x', 'z'], 'n_items': 2}}
    """
    inside = membership.dropna()
    members: dict[str, list[str]] = {}
    for item_id, name in zip(inside.index, inside, strict=True):
        members.setdefault(name, []).append(item_id)
    names = sorted(n for n, ids in members.items() if len(ids) >= minimum)
    return pd.DataFrame(
        {
            "item_ids": pd.Series([sorted(members[n]) for n in names], index=names, dtype=object),
            "n_items": pd.Series([len(members[n]) for n in names], index=names, dtype="int64"),
        }
    )


def counts_in_words(values: Series[str], membership: Series[str], sets: Index[str]) -> Series[str]:
    """How often each value occurs in each set, as ``no (1), yes (2)``.

    Parameters
    ----------
    values, membership : Series, index ``item_id``
        Row for row the value and the set of an item.
    sets : Index
        Sets to speak of.

    Returns
    -------
    Series of str, index ``sets``.

    Examples
    --------
    >>> import pandas as pd
    >>> labels, sets = pd.Series(["yes", "no", "yes"]), pd.Series(["s1", "s1", "s1"])
    >>> counts_in_words(labels, sets, pd.Index(["s1"])).tolist()
    ['no (1), yes (2)']
    """
    words: dict[str, list[str]] = {name: [] for name in sets}
    pairs = Counter(zip(membership, values, strict=True))
    for (name, value), n in sorted(pairs.items()):
        if name in words:
            words[name].append(f"{value} ({n})")
    return pd.Series([", ".join(w) for w in words.values()], index=sets, dtype=object)


def pairs_in(sets: DataFrame, duplicates: DataFrame) -> dict[str, list[Any]]:
    """Of each set: ``pairs`` (item, the item it is a copy of, edit and place, where known) and ``how``, in words.

    Examples
    --------
    >>> import pandas as pd
    >>> sets = pd.DataFrame({"item_ids": [["a", "b"]]}, index=["a"])
    >>> table = pd.DataFrame({"copy_of": [None, "a"], "edit": [None, "mirrored"], "place": None}, index=["a", "b"])
    >>> pairs_in(sets, table)
    {'pairs': [[{'item': 'b', 'of': 'a', 'edit': 'mirrored', 'place': []}]], 'how': [': mirrored']}
    """
    found: dict[str, list[Any]] = {"pairs": [], "how": []}
    known = duplicates.loc[duplicates["copy_of"].notna(), ["copy_of", "edit", "place"]]
    of_item = {str(item): told for item, *told in known.itertuples()}
    for members in sets["item_ids"]:
        listed = [
            {
                "item": item,
                "of": str(of),
                "edit": edit if isinstance(edit, str) else "",
                "place": [float(value) for value in place.split()] if isinstance(place, str) else [],
            }
            for item in sorted(map(str, members))
            if item in of_item
            for of, edit, place in [of_item[item]]
        ]
        found["pairs"].append(listed[:_MOST_LISTED])
        found["how"].append(_in_words([str(copy["edit"]) for copy in listed if copy["edit"]]))
    return found


def _in_words(edits: list[str]) -> str:
    """The edits of a set, the most frequent first."""
    most = sorted(Counter(edits).items(), key=lambda one: (-one[1], one[0]))
    shown = "; ".join(edit for edit, _ in most[:3])
    return f": {shown}{' and others' if len(most) > 3 else ''}" if shown else ", changed in level, format or cut"
