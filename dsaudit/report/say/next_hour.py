"""What the next hour of work is expected to bring, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.report.say.semi_supervised import points

if TYPE_CHECKING:
    from dsaudit.kind import Nouns
    from dsaudit.store.schema.metrics import NextHour, NextStep

_MOST_NAMED = 3


def best_step(found: NextHour, nouns: Nouns) -> str:
    """What brings most, in a sentence without a full stop.

    Parameters
    ----------
    found : NextHour
    nouns : Nouns
        Of the kind of data.
    """
    best = found.steps[0]
    if best.gain is None:
        return "What the next hour brings cannot be told"
    gained = f"{points(best.gain)} points"
    if best.gain.low <= 0.0:
        return f"No step of an hour is sure to bring anything; the likeliest is {_action(best, nouns)}: {gained}"
    return f"The next hour brings most by {_action(best, nouns)}: {gained}"


def pace(found: NextHour, nouns: Nouns) -> str:
    """How many items an hour is taken to be, and why, without a full stop."""
    why = {
        "option": "as --items-per-hour says",
        "decisions": "as the times of decisions show; --items-per-hour says otherwise",
        "assumed": "assumed; --items-per-hour says otherwise",
    }
    return f"an hour is {nouns.some(found.per_hour)}, {why[found.source]}"


def steps_of(found: NextHour, nouns: Nouns) -> list[tuple[str, str]]:
    """What can be done, and the points that it brings or why they are unknown, as text."""
    return [(_action(s, nouns), points(s.gain) if s.gain else s.why_not) for s in found.steps]


def _action(step: NextStep, nouns: Nouns) -> str:
    items = nouns.some(step.n) if step.n else nouns.many
    if step.action == "review":
        return f"reviewing {items} most in doubt"
    if step.action == "label":
        return f"labelling {items} more"
    if step.action == "drop":
        return f"dropping {items} that checks call faulty"
    more = f" and {len(step.classes) - _MOST_NAMED} more" if len(step.classes) > _MOST_NAMED else ""
    return f"collecting {items} of {', '.join(map(repr, step.classes[:_MOST_NAMED]))}{more}"
