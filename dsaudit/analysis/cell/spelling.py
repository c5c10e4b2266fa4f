"""Rare values that look like a frequent one: typing errors, other case, other ways of writing one name."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.hint import Hint, of_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsaudit.analysis.cell.column import CodedColumn

Said = dict[int, tuple[float, str | None, float, str]]

_SELDOM = 0.02
"""Share of the rows up to which a value may be a slip."""
_MOST = 4_000
"""Frequent values that rare ones are held against; rare values are held in the order of their rarity."""
_WORD = re.compile(r"[^\W\d_]+")
_LEGAL = frozenset(
    (
        *("inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "llc", "llp"),
        *("plc", "gmbh", "ag", "kg", "mbh", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "oy", "ab", "as"),
        *("aps", "kk", "pty", "the", "and", "und", "et", "y", "e"),
    )
)
_LONG_FORMS = {
    "street": "st", "avenue": "ave", "road": "rd", "boulevard": "blvd", "drive": "dr", "saint": "st",
    "international": "intl", "brothers": "bros", "university": "univ", "department": "dept",
}  # fmt: skip


def edits(a: str, b: str, most: int) -> int:
    """Letters changed, added, left out or swapped with the next to make ``b`` of ``a``; ``most + 1`` if more.

    >>> edits("Bostn", "Boston", 2), edits("Ulm", "Bern", 2), edits("abcd", "abdc", 2)
    (1, 3, 1)
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    a, b = a[start : len(a) - end], b[start : len(b) - end]
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row, above = row, [i], before
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def plain(text: str) -> str:
    """A name without case, accents, marks and blanks.

    >>> plain(" Müller & Co. ") == plain("muller co")
    True
    """
    flat = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in flat if not unicodedata.combining(c))))


def firm(text: str) -> str:
    """A name without its legal form and with its words in order: what spellings of one firm share.

    >>> firm("ACME Inc.") == firm("Acme, Incorporated") == firm("The Acme Company")
    True
    """
    words = [_LONG_FORMS.get(w, w) for w in re.sub(r"\b(\w) (?=\w\b)", r"\1", plain(text)).split()]
    own = sorted(w for w in words if w not in _LEGAL)
    return " ".join(own if any(w.isalpha() for w in own) else words)


def variants(place: int, column: CodedColumn) -> list[Hint]:
    """Values that are one name written otherwise: case, blanks, marks, accents, legal forms.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (column,) = columns_of(pd.DataFrame({"x": ["Graz", "Bern", "Graz", "GRAZ", "Bern"]}))
    >>> [hint.rows.tolist() for hint in variants(0, column)]
    [[3]]
    """
    if column.role in {"number", "date", "constant"} or (column.keyed and column.role != "text"):
        return []
    said: Said = {}
    for form, sure in ((_blanks, 0.97), (plain, 0.9), (firm, 0.8)):
        sets: dict[str, list[int]] = defaultdict(list)
        for k, value in enumerate(column.values[:200_000]):
            if k not in said and not column.blank[k] and (key := form(value)):
                sets[key].append(k)
        for members in sets.values():
            if len(members) < 2:
                continue
            best = max(members, key=lambda k: (column.counts[k], str(column.values[k]).istitle(), -k))
            for k in members:
                if k != best:
                    share = column.counts[best] / (column.counts[best] + column.counts[k])
                    p = sure * min(1.0, 2 * share - 0.75) if share > 0.5 else 0.3 * sure
                    what = _difference(column.values[k], column.values[best])
                    said[k] = (max(p, 0.05), column.values[best], sure, f"{what} than {column.values[best]!r}")
    return of_values("variant", place, column, said)


def _blanks(text: str) -> str:
    return " ".join(text.split())


def _difference(a: str, b: str) -> str:
    if " ".join(a.split()) == " ".join(b.split()):
        return "other blanks"
    return "other case" if a.casefold().strip() == b.casefold().strip() else "another way of writing"


