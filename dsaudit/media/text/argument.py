"""Words of a text that argue for one label or for another, as a model takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

MOST_SPANS = 8
"""Spans of a text that are told, those of the greatest weight."""

LEAST_WEIGHT = 0.7
"""Words that are not twice as frequent under one label as under the other argue for neither."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts written without spaces, of which each sign counts as a word."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:['’][^\W{_UNSPACED}]+)*")


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
    """What argues for ``suggested`` and against ``given``, by what a model says without each of ``most`` words.

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
