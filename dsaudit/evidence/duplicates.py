"""Sets of copies, exact and near."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.tables import Evidence

ALL_PAIRS = 20_000
"""Above, near-duplicates are looked for among neighbours in embedding space only: all pairs take minutes."""


def duplicates(context: Context, measurements: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """The sets of copies that each item is in; neighbours are asked for where there are very many items."""
    measured = measurements[measurements["status"] == "ok"].sort_index()
    if not {"sample_hash", "perceptual_hash"} <= set(measured) or not len(measured):
        raise MissingEvidenceError("no item could be read")
    hashes = measured[["sample_hash", "perceptual_hash"]].fillna("")
    candidates = evidence.find("neighbours") if len(hashes) > ALL_PAIRS else None

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.space.duplicates import duplicate_table

        return duplicate_table(measured["sample_hash"], hashes["perceptual_hash"], neighbours=candidates)

    with context.stage("duplicates", 0):
        looked_at = None if candidates is None else evidence.get("embedded").key
        return context.kept("duplicates", compute, digest_frame(hashes), looked_at)
