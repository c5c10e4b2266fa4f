"""Classes that may be two things under one label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dsaudit.analysis.label.terms import TermCounts
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.evidence.terms import Terms

_VERSION = 2
"""Changes with what ``split_classes`` finds."""


def subgroups(context: Context, embedded: Embedded, space: pd.DataFrame, terms: Terms | None = None) -> pd.DataFrame:
    """The best division of each class into two groups, and how far apart they are; where items have terms, what each is
    about (``terms``, in words)."""
    seed, items = context.settings.seed, context.items.reindex(space.index)
    if not items["label"].notna().any():
        raise MissingEvidenceError("no item has a label")

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.space.split_class import split_classes

        return split_classes(space.to_numpy(), items["label"], groups=items["group"], seed=seed)

    with context.stage("class divisions", 0):
        labels = digest_frame(items[["label", "group"]].fillna(""))
        found = context.kept("subgroups", compute, embedded.key, labels, seed, _VERSION)
    if terms is None:
        return found
    about = [_about(terms, *halves) for halves in zip(found["first"], found["second"], strict=True)]
    return found.assign(terms=pd.Series(about, index=found.index, dtype=object))


def _about(named: Terms, first: Sequence[str], second: Sequence[str]) -> str:
    """Terms that stand in one half and hardly in the other: ``voucher, valid / checkout, bank``; empty without."""
    halves = [(item, str(k)) for k, items in enumerate((first, second)) for item in items if item in named.documents]
    counts = TermCounts([named.documents[item] for item, _ in halves], [half for _, half in halves])
    told = [", ".join(t["term"] for t in own) for own in counts.typical(n=2, clear=1.0).values() if own]
    return " / ".join(told) if len(told) > 1 else ""
