"""From texts to vectors without a network: a table of pieces of words, or how often words and parts of words occur."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from dsaudit.media.text.encoders import MINILM_INT8
from dsaudit.media.text.network.weights import PIECES, tensors_of
from dsaudit.media.text.network.wordpiece import pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

MOST_LEARNED = 20_000
"""Texts, from all over the set, that the mean and the axes of words are learned from."""

_MAX_CHARACTERS = 20_000
_WAYS: Mapping[str, Mapping[str, Any]] = {
    "words": {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
    "parts of words": {"analyzer": "char_wb", "ngram_range": (2, 5)},
}


class StaticEncoder:
    """Mean of the table's vectors of a text's pieces, each worth the more the fewer texts hold it, of unit length.

    The table is what MiniLM looks pieces up in. What all texts have in common, their mean, is taken out. Words are not
    seen in their order. The axis along which texts differ most stays: in a set of two topics it is what tells them.

    References
    ----------
    K. Spärck Jones, "A statistical interpretation of term specificity", Journal of Documentation 1972; S. Arora,
    Y. Liang, T. Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR 2017.
    """

    name = "static"
    version = "1"
    dim = 384

    def __init__(self, *, device: str = "auto") -> None:
        self.notes: tuple[str, ...] = ()
        self._table = tensors_of(MINILM_INT8, only=PIECES)[PIECES]
        self._worth = np.ones(len(self._table), dtype=np.float32)
        self._mean = np.zeros(self.dim, dtype=np.float32)

    def fit(self, texts: Sequence[str]) -> None:
        """Learn how rare pieces are, and the mean."""
        if not texts:
            return
        holding = np.zeros(len(self._table), dtype=np.int64)
        for text in texts:
            holding[list(set(pieces(text)))] += 1
        self._worth = np.log((1.0 + len(texts)) / (1.0 + holding)).astype(np.float32)
        self._mean = self._sums(_spread(texts)).mean(axis=0)

    def learned(self) -> dict[str, Any]:
        """See ``dsaudit.model.encoder.FittedEncoder``."""
        return {"worth": self._worth, "mean": self._mean}

    def restore(self, learned: Mapping[str, Any]) -> None:
        """See ``dsaudit.model.encoder.FittedEncoder``."""
        self._worth, self._mean = learned["worth"], learned["mean"]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors, float32 (n, 384)."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        left = self._sums(texts) - self._mean
        return np.asarray(left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _sums(self, texts: Sequence[str]) -> Vectors:
        """Weighted means, float32 (n, 384)."""
        read = [pieces(text) for text in texts]
        flat = np.concatenate([np.array(one, dtype=np.int64) for one in read])
        begin = np.cumsum([0, *(len(one) for one in read[:-1])])
        worth = self._worth[flat]
        sums = np.add.reduceat(self._table[flat] * worth[:, None], begin, axis=0)
        return np.asarray(sums / np.maximum(np.add.reduceat(worth, begin), 1e-9)[:, None], dtype=np.float32)


class TfidfEncoder:
    """Words, pairs of words and parts of words of 2 to 5 characters, by their frequency and rarity, on 256 axes.

    The axes of singular values are turned at random. Heads standardise what they are given: each axis of its own, the
    last would count as much as the first, and of a few texts, which are all far apart then, nothing could be learned.

    References
    ----------
    S. Deerwester et al., "Indexing by Latent Semantic Analysis", JASIS 1990.
    """

    name = "tfidf"
    version = "2"
    dim = 256

    def __init__(self, *, device: str = "auto") -> None:
        self.notes: tuple[str, ...] = ()
        self._terms: dict[str, Any] = {}
        self._axes = np.zeros((self.dim, 0), dtype=np.float32)

    def fit(self, texts: Sequence[str]) -> None:
        """Learn which terms there are, how rare they are, and along which axes texts differ."""
        from sklearn.utils.extmath import randomized_svd

        some = [text[:_MAX_CHARACTERS] for text in _spread(texts)]
        self._terms = {way: terms for way in _WAYS if (terms := _terms_of(some, way)) is not None}
        if not self._terms:
            return
        counted = self._counted(some)
        with threadpool_limits(1, user_api="blas"):
            _, _, axes = randomized_svd(counted, min(self.dim, *counted.shape), n_iter=4, random_state=0)
        self._axes = np.zeros((self.dim, counted.shape[1]), dtype=np.float32)
        self._axes[: len(axes)] = axes
        self._axes = _turned(self.dim) @ self._axes

    def learned(self) -> dict[str, Any]:
        """See ``dsaudit.model.encoder.FittedEncoder``."""
        terms = {
            way: {"terms": one.get_feature_names_out().tolist(), "idf": one.idf_} for way, one in self._terms.items()
        }
        return {"terms": terms, "axes": self._axes}

    def restore(self, learned: Mapping[str, Any]) -> None:
        """See ``dsaudit.model.encoder.FittedEncoder``."""
        self._terms = {way: _counter(way, vocabulary=known["terms"]) for way, known in learned["terms"].items()}
        for way, known in learned["terms"].items():
            self._terms[way].idf_ = known["idf"]
        self._axes = learned["axes"]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors, float32 (n, 256)."""
        if not texts or not self._terms:
            return np.zeros((len(texts), self.dim), dtype=np.float32)
        with threadpool_limits(1, user_api="blas"):
            found = self._counted([text[:_MAX_CHARACTERS] for text in texts]) @ self._axes.T
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _counted(self, texts: Sequence[str]) -> Any:
        from scipy.sparse import hstack

        return hstack([terms.transform(texts) for terms in self._terms.values()], format="csr")


def _terms_of(texts: Sequence[str], way: str) -> Any:
    """What counts terms that two texts hold, or else all; None where there are none."""
    for least in (2, 1):
        try:
            return _counter(way, min_df=least).fit(texts)
        except ValueError:  # no term is left
            continue
    return None


def _counter(way: str, **more: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(**_WAYS[way], sublinear_tf=True, strip_accents="unicode", dtype=np.float32, **more)


def _turned(n: int) -> Vectors:
    """A rotation of ``n`` axes, always the same."""
    with threadpool_limits(1, user_api="blas"):
        rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(n, n)))
    return np.asarray(rotation, dtype=np.float32)


def _spread(texts: Sequence[str]) -> Sequence[str]:
    """At most ``MOST_LEARNED`` of them, evenly from all over."""
    if len(texts) <= MOST_LEARNED:
        return texts
    return [texts[k] for k in np.linspace(0, len(texts) - 1, MOST_LEARNED).astype(np.int64)]
