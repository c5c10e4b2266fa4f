"""How far people agree, in words for the report and the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dsaudit.report.say.words import count, percent

if TYPE_CHECKING:
    from dsaudit.kind import Nouns
    from dsaudit.store.schema.metrics import AgreementFigures
    from dsaudit.types import Estimate


def agreement_title(found: AgreementFigures, nouns: Nouns) -> str:
    """The section's statement: how much, over how many, and how firm a ground that is."""
    n, alpha = found.n_items, found.alpha.value
    if not n:
        return f"No two people labelled the same {nouns.one}"
    ground = f": {_ground(alpha)}" if math.isfinite(alpha) else ""
    return f"{found.n_people} people agree on {percent(found.percent)} of what they share ({nouns.some(n)}){ground}"


def coefficient(name: str, estimate: Estimate | None) -> str:
    """``Krippendorff's alpha .82 (95 % .78–.86)``; empty where it is not defined."""
    if estimate is None or not math.isfinite(estimate.value):
        return ""
    known = math.isfinite(estimate.low) and math.isfinite(estimate.high)
    ends = f" (95\u00a0% {_short(estimate.low)}–{_short(estimate.high)})" if known else ""
    return f"{name} {_short(estimate.value)}{ends}"


def agreement_sentences(found: AgreementFigures, nouns: Nouns) -> list[str]:
    """What stands below the statement."""
    said = [
        text
        for text in (
            coefficient("Krippendorff's alpha", found.alpha),
            coefficient(found.kappa_name, found.kappa),
        )
        if text
    ]
    sentences = [", ".join(said) + "."] if said else []
    if n := found.n_disputed:
        sentences.append(f"{nouns.some(n)} {'is' if n == 1 else 'are'} disputed.")
    if found.pairs:
        most = found.pairs[0]
        sentences.append(f"Most often `{most.a}` against `{most.b}` ({count(most.n_items)}).")
    return sentences


def _ground(alpha: float) -> str:
    if alpha >= 0.8:
        return "firm ground"
    if alpha >= 0.667:
        return "ground for tentative conclusions"
    return "too little to build on"


def _short(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1)
