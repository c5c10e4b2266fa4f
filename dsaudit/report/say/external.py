"""What can be said of a model that somebody else made, beside one that was trained here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_supplied(metrics: Mapping[str, Any]) -> bool:
    """Whether the predicted probabilities came from a file of the user's."""
    return bool(_card(metrics.get("baseline") or {}).get("supplied"))


def is_in_sample(metrics: Mapping[str, Any]) -> bool:
    """Whether the model behind the predicted probabilities saw the labels, as stated."""
    return _saw_labels(_card(metrics.get("baseline") or {}))


def held_out(baseline: Mapping[str, Any]) -> str:
    """How the items were kept from the model, in words that follow "predicted"."""
    card = _card(baseline)
    if not card.get("supplied"):
        return f"unseen, in {baseline.get('n_folds')} folds"
    if _saw_labels(card):
        return f"by a model that saw its label ({card['supplied']})"
    return f"unseen, as whoever made {card['supplied']} states"


def _saw_labels(card: Mapping[str, Any]) -> bool:
    return str(card.get("out_of_sample")).startswith("no")


def _card(baseline: Mapping[str, Any]) -> Mapping[str, Any]:
    card = baseline.get("model_card")
    return card if isinstance(card, dict) else {}
