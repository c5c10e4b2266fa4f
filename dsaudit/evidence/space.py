"""The space in which items are compared."""

from __future__ import annotations

import pandas as pd

from dsaudit.evidence.context import MIN_ITEMS, Context
from dsaudit.evidence.embeddings import Embedded
from dsaudit.evidence.tables import MissingEvidenceError


def space(context: Context, embedded: Embedded) -> pd.DataFrame:
    """Embeddings as distances are taken between them, by ``item_id``."""
    embeddings, seed = embedded.table, context.settings.seed
    if len(embeddings) < MIN_ITEMS:
        raise MissingEvidenceError(f"{len(embeddings)} items with an embedding, at least {MIN_ITEMS} are needed")

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.space.embedding_space import embedding_space

        found = embedding_space(embeddings.to_numpy(), seed=seed)
        return pd.DataFrame(found, index=embeddings.index, columns=[str(c) for c in range(found.shape[1])])

    return context.kept("space", compute, embedded.key, seed)
