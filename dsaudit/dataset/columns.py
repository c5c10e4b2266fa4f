"""Which column of a manifest plays which part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from dsaudit.errors import DatasetError
from dsaudit.types import Guess, ManifestColumn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

Role = Literal["path", "text", "label", "split", "group", "id"]

_ALIASES: dict[Role, tuple[str, ...]] = {
    "path": ("file", "filename", "file_name", "filepath", "file_path", "uri", "fname", "slice_file_name"),
    "text": (),
    "label": (
        "labels",
        "class",
        "class_name",
        "classname",
        "category",
        "target",
        "intent",
        "scene_label",
        "event_label",
        "command",
        "primary_label",
    ),
    "split": ("subset", "partition"),
    "group": (
        *("groups", "group_id", "speaker", "speaker_id", "spk", "spk_id", "client_id"),
        *("subject", "subject_id", "participant", "participant_id", "patient_id", "source", "source_id"),
        *("speakerid", "spkid", "actor", "actor_id", "singer", "src_file", "source_file", "fsid", "freesound_id"),
        *("youtube_id", "ytid", "video_id", "session", "session_id", "recording_id", "identifier"),
    ),
    "id": ("item_id", "uid", "uuid", "utt_id", "utterance_id"),
}
_FOLDS = frozenset({"fold", "folds", "cv_fold", "kfold"})
_BESIDE = frozenset(
    _FOLDS
    | {"index", "idx", "row_id", "annotator"}
    | {f"{word}_{what}" for word in ("label", "class", "category", "target") for what in ("id", "idx", "index", "code")}
    | {f"{what}_label" for what in ("given", "true", "corrected", "noisy", "predicted")}
    | {"predicted", "prediction", "y_true", "y_pred", "ground_truth", "excluded", "is_error", "is_wrong"}
)
"""Other names of what is said of an item; no part of a manifest goes by them."""
_KNOWN_COLUMNS = {
    "Common Voice": {"client_id", "sentence", "path"},
    "ESC-50": {"filename", "src_file", "esc10"},
    "UrbanSound8K": {"slice_file_name", "fsid"},
    "FSD50K": {"fname", "mids"},
    "NeMo manifest": {"audio_filepath", "duration"},
    "DCASE": {"filename", "scene_label"},
    "Hugging Face metadata": {"file_name"},
}
_FIRM_IDS = frozenset({"id", "item_id"})
CORRECTED, EXCLUDED = "corrected_label", "excluded"
"""Columns of a manifest that carries people's decisions: the label in force, and whether the row is left out."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Columns named by the caller; None where the name is left to the conventions.

    ``inline``: items may be texts in a column of their own, where there is one, instead of files. ``items``: other
    names of the column of files, or of texts where ``inline``, that only this kind of item goes by.
    """

    path: str | None = None
    label: str | None = None
    split: str | None = None
    group: str | None = None
    id: str | None = None
    text: str | None = None
    inline: bool = False
    items: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.path, self.label, self.split, self.group, self.id, self.text))

    def others(self, role: Role) -> tuple[str, ...]:
        """Common other names of a part."""
        own = self.items if role == ("text" if self.inline else "path") else ()
        return (*_ALIASES[role], *own)


@dataclass(frozen=True, slots=True)
class Roles:
    """The column of each part, None where the manifest has none.

    ``id_is_firm`` is False where the id column was only guessed from its name. ``given`` and ``excluded``
    exist in manifests that carry decisions: there ``label`` is the corrected label. ``path`` is the column of texts
    where ``inline``. ``uses`` says of every column what it is taken for.
    """

    path: str
    label: str | None
    split: str | None
    group: str | None
    id: str | None
    id_is_firm: bool
    notes: tuple[str, ...]
    given: str | None = None
    excluded: str | None = None
    inline: bool = False
    uses: tuple[ManifestColumn, ...] = ()
    guesses: tuple[Guess, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Distinct columns to read."""
        named = (self.path, self.label, self.split, self.group, self.id, self.given, self.excluded)
        return tuple(dict.fromkeys(name for name in named if name is not None))


