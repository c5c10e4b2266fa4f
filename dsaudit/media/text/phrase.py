"""Phrases that many texts share, and what in them gives their label away."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.media.personal import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\s*\n+\s*|\s+[|–—•]\s+|\s+-{1,3}\s+")
_DIGITS, _PART = re.compile(r"\d+"), re.compile(r"[^\W_]+")
_LEAST_WORDS, _LEAST_CHARACTERS = 4, 20
_LEAST_SHARING, _SHARING, _MOST_NEEDED = 5, 0.005, 200
"""Texts that share a sentence: at least so many, and such a share of all of them up to so many."""
_SHORT_SHARING = 0.03
"""The same share for a short sentence, which many may write of themselves."""
_OFTEN, _FEW_PHRASES, _COVERED = 3, 3, 0.3
_LONG, _MOST_OF_CLASS = 60, 0.5
"""More sentences than that, each so often at one end, and of such a share of the texts: that is how the set is made.
What is longer, or stands in more of one class, is none of those."""
_MARK = re.compile(
    r"[#@]\w[\w-]*|\[[^\[\]\n]{1,40}\]|<[\w-]{1,30}>|\b[a-z_]\w*\s?[=]\s?[\"']?[\w-]+|\b\w+://[\w.-]+", re.I
)
_FIELDS = "label|class|category|type|tag|sentiment|target|intent|topic|gold|truth|answer|rating|stars|score|y"
_TELLING, _OWN_SHARE, _LEAST_TELLING = 0.9, 0.1, 5
_FEW_CLASSES = 10
_SHORT_END = 6


@dataclass(frozen=True, slots=True)
class Telling:
    """A phrase that stands in one class alone: in ``n_own`` of its ``n_class`` texts, and ``n_others`` of the rest."""

    label: str
    phrase: str
    n_own: int
    n_class: int
    n_others: int
    n_rest: int
    rows: tuple[int, ...] = ()
    """Positions of those ``n_own`` texts."""


def shared_sentences(texts: Sequence[str]) -> list[str | None]:
    """The sentence at the start or the end of each text that many others share there; None where there is none.

    Examples
    --------
    >>> mails = [f"Parcel {k} came late {'and wet ' * k}. Sent from my new telephone, sorry!" for k in range(9)]
    >>> shared_sentences([*mails, "It came."])[7:]
    ['Sent from my new telephone, sorry!', 'Sent from my new telephone, sorry!', None]
    """
    found: list[str | None] = [None] * len(texts)
    least = max(_LEAST_SHARING, min(int(_SHARING * len(texts)), _MOST_NEEDED))
    least_short = max(_LEAST_SHARING, int(_SHORT_SHARING * len(texts)))
    for at in (-1, 0):
        ends = _ends(texts, at)
        beside: dict[str, set[str]] = defaultdict(set)
        for k, (key, _) in ends.items():
            beside[key].add(texts[k].replace(ends[k][1], ""))
        few = {key for key in _of_few(ends) if len(key) < _LONG}
        shared = {
            key for key, others in beside.items() if len(others) >= (least if len(key) >= _LONG else least_short)
        } - few
        as_written: dict[str, str] = {}
        for k, (key, sentence) in ends.items():
            long = len(sentence) >= _LEAST_CHARACTERS and sentence.count(" ") >= _LEAST_WORDS - 1
            if key in shared and long:
                found[k] = as_written.setdefault(key, redacted(sentence))
    return found


def _ends(texts: Sequence[str], at: int) -> dict[int, tuple[str, str]]:
    """The first (0) or the last (-1) sentence of each text of several: what makes it the same, and as it is written."""
    found = {}
    for k, text in enumerate(texts):
        parts = [part for part in _SENTENCE.split(text.strip()) if part]
        if len(parts) > 1 and len(parts[at]) >= _SHORT_END:
            found[k] = _DIGITS.sub("0", parts[at].casefold()), parts[at]
    return found


def _of_few(ends: Mapping[int, tuple[str, str]]) -> set[str]:
    """Those sentences beside which the other texts are made of a few, too: that is how the set is written."""
    counts = Counter(key for key, _ in ends.values())
    often = {key: n for key, n in counts.items() if n >= _OFTEN}
    n_often = sum(often.values())
    return {
        key for key, n in often.items() if len(often) > _FEW_PHRASES and n_often - n > _COVERED * max(1, len(ends) - n)
    }


def label_words(texts: Sequence[str], labels: Sequence[str | None]) -> tuple[list[str | None], dict[str, int]]:
    """Where a text names its own label as a mark does: a hashtag, in brackets, a field, or set off at either end.

    Returns
    -------
    found : list of str or None, length n
    n_others : dict
        Of each label that is named so: in how many texts of other labels it is, too.

    Examples
    --------
    >>> label_words(["late again #irony", "[SINCERE] thanks", "the irony of it"], ["irony", "sincere", "irony"])
    (['#irony', '[SINCERE]', None], {'irony': 0, 'sincere': 0})
    """
    patterns = {label: _pattern(label) for label in dict.fromkeys(labels) if label}
    found: list[str | None] = []
    for text, label in zip(texts, labels, strict=True):
        own = patterns.get(label) if label else None
        match = own.search(text) if own else None
        found.append(" ".join(match[0].split()) if match else None)
    named = sorted({label for label, one in zip(labels, found, strict=True) if label and one})
    n_others = dict.fromkeys(named, 0)
    for label in named:
        pattern, word = patterns[label], _spelt(label).split()[0]
        assert pattern is not None
        others = (text for text, of in zip(texts, labels, strict=True) if of != label and word in text.casefold())
        n_others[label] = sum(bool(pattern.search(text)) for text in others)
    return found, n_others


def telling_phrases(
    texts: Sequence[str],
    labels: Sequence[str | None],
    shared: Sequence[str | None],
    named: Sequence[str | None],
) -> list[Telling]:
    """Marks, shared sentences and the labels' own words that stand in one class and in hardly any text of another.

    ``named`` and ``shared`` are what ``label_words`` and ``shared_sentences`` found.

    Examples
    --------
    >>> texts = [f"on time, part {k} #notreally" for k in range(9)] + [f"a queue, part {k}" for k in range(11)]
    >>> found = telling_phrases(texts, ["irony"] * 9 + ["sincere"] * 11, [None] * 20, [None] * 20)
    >>> [(one.label, one.phrase, one.n_own, one.n_others) for one in found]
    [('irony', '#notreally', 9, 0)]
    """
    sizes = Counter(label for label in labels if label)
    total = sum(sizes.values())
    words = {w: label for label in sizes for w in [_spelt(label)] if len(w) > 2} if len(sizes) <= _FEW_CLASSES else {}
    ends: dict[int, dict[str, str]] = defaultdict(dict)
    few: set[str] = set()
    for at in (0, -1):
        there = _ends(texts, at)
        few |= _of_few(there)
        for k, (key, end) in there.items():
            ends[k][key] = end
    counts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    as_written: dict[str, str] = {}
    for k, (text, label, sentence, mark) in enumerate(zip(texts, labels, shared, named, strict=True)):
        if label is None:
            continue
        told = {re.sub(r"[\s\"']+", "", match).casefold(): match for match in _MARK.findall(text)}
        told |= ends[k]
        if sentence:
            told[_DIGITS.sub("0", sentence.casefold())] = sentence
        lower = f" {' '.join(_PART.findall(text.casefold()))} " if words else ""
        if not mark:
            told |= {word: word for word in words if f" {word} " in lower}
        for key, phrase in told.items():
            counts[key][label].append(k)
            as_written.setdefault(key, phrase)
    found = []
    for key, by_label in counts.items():
        own, rows = min(by_label.items(), key=lambda one: (-len(one[1]), one[0]))
        n, others = len(rows), sum(len(of) for label, of in by_label.items() if label != own)
        least = max(_LEAST_TELLING, (_MOST_OF_CLASS if key in few else _OWN_SHARE) * sizes[own])
        if len(sizes) > 1 and n >= least and n >= _TELLING * (n + others):
            marked = _pattern(own)
            if marked is None or not marked.search(as_written[key]):  # else label_words tells of it
                phrase = redacted(" ".join(as_written[key].split()))
                found.append(Telling(own, phrase, n, sizes[own], others, total - sizes[own], tuple(rows)))
    return sorted(found, key=lambda one: (one.label, -one.n_own, one.phrase))


def _spelt(label: str) -> str:
    """Words of a label: ``CardArrival`` and ``card_arrival`` are card arrival."""
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", label).casefold().split())


def _pattern(label: str) -> re.Pattern[str] | None:
    words = _spelt(label).split()
    if not words:
        return None
    name = r"[\s_-]?".join(map(re.escape, words))
    forms = [rf"\b(?:{_FIELDS})[\"']?\s*[=:]\s*[\"']?{name}\b", rf"__label__{name}\b"]
    if len("".join(words)) > 2 and not words[0].isdigit():
        forms += [
            rf"#{name}\b",
            rf"[\[(<{{]\s*{name}\s*[\])>}}]",
            rf"^\s*{name}\s*(?::|\||–|—|-\s)",
            rf"(?:\||–|—|\s-)\s*{name}\s*[.!]?$",
        ]
    return re.compile("|".join(forms), re.IGNORECASE)
