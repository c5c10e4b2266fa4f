"""How likely texts are in each language: the model of py3langid, asked for many texts at once."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


class Likelihoods:
    """Log-likelihoods of texts in every language that py3langid knows.

    Its automaton goes over many texts side by side, at a tenth of what ``LanguageIdentifier.rank`` takes of each.

    Attributes
    ----------
    names : tuple of str
        Languages by their ISO 639 codes, and ``zxx`` for none.
    """

    def __init__(self, identifier: Any) -> None:
        from scipy import sparse

        self._sparse = sparse.csr_matrix
        self._next, self._row = np.asarray(identifier.tk_nextmove), np.asarray(identifier.tk_row, dtype=np.int64) << 8
        self._feature = np.asarray(identifier.tk_output, dtype=np.int64)
        self._weights, self._prior = np.asarray(identifier.nb_ptc, dtype=np.float32), identifier.nb_pc
        self.names: tuple[str, ...] = tuple(identifier.labels)
        place = {name: k for k, name in enumerate(self.names)}
        self._place = np.array([place[name] for name in identifier.nb_classes])

    def of(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Of texts the log-likelihoods, float32 (n, names); the least number there is throughout for one that tells
        nothing."""
        least = np.finfo(np.float32).min
        found = np.full((len(texts), len(self.names)), least, dtype=np.float32)
        keys = self._features([_encoded(text) for text in texts])
        if len(keys):
            keys, counts = np.unique(keys, return_counts=True)
            row, feature = np.divmod(keys, len(self._weights))
            shape = len(texts), len(self._weights)
            scores = self._sparse((np.log1p(counts.astype(np.float32)), (row, feature)), shape) @ self._weights
            scores += self._prior
            told = np.unique(row)
            for column, name in enumerate(self._place.tolist()):  # one language in two scripts has two
                found[told, name] = np.maximum(found[told, name], scores[told, column])
        return found

    def _features(self, texts: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """What the automaton finds in each, as text · features + feature."""
        length = np.array([len(text) for text in texts])
        order = np.argsort(-length, kind="stable")
        signs = np.zeros((len(texts), int(length.max(initial=0))), dtype=np.uint8)
        for at, k in enumerate(order.tolist()):
            signs[at, : length[k]] = np.frombuffer(texts[k], dtype=np.uint8)
        n_left = np.searchsorted(-length[order], -np.arange(signs.shape[1]), side="left")
        state = np.zeros(len(texts), dtype=np.int64)
        found = [np.empty(0, dtype=np.int64)]
        for step, n in enumerate(n_left.tolist()):
            state = self._next[self._row[state[:n]] + signs[:n, step]]
            feature = self._feature[state]
            there = np.flatnonzero(feature >= 0)
            found.append(order[there] * len(self._weights) + feature[there])
        return np.concatenate(found)


def _encoded(text: str) -> bytes:
    shown = text.lower() if text.isupper() else text
    return unicodedata.normalize("NFC", shown).encode("utf-8", "surrogatepass")


@cache
def likelihoods() -> Likelihoods:
    """Those of the model that py3langid brings along."""
    return Likelihoods(identifier())


@cache
def identifier() -> Any:
    """py3langid's own, of one text at a time."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=False)
