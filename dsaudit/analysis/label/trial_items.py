"""Items that show what a question to people does: typical ones, those at a border, and odd ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

TYPICAL, BORDER, ODD, DRAWN = "typical", "border", "odd", "at random"
KINDS = (TYPICAL, BORDER, ODD)
_SUREST = 0.25


def trial_items(
    classes: npt.ArrayLike,
    *,
    margin: npt.ArrayLike,
    odd: npt.ArrayLike,
    units: npt.ArrayLike,
    n: int,
    seed: int = 0,
) -> list[tuple[int, str]]:
    """Rows to ask people about, in random order, each with why.

    Classes take turns, and in each class kinds do: a typical row is any of the quarter with the widest margin that is
    not odd, a border row the one with the narrowest margin that is left, an odd row the oddest that is left. Of a unit
    one row is taken. Where margin or oddness is not known rows are drawn at random in its place.

    Parameters
    ----------
    classes : int array (n_items,)
        Class of each item; -1 for none, which is a class of its own here.
    margin : float array (n_items,)
        Probability of the likeliest class less that of the second, 0 to 1; NaN where nobody knows.
    odd : float array (n_items,)
        How far an item lies from all that is like it, in deviations, higher is odder; NaN where nobody knows.
    units : int array (n_items,)
        Equal for copies, and for items of one group.
    n : int
        Rows, 1 or more; fewer where there are fewer units.

    Returns
    -------
    list of (int, str)
        Row, and ``typical``, ``border``, ``odd`` or ``at random``.

    Examples
    --------
    >>> found = trial_items([0] * 8, margin=np.arange(8) / 8, odd=[0, 0, 9, 0, 0, 0, 0, 0], units=range(8), n=3)
    >>> sorted(found)
    [(0, 'border'), (2, 'odd'), (6, 'typical')]
    """
    own, unit = np.asarray(classes, dtype=np.int64), np.asarray(units)
    narrow, far = np.asarray(margin, dtype=np.float64), np.asarray(odd, dtype=np.float64)
    rng = np.random.default_rng(seed)
    chance = rng.permutation(len(own))
    queues: dict[tuple[int, str], list[int]] = {}
    for name in np.unique(own).tolist():
        rows = chance[own[chance] == name]
        known, seen = rows[np.isfinite(narrow[rows])], rows[np.isfinite(far[rows])]
        usual = known[np.argsort(-narrow[known], kind="stable")]
        strange = set(seen[far[seen] > np.median(far[seen])].tolist()) if len(seen) else set()
        surest = [r for r in usual[: max(1, round(_SUREST * len(usual)))].tolist() if r not in strange]
        queues[name, TYPICAL] = [r for r in rows.tolist() if r in set(surest)] or usual[:1].tolist()
        queues[name, BORDER] = usual[::-1].tolist()
        queues[name, ODD] = seen[np.argsort(-far[seen], kind="stable")].tolist()
        queues[name, DRAWN] = rows.tolist()
    taken: set[object] = set()
    chosen: list[tuple[int, str]] = []
    names = rng.permutation(np.unique(own)).tolist()
    for turn in range(len(own) * len(KINDS)):
        if len(chosen) >= n or not names:
            break
        kind = KINDS[(turn // len(names)) % len(KINDS)]
        name = names[turn % len(names)]
        for why in (kind, DRAWN):
            row = next((r for r in queues[name, why] if unit[r] not in taken), None)
            if row is not None:
                taken.add(unit[row])
                chosen.append((row, why))
                break
    return [chosen[k] for k in rng.permutation(len(chosen)).tolist()]
