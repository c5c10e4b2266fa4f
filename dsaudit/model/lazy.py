"""An encoder that is loaded when it first has something to encode: a run from the cache needs no torch."""

from __future__ import annotations

from functools import partial
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dsaudit.errors import MissingExtraError, UsageError
from dsaudit.model.backbone import SPEECH

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import numpy as np
    import numpy.typing as npt

    from dsaudit.model.encoders import Encoder

_EXTRAS = {"timm": "images", "sentence-transformers": "text"}
_PACKAGES = {"timm": "timm", "sentence-transformers": "sentence_transformers"}


class LazyEncoder:
    """Stands for an encoder; knows what the cache needs to know of it.

    Attributes
    ----------
    name, version : str
    dim : int
        0 until something was encoded, where only the encoder itself knows.
    notes : tuple of str
        Why it is not the one that was asked for.
    needs_torch : bool
    """

    def __init__(
        self,
        name: str,
        version: str,
        dim: int,
        *,
        load: Callable[[], Encoder],
        notes: tuple[str, ...] = (),
        needs_torch: bool = True,
    ) -> None:
        self.name = name
        self.version = version
        self.dim = dim
        self.notes = notes
        self.needs_torch = needs_torch
        self._load = load
        self._loaded: Encoder | None = None

    def encode(self, items: Sequence[Any]) -> npt.NDArray[np.float32]:
        """Vectors, float32 (n, dim); see ``dsaudit.model.encoders.Encoder``."""
        if self._loaded is None:
            self._loaded = self._load()
        vectors = self._loaded.encode(items)
        self.dim = self.dim or self._loaded.dim
        return vectors


def choose_encoder(name: str, *, takes: Collection[str] = ("speech", "log-mel"), device: str = "auto") -> LazyEncoder:
    """The encoder of that name, or the one that takes its place where its weights are not installed or not intact.

    Parameters
    ----------
    name : str
        ``speech``, ``log-mel``, ``timm:NAME``, ``sentence-transformers:NAME`` or ``module:callable``.
    takes : collection of str
        Built-in encoders, and packages of encoders, that know this kind of item; a callable may know any.
    device : str

    Raises
    ------
    UsageError
        There is no such encoder, or it is for another kind of item.
    MissingExtraError
        Its package is not installed.
    """
    scheme, colon, model = name.partition(":")
    known = ", ".join(sorted(f"{t}:NAME" if t in _PACKAGES else t for t in takes))
    hint = f"this kind of item takes: {known or 'no built-in encoder'}, module:callable or none"
    if colon and scheme not in _PACKAGES:
        from dsaudit.model.custom import CustomEncoder

        own = CustomEncoder(name)
        return LazyEncoder(name, own.version, 0, load=lambda: own, needs_torch=False)
    if scheme not in takes or (scheme in _PACKAGES and not model):
        raise UsageError(f"--encoder {name} does not fit", hint=hint)
    if scheme in _PACKAGES:
        return LazyEncoder(name, _version_of(scheme), 0, load=partial(_load_named, scheme, model, device))
    load = partial(_load_own, device=device)
    if name == "speech":
        state = SPEECH.check()
        if state.ok:
            return LazyEncoder("speech", "1", 1216, load=partial(load, "speech"))
        note = f"{state.detail}; log-mel statistics alone are used, which are weaker"
        return LazyEncoder("log-mel", "1", 512, load=partial(load, "log-mel"), notes=(note,))
    return LazyEncoder("log-mel", "1", 512, load=partial(load, "log-mel"))


def _load_own(name: str, *, device: str) -> Encoder:
    from dsaudit.model.encoders import load_encoder

    return load_encoder(name, device=device)


def _load_named(scheme: str, model: str, device: str) -> Encoder:
    if scheme == "timm":
        from dsaudit.model.pictures import TimmEncoder

        return TimmEncoder(model, device=device)
    from dsaudit.model.sentences import SentenceEncoder

    return SentenceEncoder(model, device=device)


def _version_of(package: str) -> str:
    """Version of an installed package, without importing it."""
    try:
        if find_spec(_PACKAGES[package]) is not None:
            return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"
    raise MissingExtraError(f"{package} is not installed", hint=f"pip install 'dsaudit[{_EXTRAS[package]}]'")
