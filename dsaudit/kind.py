"""What a kind of data declares about itself. One package in ``dsaudit.media``, or in a plugin, holds one ``Kind``.

Imports nothing heavy: what reads, measures, embeds and tunes is named here and imported on first use. The part that
people see travels in the run folder, so that a report can be drawn where the kind is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib import import_module
from typing import Any, Literal

Shortcut = Literal["", "setting", "trace"]


@dataclass(frozen=True, slots=True)
class Nouns:
    """Words for a kind of item, for how the model meets it (a clip *is heard as* something) and for how people do.

    People ``examine`` an item (*listen* to a clip) once it can be ``shown`` (*played*).
    """

    one: str = "item"
    """An item: clip."""
    many: str = "items"
    """Items: clips."""
    taken: str = "predicted as"
    """How the model meets one: heard as."""
    examine: str = "look"
    """How people do: listen."""
    shown: str = "shown"
    """What is done for that: played."""

    @property
    def words(self) -> list[str]:
        """What a page says of items: ``clip``, ``clips``, ``heard as``, ``played``."""
        return [self.one, self.many, self.taken, self.shown]

    def some(self, n: int) -> str:
        """``1 clip``, ``1,730 clips``.

        >>> Nouns("clip", "clips").some(1730)
        '1,730 clips'
        """
        return f"{n:,} {self.one if n == 1 else self.many}"


@dataclass(frozen=True, slots=True)
class Column:
    """One measurement of an item; the last part of its name is its unit (``duration_s``)."""

    name: str
    """In the table of measurements."""
    words: str = ""
    """As people say it, without the unit; empty: made from the name."""
    low: str = ""
    """What items in a low band are, as a predicate: are quiet; empty where that has no name."""
    high: str = ""
    """The same of a high band."""
    main: bool = False
    """Shown first; the others are folded."""
    cause: bool = True
    """Whether it may explain errors: not what identifies an item, mixes two others, or only serves a rule that says it
    better."""
    shortcut: Shortcut = ""
    """setting: set by hand or by a device, and has nothing to do with what the item holds. trace: recording leaves its
    mark on it, but so does the content: classes differ in it by nature. Empty: no shortcut."""
    where: str = ""
    """As a shortcut it means something only for items in which this other column is above 0."""
    least: float = 0.0
    """As a shortcut a class must differ from the rest by this much, in the column's own unit: less nobody notices."""
    ratio: tuple[str, str] | None = None
    """Not measured but worked out, as a shortcut only: the first of these columns over the second."""
    presence: bool = False
    """Low where an item holds little of what it could hold: such an item rather does not belong."""
    total: bool = False
    """Worth adding up over a class, as the length of recordings is."""
    copies: bool = False
    """Only what finds copies needs it: no run keeps it."""


FILE_COLUMNS = (Column("file_suffix", shortcut="setting"), Column("detected_type", shortcut="setting"))
"""Of items that are files; a kind says where they stand among its own."""
_NO_CAUSE = (
    *("status", "error", "content_hash", "sample_hash", "perceptual_hash", "file_bytes", "suffix_fits"),
    "missing_share",
)
"""Columns that any kind may measure and that explain nothing: they identify an item, or a rule about files says it."""


@dataclass(frozen=True, slots=True)
class RepairOption:
    """One setting of a kind's repairs: a flag of ``dsaudit apply`` and an entry of ``repairs`` of ``dsaudit.apply``.

    One whose ``default`` is None asks for a repair where it is given; the others say how. Kinds may share a name: it
    then means the same of each.
    """

    name: str
    type: type
    help: str
    metavar: str = ""
    default: Any = None
    flag: str = ""
    """Empty: ``--`` and the name with dashes."""
    found: bool = False
    """Whether it mends what an audit found, item by item, so that there must be one."""

    @property
    def option(self) -> str:
        """Its flag: ``--pad-ms``."""
        return self.flag or f"--{self.name.replace('_', '-')}"


@dataclass(frozen=True)
class Appearance:
    """What people see of a kind of data. It travels in the run folder: a report needs no more of the kind."""

    name: str
    """Its modality: audio."""
    nouns: Nouns = Nouns()
    """How its items are called."""
    columns: tuple[Column, ...] = ()
    """Its measurements; of shortcuts the plain ones stand before those that follow from them."""
    encoder_hint: str = ""
    """What to ask for where nothing built in embeds its items: sentence-transformers:NAME."""
    marks: tuple[str, ...] = ()
    """Columns that the page's script is given with an item."""
    tag: str = "HyperText"
    """Element of Label Studio's labelling interface."""

    @cached_property
    def _by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column:
        """What is declared of a column; the bare name where nothing is, as for a rule's own measure."""
        return self._by_name.get(name) or Column(name, cause=name not in _NO_CAUSE)


