"""What several people say of the same items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.evidence.tables import MissingEvidenceError

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.analysis.people.consensus import Consensus
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.tables import Evidence


def independent_annotations(context: Context) -> pd.DataFrame:
    """Independent labels of items of the dataset, where two people labelled at least one of them."""
    table = context.annotations
    if table is None or not len(table):
        raise MissingEvidenceError("nobody has labelled these items independently")
    table = table[table["item_id"].isin(context.items.index)]
    shared = table.groupby("item_id")["annotator"].transform("size") > 1
    if not shared.any():
        raise MissingEvidenceError("no item was labelled by two people independently")
    return table.reset_index(drop=True)


def consensus(annotations: pd.DataFrame, evidence: Evidence) -> Consensus:
    """One label of those that several people gave, with what a model says where there is one."""
    from dsaudit.analysis.people.consensus import consensus as consensus_of

    return consensus_of(annotations, pred_probs=evidence.find("pred_probs"))
