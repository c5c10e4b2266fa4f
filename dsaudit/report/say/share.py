"""A list that is too long for its reader, shortened so that every rule is still seen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.types import Finding


def shortened(rows: Sequence[Finding], most: int) -> tuple[list[Finding], dict[str, int]]:
    """The first of every rule, in the order they come in, and how many of which rule are left out.

    Rules with few findings keep them all; what room is left is shared evenly among the others.

    Parameters
    ----------
    most : int
        Findings that there is room for.
    """
    there = Counter(row.code for row in rows)
    room, kept = most, dict[str, int]()
    for k, (code, n) in enumerate(sorted(there.items(), key=lambda one: (one[1], one[0]))):
        kept[code] = min(n, room // (len(there) - k))
        room -= kept[code]
    left, chosen = dict(kept), []
    for row in rows:
        if left[row.code]:
            left[row.code] -= 1
            chosen.append(row)
    return chosen, {code: n - kept[code] for code, n in sorted(there.items()) if n > kept[code]}