def resolved(columns: Sequence[str], choice: Choice, *, where: str) -> Roles:
    """The part that each column plays.

    A column named by the caller wins, then one that bears the part's own name, then a common other name
    (``filename``, ``class``, ``speaker_id`` …) if there is exactly one; upper and lower case do not matter.

    Parameters
    ----------
    columns : sequence of str
        Names in the manifest, in its order.
    choice : Choice
    where : str
        Name of the manifest, for messages.

    Raises
    ------
    DatasetError
        No path column; a named column that does not exist; two candidates for the path or the label.

    Examples
    --------
    >>> roles = resolved(["filename", "Class", "speaker_id"], Choice(), where="words.csv")
    >>> roles.path, roles.label, roles.group, roles.split
    ('filename', 'Class', 'speaker_id', None)
    """
    told = _Told()
    text = _column("text", columns, choice, where, told) if choice.inline and choice.path is None else None
    path = _column("path", columns, choice, where, told) if text is None else text
    if path is None and choice.inline:
        raise DatasetError(
            f"{where} has no column 'text'; its columns are: {listed(columns)}",
            hint="name the column with --text-column, or the column of files with --path-column",
        )
    if path is None:
        raise DatasetError(
            f"{where} has no column 'path'; its columns are: {listed(columns)}",
            hint="name the column with --path-column, or --text-column for texts; the first line of a CSV or TSV file "
            "must name the columns",
        )
    label = _column("label", columns, choice, where, told)
    given = excluded = None
    if CORRECTED in columns and choice.label not in (None, CORRECTED):
        told.ignored[CORRECTED] = f"labels are read from {choice.label!r}, as asked"
        told.notes.append(f"column {CORRECTED!r} is not used: {told.ignored[CORRECTED]}")
    elif CORRECTED in columns:
        given = _column("label", columns, Choice(), where, _Told()) if choice.label else label
        label = _single(CORRECTED, columns, where)
        excluded = _single(EXCLUDED, columns, where) if EXCLUDED in columns else None
        decided = {given: "given label", label: "label", excluded: "excluded"}
        told.used |= {name: (role, "people's decisions were applied") for name, role in decided.items() if name}
        told.notes.append(f"decisions were applied to {where}: labels are read from {CORRECTED!r}")
    identity = _column("id", columns, choice, where, told)
    firm = identity is not None and (choice.id is not None or _plain(identity) in _FIRM_IDS)
    split = _column("split", columns, choice, where, told)
    folds = [c for c in columns if _plain(c) in _FOLDS and c not in told.used]
    if split is None and folds:
        told.ignored[folds[0]] = f"could be the split: --split-column {folds[0]}"
        told.notes.append(
            f"column {folds[0]!r} could be the split: --split-column {folds[0]} looks for leaks between folds"
        )
    group = _column("group", columns, choice, where, told)
    of_texts = text is not None
    uses, guesses = told.uses(columns), tuple(told.guesses)
    return Roles(path, label, split, group, identity, firm, tuple(told.notes), given, excluded, of_texts, uses, guesses)