def misspelt(place: int, column: CodedColumn) -> list[Hint]:
    """Rare values a letter or two from a frequent one.

    How near frequent values lie to one another says how much nearness means: codes differ by one letter by nature.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (column,) = columns_of(pd.DataFrame({"x": ["Boston", "Denver", "Austin"] * 40 + ["Bostn"]}))
    >>> [hint.rows.tolist() for hint in misspelt(0, column)]
    [[120]]
    """
    held = ~column.nothing
    if column.role in {"constant", "date"} or (column.role == "number" and not column.numbers.code):
        return []
    often = np.flatnonzero(held & (column.counts >= 3))
    rare = max(2, 0.005 * column.n)
    seldom = np.flatnonzero(held & (column.counts <= max(2, _SELDOM * column.n)))
    if not len(often) or not len(seldom):
        return []
    often = often[np.argsort(-column.counts[often], kind="stable")][:_MOST]
    seldom = seldom[np.argsort(column.counts[seldom], kind="stable")][: 5 * _MOST]
    among = _natural(column, often[:200])
    said: Said = {}
    for k, best, distance in _near(column, seldom, often):
        a, b = column.values[k], column.values[best]
        ratio = column.counts[best] / column.counts[k]
        if ratio < (3 if column.counts[k] <= rare else 5):
            continue
        digits = re.sub(r"\D", "", a) != re.sub(r"\D", "", b) and not _letter_for_digit(a, b)
        near = 1.0 - distance / max(len(b), 4)
        p = 0.95 * min(1.0, ratio / (ratio + 3)) * near * (1.0 - among) * (0.35 if digits else 1.0)
        p *= min(1.0, rare / column.counts[k])  # a slip seldom comes again
        said[k] = (
            p,
            b,
            0.9 if distance <= 2 else 0.85,
            f"looks like {b!r}, which stands in {column.counts[best]} rows",
        )
    return of_values("spelling", place, column, said)


def odd_words(place: int, column: CodedColumn) -> list[Hint]:
    """Values that hold a word no other value has, a letter from one that many have: Municpal beside Municipal.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> names = [f"Municipal {k} Hospital" for k in range(40)] + ["Municpal Park"]
    >>> (column,) = columns_of(pd.DataFrame({"x": names}))
    >>> [hint.rows.tolist() for hint in odd_words(0, column)]
    [[40]]
    """
    held = np.flatnonzero(~column.nothing)[:50_000]
    if column.role not in {"text", "category", "code"}:
        return []
    within: dict[str, list[int]] = defaultdict(list)
    for k in held:
        for word in set(_WORD.findall(column.values[k])):
            within[word].append(int(k))
    often = {w for w, ks in within.items() if len(ks) >= 5 and len(w) >= 5}
    said: Said = {}
    if len(often) < 1 or len(within) > 50_000:
        return []
    by_part: dict[str, list[str]] = defaultdict(list)
    for w in often:
        for part in _left_out(w):
            by_part[part].append(w)
    for word, ks in within.items():
        if len(ks) > 1 or len(word) < 4 or column.counts[ks[0]] > 2:
            continue
        near = {w for part in _left_out(word) for w in by_part.get(part, ()) if edits(word, w, 1) == 1}
        if near:
            best = max(near, key=lambda w: (len(within[w]), w))
            if word.rstrip("s") == best.rstrip("s") or (len(word) < 5 and len(near) > 1):
                continue
            share = len(within[best]) / (len(within[best]) + 4)
            mended = re.sub(rf"\b{re.escape(word)}\b", best, column.values[ks[0]])
            said[ks[0]] = (
                0.75 * share,
                mended,
                0.85,
                f"{word!r} looks like {best!r}, which {len(within[best])} values have",
            )
    return of_values("spelling", place, column, said)


def _left_out(word: str) -> set[str]:
    """The word, and what is left of it without one of its letters: what two words an edit apart share."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _letter_for_digit(a: str, b: str) -> bool:
    """A letter stands where the other has a digit, in a name of digits."""
    return len(a) == len(b) and b.isdigit() and not a.isdigit()


def _natural(column: CodedColumn, often: np.ndarray) -> float:
    """Share of frequent values that lie an edit from another frequent one: 0 to 1."""
    if len(often) < 4:
        return 0.0
    near = sum(1 for _, _, d in _near(column, often, often) if d == 1)
    return 0.9 * near / len(often)


def _near(column: CodedColumn, rare: np.ndarray, often: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Of each rare value the nearest frequent one within its reach, and how many edits lie between."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    grams = CountVectorizer(analyzer="char_wb", ngram_range=(1, 3), lowercase=True)
    words = [column.values[k][:400] for k in often]
    try:
        b = normalize(grams.fit_transform(words))
    except ValueError:
        return
    for begin in range(0, len(rare), 500):
        some = rare[begin : begin + 500]
        like = (normalize(grams.transform([column.values[k][:400] for k in some])) @ b.T).tocsr()
        for i, k in enumerate(some):
            row = slice(like.indptr[i], like.indptr[i + 1])
            order = np.argsort(-like.data[row], kind="stable")[:8]
            found: tuple[int, int, int] | None = None
            for at in like.indices[row][order]:
                other = int(often[at])
                if other == k:
                    continue
                most = _reach(column.values[k], column.values[other])
                d = edits(column.values[k].casefold(), column.values[other].casefold(), most)
                if d <= most and (found is None or (d, -column.counts[other]) < (found[2], -column.counts[found[1]])):
                    found = int(k), other, d
            if found is not None and found[2] > 0:
                yield found


def _reach(a: str, b: str) -> int:
    """Edits at which two values may still be one word."""
    n = min(len(a), len(b))
    return 0 if n < 2 else 1 if n < 6 else 2 if n < 12 else 2 + n // 12
