"""Texts that were cut at a limit: many of one length, the longest of their source, that end within a word."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

_LEAST = 5
"""Texts of one length from which it may be a limit."""
_SHORTEST, _FEWEST_WORDS = 20, 8
_AROUND = 20
"""Lengths to either side that say how many of one length there are by chance."""
_TIMES = 4.0
"""As many as by chance, and standard deviations beyond it, from which they are too many."""
_LONGER = 0.02
"""Share of a part that may be longer than its limit, for rows that were put in later."""
_TORN = 0.3
"""Share of the texts at a limit that end within a word."""
_RARE = 0.5
"""Share of words that no other text has, from which a last word of that kind is none that was torn."""
_OPEN = 0.2
"""Share of a set's texts that may end as no sentence does, for one that does so to have been cut."""
_TIDY = re.compile(r"[.!?…。！？؟।:;)\]\"”’'»}>*]\s*$|[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]\s*$")
_END = re.compile(r"[.!?…。！？؟।:;)\]\"”’'»}>*](?=\s)")
_TEASER = re.compile(
    r"(?:…|\.\.\.|\[\.\.\.\]|\[…\])\s*[\[(]?\s*"
    r"(?:read|see|show|view|learn|continue|click|full|load)[\w ]{0,24}\s*[\])]?\s*$"
    r"|[\[(](?:read more|more|continued?|truncated|cut|…|\.\.\.|\+\d+ chars?)[\])]\s*$|<truncated>\s*$",
    re.IGNORECASE,
)
_UNITS: Mapping[str, Callable[[str], int]] = {
    "characters": len,
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "words": lambda text: len(text.split()),
}


def cut_texts(texts: Sequence[str], parts: Sequence[tuple[str | None, ...]]) -> list[str | None]:
    """What shows that a text was cut, in words; None where nothing does.

    Parameters
    ----------
    texts : sequence of str, length n
    parts : sequence of tuples, length n
        What each text belongs to, such as its label and its source: a limit may hold for one part of the set alone.

    Examples
    --------
    >>> whole = [f"{'It rained again. ' * k}We left early." for k in range(1, 45)]
    >>> cut = [f"{k:04d} {'the street is near the station and our bags were heavy ' * 9}"[:200] for k in range(9)]
    >>> found = cut_texts([*whole, *cut], [("pos",)] * 44 + [("neg",)] * 9)
    >>> any(found[:44]), found[44]
    (False, 'ends at 200 characters like 8 others, where no sentence ends')
    """
    found: list[str | None] = [None] * len(texts)
    rows_of: dict[tuple[int, str], list[int]] = defaultdict(list)
    for k, part in enumerate(parts):
        for column, name in enumerate(part):
            if name is not None:
                rows_of[column, name].append(k)
    loose = np.array([not _TIDY.search(text) for text in texts], dtype=bool)
    # a cut may fall where a sentence ends, too
    n_ends = sum(len(_END.findall(text)) for text in texts)
    words = Counter(word for text in texts for word in set(text.split()[:-1]))
    last = [_last(text) for text in texts]
    torn = np.array([word.isalpha() and not words[word] for word in last], dtype=bool) & loose
    inner = [word for text in texts for word in text.split()[-2:-1] if word.isalpha()]
    if sum(words[word] == 1 for word in inner) > _RARE * len(inner):
        torn[:] = False
    # where sentences are closed one that is not was cut; elsewhere a word must be torn
    closed = loose.sum() <= _OPEN * len(texts)
    for unit, size in _UNITS.items():
        sizes = np.array([size(text) for text in texts], dtype=np.int64)
        odd = loose if closed else torn & _of_one_size(last, sizes)
        within = unit != "words"  # a blank at the end may be gone
        for rows in (np.arange(len(texts)), *map(np.array, rows_of.values())):
            for limit in _limits(sizes[rows[odd[rows]]], least=_SHORTEST if within else _FEWEST_WORDS):
                at = rows[(sizes[rows] <= limit) & (sizes[rows] >= limit - within)]
                topped = bool((sizes[rows] > limit).sum() <= _LONGER * len(rows))
                many = topped and (torn & odd)[at].sum() >= _TORN * len(at)
                cut = at[loose[at]] if many else at[odd[at]]
                for k in cut.tolist():
                    found[k] = (
                        found[k] or f"ends at {limit:,} {unit} like {len(cut) - 1} others, where no sentence ends"
                    )
                closing, below = at[~loose[at]], sizes[rows[~loose[rows]]]
                usual = ((below < limit - within) & (below >= limit - within - _AROUND)).sum() * (1 + within) / _AROUND
                fell_there = (1 + within) * len(cut) * n_ends / max(1, sizes.sum())  # on the sign, or behind it
                if (many or (closed and topped)) and max(1.0, usual) < fell_there >= len(closing) / _TIMES:
                    for k in closing.tolist():
                        found[k] = found[k] or f"ends at {limit:,} {unit} like {len(cut)} others that were cut there"
    for k, text in enumerate(texts):
        if found[k] is None and (teaser := _TEASER.search(text)) and teaser.start() > 0:
            found[k] = f"ends with “{' '.join(teaser[0].split())}”"
    return found


def _limits(sizes: npt.NDArray[np.int64], *, least: int) -> list[int]:
    """Lengths that far more of some texts have than those around it."""
    if len(sizes) < _LEAST:
        return []
    counts = np.bincount(sizes)
    found = []
    for limit in np.flatnonzero(counts >= _LEAST).tolist():
        around = np.r_[counts[max(0, limit - _AROUND) : limit - 1], counts[limit + 2 : limit + _AROUND]]
        usual = float(around.mean()) if len(around) else 0.0
        if limit >= least and counts[limit] >= _TIMES * usual + _TIMES * np.sqrt(usual):
            found.append(limit)
    return found


def _of_one_size(last: Sequence[str], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which last words end texts of one size alone: what ends others, too, is how texts end here."""
    least: dict[str, int] = {}
    most: dict[str, int] = {}
    for word, n in zip(last, sizes.tolist(), strict=True):
        least[word] = min(least.get(word, n), n)
        most[word] = max(most.get(word, n), n)
    return np.array([most[word] - least[word] <= 1 for word in last], dtype=bool)


def _last(text: str) -> str:
    return (text.split() or [""])[-1]
