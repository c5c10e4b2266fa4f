"""Words of a text that argue for one label or for another."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

MOST_SPANS = 8
"""Spans of a text that are told, those of the greatest weight."""

LEAST_WEIGHT = 0.7
"""Words that are not twice as frequent under one label as under the other argue for neither."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts written without spaces, of which each sign counts as a word."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:['’][^\W{_UNSPACED}]+)*")
_CAUTION = 2.0


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, and how much it argues.

    Attributes
    ----------
    start, end : int
        Characters ``text[start:end]``.
    weight : float
        Above 0 for the suggested label, below 0 for the given one: difference of the logarithms of odds, in nats.
    """

    start: int
    end: int
    weight: float


def words(text: str) -> Iterator[tuple[int, int, str]]:
    """Begin and end of each word of a text, and the word with its case folded.

    >>> [word for *_, word in words("Where's my CARD?")]
    ["where's", 'my', 'card']
    """
    for found in _WORD.finditer(text):
        yield found.start(), found.end(), found.group().casefold()


@dataclass(frozen=True, slots=True)
class Terms:
    """In how many texts of each label every word stands: a linear head of counts (naive Bayes).

    Attributes
    ----------
    texts : Counter of str
        Texts by label.
    holding : dict of str to Counter of str
        By word: texts that hold it, by label.

    Example
    -------
    >>> texts = ["my card is lost", "card lost", "money is late", "where is my money"]
    >>> found = Terms.of(texts, ["card", "card", "money", "money"])
    >>> found.typical("card")[:2]
    ['card', 'lost']
    >>> [span.weight > 0 for span in found.argument("lost money", "money", "card", counted=False)]
    [True, False]
    """

    texts: Counter[str] = field(default_factory=Counter)
    holding: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Iterable[str], labels: Iterable[str | None]) -> Terms:
        """Counted over texts and their labels, those without a label left out."""
        made = cls()
        for text, label in zip(texts, labels, strict=True):
            if isinstance(label, str):
                made.texts[label] += 1
                for word in {word for *_, word in words(text)}:
                    made.holding.setdefault(word, Counter())[label] += 1
        return made

    def argument(self, text: str, given: str, suggested: str, *, counted: bool = True) -> list[Span]:
        """What argues for ``suggested`` and against ``given``, in the order of the text.

        A text that was ``counted`` under its given label does not speak for itself: it is taken out first.
        """
        own = int(counted)
        n_given, n_suggested = self.texts[given] - own, self.texts[suggested]
        found = []
        for start, end, word in words(text):
            holding = self.holding.get(word, Counter())
            of_given, of_suggested = max(holding[given] - own, 0), holding[suggested]
            if of_given + of_suggested > 0:
                share = (sum(holding.values()) - own) / max(sum(self.texts.values()) - own, 1)
                weight = _odds(of_suggested, n_suggested, share) - _odds(of_given, n_given, share)
                found.append(Span(start, end, round(weight, 3)))
        return _weightiest(found)

    def typical(self, label: str, *, n: int = 10) -> list[str]:
        """Words that tell a label's texts from all others, the most telling first: by the log-likelihood ratio.

        Those that stand in two texts of the label at least, and in a greater share of them than elsewhere.

        References
        ----------
        T. Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence", Computational Linguistics 1993.
        """
        inside, total = self.texts[label], sum(self.texts.values())
        scored = []
        for word, holding in self.holding.items():
            a, b = holding[label], sum(holding.values()) - holding[label]
            if a >= 2 and a * (total - inside) > b * inside:
                scored.append((-_surprise(a, inside, b, total - inside), word))
        return [word for _, word in sorted(scored)[:n]]


class Predicts(Protocol):
    """See ``dsaudit.model.head.Fitted``."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the columns of ``predict``."""
        ...

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Predicted probabilities (n, k) of vectors (n, d)."""
        ...


class Encodes(Protocol):
    """See ``dsaudit.model.encoder.Encoder``."""

    def encode(self, items: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors (n, d)."""
        ...


def occlusion(text: str, given: str, suggested: str, *, encoder: Encodes, head: Predicts, most: int = 60) -> list[Span]:
    """The same of any model, by what it says of the text without each of its first ``most`` words.

    Raises
    ------
    ValueError
        One of the labels is no class of the head.

    References
    ----------
    M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014; J. Li et al.,
    "Understanding Neural Networks through Representation Erasure", 2016.
    """
    places = list(words(text))[:most]
    without = [text[:start] + text[end:] for start, end, _ in places]
    probs = np.maximum(head.predict(encoder.encode([text, *without])), 1e-9)
    odds = np.log(probs[:, head.classes.index(suggested)]) - np.log(probs[:, head.classes.index(given)])
    weights = (odds[0] - odds[1:]).tolist()
    return _weightiest([Span(s, e, round(w, 3)) for (s, e, _), w in zip(places, weights, strict=True)])


def _weightiest(spans: list[Span]) -> list[Span]:
    kept = sorted((s for s in spans if abs(s.weight) >= LEAST_WEIGHT), key=lambda s: (-abs(s.weight), s.start))
    return sorted(kept[:MOST_SPANS], key=lambda s: s.start)


def _odds(n: int, of: int, share: float) -> float:
    """Logarithm of the odds that a text holds a word which ``n`` of ``of`` do, drawn towards ``share`` of all."""
    p = (n + _CAUTION * share + 0.1) / (of + _CAUTION + 0.2)
    return math.log(p / (1.0 - p))


def _surprise(a: int, inside: int, b: int, outside: int) -> float:
    """Log-likelihood ratio of two shares, ``a`` of ``inside`` and ``b`` of ``outside``, against one share of both."""

    def fit(n: int, of: int, p: float) -> float:
        return sum(k * math.log(q) for k, q in ((n, p), (of - n, 1.0 - p)) if k)

    both = (a + b) / max(inside + outside, 1)
    apart = fit(a, inside, a / max(inside, 1)) + fit(b, outside, b / max(outside, 1))
    return apart - fit(a, inside, both) - fit(b, outside, both)
