"""Classes that may be two things under one label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded


def subgroups(context: Context, embedded: Embedded, space: pd.DataFrame) -> pd.DataFrame:
    """The best division of each class into two groups, and how far apart they are."""
    seed, items = context.settings.seed, context.items.reindex(space.index)
    if not items["label"].notna().any():
        raise MissingEvidenceError("no item has a label")

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.space.split_class import split_classes

        return split_classes(space.to_numpy(), items["label"], groups=items["group"], seed=seed)

    with context.stage("class divisions", 0):
        labels = digest_frame(items[["label", "group"]].fillna(""))
        return context.kept("subgroups", compute, embedded.key, labels, seed)
