"""Pretrained sentence models by their name in sentence-transformers, as encoders of texts and of pictures."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.errors import UsageError
from dsaudit.model.encoder import EncoderSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

BATCH = 32

SENTENCE_TRANSFORMERS = EncoderSource(
    "sentence-transformers",
    load="dsaudit.model.sentences:SentenceEncoder",
    package="sentence-transformers",
    extra="text",
    folder=("modules.json",),
)


class SentenceEncoder:
    """What ``SentenceTransformer(name).encode`` gives, for texts, or for pictures with a model that takes them.

    Parameters
    ----------
    model : str
        Name or folder of a model. The package fetches one that is not on this machine.
    device : str

    Raises
    ------
    UsageError
        There is no such model, or its weights cannot be had.

    References
    ----------
    N. Reimers, I. Gurevych, "Sentence-BERT", EMNLP 2019.
    """

    def __init__(self, model: str, *, device: str = "auto") -> None:
        sentence_transformers: Any = import_module("sentence_transformers")

        from dsaudit.model.device import pick_device

        self.name = f"sentence-transformers:{model}"
        self.version = str(sentence_transformers.__version__)
        self.notes: tuple[str, ...] = ()
        try:
            self._model: Any = sentence_transformers.SentenceTransformer(model, device=str(pick_device(device)))
        except Exception as error:  # unknown name, no weights, no network: each its own exception
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise UsageError(
                f"sentence-transformers cannot load {model!r}: {line}", hint="names: https://huggingface.co/models"
            ) from error
        self.dim = 0

    def encode(self, items: Sequence[Any]) -> npt.NDArray[np.float32]:
        """Vectors, float32 (n, dim)."""
        if not len(items):
            return np.zeros((0, self.dim), dtype=np.float32)
        found = self._model.encode(
            list(items), batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=False
        )
        vectors = np.asarray(found, dtype=np.float32)
        self.dim = vectors.shape[1]
        return vectors
