"""Named parts of items, such as words: which are typical of a class, and which argue for one label or another."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_PRIOR = 4.0
"""Items that a class is taken to have beside its own, with each term as often as all others have it."""
_CLEAR = 2.0
"""Standard errors by which a term must be ahead in a class to be typical of it."""
_SAME = 0.8
"""Of two terms one within the other, the share of items from which on they are one."""
_LEAST = math.log(3)
"""Log of how many times more often a term must stand in one class than in another: words of every sentence do not."""
_COMMON = 0.1
"""Share of the items of other classes from which on a word says little beside another."""
_ARGUES = 1.6
"""Standard errors by which a term of one item must differ between two classes."""


_STEPS = (1.8, 3.0)
"""Weights from which on a term argues strongly, and very strongly."""


def weighed(starts: Sequence[int], ends: Sequence[int], weights: Sequence[float]) -> list[tuple[int, int, int]]:
    """Places that argue, as pages draw them: start, end, and -3 (very strongly for the given label) to 3.

    Examples
    --------
    >>> weighed([0, 5], [3, 9], [-1.5, 4.2])
    [(0, 3, -1), (5, 9, 3)]
    """
    steps = [(1 + sum(abs(w) >= step for step in _STEPS)) * (1 if w > 0 else -1) for w in map(float, weights)]
    return [(int(a), int(b), s) for a, b, s in zip(starts, ends, steps, strict=True)]


class TermCounts:
    """How many items of each class have each term.

    Parameters
    ----------
    documents : sequence of collections of str
        Terms of each item, each once.
    classes : sequence of (str or None)
        Class of each item; None is left out.

    Examples
    --------
    >>> said = [{"open", "till", "six"}, {"open", "late"}] * 4 + [{"pay", "card"}, {"pay", "late"}, {"pay", "cash"}] * 4
    >>> counts = TermCounts(said, ["hours"] * 8 + ["money"] * 12)
    >>> [(t["term"], t["share"], t["elsewhere"]) for t in counts.typical(n=1)["money"]]
    [('pay', 1.0, 0.0)]
    >>> weights = counts.arguments({"open", "pay", "late"}, "hours", "money")
    >>> weights["pay"] > 0 > weights["open"], "late" in weights
    (True, False)
    """

    def __init__(self, documents: Sequence[Collection[str]], classes: Sequence[str | None]) -> None:
        self.n: Counter[str] = Counter(c for c in classes if c is not None)
        self._by_class: dict[str, Counter[str]] = defaultdict(Counter)
        self._all: Counter[str] = Counter()
        for terms, own in zip(documents, classes, strict=True):
            if own is not None:
                self._by_class[own].update(terms)
                self._all.update(terms)
        self._total = sum(self.n.values())

    def typical(self, *, n: int = 8, clear: float = _CLEAR) -> dict[str, list[dict[str, Any]]]:
        """Terms that are ahead in each class: first those that are in many of its items and in few others.

        Of terms that stand in the same items and within one another the longest is kept; several words of which one
        stands in many items of other classes are no term.

        Parameters
        ----------
        n : int
            Terms of a class, at most.
        clear : float
            Standard errors by which each is ahead.

        Returns
        -------
        dict of class to list of dicts
            ``term``, ``share`` of the items of the class that have it, and of the others (``elsewhere``), 0 to 1.
        """
        found: dict[str, list[dict[str, Any]]] = {}
        for own in sorted(self.n):
            ranked = sorted(
                (
                    (rank, t)
                    for t in self._by_class[own]
                    if not self._loose(t, own) and (rank := self._rank(t, own, clear))
                ),
                key=lambda one: (-one[0], -len(one[1]), one[1]),
            )
            found[own] = [self._told(term, own) for term in self._apart((t for _, t in ranked), own, n)]
        return found

    def arguments(self, terms: Collection[str], given: str, other: str) -> dict[str, float]:
        """How far each term of one item argues for another label than the given one: above 0 for the other, below for
        the given, natural logarithms of how many times more often it stands in items of the one than of the other. The
        item itself, labelled as given, is left out of what is known of its class.
        """
        n_given, n_other = max(self.n[given] - 1, 0), self.n[other]
        weights = {}
        for term in terms:
            if self._all[term] < 2 or (
                self._loose(term, given) and self._loose(term, other)
            ):  # nobody else says it, or everybody does
                continue
            share = (self._all[term] - 1) / max(self._total - 1, 1)
            own = max(self._by_class[given][term] - 1, 0)
            ratio, z = _ahead(self._by_class[other][term], n_other, own, n_given, share)
            if abs(ratio) >= _LEAST and abs(z) >= _ARGUES:
                weights[term] = ratio
        return weights

    def _loose(self, term: str, own: str) -> bool:
        """Whether it is of several words one of which stands in many items of other classes."""
        words, counts = term.split(" "), self._by_class[own]
        rest = _COMMON * (self._total - self.n[own])
        return len(words) > 1 and any(self._all[word] - counts[word] > rest for word in words)

    def _rank(self, term: str, own: str, clear: float) -> float:
        """How much more often a term stands in a class, weighed by how often; 0 where that is not clear."""
        y, rest = self._by_class[own][term], self._total - self.n[own]
        if y < 2:
            return 0.0
        ratio, z = _ahead(y, self.n[own], self._all[term] - y, rest, self._all[term] / self._total)
        return ratio * y / self.n[own] if ratio >= _LEAST and z >= clear else 0.0

    def _apart(self, ranked: Iterable[str], own: str, n: int) -> list[str]:
        kept: list[str] = []
        counts = self._by_class[own]
        for term in ranked:
            like = [k for k, other in enumerate(kept) if _within(term, other) or _within(other, term)]
            same = [k for k in like if min(counts[term], counts[kept[k]]) >= _SAME * max(counts[term], counts[kept[k]])]
            if same and len(term) > len(kept[same[0]]):
                kept[same[0]] = term
            if not like and len(kept) < n:
                kept.append(term)
        return kept

    def _told(self, term: str, own: str) -> dict[str, Any]:
        y, rest = self._by_class[own][term], self._total - self.n[own]
        elsewhere = (self._all[term] - y) / rest if rest else 0.0
        return {"term": term, "share": round(y / self.n[own], 4), "elsewhere": round(elsewhere, 4)}


def _ahead(y: int, n: int, y_rest: int, n_rest: int, share: float) -> tuple[float, float]:
    """Log-ratio of two shares with an informative prior, and that over its standard error (Monroe and others 2008)."""
    a = _PRIOR * max(share, 1e-6)
    inside, outside = y + a, y_rest + a
    ratio = math.log(inside / (n + _PRIOR)) - math.log(outside / (n_rest + _PRIOR))
    return ratio, ratio / math.sqrt(1 / inside + 1 / outside)


def _within(short: str, long: str) -> bool:
    return f" {short} " in f" {long} "
