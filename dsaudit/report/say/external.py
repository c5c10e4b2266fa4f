"""What can be said of a model that somebody else made, beside one that was trained here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsaudit.store.schema.metrics import BaselineFigures


def held_out(baseline: BaselineFigures) -> str:
    """How the items were kept from the model, in words that follow "predicted"."""
    if not baseline.external:
        return f"unseen, in {baseline.n_folds} folds"
    if baseline.in_sample:
        return f"by a model that saw its label ({baseline.external})"
    return f"unseen, as whoever made {baseline.external} states"
