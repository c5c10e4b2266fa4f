"""Encoders: what turns items into vectors, chosen by name and loaded when there is first something to encode.

A run from the cache needs no torch, so what the cache must know of an encoder (name, version, length of its vectors)
is declared in an ``EncoderSource`` in a module that imports nothing heavy; ``Kind.encoders`` names it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dsaudit.errors import MissingExtraError, UsageError
from dsaudit.kind import named

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from dsaudit.model.backbone import Backbone


class Encoder(Protocol):
    """Turns items into vectors. The vector of an item does not depend on the items beside it: on a CPU
    to the last bit, on a GPU within 1e-4.

    Attributes
    ----------
    name, version : str
        Part of every cache key; the version changes whenever the vectors would.
    dim : int
        Where it is not known before something was encoded: 0 until then.
    notes : tuple of str
        What the reader of a report should know about it, one sentence each.
    """

    name: str
    version: str
    dim: int
    notes: tuple[str, ...]

    def encode(self, items: Sequence[Any]) -> npt.NDArray[np.float32]:
        """Vectors, float32 (n, dim), of items as the kind of data reads them, such as mono waveforms at 16 kHz."""
        ...


class FittedEncoder(Encoder, Protocol):
    """An encoder that learns from the whole set before it encodes an item of it, as that of a table must.

    It gets no labels: vectors that saw them would make predictions look better than they are.
    """

    def fit(self, items: Sequence[Any]) -> None:
        """Learn from the distinct contents of the set, in an order that depends on them alone.

        The same items must give the same vectors afterwards: what was learned is known by them in the cache.
        """
        ...

    def learned(self) -> dict[str, Any] | None:
        """What was learned: NumPy arrays and plain values by name, kept beside a head for items to come, or None."""
        ...

    def restore(self, learned: Mapping[str, Any]) -> None:
        """Take up what ``learned`` gave: the same vectors again, to the last bit."""
        ...


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
    fits : bool
        Whether it is a ``FittedEncoder``.
    at_once, most : int
        See ``EncoderSource``.
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
        fits: bool = False,
        remarks: str = "",
        at_once: int = 0,
        most: int = 0,
    ) -> None:
        self.name = name
        self.version = version
        self.dim = dim
        self.notes = notes
        self.needs_torch = needs_torch
        self.fits = fits
        self.at_once = at_once
        self.most = most
        self._remarks = remarks
        self._load = load
        self._loaded: Any = None

    def fit(self, items: Sequence[Any]) -> None:
        """Learn from the whole set, see ``FittedEncoder``."""
        self._loaded = self._loaded or self._load()
        self._loaded.fit(items)

    def learned(self) -> dict[str, Any] | None:
        """What it learned, see ``FittedEncoder``; None where it has learned nothing, or cannot tell."""
        tell = getattr(self._loaded, "learned", None)
        found: dict[str, Any] | None = tell() if self.fits and tell else None
        return found

    def restore(self, learned: Mapping[str, Any]) -> None:
        """Take up what was learned; it ``fits`` on no other set from then on."""
        self._loaded = self._loaded or self._load()
        self._loaded.restore(learned)
        self.fits = False

    def remarks(self, measurements: pd.DataFrame) -> tuple[str, ...]:
        """What the reader of a report should know of how it meets items of these measurements, one sentence each."""
        return tuple(named(self._remarks)(measurements)) if self._remarks else ()

    def encode(self, items: Sequence[Any]) -> npt.NDArray[np.float32]:
        """Vectors, float32 (n, dim); see ``Encoder``."""
        self._loaded = self._loaded or self._load()
        vectors: npt.NDArray[np.float32] = self._loaded.encode(items)
        self.dim = self.dim or self._loaded.dim
        return vectors


@dataclass(frozen=True, slots=True)
class EncoderSource:
    """What is known of an encoder before it is loaded. Calling it with a device gives the encoder.

    Attributes
    ----------
    name : str
        Of a family, such as ``timm``, what stands before the colon.
    load : str
        ``module:attribute`` of what makes it, called with the model's name (of a family) and ``device``.
    version : str
        Empty: that of the package.
    dim : int
        Length of its vectors; 0 where only the encoder itself knows.
    fits : bool
        Whether it is a ``FittedEncoder``.
    needs_torch : bool
    package, extra : str
        Distribution that a family needs, and the extra of dsaudit that brings it.
    weights : Backbone, optional
        What it loads. Where that is not installed or not intact, ``otherwise`` takes its place.
    otherwise : EncoderSource, optional
    lacking : str
        What the reader should know of that.
    remarks : str
        ``module:attribute`` of what says, from a table of measurements by ``item_id``, what the reader should know.
    at_once : int
        Items that it takes together; 0: as many as any encoder.
    most : int
        Of more items it takes too long to be taken unasked where its kind has another; 0: never.
    folder : tuple of str
        Files by which a folder is known to hold a model of this family, which then takes its path as a name.
    """

    name: str
    load: str
    version: str = ""
    dim: int = 0
    fits: bool = False
    needs_torch: bool = True
    package: str = ""
    extra: str = ""
    weights: Backbone | None = None
    otherwise: EncoderSource | None = None
    lacking: str = ""
    remarks: str = ""
    at_once: int = 0
    most: int = 0
    folder: tuple[str, ...] = ()

    def __call__(self, model: str = "", *, device: str = "auto") -> LazyEncoder:
        """The encoder, not loaded yet, or the one that takes its place.

        Raises
        ------
        MissingExtraError
            Its package is not installed.
        """
        if self.weights is not None and self.otherwise is not None and not (state := self.weights.check()).ok:
            made = self.otherwise(model, device=device)
            made.notes = (f"{state.detail}; {self.lacking}", *made.notes)
            return made
        family = (model,) if model else ()
        version = self.version or _version_of(self.package, self.extra)
        return LazyEncoder(
            ":".join((self.name, *family)),
            f"{version}-{_digest(Path(model))}" if self.holds(model) else version,
            self.dim,
            load=lambda: named(self.load)(*family, device=device),
            needs_torch=self.needs_torch,
            fits=self.fits,
            remarks=self.remarks,
            at_once=self.at_once,
            most=self.most,
        )

    def holds(self, model: str) -> bool:
        """Whether a name is the path of a folder that holds a model of this family."""
        return bool(model and self.folder) and all((Path(model) / name).is_file() for name in self.folder)


def choose_encoder(
    name: str, *, own: Mapping[str, str], others: Collection[str] = (), device: str = "auto"
) -> LazyEncoder:
    """The encoder of that name, or the one that takes its place where its weights are not installed or not intact.

    Parameters
    ----------
    name : str
        One of ``own``, the path of a folder that holds a model of a family among them, or ``module:callable``.
    own : mapping
        ``Kind.encoders`` of the kind of item; a callable may know any.
    others : collection of str
        Names of encoders of other kinds, which are no modules.
    device : str

    Raises
    ------
    UsageError
        There is no such encoder, or it is for another kind of item.
    MissingExtraError
        Its package is not installed.
    """
    if os.sep in name or "/" in name or Path(name).is_dir():
        name = _in_folder(name, own)
    first, colon, model = name.partition(":")
    written = f"{first}:NAME" if colon else first
    if colon and written not in {*own, *others}:
        from dsaudit.model.custom import CustomEncoder

        custom = CustomEncoder(name)
        return LazyEncoder(name, custom.version, 0, load=lambda: custom, needs_torch=False)
    if written not in own or (colon and not model):
        known = ", ".join(sorted(own)) or "no built-in encoder"
        raise UsageError(
            f"--encoder {name} does not fit", hint=f"this kind of item takes: {known}, module:callable or none"
        )
    made: LazyEncoder = named(own[written])(*((model,) if model else ()), device=device)
    return made


def _in_folder(name: str, own: Mapping[str, str]) -> str:
    """``timm:FOLDER`` for the folder of a model; the name itself where it is more than a path."""
    if ":" in name and not Path(name).is_dir():
        return name
    families = {written.partition(":")[0]: named(place) for written, place in own.items() if ":" in written}
    known = {family: source for family, source in families.items() if getattr(source, "folder", ())}
    for family, source in known.items():
        if source.holds(name):
            return f"{family}:{name}"
    ways = "; ".join(f"{' and '.join(source.folder)} of {family}" for family, source in known.items())
    what = "holds no model that is known" if Path(name).is_dir() else "is no folder"
    raise UsageError(f"--encoder {name}: it {what}", hint=f"a model's folder holds {ways or 'nothing for these items'}")


def _digest(folder: Path) -> str:
    """Of all that a model's folder holds: its vectors change with it."""
    told = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        told.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as stream:
            told.update(hashlib.file_digest(stream, "sha256").digest())
    return told.hexdigest()[:12]


def _version_of(package: str, extra: str) -> str:
    """Version of an installed package, without importing it."""
    try:
        if find_spec(package.replace("-", "_")) is not None:
            return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"
    raise MissingExtraError(f"{package} is not installed", hint=f"pip install 'dsaudit[{extra}]'")
