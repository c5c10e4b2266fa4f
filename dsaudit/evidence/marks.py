"""Marks that tell a class by one place of its items, and tints that tell it by all."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.engine.mapping import map_items
from dsaudit.errors import ItemError
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media.base import Depicting
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.evidence.context import Context

N_LOOKED_AT, N_OF_CLASS = 3_000, 150
"""Items that are read for it, at most, of all classes and of one."""
N_OF_UNIT = 3
_VERSION = "4"


def marks(context: Context, duplicates: pd.DataFrame) -> pd.DataFrame:
    """What is told of classes by one place of their items and by all of them alike.

    See ``dsaudit.analysis.cause.mark.class_marks`` and ``dsaudit.analysis.cause.tint.class_tints``.
    """
    media = context.media
    if not isinstance(media, Depicting):
        raise MissingEvidenceError(f"{context.kind.nouns.many} have no places")
    read = context.measurements["status"].eq("ok").to_numpy()
    items = context.items[read & context.items["label"].notna().to_numpy()].sort_index()
    units = units_of(items, duplicates)
    some = _sample(items["label"], units, seed=context.settings.seed)

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.cause import tint
        from dsaudit.analysis.cause.mark import COLUMNS, class_marks

        known: list[str] = []
        pictures: list[npt.NDArray[np.uint8]] = []
        paths = [Path(uri) for uri in items.loc[some, "uri"]]
        found = map_items(partial(_layout, media), paths, jobs=context.settings.jobs)
        for item, picture in zip(some, found, strict=True):
            if isinstance(picture, np.ndarray):
                known.append(item)
                pictures.append(picture)
        if not pictures:
            return pd.DataFrame(columns=[*COLUMNS, *tint.COLUMNS, "item_ids", "sample"])
        drawn, labels = np.stack(pictures), items.loc[known, "label"].tolist()
        table = class_marks(drawn, labels, units[known].tolist(), seed=context.settings.seed)
        none = dict(zip(tint.COLUMNS, (1.0, 0.0, ""), strict=True))
        table = table.join(tint.class_tints(drawn, labels)).fillna(none)
        ids = [[known[k] for k in rows] for rows in table["rows"]]
        return table.assign(item_ids=pd.Series(ids, index=table.index, dtype=object), sample=len(known))

    with context.stage("marks of the classes", 0):
        told = digest_frame(items.loc[some, ["label", "content_hash"]].assign(unit=units[some]))
        return context.kept("marks", compute, media.modality, media.read_version, told, context.settings.seed, _VERSION)


def _layout(media: Depicting, path: Path) -> npt.NDArray[np.uint8] | None:
    try:
        return media.layout(path)
    except (ItemError, OSError):  # gone since it was measured
        return None


def units_of(items: pd.DataFrame, duplicates: pd.DataFrame) -> pd.Series:
    """What makes items alike beside their class: being copies, or of one group."""
    near = duplicates["near_set"].reindex(items.index)
    own = pd.Series(items.index, index=items.index)
    return items["group"].where(items["group"].notna(), near.where(near.notna(), own)).astype(str)


def _sample(labels: pd.Series, units: pd.Series, *, seed: int) -> list[str]:
    """Some items of each class, few of each unit, none of them by the order of their names."""
    order = np.random.default_rng(seed).permutation(len(labels))
    dealt = pd.DataFrame({"label": labels, "unit": units}).iloc[order]
    dealt = dealt[dealt.groupby(["label", "unit"]).cumcount() < N_OF_UNIT]
    n = min(N_OF_CLASS, max(N_LOOKED_AT // max(dealt["label"].nunique(), 1), 1))
    return [str(item) for item in dealt[dealt.groupby("label").cumcount() < n].index.sort_values()]
