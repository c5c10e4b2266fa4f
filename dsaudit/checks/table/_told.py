"""Findings out of the survey of a table: cells of a row, and faults that several rows show."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pandas import DataFrame


def told(survey: DataFrame, name: str) -> DataFrame:
    """Rows of which the survey says something: score is 1 - p of the worst cell, ``words`` the cells, for the page."""
    table = survey.reindex(columns=[name, f"{name}_p", f"{name}_cells"])
    flagged = table[name].notna()
    p = table[f"{name}_p"].astype(float).fillna(0.0).clip(0.0, 1.0)
    return table[[name]].assign(words=table[f"{name}_cells"], score=1.0 - p.where(flagged, 0.0), flagged=flagged)


def faults(survey: DataFrame, kind: str) -> DataFrame:
    """A row for each fault of a kind: ``item_ids`` that show it, ``n_items``, ``words``."""
    members: dict[str, list[str]] = defaultdict(list)
    words: dict[str, str] = {}
    listed = survey.reindex(columns=["faults"])["faults"].dropna()
    for item_id, text in zip(listed.index, listed, strict=True):
        for own, subject, said in json.loads(text):
            if own == kind:
                members[subject].append(item_id)
                words[subject] = said
    names = sorted(members)
    return pd.DataFrame(
        {
            "item_ids": pd.Series([sorted(members[n]) for n in names], index=names, dtype=object),
            "n_items": pd.Series([len(members[n]) for n in names], index=names, dtype="int64"),
            "words": pd.Series([words[n] for n in names], index=names, dtype=object),
            "score": pd.Series(0.3, index=names, dtype=float),
            "flagged": pd.Series(True, index=names, dtype=bool),
        },
        index=pd.Index(names, dtype=object),
    )