@dataclass(frozen=True)
class Kind(Appearance):
    """A kind of data: what people see of it, and what reads, measures, embeds, tunes and repairs its items.

    Attributes
    ----------
    suffixes : frozenset of str
        File suffixes taken as items, lower case with the dot.
    also_called : tuple of str
        Other words for an item of this kind, as folders are called that only say what is in them.
    manifest_columns : tuple of str
        Names of a manifest's column that holds items of this kind: their files, or where ``inline`` themselves.
    manifest_pairs : tuple of (str, str)
        Names of two columns of a manifest that hold one item of this kind together, where ``inline``.
    inline : bool
        Whether items may be cells of a manifest rather than files; see ``dsaudit.dataset.inline``.
    rows : bool
        Whether an item is a whole row of a table, with all its cells; see ``dsaudit.dataset.record``.
    rank : int
        Of several kinds that lie in one folder the lowest is meant; below 0 a folder never speaks for the kind.
    media : str
        ``module:attribute`` of what reads and measures, see ``dsaudit.media.base.Media``.
    tuning : str
        ``module:attribute`` of its fine-tuning, see ``dsaudit.model.tunable``; empty where there is none.
    encoders : mapping of str to str
        Names of encoders (``timm:NAME`` of a family) to ``module:attribute`` of a
        ``dsaudit.model.encoder.EncoderSource``.
    default_encoder : str
        ``none`` where nothing built in embeds this kind of item.
    rivals : tuple of str
        Encoders that take its place where they tell the labels of a set better, see ``dsaudit.evidence.encoder``.
    heads : str
        ``module:attribute`` of a ``dsaudit.model.contender.Contenders``: heads that learn from the items themselves and
        are held against each other; empty: a head is put on the embeddings.
    poses : str
        ``module:attribute`` of an ``EncoderSource`` for items that may lie the wrong way: its vectors hold, in equal
        parts, ``n_poses`` vectors, of the item as it is and as each turn would make it. Empty: no item can be turned.
    n_poses : int
    repairs : tuple of RepairOption
        Settings of its repairs; empty where nothing can be repaired.
    extent : str
        ``module:attribute`` of what tells from a path the length of a file in seconds and its sample rate, None where
        its header does not; then a row of a manifest may be a stretch of its file. Empty: items are whole files.
    boxed : bool
        Whether a row of a manifest may be a box of its picture, see ``dsaudit.dataset.crop``.
    most : int
        Of a set of more items so many are looked at, drawn evenly over the classes, where the user asks for no other
        number; 0: of all.
    blank : mapping of str to float
        Columns of its measurements, and the value below which an item holds nothing that a label could be judged by.
    page : str
        Package in which ``page.js`` and ``page.css`` say how a page shows an item; empty: as a picture or a text,
        by the type of its preview.
    sample : str
        Folder within ``sample_data`` of its sample set, the ``manifest.csv`` and the ``truth.csv`` that says what is
        wrong there; ``.`` is that folder itself, empty: there is none.
    feature : str
        What Hugging Face's ``datasets`` and Spotlight call the type of its files: Audio. Empty: items are texts or
        cells there.
    playable : mapping of str to str
        Detected file types that browsers show as they are and that can hold no script, to their media type.
    """

    suffixes: frozenset[str] = frozenset()
    also_called: tuple[str, ...] = ()
    manifest_columns: tuple[str, ...] = ()
    manifest_pairs: tuple[tuple[str, str], ...] = ()
    inline: bool = False
    rows: bool = False
    most: int = 0
    rank: int = 100
    media: str = ""
    tuning: str = ""
    encoders: Mapping[str, str] = field(default_factory=dict)
    default_encoder: str = "none"
    rivals: tuple[str, ...] = ()
    heads: str = ""
    poses: str = ""
    n_poses: int = 1
    repairs: tuple[RepairOption, ...] = ()
    extent: str = ""
    boxed: bool = False
    blank: Mapping[str, float] = field(default_factory=dict)
    page: str = ""
    sample: str = ""
    feature: str = ""
    playable: Mapping[str, str] = field(default_factory=dict)

    @property
    def appearance(self) -> Appearance:
        """What people see of it, alone."""
        return Appearance(**{f.name: getattr(self, f.name) for f in fields(Appearance)})


def named(place: str) -> Any:
    """The object that ``module:attribute`` names.

    >>> named("dsaudit.kind:Nouns")().some(2)
    '2 items'
    """
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)
