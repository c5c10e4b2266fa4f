"""What a kind of data declares about itself. One package in ``dsaudit.media``, or in a plugin, holds one ``Kind``.

Imports nothing heavy: what reads, measures, embeds and tunes is named here and imported on first use. The part that
people see travels in the run folder, so that a report can be drawn where the kind is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
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
    many: str = "items"
    taken: str = "predicted as"
    examine: str = "look"
    shown: str = "shown"

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
    """One measurement of an item; the last part of its name is its unit (``duration_s``).

    Attributes
    ----------
    name : str
    words : str
        As people say it, without the unit; empty: made from the name.
    low, high : str
        What items in a low or high band are, as a predicate: ``are noisy``; empty where it has no name.
    main : bool
        Shown first; the others are folded.
    cause : bool
        Whether it may explain errors: False for what identifies an item, mixes two others, or only serves a rule
        that says it better.
    shortcut : str
        ``setting``: set by hand or by a device, and has nothing to do with what the item holds. ``trace``: recording
        leaves its mark on it, but so does the content: classes differ in it by nature. Empty: no shortcut.
    where : str
        As a shortcut it means something only for items in which this other column is above 0.
    ratio : (str, str)
        Not measured but worked out, as a shortcut only: the first of these columns over the second.
    total : bool
        Worth adding up over a class, as the length of recordings is.
    """

    name: str
    words: str = ""
    low: str = ""
    high: str = ""
    main: bool = False
    cause: bool = True
    shortcut: Shortcut = ""
    where: str = ""
    ratio: tuple[str, str] | None = None
    total: bool = False


FILE_COLUMNS = (Column("file_suffix", shortcut="setting"), Column("detected_type", shortcut="setting"))
"""Of items that are files; a kind says where they stand among its own."""
_IDENTITY = ("status", "error", "content_hash", "sample_hash", "perceptual_hash", "file_bytes", "suffix_fits")
"""Columns that every kind's items may have and that explain nothing."""


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

    @property
    def option(self) -> str:
        """Its flag: ``--pad-ms``."""
        return self.flag or f"--{self.name.replace('_', '-')}"


@dataclass(frozen=True)
class Kind:
    """A kind of data.

    Attributes
    ----------
    name : str
        Its modality: ``audio``.
    nouns : Nouns
    columns : tuple of Column
        Its measurements; of shortcuts the plain ones stand before those that follow from them.
    rules : str
        What the codes of its own rules begin with: ``AUD``.
    suffixes : frozenset of str
        File suffixes taken as items, lower case with the dot.
    manifest_columns : tuple of str
        Names of a manifest's column that holds items of this kind: their files, or where ``inline`` themselves.
    inline : bool
        Whether items may be cells of a manifest rather than files; see ``dsaudit.dataset.inline``.
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
    encoder_hint : str
        What to ask for instead then: ``timm:NAME``.
    repairs : tuple of RepairOption
        Settings of its repairs; empty where nothing can be repaired.
    page : str
        Package in which ``page.js`` and ``page.css`` say how a page shows an item; empty: as a picture or a text,
        by the type of its preview.
    marks : tuple of str
        Columns that the page's script is given with an item.
    playable : mapping of str to str
        Detected file types that a browser opens as they are, to their media type.
    tag : str
        Element of Label Studio's labelling interface.
    """

    name: str
    nouns: Nouns = Nouns()
    columns: tuple[Column, ...] = ()
    rules: str = ""
    suffixes: frozenset[str] = frozenset()
    manifest_columns: tuple[str, ...] = ()
    inline: bool = False
    rank: int = 100
    media: str = ""
    tuning: str = ""
    encoders: Mapping[str, str] = field(default_factory=dict)
    default_encoder: str = "none"
    encoder_hint: str = ""
    repairs: tuple[RepairOption, ...] = ()
    page: str = ""
    marks: tuple[str, ...] = ()
    playable: Mapping[str, str] = field(default_factory=dict)
    tag: str = "HyperText"

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column:
        """What is declared of a column; the bare name where nothing is, as for a rule's own measure."""
        return self.by_name.get(name) or Column(name, cause=name not in _IDENTITY)


_SEEN = (*("name", "nouns", "columns", "rules", "default_encoder", "encoder_hint", "page", "marks", "playable", "tag"),)
"""What people see of a kind."""


def described(kind: Kind) -> dict[str, Any]:
    """What people see of a kind as plain values for JSON, in full."""
    whole = asdict(kind)
    return {name: whole[name] for name in _SEEN}


def from_description(values: Mapping[str, Any]) -> Kind:
    """The kind that was ``described``, without what reads and measures it; parts that are not known are left out."""

    def known(of: type, given: Mapping[str, Any]) -> dict[str, Any]:
        names = {f.name for f in fields(of)}
        return {k: tuple(v) if isinstance(v, list) else v for k, v in given.items() if k in names}

    seen = known(Kind, {k: v for k, v in values.items() if k in _SEEN})
    seen["nouns"] = Nouns(**known(Nouns, values.get("nouns", {})))
    seen["columns"] = tuple(Column(**known(Column, c)) for c in values.get("columns", ()))
    return Kind(**seen)


def named(place: str) -> Any:
    """The object that ``module:attribute`` names.

    >>> named("dsaudit.kind:Nouns")().some(2)
    '2 items'
    """
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)
