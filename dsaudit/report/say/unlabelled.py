"""Items without a label in words: how many, what a model makes of them, and how often that is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.report.say.words import count, percent

if TYPE_CHECKING:
    from dsaudit.kind import Nouns
    from dsaudit.store.schema.metrics import UnlabelledFigures
    from dsaudit.types import Estimate


def said_of(found: UnlabelledFigures, nouns: Nouns) -> list[str]:
    """One sentence each, without full stops.

    Parameters
    ----------
    found : UnlabelledFigures
    nouns : Nouns
        Of the kind of data.
    """
    out = [f"{nouns.some(found.n)} without a label; {count(found.n_judged)} predicted"]
    if found.precision is not None:
        kept = found.n_judged - sum(found.left_out.values())
        of = f"the {count(kept)} that are not left out" if found.left_out else "which"
        out[0] += f", of {of} {shares(found.precision)} are expected to be right"
    if found.lists:
        best = next((row for row in found.lists if row.precision.value >= 0.95), found.lists[-1])
        out.append(f"{nouns.some(best.n)} at a probability of {best.least:g} or more: {shares(best.precision)} right")
    out += [f"{nouns.some(n)} left out: {reason}" for reason, n in found.left_out.items()]
    out += [
        f"{nouns.some(group.n)} like each other and like no class, nearest to {group.nearest!r}: perhaps a new class"
        for group in found.groups
    ]
    return out


def shares(estimate: Estimate) -> str:
    """A share with its interval."""
    return f"{percent(estimate.value)} ({percent(estimate.low)} to {percent(estimate.high)})"
