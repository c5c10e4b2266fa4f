"""An encoder that is loaded when it first has something to encode: a run from the cache needs no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.model.backbone import SPEECH

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from dsaudit.model.encoders import Encoder


class LazyEncoder:
    """Stands for an encoder; knows what the cache needs to know of it.

    Attributes
    ----------
    name, version : str
    dim : int
    notes : tuple of str
        Why it is not the one that was asked for.
    """

    def __init__(self, name: str, version: str, dim: int, *, device: str, notes: tuple[str, ...] = ()) -> None:
        self.name = name
        self.version = version
        self.dim = dim
        self.notes = notes
        self._device = device
        self._loaded: Encoder | None = None

    def encode(self, waveforms: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        """Vectors, float32 (n, dim); see ``dsaudit.model.encoders.Encoder``."""
        if self._loaded is None:
            from dsaudit.model.encoders import load_encoder

            self._loaded = load_encoder(self.name, device=self._device)
        return self._loaded.encode(waveforms)


def choose_encoder(name: str, *, device: str = "auto") -> LazyEncoder:
    """The encoder of that name, or the one that takes its place where its weights are not installed or not intact."""
    if name == "speech":
        state = SPEECH.check()
        if state.ok:
            return LazyEncoder("speech", "1", 1216, device=device)
        note = f"{state.detail}; log-mel statistics alone are used, which are weaker"
        return LazyEncoder("log-mel", "1", 512, device=device, notes=(note,))
    return LazyEncoder("log-mel", "1", 512, device=device)
