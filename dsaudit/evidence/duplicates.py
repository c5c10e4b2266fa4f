"""Sets of copies, exact and near."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.engine.local import Crashed, map_batches
from dsaudit.errors import ItemError
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media.base import Comparing
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.tables import Evidence
    from dsaudit.media.base import Media

ALL_PAIRS = 20_000
"""Above, near-duplicates are looked for among neighbours in embedding space only: all pairs take minutes."""
_PAIRS_AT_ONCE = 16


def duplicates(context: Context, measurements: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """The sets of copies that each item is in; neighbours are asked for where there are very many items."""
    measured = measurements[measurements["status"] == "ok"].sort_index()
    if not {"sample_hash", "perceptual_hash"} <= set(measured) or not len(measured):
        raise MissingEvidenceError("no item could be read")
    hashes = measured[["sample_hash", "perceptual_hash"]].fillna("")
    candidates = evidence.find("neighbours") if len(hashes) > ALL_PAIRS else None

    alike = _Alike(context, context.items["uri"].reindex(hashes.index).tolist())

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.space.duplicates import duplicate_table

        return duplicate_table(
            measured["sample_hash"],
            hashes["perceptual_hash"],
            neighbours=candidates,
            alike=alike if isinstance(context.media, Comparing) else None,
        )

    with context.stage("duplicates", 0):
        looked_at = None if candidates is None else evidence.get("embedded").key
        return context.kept("duplicates", compute, digest_frame(hashes), looked_at, context.media.read_version)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Looks at the items themselves where their fingerprints agree."""

    context: Context
    uris: Sequence[str]

    def __call__(self, pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        asked = [(self.uris[a], self.uris[b]) for a, b in pairs.tolist()]
        batches = [asked[at : at + _PAIRS_AT_ONCE] for at in range(0, len(asked), _PAIRS_AT_ONCE)]
        found: list[bool] = []
        for answer in map_batches(_Same(self.context.media), batches, jobs=self.context.settings.jobs):
            found += [False] if isinstance(answer, Crashed) else answer
        return np.array(found, dtype=bool)


@dataclass(frozen=True, slots=True)
class _Same:
    media: Media

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        assert isinstance(self.media, Comparing)
        taken: dict[str, Any] = {}
        for uri in dict.fromkeys(uri for pair in pairs for uri in pair):
            try:
                taken[uri] = self.media.read(Path(uri))
            except (ItemError, OSError):  # gone since it was measured
                taken[uri] = None
        return [taken[a] is not None and taken[b] is not None and self.media.same(taken[a], taken[b]) for a, b in pairs]
