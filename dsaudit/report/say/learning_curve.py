"""What more labels are expected to bring, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.report.say.words import NBSP, percent

if TYPE_CHECKING:
    from dsaudit.store.schema.metrics import LearningCurve
    from dsaudit.types import Estimate


def more_labels(found: LearningCurve) -> str:
    """One sentence, without a full stop."""
    doubled, now = found.doubled, percent(found.now.value)
    if not found.trusted:
        brought = f"{100 * found.last:.0f} points"
        return f"More labels help: the last doubling brought {brought}, too much to tell what the next will"
    then = f"{percent(doubled.value)} ({percent(doubled.low)} to {percent(doubled.high)})"
    few = "" if found.sure else f"; {found.points[-1][0]:,} labels are too few to tell that to a point or two"
    if doubled.low <= found.now.value:
        return (
            f"Twice the labels may bring nothing: {now} of held-out items are right now, {then} are expected then{few}"
        )
    points = f"{100 * (doubled.value - found.now.value):.1f} points"
    return f"Twice the labels are expected to bring {points}: from {now} of held-out items right to {then}{few}"


def gain_in_points(now: Estimate, then: Estimate) -> str:
    """By how many points a share is expected to rise, with its interval: ``+3.1 (1.0 to 4.8)``."""
    ends = f"{100 * (then.low - now.value):.0f} to {100 * (then.high - now.value):.0f}"
    return f"{100 * (then.value - now.value):+.1f}{NBSP}({ends})"
