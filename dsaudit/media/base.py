"""What a kind of item must be able to do. One module of this package per modality satisfies ``Media``.

It measures in one of three ways, whichever suits it, and ``readings`` asks for a batch in any case: ``Measuring`` and
``Decoding`` see one item, ``Batching`` sees a batch or, where it says so, the whole set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from dsaudit.rule import Measure
    from dsaudit.store.run import Run
    from dsaudit.types import Dataset

T = TypeVar("T")
FIELD_DOUBTS = ("fields", "p_fields", "alike", "doubts")
"""What a survey says of named fields: their names in order; the probability that each is wrong, 0 to 1; a number for
each, the same for fields of which a verdict on one tells something of the others; and, as JSON, a list of
``[name, repair or null, probability that the repair is right if the value is wrong, kind, why]`` of the doubtful ones.
"""
FACT = "fact "
"""Begins the names of the columns of a survey that may explain errors of a model, as measurements may."""
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
        PNG, JPEG or WebP; for audio the mel spectrogram, time to the right, one dB range for every item.
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


def picture_type(data: bytes) -> str:
    """Media type of a thumbnail.

    >>> picture_type(b"RIFF....WEBP")
    'image/webp'
    """
    begins = {b"RIFF": "image/webp", b"\xff\xd8\xff": "image/jpeg"}
    return next((mime for magic, mime in begins.items() if data.startswith(magic)), "image/png")


@dataclass(slots=True)
class Reading:
    """All that is wanted of one item.

    Attributes
    ----------
    measured : Measured
        See ``Measuring.measure``.
    taken : object
        See ``Media.read``; None where it was not asked for.
    preview : Preview or None
        See ``Media.preview``; None where it was not asked for.
    course : uint8 array (n_frames, n_bands) or None
        What it is like from moment to moment, in half decibels; None where its kind has no course in time, or this
        item is too long for one.
    """

    measured: Measured
    taken: Any = None
    preview: Preview | None = None
    course: npt.NDArray[np.uint8] | None = None


def attempted(make: Callable[[], T]) -> T | None:
    """What ``make`` gives; None where it fails: measurements stay, and who asks for it alone is told why."""
    try:
        return make()
    except Exception:
        return None


class Media(Protocol):
    """A modality; it measures as ``Measuring``, ``Decoding`` or ``Batching`` say.

    Instances are stateless and picklable: they travel to worker processes.
    """

    modality: str
    measure_version: str
    """Part of every cache key; changes whenever other numbers would be measured."""
    read_version: str
    """The same for ``read``, and so for every embedding."""

    def read(self, path: Path) -> Any:
        """The item as the encoder wants it: a waveform, a picture, a text. Raises ``ItemError``."""
        ...

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        """The item as people want it. Raises ``ItemError``."""
        ...


@runtime_checkable
class Measuring(Protocol):
    """A modality that measures item by item."""

    def measure(self, path: Path, extra: tuple[Measure, ...] = ()) -> Measured:
        """Everything measured in one decode, and what ``file.identify`` tells. Raises ``ItemError``."""
        ...


@runtime_checkable
class Decoding(Protocol):
    """A modality whose items are dear to decode: everything from one decode."""

    def read_once(self, path: Path, extra: tuple[Measure, ...] = (), *, taken: bool, preview: bool) -> Reading:
        """What ``measure`` gives and, where asked for, ``read`` and ``preview``. Raises ``ItemError``."""
        ...


@runtime_checkable
class Batching(Protocol):
    """A modality that measures several items at once.

    Where it ``fits`` on the set, as an encoder may, it is given the whole set in one batch: a row of a table against
    its columns. What it measures is then kept for this very set. Otherwise nothing of an item may depend on what else
    is in its batch.
    """

    fits: bool

    def read_batch(
        self, paths: Sequence[Path], extra: tuple[Measure, ...] = (), *, taken: bool, preview: bool
    ) -> Sequence[Reading | Exception]:
        """One ``Reading`` for each path, in order, see ``Decoding``; an item's own failure stands in its place."""
        ...


