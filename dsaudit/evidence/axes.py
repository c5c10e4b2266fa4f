"""What the main axes of the embeddings mean."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.evidence.columns import telling
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Collection

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.evidence.tables import Evidence

_VERSION = "1"
_MOST_VALUES = 100
"""Of a column of words with more values nobody would know them."""
LABEL = "label"


def axes(
    context: Context,
    embedded: Embedded,
    space: pd.DataFrame,
    evidence: Evidence,
    duplicates: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Fields of ``dsaudit.store.schema.metrics.EmbeddingAxes``: measurements, what the survey tells, labels, and terms
    where items have them are what axes are named by."""
    from dsaudit.analysis.space.axes import drawn_units, readable_axes
    from dsaudit.analysis.space.embedding_space import n_varying
    from dsaudit.model.folds import units_of

    index, seed = space.index, context.settings.seed
    table = telling(context, evidence).reindex(index)
    numeric = [c for c in table if pd.api.types.is_numeric_dtype(table[c]) and not pd.api.types.is_bool_dtype(table[c])]
    numbers = table[numeric].astype(float)
    named = table.drop(columns=numeric).astype(object)
    named = named[[c for c in named if 2 <= named[c].nunique() <= _MOST_VALUES]]
    named[LABEL] = context.items["label"].reindex(index)
    units = units_of(index, context.items["group"], None if duplicates is None else duplicates["scene_set"])
    terms = found.documents if (found := evidence.find("terms")) is not None else {}

    def compute() -> pd.DataFrame:
        words: list[Collection[tuple[str, str]]] = [()] * len(index)
        # nobody asks for the words of the others
        for row in drawn_units(np.unique(units, return_inverse=True)[1], seed).tolist():
            told: list[tuple[str, Any]] = [(str(column), named[column].iat[row]) for column in named]
            said = {(column, str(value)) for column, value in told if isinstance(value, str) or not pd.isna(value)}
            words[row] = said | {("", term) for term in terms.get(str(index[row]), ())}
        made = readable_axes(
            space.to_numpy(),
            variance=n_varying(embedded.table.to_numpy()),
            units=units,
            numbers=numbers,
            words=words,
            seed=seed,
        )
        for axis in made["axes"]:
            for end in ("low", "high"):
                axis[end] = [str(index[row]) for row in axis[end]]
            for one in (*axis["numbers"], *axis["words"]):
                one["coefficient"] = asdict(one["coefficient"])
        return pd.DataFrame({"axes": [json.dumps(made)]}, dtype=object)

    facts = digest_frame(table.fillna("").astype(str).assign(unit=units, label=named[LABEL].fillna("").astype(str)))
    kept = context.kept("axes", compute, _VERSION, embedded.key, facts, sorted(map(str, terms)), seed)
    return dict(json.loads(kept["axes"].iloc[0]))