@dataclass(slots=True)
class _Told:
    """What there is to say of the columns, gathered while they get their parts."""

    notes: list[str] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    used: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Role and why by column."""
    ignored: dict[str, str] = field(default_factory=dict)
    """Why by column, where there is more to say than that its name is none of a part."""

    def uses(self, columns: Sequence[str]) -> tuple[ManifestColumn, ...]:
        return tuple(
            ManifestColumn(name, *self.used.get(name, ("", self.ignored.get(name, "no part goes by this name"))))
            for name in dict.fromkeys(columns)
        )


def id_column_of(
    columns: Sequence[str], *, named: Sequence[str | None] = (), keep: Collection[str] = frozenset()
) -> int | None:
    """Place of the column that says which item a row is about: an id, or else a path; None without one.

    Columns in ``named`` come first, in their order; those in ``keep`` are something else whatever they are called.

    Examples
    --------
    >>> id_column_of(["score", "item_id", "path"])
    1
    """
    free = [(k, c) for k, c in enumerate(columns) if c not in keep]
    for name in named:
        if found := [k for k, c in free if c == name]:
            return found[0]
    roles: tuple[Role, ...] = ("id", "path")
    for role in roles:
        for word in (role, *_ALIASES[role]):
            if found := [k for k, c in free if _plain(c) == word]:
                return found[0]
    return None


def columns_for(role: Role, columns: Sequence[str], choice: Choice) -> list[str]:
    """Columns that could play a part by their names: those of its own name, or else those of a common other one.

    Examples
    --------
    >>> columns_for("group", ["speaker_id", "path"], Choice())
    ['speaker_id']
    """
    return [c for c in columns if _plain(c) == role] or [c for c in columns if _plain(c) in choice.others(role)]


def plays_part(column: str) -> bool:
    """Whether a column has a name by which it would say something of an item: its id, label, group, fold …"""
    plain = _plain(column)
    return plain in _BESIDE or any(plain == role or plain in aliases for role, aliases in _ALIASES.items())


def known_columns(columns: Sequence[str], choice: Choice) -> int:
    """How many of ``columns`` are named by the caller or by the conventions."""
    named = {choice.path, choice.label, choice.split, choice.group, choice.id, choice.text}
    words = set(_ALIASES).union(*_ALIASES.values(), choice.items)
    return sum(1 for column in columns if column in named or _plain(column) in words)


def known_name(columns: Iterable[str]) -> str:
    """Name of the well-known dataset or toolkit whose tables have these columns, else empty.

    Examples
    --------
    >>> known_name(["slice_file_name", "fsID", "classID"])
    'UrbanSound8K'
    """
    plain = {column.casefold() for column in columns}
    return next((name for name, own in _KNOWN_COLUMNS.items() if own <= plain), "")


def listed(names: Sequence[str], *, most: int = 12) -> str:
    """Names in quotes, cut off politely.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _plain(column: str) -> str:
    return column.strip().casefold().replace(" ", "_").replace("-", "_")


def _column(role: Role, columns: Sequence[str], choice: Choice, where: str, told: _Told) -> str | None:
    named: str | None = getattr(choice, role)
    if named is not None:
        if named not in columns:
            raise DatasetError(
                f"{where} has no column {named!r}; its columns are: {listed(columns)}",
                hint=f"give one of them to --{role}-column",
            )
        told.used[named] = role, f"named with --{role}-column"
        return _single(named, columns, where)
    own = [c for c in columns if _plain(c) == role]
    if own:
        name = role if role in own else own[0]
        told.used[name] = role, "by its name"
        return _single(name, columns, where)
    others = list(dict.fromkeys(c for c in columns if _plain(c) in choice.others(role)))
    if len(others) == 1:
        told.used[others[0]] = role, f"the only column with a usual name of the {role}"
        if role != "id":  # which is no guess before its cells are seen
            told.guesses.append(Guess(f"column {others[0]!r} is read as the {role}", f"--{role}-column NAME"))
        return _single(others[0], columns, where)
    if others and role in ("path", "text", "label"):
        raise DatasetError(
            f"the {role} column of {where} could be any of {listed(others)}",
            hint=f"say which with --{role}-column",
        )
    if others:
        told.ignored |= dict.fromkeys(others, f"could be the {role}, as others could: --{role}-column says which")
        told.notes.append(
            f"columns {listed(others)} could each be the {role}: none is used (--{role}-column says which)"
        )
    return None


def _single(name: str, columns: Sequence[str], where: str) -> str:
    if list(columns).count(name) > 1:
        raise DatasetError(f"{where} has more than one column {name!r}", hint="rename one of them")
    return name