def readings(
    media: Media, paths: Sequence[Path], extra: tuple[Measure, ...] = (), *, taken: bool = False, preview: bool = False
) -> list[Reading | Exception]:
    """What is wanted of each item, in order, in whichever way its modality measures; failures stand in their places.

    A batch that fails as a whole is taken apart, unless it has to stay whole.
    """
    if isinstance(media, Batching):
        try:
            found = list(media.read_batch(paths, extra, taken=taken, preview=preview))
            if len(found) != len(paths):
                raise ValueError(f"{len(found)} readings of {len(paths)} items")
        except Exception as error:
            if media.fits or len(paths) == 1:
                return [error] * len(paths)
            return [one for path in paths for one in readings(media, [path], extra, taken=taken, preview=preview)]
        return found
    if isinstance(media, Decoding):
        return each(partial(media.read_once, extra=extra, taken=taken, preview=preview), paths)
    assert isinstance(media, Measuring), "a modality measures in one of three ways"
    measure = media.measure
    return each(lambda path: Reading(measure(path, extra)), paths)


def each(read: Callable[[Path], T], paths: Sequence[Path]) -> list[T | Exception]:
    """What ``read`` gives for each path; its failure in the place of an item that has one.

    >>> from pathlib import Path
    >>> each(lambda path: path.suffix[1], [Path("a.wav"), Path("b")])
    ['w', IndexError('string index out of range')]
    """
    found: list[T | Exception] = []
    for path in paths:
        try:
            found.append(read(path))
        except Exception as error:  # one broken item never stops a run
            found.append(error)
    return found


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two items are to each other, by looking at the items themselves.

    Attributes
    ----------
    same : bool
        One and the same item but for an edit.
    scene : bool
        Not one item, but taken in one go: frames of one burst.
    edit : str
        What makes the second of the first, in words: ``mirrored, half size``. Empty where nobody can tell, or needs to.
    place : tuple of 6 float
        Where the second lies on the first, both 1 wide and 1 high: a point x, y of the first is at ``p[0] x + p[1] y +
        p[2]``, ``p[3] x + p[4] y + p[5]`` of the second. Empty for items that are not laid on one another.
    """

    same: bool
    scene: bool = False
    edit: str = ""
    place: tuple[float, ...] = ()


@runtime_checkable
class Comparing(Protocol):
    """What a modality can do, too, whose fingerprints may agree by chance: look at two items themselves."""

    def look(self, path: Path) -> Any:
        """The item made ready to be compared with several others. Raises ``ItemError``."""
        ...

    def likeness(self, a: Any, b: Any) -> Likeness:
        """What two items are to each other, as ``look`` gives them."""
        ...


@runtime_checkable
class Meaning(Protocol):
    """What a modality can do, too, of whose items two may say the same with nothing in common that is seen."""

    same_from: Mapping[str, float]
    """Cosine from which two vectors of an encoder, by its name, stand for one meaning; of others nobody knows."""

    def look(self, path: Path) -> Any:
        """See ``Comparing``."""
        ...

    def may_mean_same(self, a: Any, b: Any) -> bool:
        """Whether nothing that encoders are known to overlook tells two items apart, as ``look`` gives them; False
        for copies, too."""
        ...


@runtime_checkable
class Proposing(Protocol):
    """What a modality can do, too, whose copies may have little in common as wholes."""

    def proposed(self, measurements: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Pairs of items that may be copies by what was measured of them, the likeliest first.

        Parameters
        ----------
        measurements : DataFrame of n rows

        Returns
        -------
        int64 array (m, 2)
            Positions of rows; some for each item at most, whatever n is.
        """
        ...


