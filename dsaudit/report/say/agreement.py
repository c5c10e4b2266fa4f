"""How far people agree, in words for the report and the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dsaudit.report.say.words import count, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsaudit.kind import Nouns


def agreement_title(found: Mapping[str, Any], nouns: Nouns) -> str:
    """The section's statement: how much, over how many, and how firm a ground that is."""
    n, people = int(found.get("n_items") or 0), int(found.get("n_people") or 0)
    value = (found.get("alpha") or {}).get("value")
    if not n:
        return f"No two people labelled the same {nouns.one}"
    return f"{people} people agree on {percent(found.get('percent'))} of what they share ({nouns.some(n)})" + (
        f": {_ground(value)}" if isinstance(value, int | float) and math.isfinite(value) else ""
    )


def coefficient(name: str, estimate: Mapping[str, Any] | None) -> str:
    """``Krippendorff's alpha .82 (95 % .78–.86)``; empty where it is not defined."""
    value = (estimate or {}).get("value")
    if not isinstance(value, int | float) or not math.isfinite(value) or estimate is None:
        return ""
    low, high = estimate.get("low"), estimate.get("high")
    ends = f" (95\u00a0% {_short(low)}–{_short(high)})" if low is not None and high is not None else ""
    return f"{name} {_short(value)}{ends}"


def agreement_sentences(found: Mapping[str, Any], nouns: Nouns) -> list[str]:
    """What stands below the statement."""
    said = [
        text
        for text in (
            coefficient("Krippendorff's alpha", found.get("alpha")),
            coefficient(str(found.get("kappa_name") or ""), found.get("kappa")),
        )
        if text
    ]
    sentences = [", ".join(said) + "."] if said else []
    if n := int(found.get("n_disputed") or 0):
        sentences.append(f"{nouns.some(n)} {'is' if n == 1 else 'are'} disputed.")
    pairs = found.get("pairs") or []
    if pairs:
        sentences.append(f"Most often `{pairs[0]['a']}` against `{pairs[0]['b']}` ({count(pairs[0]['n_items'])}).")
    return sentences


def _ground(alpha: float) -> str:
    if alpha >= 0.8:
        return "firm ground"
    if alpha >= 0.667:
        return "ground for tentative conclusions"
    return "too little to build on"


def _short(value: Any) -> str:
    return f"{float(value):.2f}".replace("0.", ".", 1) if isinstance(value, int | float) else "–"
