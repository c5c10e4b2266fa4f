"""Whole classes that stand for others in one part of a dataset: swapped, in a ring, shifted along the names, merged.

A witness that did not read the labels of a part says of each item what it is: a model that was trained on the others,
or a class's name in the path. Outside the part its confusion matrix says what it makes of each class. Inside, the items
given as ``a`` either answer as those of ``a`` do outside, or as those of ``b``: the ratio of the two likelihoods,
Dirichlet-multinomial, since the items of a part err together. By Markov's inequality a ratio of T comes up by chance
less than once in T parts, so that it is held against the number of parts and mappings that are tried.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaln, logsumexp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

CHANCE = 0.01
"""How often, at most, one of all the mappings that are tried comes up in a set without any."""
_ALIKE, _ALIKE_WEIGHT = 0.15, 20.0
"""How far items of one class in one part answer alike, 0 (each for itself) to 1 (all as one), before any were seen; and
how many pairs' worth that belief is."""
_ALIKE_RANGE = (0.01, 0.3)
_LEAST_RATE = 0.01
_MIN_OUTSIDE, _MIN_OUTSIDE_SHARE = 5, 0.3
"""Items of a class outside a part, and as a share of those inside, below which nothing is known of how it answers.
In a run of rows, as many as inside are asked for."""
_MIN_EDGE = 0.5
_MIN_MOVED = 4
"""Items of a part that must answer as their new class: fewer are a few wrong labels."""
_MIX = (0.2, 0.35, 0.5, 0.65, 0.8)
_ABSENT = 0.3
"""Share of the expected items of a class, up to which it counts as gone from a part."""
_MOST_ALIKE = 200
_MOST_OF_ONE = 3.0
"""Nats that one item says at most of where a mapping begins and ends."""
_MAX_FOUND = 40


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a dataset that may have had a label file, or a bug, of its own.

    Attributes
    ----------
    kind : str
        ``all``, ``split``, ``group``, ``folder``, ``rows`` or the name of a column.
    name : str
        Which one.
    rows : int64 array
        Positions of its items, rising.
    seen : int64 array (n,), optional
        What the witness says of all items if it learned from none of this part; by default what it says anyway.
    """

    kind: str
    name: str
    rows: Ints
    seen: Ints | None = None


@dataclass(frozen=True, slots=True)
class ClassMapping:
    """Classes that stand for others in one part or several of a kind.

    Attributes
    ----------
    kind : str
        ``swap``, ``cycle``, ``shift`` or ``merge``.
    parts : tuple of Part
    moves : mapping of int to int
        Given class to the class that it stands for. In a merge only for some of its items, those in ``rows``.
    rows : int64 array
        Positions of the items that are to move, rising.
    evidence : float
        Log of how much likelier than chance it is, in nats, after what all the trying costs.
    n_seen : int
        Items of ``rows`` that the witness takes for the class that they move to.
    """

    kind: str
    parts: tuple[Part, ...]
    moves: dict[int, int]
    rows: Ints
    evidence: float
    n_seen: int


def class_mappings(
    given: Ints, seen: Ints, parts: Sequence[Part], *, names: Sequence[str], prior: float = 0.0
) -> list[ClassMapping]:
    """Mappings of whole classes, the largest first.

    Parameters
    ----------
    given, seen : int64 array (n,)
        Class given, and class that the witness says; -1 where there is none.
    parts : sequence of Part
    names : sequence of str
        Names of the classes.
    prior : float
        Items' worth of trust, in every class, that the witness names it rightly: for one that reads names.

    Examples
    --------
    >>> import numpy as np
    >>> is_ = np.tile(np.arange(3), 60)
    >>> given = is_.copy()
    >>> given[:30] = np.array([1, 0, 2])[is_[:30]]  # in the first 30
    >>> first, rest = Part("group", "ann", np.arange(30)), Part("group", "bob", np.arange(30, 180))
    >>> [found] = class_mappings(given, is_, [first, rest], names=["a", "b", "c"])
    >>> found.kind, found.moves, found.parts[0].name, len(found.rows)
    ('swap', {0: 1, 1: 0}, 'ann', 20)
    """
    in_order = _is_sorted(np.asarray(given))
    tried = tuple(part for part in parts if part.kind != "rows" or not in_order)
    table = _Table(np.asarray(given), np.asarray(seen), tried, tuple(names), prior)
    found: list[ClassMapping] = []
    while len(found) < _MAX_FOUND and (best := table.best()) is not None:
        found.append(best)
        table = table.without(best)
    return _together(found)


class _Answers(NamedTuple):
    """How the items of a part answer: counts by class given and class seen, in the part and outside."""

    inside: Floats
    outside: Floats
    rate: Floats
    """Share of each answer outside, by class given."""
    weight: float
    """Dirichlet concentration of a row of shares from part to part: how many items' worth of evidence it is, roughly.
    """


@dataclass(frozen=True, slots=True)
class _Table:
    given: Ints
    seen: Ints
    parts: tuple[Part, ...]
    names: tuple[str, ...]
    prior: float

    @property
    def k(self) -> int:
        return len(self.names)

    def without(self, found: ClassMapping) -> _Table:
        """As if the labels had been put right."""
        given = self.given.copy()
        for row in found.rows:
            given[row] = found.moves[int(given[row])]
        return replace(self, given=given)

    def best(self) -> ClassMapping | None:
        """What is clearest in any part; None where nothing is clear."""
        best: ClassMapping | None = None
        whole: dict[int, Floats] = {}
        weight = self._weights()
        for part in self.parts:
            seen = self.seen if part.seen is None else part.seen
            if id(seen) not in whole:
                whole[id(seen)] = self._counts(seen, slice(None))
            inside = self._counts(seen, part.rows)
            if not _stirred(inside):
                continue
            answers = self._answers(inside, whole[id(seen)] - inside, weight[part.kind])
            for kind, moves, evidence, mixed in self._readings(part, answers):
                if evidence > 0 and (best is None or evidence > best.evidence):
                    place = self._run(moves, answers.rate, seen) if part.kind == "rows" else part
                    one = self._mapping(kind, place, moves, evidence, seen, mixed=mixed)
                    if one.n_seen >= _MIN_MOVED:
                        best = one
        return best

    def _counts(self, seen: Ints, rows: Ints | slice) -> Floats:
        g, s = self.given[rows], seen[rows]
        known = (g >= 0) & (s >= 0)
        flat = np.bincount(g[known] * self.k + s[known], minlength=self.k * self.k)
        return flat.reshape(self.k, self.k).astype(np.float64)

    def _weights(self) -> dict[str, float]:
        """By kind of part, the weight of its rows: from how unlike the parts are in what share of a class is right.

        A class that stands for another in one part must not make all parts look unlike: each counts for so much at
        most.
        """
        whole = self._counts(self.seen, slice(None))
        size = whole.sum(1)
        p = np.clip((np.diag(whole) + 1.0) / (size + 2.0), 0.02, 0.98)
        unlike: dict[str, Floats] = {}
        for part in self.parts:
            inside = self._counts(self.seen, part.rows)
            n = inside.sum(1)
            z = (np.diag(inside) - n * p) ** 2 / np.maximum(n * p * (1.0 - p), 1e-9) - 1.0
            pairs = np.maximum(n - 1.0, 0.0)
            excess = np.minimum(z, np.maximum(8.0, _ALIKE_RANGE[1] * pairs))[pairs > 0].sum()
            unlike[part.kind] = unlike.get(part.kind, np.zeros(2)) + np.array([excess, pairs.sum()])
        alike = {
            kind: np.clip((e + _ALIKE * _ALIKE_WEIGHT) / (m + _ALIKE_WEIGHT), *_ALIKE_RANGE)
            for kind, (e, m) in unlike.items()
        }
        return {kind: float(1.0 / rho - 1.0) for kind, rho in alike.items()}

    def _answers(self, inside: Floats, outside: Floats, weight: float) -> _Answers:
        counts = outside + self.prior * np.eye(self.k)
        rate = (counts + 1.0 / self.k) / (counts.sum(1, keepdims=True) + 1.0)
        return _Answers(inside, outside, np.maximum(rate, _LEAST_RATE), weight)

    def _readings(self, part: Part, answers: _Answers) -> Iterator[tuple[str, dict[int, int], float, bool]]:
        """Kind, moves and evidence of what the answers of a part may mean, and whether only some items move."""
        tries = np.log(len(self.parts) / CHANCE)
        known = _known(answers, 1.0 if part.kind == "rows" else _MIN_OUTSIDE_SHARE) | (self.prior > 0)
        ratio = _ratios(answers, known)
        for cycle in _cycles(ratio):
            m = len(cycle)
            evidence = sum(ratio[a, b] for a, b in cycle.items()) - tries - m * np.log(self.k) + np.log(m)
            yield ("swap" if m == 2 else "cycle"), cycle, float(evidence), False
        yield from self._shifts(answers, known, float(tries + np.log(4.0)))
        if part.kind not in ("all", "rows"):
            for moves, evidence in self._merges(part, answers, known):
                yield "merge", moves, evidence - float(tries + 2.0 * np.log(self.k)), True

    def _shifts(
        self, answers: _Answers, known: npt.NDArray[np.bool_], tries: float
    ) -> Iterator[tuple[str, dict[int, int], float, bool]]:
        """One step up or down the sorted names, around the end or not."""
        if self.k < 3:
            return
        order = natural_order(self.names)
        size = answers.inside.sum(1)
        there = known | (answers.outside.sum(1) == 0)  # a label beyond the end of the table is in this part alone
        for step in (1, -1):
            for around in (True, False):
                pairs = zip(order, order[step:] + order[:step], strict=True)
                last = order[-1] if step == 1 else order[0]
                moves = {a: b for a, b in pairs if size[a] and (around or a != last)}
                if not (all(there[a] and known[b] for a, b in moves.items()) and sum(known[a] for a in moves) >= 3):
                    continue
                moved = [answers.inside[a, b] > answers.inside[a, a] for a, b in moves.items()]
                if np.mean(moved) > 0.5:  # as in few parts
                    gains = [_ratio(answers, a, b) for a, b in moves.items()]
                    yield "shift", moves, float(sum(gains)) - tries, False

    def _merges(
        self, part: Part, answers: _Answers, known: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[dict[int, int], float]]:
        """Classes gone from a part where another one answers partly as they do."""
        size, elsewhere = answers.inside.sum(1), answers.outside.sum(1)
        expected = elsewhere / max(elsewhere.sum(), 1.0) * size.sum()
        gone = np.flatnonzero((expected >= 2.0) & (size <= _ABSENT * expected))
        for b in gone.tolist():
            a = int(np.argmax(np.where(np.arange(self.k) == b, -1.0, answers.inside[:, b])))
            x = _three(answers.inside, a, b)
            if x[1] < 0.1 * x.sum() or not (known[a] and known[b]):
                continue
            one, other = _three(answers.rate, a, b), _three(answers.rate, b, b, own=a)
            mixed = [_fit(x, p * other + (1.0 - p) * one, answers.weight) for p in _MIX]
            ratio = float(logsumexp(mixed)) - np.log(len(_MIX)) - _fit(x, one, answers.weight)
            yield {a: b}, ratio - np.log(self._often_gone(part, b, float(expected[b])))

    def _run(self, moves: dict[int, int], rate: Floats, seen: Ints) -> Part:
        """The rows in a row, and no others, in which the mapping holds: the span of the largest sum of log ratios."""
        moved = np.array([a in moves for a in range(self.k)])
        target = np.array([moves.get(a, a) for a in range(self.k)])
        at = np.flatnonzero((self.given >= 0) & (seen >= 0) & moved[self.given])
        g, s = self.given[at], seen[at]
        sums = np.cumsum(np.clip(np.log(rate[target[g], s] / rate[g, s]), -_MOST_OF_ONE, _MOST_OF_ONE))
        before = np.concatenate([[0.0], sums[:-1]])
        low = np.minimum.accumulate(before)
        end = int(np.argmax(sums - low))
        start = int(np.argmin(before[: end + 1]))
        first, last = int(at[start]), int(at[end])
        return Part("rows", f"{first + 1}-{last + 1}", np.arange(first, last + 1))

    def _often_gone(self, part: Part, b: int, expected: float) -> float:
        """How often a class is as good as gone from a part for no reason."""
        alike = [p for p in self.parts if p.kind == part.kind and p is not part and len(p.rows) >= len(part.rows) / 2]
        share = np.array([float((self.given[p.rows] == b).mean()) for p in alike[:_MOST_ALIKE]])
        usual = expected / max(len(part.rows), 1)
        gone = int((share <= _ABSENT * usual).sum())
        if gone or len(share) < 8:
            return (gone + 1.0) / (len(share) + 2.0)
        spread = np.mean([len(p.rows) * (s - usual) ** 2 / usual for p, s in zip(alike, share, strict=False)])
        return float(np.exp(-expected / max(spread, 1.0)))

    def _mapping(
        self, kind: str, part: Part, moves: dict[int, int], evidence: float, seen: Ints, *, mixed: bool
    ) -> ClassMapping:
        target = np.full(self.k + 1, -1, dtype=np.int64)  # the last place: no class given
        for a, b in moves.items():
            target[a] = b
        wanted = target[self.given[part.rows]]
        hit = (wanted >= 0) & (seen[part.rows] == wanted)
        rows = part.rows[hit if mixed else wanted >= 0]
        return ClassMapping(kind, (part,), moves, rows, evidence, int(hit.sum()))


def _is_sorted(given: Ints) -> bool:
    """Whether like labels stand together, so that a run of rows is a few classes and no part that had a bug."""
    share = np.bincount(given[given >= 0]) / max((given >= 0).sum(), 1)
    by_chance = float((share**2).sum())
    return len(given) > 1 and float((given[1:] == given[:-1]).mean()) > (1.0 + by_chance) / 2.0


def _stirred(inside: Floats) -> bool:
    """Whether anything in a part may be a mapping: a quick look that spares the rest."""
    off = inside.copy()
    np.fill_diagonal(off, 0.0)
    return bool((off >= 0.1 * inside.sum(1, keepdims=True))[off >= 2].any() or off.sum() > 0.5 * inside.sum())


def _three(table: Floats, a: int, b: int, *, own: int | None = None) -> Floats:
    """Answers of the items of row ``a``: as the class ``own``, as ``b``, as any other."""
    first, second = table[a, a if own is None else own], table[a, b]
    return np.array([first, second, max(table[a].sum() - first - second, 0.0)])


def _fit(x: Floats, rate: Floats, weight: float) -> float:
    """Log likelihood of counts under a rate that differs from part to part, but for what does not depend on it."""
    p = np.maximum(rate, _LEAST_RATE)
    alpha = weight * p / p.sum()
    return float(gammaln(weight) - gammaln(weight + x.sum()) + (gammaln(alpha + x) - gammaln(alpha)).sum())


def _ratio(answers: _Answers, a: int, b: int) -> float:
    """Log likelihood that the items given as ``a`` are ``b``, less that they are ``a``."""
    x = _three(answers.inside, a, b)
    as_b, as_a = _three(answers.rate, b, b, own=a), _three(answers.rate, a, b)
    return _fit(x, as_b, answers.weight) - _fit(x, as_a, answers.weight)


def _ratios(answers: _Answers, known: npt.NDArray[np.bool_]) -> Floats:
    """``_ratio`` of every pair that most items of the first class speak for; -inf elsewhere."""
    inside, rate = answers.inside, answers.rate
    ratio = np.full(inside.shape, -np.inf)
    own = np.diag(inside)
    enough = (inside > own[:, None]) & (inside >= 0.5 * np.diag(rate)[None, :] * inside.sum(1, keepdims=True))
    for a, b in zip(*np.nonzero(enough & known[:, None] & known[None, :]), strict=True):
        if a != b:
            ratio[a, b] = _ratio(answers, int(a), int(b))
    return ratio


def _known(answers: _Answers, share: float) -> npt.NDArray[np.bool_]:
    enough = answers.outside.sum(1) >= np.maximum(_MIN_OUTSIDE, share * answers.inside.sum(1))
    return np.asarray(enough, dtype=np.bool_)


def _cycles(ratio: Floats) -> Iterator[dict[int, int]]:
    """Rings of classes, each of which may stand for the next: all of two and three, longer ones of the best alone."""
    edge = np.asarray(ratio >= _MIN_EDGE, dtype=np.bool_)
    for a, b in ((int(a), int(b)) for a, b in np.argwhere(edge)):
        if a < b and edge[b, a]:
            yield {a: b, b: a}
        for c in np.flatnonzero(edge[b, :] & edge[:, a]).tolist():
            if a < min(b, c):
                yield {a: b, b: c, c: a}
    best = ratio.argmax(1)
    clear = np.asarray(edge.any(1), dtype=np.bool_)
    done: set[int] = set()
    for start in np.flatnonzero(clear).tolist():
        path = [start]
        while clear[path[-1]] and (after := int(best[path[-1]])) not in path and after not in done:
            path.append(after)
        if len(path) > 3 and clear[path[-1]] and int(best[path[-1]]) == start:
            yield {a: int(best[a]) for a in path}
        done.add(start)


def natural_order(names: Sequence[str]) -> list[int]:
    """Positions of names in order, numbers in them by value.

    Examples
    --------
    >>> natural_order(["10", "9", "b2", "b11"])
    [1, 0, 2, 3]
    """

    def key(k: int) -> list[tuple[int, int, str]]:
        pieces = re.findall(r"\d+|\D+", names[k])
        return [(0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in pieces]

    return sorted(range(len(names)), key=key)


def _together(found: Sequence[ClassMapping]) -> list[ClassMapping]:
    """The same mapping in several parts of a kind is one."""
    by: dict[tuple[object, ...], list[ClassMapping]] = {}
    for one in found:
        by.setdefault((one.kind, tuple(sorted(one.moves.items())), one.parts[0].kind), []).append(one)
    merged = [
        replace(
            same[0],
            parts=tuple(part for one in same for part in one.parts),
            rows=np.unique(np.concatenate([one.rows for one in same])),
            evidence=sum(one.evidence for one in same),
            n_seen=sum(one.n_seen for one in same),
        )
        for same in by.values()
    ]
    return sorted(merged, key=lambda m: (-len(m.rows), m.parts[0].kind, m.parts[0].name))