@runtime_checkable
class Weighing(Protocol):
    """What a modality can do, too, of whose items some are too little to tell their labels by themselves."""

    def slight(self, measurements: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Which items are, beside the others of their set.

        Parameters
        ----------
        measurements : DataFrame of n rows

        Returns
        -------
        bool array (n,)
        """
        ...


@runtime_checkable
class Surveying(Protocol):
    """What a modality can do, too, whose items tell something only beside all others of their set."""

    survey_version: str
    """Changes whenever ``survey`` would tell something else."""

    def survey(self, taken: Sequence[Any], items: pd.DataFrame) -> pd.DataFrame:
        """Columns of each item, with the index of ``items``; ``attrs["notes"]``: what the reader should know of them.

        Parameters
        ----------
        taken : sequence of length n
            The items as ``Media.read`` gives them.
        items : DataFrame of n rows by ``item_id``
            ``label``, ``split`` and ``group``; where people decided on fields, ``settled_fields``, the names of these:
            lists, with ``*`` for all, or None.

        Returns
        -------
        DataFrame
            Of items with named fields (see ``dsaudit.dataset.record``) the columns ``FIELD_DOUBTS``, too. What begins
            with ``FACT`` is a number or a word of few.
        """
        ...


@runtime_checkable
class Depicting(Protocol):
    """What a modality can do, too, whose items have places that can be held against one another."""

    def layout(self, path: Path) -> npt.NDArray[np.uint8]:
        """What stands where: uint8 (96, 96, 3), red, green, blue, drawn to this size. Raises ``ItemError``."""
        ...


@runtime_checkable
class Describing(Protocol):
    """What a modality can do, too, whose items are made of parts that have names, as texts are of words."""

    def terms(self, path: Path) -> Sequence[tuple[str, int, int]]:
        """Name, start and end of each part in the item as it is shown; they may overlap. Raises ``ItemError``."""
        ...


@runtime_checkable
class Fielded(Protocol):
    """What a modality can do, too, whose items are made of named fields, as rows of cells, each with a value."""

    def fields(self, path: Path) -> Sequence[tuple[str, int, int]]:
        """Name, start and end of each field in the item as it is shown. Raises ``ItemError``."""
        ...


@runtime_checkable
class Explaining(Protocol):
    """What a modality can do, too, whose items have columns of which its reader cannot tell what they hold."""

    def explained(self, dataset: Dataset) -> Dataset:
        """The dataset with more words on how its columns are understood. Raises ``UsageError``."""
        ...


@runtime_checkable
class Overviewing(Protocol):
    """What a modality can do, too, of whose sets a page shows more than items and classes."""

    def overview(self, items: pd.DataFrame, findings: pd.DataFrame) -> Mapping[str, Any]:
        """What the modality's own script draws of a set, as JSON has it: it is kept in the run folder.

        Parameters
        ----------
        items, findings : DataFrame
            Tables of the run.

        Returns
        -------
        mapping
            ``name``, ``title`` and ``lead`` of the section, texts; ``items``, a mapping of key to [what is said of a
            list of items, their ids], which a button opens; and whatever else the script wants.
        """
        ...


@dataclass(frozen=True, slots=True)
class ExpectationFile:
    """What held of audited items, written for another tool.

    Attributes
    ----------
    text : str
        The file.
    suffix : str
        Of its name.
    n : int
        Single expectations.
    said : tuple of str
        What was left aside, and what runs the file, whose name stands where ``{}`` does; a line each.
    """

    text: str
    suffix: str
    n: int
    said: tuple[str, ...]


@runtime_checkable
class Expecting(Protocol):
    """What a modality can do, too, whose later items other tools can hold against what held of those audited."""

    tools: tuple[str, ...]
    """Names of these tools; what is written needs none of them."""

    def expected(self, run: Run, *, to: str, margin: float) -> ExpectationFile:
        """What holds of the sound part of the run's items, for one of ``tools``.

        Parameters
        ----------
        margin : float
            By how much of its span a range is widened at either end, 0 or more.

        Raises
        ------
        UsageError
            The run did not look for what is to be left aside.
        """
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
        nothing was needed, nothing is written, unless the item is a stretch of ``source``, which the new file then
        holds alone. Raises ``ItemError``.
        """
        ...


@runtime_checkable
class Rewriting(Protocol):
    """What a modality with repairs can do, too, whose items are words: say what one becomes, without writing it."""

    def rewritten(self, path: Path, repairs: Any) -> tuple[str, str, tuple[str, ...]]:
        """The item as it is, as ``repairs`` leave it, and what was done, in words. Raises ``ItemError``."""
        ...


@runtime_checkable
class Fitting(Protocol):
    """What a modality can do, too, whose repairs may follow from what an audit found in an item."""

    def fitted(self, repairs: Any, found: Mapping[str, Mapping[str, Any]]) -> Any:
        """The repairs of one item.

        Parameters
        ----------
        repairs
            What was asked for of all, see ``Repairing.repairs``.
        found : mapping of rule name to mapping
            The evidence of the findings about this very item.
        """
        ...
