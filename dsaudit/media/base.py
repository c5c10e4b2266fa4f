"""What a kind of item must be able to do. One module of this package per modality satisfies ``Media``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dsaudit.rule import Measure

T = TypeVar("T")
Measured = dict[str, float | int | str | None]
"""Raw numbers of one item by column name, with the unit in the name. NaN or None where it has no value."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person sees and hears of one item.

    Attributes
    ----------
    mime : str
        Type of ``data``, playable or viewable by a browser.
    data : bytes
        The item itself, made small.
    thumbnail : bytes
        PNG; for audio the mel spectrogram, time to the right, one dB range for every item.
    outline : bytes
        For audio the waveform: int8 pairs (minimum, maximum) per column, full scale = 127. Else empty.
    length_s : float
        Length on the time axis; 0 for items without one.
    """

    mime: str
    data: bytes
    thumbnail: bytes
    outline: bytes = b""
    length_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is wanted of one item.

    Attributes
    ----------
    measured : Measured
        See ``Media.measure``.
    taken : object
        See ``Media.read``; None where it was not asked for.
    preview : Preview or None
        See ``Media.preview``; None where it was not asked for.
    """

    measured: Measured
    taken: Any = None
    preview: Preview | None = None


def attempted(make: Callable[[], T]) -> T | None:
    """What ``make`` gives; None where it fails: measurements stay, and who asks for it alone is told why."""
    try:
        return make()
    except Exception:
        return None


class Media(Protocol):
    """A modality. Instances are stateless and picklable: they travel to worker processes."""

    modality: str
    measure_version: str
    """Part of every cache key; changes whenever ``measure`` would give other numbers."""
    read_version: str
    """The same for ``read``, and so for every embedding."""

    def measure(self, path: Path, extra: tuple[Measure, ...] = ()) -> Measured:
        """Everything measured in one decode, and what ``file.identify`` tells. Raises ``ItemError``."""
        ...

    def read(self, path: Path) -> Any:
        """The item as the encoder wants it: a waveform, a picture, a text. Raises ``ItemError``."""
        ...

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        """The item as people want it. Raises ``ItemError``."""
        ...


@runtime_checkable
class Decoding(Protocol):
    """What a modality can do, too, whose items are dear to decode: everything from one decode."""

    def read_once(self, path: Path, extra: tuple[Measure, ...] = (), *, taken: bool, preview: bool) -> Reading:
        """What ``measure`` gives and, where asked for, ``read`` and ``preview``. Raises ``ItemError``."""
        ...


class Repairing(Protocol):
    """What a modality that declares repairs can do, too: write a mended copy of an item."""

    def repairs(self, options: Mapping[str, Any]) -> Any:
        """What is to be mended, from values of ``Kind.repairs`` by name; false where that is nothing.

        Raises ``UsageError`` for a value out of its range.
        """
        ...

    def repair(self, source: Path, target: Path, repairs: Any) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
        """Mend ``source`` into the new file ``target``, as the modality's own ``repairs`` say.

        Returns the path written (its suffix may differ), what was done and what could not be, in words. Where
        nothing was needed, nothing is written. Raises ``ItemError``.
        """
        ...
