"""What the vectors mean that were learned for categories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.kind import named
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from dsaudit.evidence.baseline import Baseline
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.evidence.tables import Evidence

_VERSION = "1"
_LEAST, _MOST = 200, 4_000
"""Items with a label below which halves learn too little, and of more of which so many are learned from."""


def category_axes(
    context: Context, embedded: Embedded, evidence: Evidence, baseline: Baseline, duplicates: pd.DataFrame | None = None
) -> list[dict[str, Any]]:
    """Fields of ``dsaudit.store.schema.metrics.CategoryAxis``; two networks learn from whole units each."""
    from dsaudit.analysis.space.axes import drawn_units, half_of
    from dsaudit.analysis.space.category_axes import LEAST_ITEMS, LEAST_VALUES
    from dsaudit.analysis.space.category_axes import category_axes as axes_of
    from dsaudit.model.folds import units_of

    if not context.kind.heads:
        raise MissingEvidenceError(f"no vectors of categories are learned of {context.kind.nouns.many}")
    made, seed = baseline.predictions, context.settings.seed
    index = pd.Index([item for item, given in zip(made.item_ids, made.given, strict=True) if given >= 0])
    if len(index) < _LEAST:
        raise MissingEvidenceError(f"{len(index)} labels are too few to learn from halves of them")
    items = context.items.reindex(index)
    units = units_of(index, items["group"], None if duplicates is None else duplicates["scene_set"])

    def compute() -> pd.DataFrame:
        some = drawn_units(units, seed, most=_MOST)
        side = half_of(units[some], seed)
        halves = [some[side], some[~side]]
        label = items["label"].to_numpy(dtype=str)
        learned = []
        with context.stage("axes of categories", len(halves)) as tick:
            for k, rows in enumerate(halves):
                read = [context.media.read(Path(str(uri))) for uri in items["uri"].iloc[rows]]
                y = np.unique(label[rows], return_inverse=True)[1]
                least = (LEAST_VALUES, LEAST_ITEMS)
                # networks that start alike would agree on what they have not learned
                learned.append(named(context.kind.heads).category_vectors(read, y, seed=2 * seed + k, least=least))
                if not learned[-1]:
                    break
                tick(1)
        found = axes_of(learned[0], learned[1], label[halves[1]], seed=seed) if all(learned) else []
        return pd.DataFrame({"axes": [json.dumps(found)]}, dtype=object)

    facts = digest_frame(items[["label"]].astype(str).assign(unit=units))
    version = named(context.kind.heads).version
    kept = context.kept("category axes", compute, _VERSION, version, embedded.key, facts, seed)
    return list(json.loads(kept["axes"].iloc[0]))
