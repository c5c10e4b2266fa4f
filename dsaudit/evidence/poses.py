"""Which items lie the wrong way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.evidence.marks import units_of
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.kind import named
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded

N_LEARNED, N_LOOKED_AT = 600, 5_000
"""Items from which is learned how those of the set lie, and that are looked at in all their poses, at most."""
MIN_LEARNED = 60
_VERSION = "1"


def poses(context: Context, embedded: Embedded, duplicates: pd.DataFrame) -> pd.DataFrame:
    """How each item lies, see ``dsaudit.evidence.tables.DOCUMENTED`` and ``dsaudit.analysis.space.pose``."""
    kind, seed = context.kind, context.settings.seed
    if not kind.poses:
        raise MissingEvidenceError(f"{kind.nouns.many} cannot lie the wrong way")
    if not str(embedded.table.attrs.get("encoder", "")).startswith(f"{kind.default_encoder}-"):
        raise MissingEvidenceError(f"it takes the encoder {kind.default_encoder}")
    if len(embedded.table) < MIN_LEARNED:
        raise MissingEvidenceError(f"fewer than {MIN_LEARNED} {kind.nouns.many} tell nothing of how they lie")
    items = context.items.loc[embedded.table.index].sort_index()
    order = np.random.default_rng(seed).permutation(len(items))
    units = units_of(items, duplicates).iloc[order]
    again = units.duplicated().to_numpy()
    items = items.iloc[np.concatenate((order[~again], order[again]))[:N_LOOKED_AT]]
    units, n_learned = units[items.index], min(N_LEARNED, int((~again).sum()))
    if len(items) < len(embedded.table):
        context.notes.append(f"{N_LOOKED_AT:,} {kind.nouns.many} were looked at for whether they lie the wrong way")
    told = digest_frame(items[["label", "content_hash"]].fillna("").assign(unit=units))

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.space.pose import pose_scores, turned

        table = _vectors(context, items)
        kept = items.loc[[i for i in items.index if i in table.index]]
        vectors = table.loc[kept.index].to_numpy(np.float32).reshape(len(kept), kind.n_poses, -1)
        n = min(n_learned, len(kept))
        scores = pose_scores(vectors, units[kept.index].tolist(), n_learned=n, seed=seed)
        labels = kept["label"].where(kept["label"].notna(), None).tolist()
        pose, p_turned = turned(scores, labels, n_learned=n)
        share = float(np.mean(pose[:n] == 0))
        return pd.DataFrame({"pose": pose, "p_turned": p_turned, "told": share}, index=kept.index).sort_index()

    return context.kept("poses", compute, embedded.key, told, seed, _VERSION)


def _vectors(context: Context, items: pd.DataFrame) -> pd.DataFrame:
    from dsaudit.model.backend import backend
    from dsaudit.model.embed import embed_items

    done = 0
    with context.stage("how they lie", len(items)) as tick:

        def advance(n_done: int) -> None:
            nonlocal done
            tick(n_done - done)
            done = n_done

        return embed_items(
            items["uri"],
            content_hashes=items["content_hash"],
            read=context.media.read,
            read_version=context.media.read_version,
            backend=backend(context.settings.device),
            encoder=named(context.kind.poses)(device=context.settings.device),
            cache=context.cache,
            progress=advance,
        )
