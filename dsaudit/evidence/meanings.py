"""Items that say the same in other words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.row_lists import places_of_lists
from dsaudit.errors import ItemError
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media.base import Meaning

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded

_AT_ONCE = 4_096


def meanings(context: Context, embedded: Embedded, neighbours: pd.DataFrame, duplicates: pd.DataFrame) -> pd.DataFrame:
    """Pairs of items that mean the same and are no copies, see ``dsaudit.evidence.tables.DOCUMENTED``."""
    media, many = context.media, context.kind.nouns.many
    if not isinstance(media, Meaning):
        raise MissingEvidenceError(f"nothing tells of {many} whether they mean the same")
    name = embedded.encoder.name if embedded.encoder else "brought along"
    cut = media.same_from.get(name)
    if cut is None:
        able = " or ".join(media.same_from)
        raise MissingEvidenceError(
            f"it is known of {able} from which cosine on {many} mean the same, not of vectors {name}"
        )
    vectors = embedded.table.reindex(neighbours.index).to_numpy(dtype=np.float32)
    ids = places_of_lists(neighbours["ids"], neighbours.index)[1].reshape(len(vectors), -1)
    near = duplicates["near_set"].reindex(neighbours.index)
    copies = pd.factorize(near.where(near.notna(), neighbours.index.to_series()))[0]
    partner, likeness = _nearest(vectors, ids, copies)
    one = np.arange(len(partner))
    chosen = (partner > one) & (partner[partner] == one) & (likeness >= cut)
    uris = context.items["uri"].reindex(neighbours.index).tolist()
    told = {(str(a), str(b)) for pair in context.apart for a, b in (pair, pair[::-1])}
    names = neighbours.index.astype(str).to_numpy(dtype=object)
    found: dict[str, tuple[str, float]] = {}
    for a in np.flatnonzero(chosen).tolist():
        b = int(partner[a])
        if (names[a], names[b]) not in told and _may(media, uris[a], uris[b]):
            found |= dict.fromkeys((names[a], names[b]), (names[a], float(likeness[a])))
    table = pd.DataFrame(list(found.values()), columns=["meaning_set", "cosine"], index=list(found), dtype=object)
    return table.astype({"cosine": float})


def _nearest(
    vectors: npt.NDArray[np.float32], ids: npt.NDArray[np.int64], copies: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Of each row the neighbour of the largest cosine that is no copy of it, and that cosine."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    partner, likeness = np.empty(len(ids), np.int64), np.empty(len(ids))
    for start in range(0, len(ids), _AT_ONCE):
        near = ids[start : start + _AT_ONCE]
        rows = slice(start, start + len(near))
        cosine = np.einsum("nd,nkd->nk", unit[rows], unit[near])
        cosine[copies[near] == copies[rows, None]] = -1.0
        best = cosine.argmax(axis=1)[:, None]
        partner[rows] = np.take_along_axis(near, best, axis=1)[:, 0]
        likeness[rows] = np.take_along_axis(cosine, best, axis=1)[:, 0]
    return partner, likeness


def _may(media: Meaning, uri: Any, other: Any) -> bool:
    """Whether two items may mean the same by what stands in them."""
    try:
        return media.may_mean_same(media.look(Path(str(uri))), media.look(Path(str(other))))
    except (ItemError, OSError):  # gone since it was measured
        return False
