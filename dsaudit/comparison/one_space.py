"""Vectors of two runs in one space, where an encoder that learned from each set put them in two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.comparison.matching import Match
    from dsaudit.store.run import Run

LEAST = 60
"""Items that both hold unchanged; by fewer, those that AFTER holds alone cannot be placed among BEFORE's."""

_RANK = 1e-3


def in_one_space(before: Run, after: Run, match: Match) -> pd.DataFrame | None:
    """AFTER's vectors among BEFORE's, by ``item_id`` of AFTER.

    An encoder that learns from the set gives the same item another vector in another set, and a model of the one says
    nothing of the other. An item that both hold unchanged takes BEFORE's vector; the way from the one to the other,
    by least squares over these, takes along the items that AFTER holds alone.

    Returns
    -------
    DataFrame, or None
        None where too few items are unchanged to tell the way.
    """
    own, now = before.embeddings, after.embeddings
    if own.attrs.get("learned_from") == now.attrs.get("learned_from"):
        return now
    changed = set(match.repaired)
    kept = [(i, j) for i, j in match.partner.items() if i not in changed and i in own.index and j in now.index]
    at = now.index.get_indexer(pd.Index([j for _, j in kept], dtype=object))
    alone = np.setdiff1d(np.arange(len(now)), at)
    if len(alone) and len(kept) < LEAST:
        return None
    rows, moved = now.to_numpy(dtype=np.float64), np.empty((len(now), own.shape[1]), dtype=np.float32)
    moved[at] = own.loc[[i for i, _ in kept]].to_numpy()
    if len(alone):
        with threadpool_limits(1, user_api="blas"):
            way, *_ = np.linalg.lstsq(_with_one(rows[at]), moved[at].astype(np.float64), rcond=_RANK)
            moved[alone] = _with_one(rows[alone]) @ way
    made = pd.DataFrame(moved, index=now.index, columns=own.columns)
    made.attrs.update(now.attrs)
    return made


def _with_one(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.column_stack([rows, np.ones(len(rows))])


def in_space_of(reference: Run, current: Run) -> pd.DataFrame | None:
    """CURRENT's vectors as the encoder of REFERENCE makes them, by ``item_id`` of CURRENT.

    An encoder that learns from the set learns from REFERENCE's items again, and encodes those of CURRENT.

    Returns
    -------
    DataFrame, or None
        None where that encoder cannot be had.
    """
    own, now = reference.embeddings, current.embeddings
    if own.attrs.get("learned_from") == now.attrs.get("learned_from"):
        return now
    from dsaudit.dataset.inline import addresses
    from dsaudit.media import kind_for, media_for
    from dsaudit.model.embed import embed_items, learn
    from dsaudit.model.encoder import choose_encoder

    kind, read = kind_for(reference.kind.name), media_for(reference.kind.name).read
    asked = reference.meta.settings["encoder"].value
    names = dict.fromkeys(filter(None, (asked, kind.default_encoder, *kind.rivals)))
    made = (choose_encoder(name, own=kind.encoders, others=set(), device="cpu") for name in names)
    encoder = next((one for one in made if f"{one.name}-{one.version}" == own.attrs.get("encoder")), None)
    if encoder is None or not encoder.fits:
        return None
    items = reference.items.reindex(own.index)
    learn(addresses(items), content_hashes=items["content_hash"], read=read, encoder=encoder)
    encoder.fits = False  # from now on it encodes by what it has learned
    items = current.items.reindex(now.index)
    table = embed_items(addresses(items), content_hashes=items["content_hash"], read=read, encoder=encoder)
    table.attrs.update(own.attrs)
    return table
