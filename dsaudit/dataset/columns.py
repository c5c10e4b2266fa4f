"""Which column of a manifest plays which part."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from shlex import quote
from typing import TYPE_CHECKING, Literal

from dsaudit.dataset.crop_columns import CropColumns, crop_columns, named_crop_columns
from dsaudit.dataset.groups import one_spelling, without_placeholders
from dsaudit.dataset.location import named_file
from dsaudit.dataset.segment_columns import SegmentColumns, named_columns, segment_columns
from dsaudit.dataset.splits import flagged_split, is_flag, is_split, split_name
from dsaudit.errors import DatasetError
from dsaudit.types import Guess, ManifestColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from dsaudit.kind import Kind
    from dsaudit.store.cache import Cache

Role = Literal["path", "text", "label", "split", "group", "id"]

_LABELS_OF_ROWS = ("label", "target", "class", "labels", "class_name", "classname", "class_label", "target_class")
_GROUPS_OF_ROWS = frozenset(
    {"group", "groups", "group_id", "speaker_id", "client_id", "subject_id", "participant_id", "patient_id"}
)
"""Names of parts in a table whose rows are items, where any other word may be what a cell is about."""
NO_COLUMN = "none"
"""What is given for a column to say that there is none."""

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
_CODES = frozenset(
    f"{word}{between}{what}"
    for word in ("label", "class", "category", "target", "intent")
    for what in ("id", "idx", "index", "code", "num", "number", "encoded")
    for between in ("_", "")
)
"""Names of a column of codes beside one of labels."""
_BESIDE = frozenset(
    _FOLDS
    | {"index", "idx", "row_id", "annotator"}
    | _CODES
    | {f"{what}_label" for what in ("given", "true", "corrected", "noisy", "predicted", "consensus")}
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
_SELDOM_LABELS = frozenset(
    {"choice", "choices", "accept", "annotation", "annotations", "classification", "sentiment", "emotion", "genre"}
    | {"species", "keyword", "word", "tag", "tags", "topic", "file_attributes", "polarity", "stance", "is_duplicate"}
    | {"entailment_judgment", "relation", "rating", "stars"}
)
"""Names of labels in exports of labelling tools and elsewhere, that count only where no other column has one."""
_WORDS_OF_LABELS = frozenset(
    f"{word}_{what}"
    for word in ("label", "labels", "class", "category", "target", "intent")
    for what in ("text", "name", "names", "string", "str", "word")
)
_ANSWERS = frozenset({"accept", "reject", "ignore"})
_INDEX = frozenset({"", "unnamed:_0", "index", "idx", "row_id"})
_CODE = re.compile(r"[+-]?\d+(?:\.0+)?")
_FIGURE = re.compile(r"[+-]?(?:\d[\d,]*)?\.?\d+(?:[eE][+-]?\d+)?%?")
_FILE = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_FILE_NAME = re.compile(r"\S\.[A-Za-z][A-Za-z0-9]{1,4}$")
_MOST = 0.9
_SPLITS = frozenset({"train", "validation", "test"})
_FOLDERS = re.compile(r".*[\\/]", re.DOTALL)
_NOTHING = frozenset({"None", "nan", "NaT", "<NA>"})
_AGREE = 2 / 3
_TRANSCRIPTS = frozenset(
    {"text", "sentence", "transcript", "transcription", "normalized_text", "normalized_transcription", "utterance"}
)
_SAID_AGAIN, _FEW_WORDS, _WORDS_OF_TEXTS = 3, 3, 3
_SAID_OFTEN, _A_TABLE = 10, 3
"""Cells, and columns that are no part, from which few different words in them are codes of a table."""
_BEYOND_LETTERS = 0x2600
"""From here on characters are emoji or of scripts that have no need for letters."""
TRANSCRIPTS = "holds transcripts"
"""How the reason begins for which a column of them is no label."""
_COULD = "could be the label"
ONE_HOT = "holds 1 in the rows of its class"
"""The reason for which a column per class is no label."""
_ONES, _ZEROS = frozenset({"1", "1.0", "True", "true", "TRUE"}), frozenset({"0", "0.0", "False", "false", "FALSE", ""})
_LEAST_ONE_HOT = 3
"""Of two columns that say yes and no in turn one may be about anything."""
_LOOKED_AT = 10_000
_LONG_LABEL = 60
_MOST_CODES = 50
"""Of numbers without a name of classes; more may be a quantity."""
_MOSTLY = 0.5
_FIRM_IDS = frozenset({"id", "item_id"})
CORRECTED, EXCLUDED = "corrected_label", "excluded"
"""Columns of a manifest that carries people's decisions: the label in force, and whether the row is left out."""
DECIDED_BY, REASON = "decided_by", "reason"
CONSENSUS = "consensus"
_TOLD = (DECIDED_BY, REASON, f"{CONSENSUS}_label", f"{CONSENSUS}_probability")
"""What stands beside them; with ``review_`` before it where the manifest has a column of that name itself."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Columns named by the caller; None where the name is left to the conventions.

    ``inline``: items may be texts in a column of their own, where there is one, instead of files. ``items``: other
    names of the column of files, or of texts where ``inline``, that only this kind of item goes by; ``pairs``: those of
    two columns whose texts are one item. ``text`` may name several columns, with commas between. ``segments``: the
    two columns ``START,END`` of the stretch that a row is, or ``none``. ``boxed``: a row may be a box of its picture,
    and ``segments`` its four columns. ``there``: how many of the files that the manifest is about go by each name, see
    ``dsaudit.dataset.location.files_there``. ``rows``: items are whole rows; ``types`` says of columns of these what
    they hold. ``indexes``: where it is kept what is in which shard behind an address, so that it is read once.
    """

    path: str | None = None
    label: str | None = None
    split: str | None = None
    group: str | None = None
    id: str | None = None
    text: str | None = None
    inline: bool = False
    items: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    segments: str | None = None
    boxed: bool = False
    there: Callable[[], Mapping[str, int]] | None = field(default=None, compare=False)
    rows: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
    indexes: Cache | None = field(default=None, compare=False)

    @classmethod
    def of(cls, kind: Kind) -> Choice:
        """Nothing named: what the kind of item goes by."""
        items, pairs = kind.manifest_columns, kind.manifest_pairs
        return cls(inline=kind.inline, items=items, pairs=pairs, boxed=kind.boxed, rows=kind.rows)

    def __bool__(self) -> bool:
        return bool(self.named)

    @property
    def named(self) -> tuple[str, ...]:
        """Columns that the caller named."""
        every = (self.path, self.label, self.split, self.group, self.id, self.text, self.segments)
        return tuple(name for name in every if name)

    def others(self, role: Role) -> tuple[str, ...]:
        """Common other names of a part."""
        own = self.items if role == ("text" if self.inline else "path") else ()
        return (*_ALIASES[role], *own)


@dataclass(frozen=True, slots=True)
class Roles:
    """The column of each part, None where the manifest has none.

    ``id_is_firm`` is False where the id column was only guessed from its name. ``given`` and ``excluded``
    exist in manifests that carry decisions: there ``label`` is the corrected label. ``path`` is the column of texts
    where ``inline``, and ``texts`` are those where an item is several texts, ``path`` the first of them.
    ``uses`` says of every column what it is taken for. ``answer`` says of labels that a tool proposed whether a person
    accepted them. ``fold`` may tell in which folder a file lies.
    ``flags`` say by yes and no whether an item is in the split of their name; ``split`` is the first of them.
    ``cells`` are the columns of an item that is a whole row, and ``types`` what the user says that they hold.
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
    answer: str | None = None
    segment: SegmentColumns | None = None
    fold: str | None = None
    flags: tuple[str, ...] = ()
    crop: CropColumns | None = None
    texts: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Distinct columns to read."""
        named = [self.path, self.label, self.split, self.group, self.id, self.given, self.excluded, self.answer]
        named += [self.fold, *self.flags, *self.texts, *self.cells]
        named += [self.segment.start, self.segment.end] if self.segment else []
        named += self.crop.names if self.crop else []
        return tuple(dict.fromkeys(name for name in named if name is not None))


def resolved(
    columns: Sequence[str],
    choice: Choice,
    *,
    where: str,
    cells: Callable[[str], Sequence[object]] | None = None,
    guessed: Mapping[Role, str] | None = None,
) -> Roles:
    """The part that each column plays.

    A column named by the caller wins, then one that bears the part's own name, then a common other name
    (``filename``, ``class``, ``speaker_id`` …) if there is exactly one; upper and lower case do not matter. Of columns
    that say the same the one in words is the label: ``category`` beside ``target`` with its codes.

    Parameters
    ----------
    columns : sequence of str
        Names in the manifest, in its order.
    choice : Choice
    where : str
        Name of the manifest, for messages.
    cells : callable of str to sequence, optional
        The cells of a column, looked at where names alone do not tell.
    guessed : mapping of Role to str, optional
        Columns that look like a part, in a manifest that names none.

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
    search = _Search(columns, choice, where, cells, guessed or {})
    if choice.rows:
        return search.of_rows()
    texts = search.texts() if choice.inline and choice.path is None else ()
    text = texts[0] if texts else None
    path = (search.column("path") or search.files()) if text is None else text
    if path is None and choice.inline:
        raise DatasetError(
            f"{where} has no column 'text'; its columns are: {listed(columns)}",
            hint=search.could_be_texts()
            or "name the column with --text-column, or the column of files with --path-column",
        )
    if path is None:
        raise DatasetError(
            f"{where} has no column 'path'; its columns are: {listed(columns)}",
            hint=search.could_be_files()
            or search.could_be_texts()
            or search.of_figures()
            or "name the column with --path-column, or --text-column for texts, by its number where the first line "
            "names none; where its rows are the items, --modality table",
        )
    label, given, excluded = search.decided(search.label())
    is_taken = any(name and _plain(name) in ("id", *_ALIASES["id"]) for name in (path, label))
    identity = None if choice.id is None and is_taken else search.column("id")
    firm = identity is not None and (choice.id is not None or _plain(identity) in _FIRM_IDS)
    split = search.column("split") or search.of_splits()
    flags = search.flags(split)
    split = split or next(iter(flags), None)
    answer = search.answer()
    fold = search.propose_fold(split)
    group = search.column("group")
    if label is None:
        search.propose_label()
    of_texts, uses, guesses = text is not None, search.uses(), tuple(search.guesses)
    segment, crop = None, None
    others = (path, label, given, split, group, identity)
    if choice.segments is not None and choice.boxed:
        crop = named_crop_columns(choice.segments, columns, where=where)
    elif choice.segments is not None:
        segment = named_columns(choice.segments, columns, where=where)
    elif not of_texts:
        crop = crop_columns(columns, taken=others) if choice.boxed else None
        segment = segment_columns(columns, taken=others) if crop is None else None
    parts = (path, label, split, group, identity, firm)
    notes = tuple(search.notes)
    several = texts if len(texts) > 1 else ()
    return Roles(*parts, notes, given, excluded, of_texts, uses, guesses, answer, segment, fold, flags, crop, several)


@dataclass(slots=True)
class _Search:
    """The columns of a manifest, and what there is to say of them, gathered while they get their parts."""

    columns: Sequence[str]
    choice: Choice
    where: str
    cells: Callable[[str], Sequence[object]] | None
    guessed: Mapping[Role, str]
    notes: list[str] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    used: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Role and why by column."""
    ignored: dict[str, str] = field(default_factory=dict)
    """Why by column, where there is more to say than that its name is none of a part."""

    def uses(self) -> tuple[ManifestColumn, ...]:
        return tuple(
            ManifestColumn(name, *self.used.get(name, ("", self.ignored.get(name, self._why_ignored(name)))))
            for name in dict.fromkeys(self.columns)
            if name or self._counts(name)
        )

    def _why_ignored(self, name: str) -> str:
        return "counts the rows" if self._counts(name) else "no part goes by this name"

    def _counts(self, name: str) -> bool:
        """Whether a column is the index that a table was saved with."""
        if self.cells is None or _plain(name) not in _INDEX or list(self.columns).count(name) > 1:
            return False
        numbers = [str(value) for value in self.cells(name)]
        return any(numbers == [str(k + first) for k in range(len(numbers))] for first in (0, 1))

    def of_rows(self) -> Roles:
        """The parts of a table whose rows are items: a label, split, group and id beside all cells."""
        if not self.columns:
            raise DatasetError(f"{self.where} has no columns", hint="it needs a line of column names")
        label, given, excluded = self.decided(self._label_of_rows() or self._label_before())
        named = self.choice.id == NO_COLUMN and NO_COLUMN not in self.columns
        identity = None if named else self.column("id")
        firm = identity is not None and (self.choice.id is not None or _plain(identity) in _FIRM_IDS)
        split = self.column("split") or self.of_splits()
        flags = self.flags(split)
        split = split or next(iter(flags), None)
        groups = [c for c in self.columns if c not in self.used and _plain(c) in _GROUPS_OF_ROWS]
        group = self._named("group") or (self._only("group", groups[0]) if len(groups) == 1 else None)
        if label is None and self.choice.label is None:
            self.propose_label()
        told = {label, split, given, excluded, *flags, *self._of_decisions()}
        cells = tuple(name for name in self.columns if name not in told)
        if not cells:
            raise DatasetError(
                f"{self.where} has no column beside {listed([name for name in self.columns if name])}",
                hint="--target none looks at a column itself, where it is no label",
            )
        self.used |= {name: ("cell", self.ignored.get(name, "")) for name in cells if name not in self.used}
        for name in self.choice.types:
            if name not in self.columns:
                raise DatasetError(
                    f"{self.where} has no column {name!r}; its columns are: {listed(self.columns)}",
                    hint="--column-type NAME=TYPE says what one of them holds",
                )
        parts = (cells[0] if cells else self.columns[0], label, split, group, identity, firm)
        uses, guesses = self.uses(), tuple(self.guesses)
        roles = Roles(*parts, tuple(self.notes), given, excluded, inline=True, uses=uses, guesses=guesses, flags=flags)
        return replace(roles, cells=cells, types=self.choice.types)

    def _label_before(self) -> str | None:
        """The column whose cells the corrected labels are, but for few: the label that decisions were made on."""
        if CORRECTED not in self.columns or self.cells is None:
            return None
        now = [str(value) for value in self.cells(CORRECTED)]
        others = [name for name in self.columns if name not in self._of_decisions() and name not in self.choice.types]
        share = {
            n: sum(a == str(b) for a, b in zip(now, self.cells(n), strict=True)) / max(1, len(now)) for n in others
        }
        likest = max(share, key=lambda name: share[name], default=None)
        return likest if likest is not None and share[likest] > _MOSTLY else None

    def _of_decisions(self) -> list[str]:
        """Columns that were added with people's decisions: no cells of the rows."""
        if CORRECTED not in self.columns:
            return []
        own = [f"review_{name}" if f"review_{name}" in self.columns else name for name in _TOLD]
        return [CORRECTED, EXCLUDED, *own]

    def _label_of_rows(self) -> str | None:
        """The column that the caller named, or the only one that is called after labels and nothing else."""
        if self.choice.label == NO_COLUMN and NO_COLUMN not in self.columns:
            return None
        if (named := self._named("label")) is not None:
            return named
        found = [name for word in _LABELS_OF_ROWS for name in self.columns if _plain(name) == word]
        if not found:
            return None
        self.used[found[0]] = "label", "by its name"
        said = f"column {found[0]!r} is read as the label, the target"
        self.guesses.append(Guess(said, "--target NAME, or none,"))
        return found[0]

    def column(self, role: Role) -> str | None:
        """The column of a part by its name."""
        if (named := self._named(role)) is not None:
            return named
        own = [c for c in self.columns if _plain(c) == role]
        if own:
            name = role if role in own else own[0]
            self.used[name] = role, "by its name"
            return _single(name, self.columns, self.where)
        others = list(dict.fromkeys(c for c in self.columns if _plain(c) in self.choice.others(role)))
        if len(others) == 1:
            return self._only(role, others[0])
        if role == "path" and (which := self._files_among(others)) is not None:
            return self._only(role, which, f"of {listed(others)} the one that tells the files")
        if role == "group" and (which := self._coarsest(others)) is not None:
            return self._only(role, which, f"of {listed(others)} the one that each value of the others lies in")
        if others and role in ("path", "text"):
            raise DatasetError(
                f"the {role} column of {self.where} could be any of {listed(others)}",
                hint=f"say which with --{role}-column",
            )
        if others:
            could = f"could be the {role}, as others could: --{role}-column says which"
            self.ignored |= dict.fromkeys(others, could)
            self.notes.append(
                f"columns {listed(others)} could each be the {role}: none is used (--{role}-column says which)"
            )
        return None

    def texts(self) -> tuple[str, ...]:
        """The columns whose texts are an item: one, or several that belong together."""
        asked = self.choice.text
        if asked is not None and asked not in self.columns and "," in asked:
            names = tuple(dict.fromkeys(name.strip() for name in asked.split(",")))
            for name in names:
                if name not in self.columns:
                    raise self._no_column(name, "text")
                self.used[name] = "text", "named with --text-column"
            return tuple(_single(name, self.columns, self.where) for name in names)
        own = asked is not None or "text" in self.guessed or any(_plain(c) == "text" for c in self.columns)
        if not own and (pair := pair_in(self.columns, self.choice)) and not self._labels_the_other(pair[1]):
            self.used |= dict.fromkeys(pair, ("text", "two columns with usual names of a pair"))
            said = f"columns {pair[0]!r} and {pair[1]!r} are read as one item of two texts"
            self.guesses.append(Guess(said, "--text-column NAME"))
            return tuple(_single(name, self.columns, self.where) for name in pair)
        column = self.column("text")
        if column is None:
            return ()
        others = [c for c in self.columns if c != column and not plays_part(c) and not _counting_name(c)]
        others = [c for c in others if c not in self.choice.named and _plain(c) not in _SELDOM_LABELS]
        if len(others) >= _A_TABLE and self.used[column][1].startswith("the only"):
            self.notes.append(f"{len(others)} other columns are not read: {listed(others, most=4)}")
        return (column,)

    def _labels_the_other(self, name: str) -> bool:
        """Whether the second column of a pair is what the first is labelled with: few words, and no other label."""
        labels = columns_for("label", self.columns, self.choice)
        return self.choice.label == name or (
            not labels and self.choice.label is None and bool(self._could_be_label(name))
        )

    def _files_among(self, names: Sequence[str]) -> str | None:
        """Of columns that could hold the paths the one whose cells do; of several alike that with the folders."""
        if self.cells is None or len(names) < 2:
            return None
        texts = {name: [text for text in _texts(self.cells(name)[:_LOOKED_AT]) if text] for name in names}
        files = [name for name in names if texts[name] and all(map(_FILE.search, texts[name]))]
        same = {tuple(_FOLDERS.sub("", text) for text in texts[name]) for name in files}
        if len(same) != 1:
            return None
        chosen = max(files, key=lambda name: sum(map(len, texts[name])))
        self.ignored |= dict.fromkeys((n for n in names if n != chosen), f"the files are told by {chosen!r}")
        return chosen

    def files(self) -> str | None:
        """The column whose cells name files that are there, whatever it is called."""
        there = self.choice.there() if self.choice.there is not None else {}
        if self.cells is None or not there:
            return None
        found: dict[str, list[str]] = {}
        splits = self._cells_of_splits()
        for name in self._free():
            names = [named_file(text) for text in _texts(self.cells(name)[:_LOOKED_AT]) if text]
            known = [text for text in names if text in there]
            whole = [text for text in known if _FILE.search(text)]
            # a cell without a suffix may be a number of something else, or a word: it must tell one file
            apart = names if splits is None or len(splits) != len(names) else list(zip(names, splits, strict=True))
            most = 1 if apart is names else len(set(splits or ()))
            alone = len(set(apart)) == len(names) and all(there[text] <= most for text in known)
            if known and 2 * len(known) >= len(names) and (2 * len(whole) >= len(known) or alone):
                found[name] = names
        counting = [name for name in found if self._counts(name)]
        names_of = {name: found[name] for name in found if len(counting) == len(found) or name not in counting}
        first = next((name for name in names_of if _plain(name) == "id"), next(iter(names_of), None))
        if first is None or any(cells != names_of[first] for cells in names_of.values()):
            return None
        self.used[first] = "path", "its cells name the files"
        self.guesses.append(Guess(f"column {first!r} is read as the path: its cells name files", "--path-column NAME"))
        return first

    def _cells_of_splits(self) -> list[str] | None:
        """The cells of a column that is called the split: of a name in several splits they tell one file."""
        named = self.choice.split or next((c for c in self.columns if _plain(c) in ("split", *_ALIASES["split"])), None)
        return None if named is None or self.cells is None else _texts(self.cells(named)[:_LOOKED_AT])

    def could_be_files(self) -> str:
        """The option that reads a column whose cells look like files, where none of these is there."""
        if self.cells is None:
            return ""
        for name in self._free():
            texts = [text for text in _texts(self.cells(name)[:_LOOKED_AT]) if text]
            if texts and sum(bool(_FILE_NAME.search(named_file(text))) for text in texts) >= _MOST * len(texts):
                return f"its files could be named in {name!r}: --path-column {quote(name)}"
        return ""

    def could_be_texts(self) -> str:
        """The option that reads columns whose cells look like texts: of several words, and seldom the same."""
        if self.cells is None:
            return ""
        found = []
        for name in self._free():
            texts = [cell for cell in self.cells(name)[:_LOOKED_AT] if isinstance(cell, str) and cell.strip()]
            n_words = sum(len(text.split()) for text in texts)
            if n_words >= _WORDS_OF_TEXTS * len(texts) > 0 and len(set(texts)) * 2 > len(texts):
                found.append(name)
        if not found:
            return ""
        option = f"--text-column {quote(found[0])}"
        return (
            f"its texts could be in {listed(found)}: {option}"
            + (f", or --text-column {quote(','.join(found))} where they are one item" if len(found) == 2 else "")
            + "; where its rows are the items, --modality table"
        )

    def of_figures(self) -> str:
        """What to say where most columns hold figures."""
        if self.cells is None:
            return ""
        columns = [[text for text in _texts(self.cells(name)[:_LOOKED_AT]) if text] for name in self._free()]
        n_figures = sum(bool(texts) and all(map(_FIGURE.fullmatch, texts)) for texts in columns)
        if n_figures < 2 or 2 * n_figures < len(columns):
            return ""
        return (
            "where its rows are the items, --modality table; where these are files, --path-column NAME, or texts, "
            "--text-column NAME"
        )

    def _free(self) -> list[str]:
        """Columns that have no part yet and no namesake."""
        return [name for name, n in Counter(self.columns).items() if n == 1 and name and name not in self.used]

    def _coarsest(self, names: Sequence[str]) -> str | None:
        """Of columns that could hold the groups the one that the others only say again, or in parts."""
        if self.cells is None or len(names) < 2 or any(list(self.columns).count(name) > 1 for name in names):
            return None
        cells = {
            name: one_spelling(without_placeholders([text or None for text in _texts(self.cells(name))])[0])[0]
            for name in names
        }
        for chosen in names:
            if len(set(cells[chosen]) - {None}) > 1 and all(
                _tells(cells[name], cells[chosen]) for name in names if name != chosen
            ):
                for name in names:
                    if name != chosen:
                        same = _tells(cells[chosen], cells[name])
                        self.ignored[name] = f"says the same as {chosen!r}" if same else f"tells parts of {chosen!r}"
                return chosen
        return None

    def _named(self, role: Role) -> str | None:
        """The column that the caller named, or that looks like the part."""
        named: str | None = getattr(self.choice, role)
        look = self.guessed.get(role)
        if named is None and look is not None and look not in self.used:
            named = look
            self.used[named] = role, "by its cells"
            self.guesses.append(Guess(f"column {named} is read as the {role}, by its cells", f"--{role}-column NUMBER"))
            return named
        if named is None:
            return None
        if named not in self.columns:
            raise self._no_column(named, role)
        self.used[named] = role, f"named with --{role}-column"
        return _single(named, self.columns, self.where)

    def _no_column(self, name: str, role: Role) -> DatasetError:
        return DatasetError(
            f"{self.where} has no column {name!r}; its columns are: {listed(self.columns)}",
            hint=f"give one of them to --{role}-column",
        )

    def _only(self, role: Role, name: str, why: str = "") -> str:
        self.used[name] = role, why or f"the only column with a usual name of the {role}"
        if role != "id":  # which is no guess before its cells are seen
            self.guesses.append(Guess(f"column {name!r} is read as the {role}", f"--{role}-column NAME"))
        return _single(name, self.columns, self.where)

    def label(self) -> str | None:
        """The column of labels: by its name, and where several have one or it holds codes by its cells."""
        if (named := self._named("label")) is not None:
            return named
        names = [c for c in dict.fromkeys(self.columns) if c not in self.used and _plain(c) != CORRECTED]
        own = [c for c in names if _plain(c) == "label"]
        found = own or [c for c in names if _plain(c) in self.choice.others("label")]
        found = found or [c for c in names if _plain(c) in _SELDOM_LABELS][:1]
        if not found:
            return self._spoken(names) or self._by_a_word(names)
        for name in found:
            _single(name, self.columns, self.where)
        if self.cells is None:
            chosen, others = found[0], found[1:]
        else:
            texts = {name: _texts(self.cells(name)) for name in found}
            if len(found) > 1:
                found = [name for name in found if any(texts[name])] or found
            if any(_are_codes(texts[name]) for name in found):
                texts |= self._beside(texts[found[0]], [c for c in names if c not in found])
            chosen, others = self._in_words(found, [name for name in texts if name not in found], texts)
        if others:
            raise DatasetError(
                f"the label column of {self.where} could be any of {listed([chosen, *others])}",
                hint="say which with --label-column",
            )
        self._compare_codes(chosen, [c for c in names if _plain(c) in _CODES and c not in self.ignored])
        if chosen in own:
            self.used[chosen] = "label", "by its name"
        elif chosen not in self.used:
            self._only("label", chosen)
        return chosen

    def _spoken(self, names: Sequence[str]) -> str | None:
        """A column of transcripts, where they are a few words that come again and again."""
        name = next((c for c in names if _plain(c) in _TRANSCRIPTS), None)
        if name is None or self.cells is None or self.choice.inline or self.choice.text is not None:
            return None
        texts = [text for text in _texts(self.cells(name)) if text]
        n_different, n_words = len(set(texts)), sum(len(text.split()) for text in texts)
        if 2 <= n_different <= len(texts) / _SAID_AGAIN and n_words <= _FEW_WORDS * len(texts):
            self.used[name] = "label", f"{n_different} different transcripts, each of a few words"
            text = f"column {name!r} is read as the label: {len(texts)} rows say {n_different} different things"
            self.guesses.append(Guess(text, "--label-column NAME"))
            return name
        if n_different > 1:
            self.ignored[name] = f"{TRANSCRIPTS} that seldom come again"
        return None

    def _by_a_word(self, names: Sequence[str]) -> str | None:
        """A column of few words whose name ends in that of the part, or the only one beside that of the path."""
        ids = [c for c in names if len(self.columns) == 2 and self._repeats_ids(c)]
        names = [c for c in names if not plays_part(c) and c not in self.ignored]
        only = ids or names if len(self.columns) == 2 else []
        parted = {c: _plain(c).split("_") for c in names}
        words = [c for c in names if parted[c][-1] in ("label", *_ALIASES["label"])]
        words = [c for c in words if not {"group", *_ALIASES["group"]} & set(parted[c])]
        for chosen, why in ((words, "the only column with such a name"), (only, "the only other column")):
            could = [c for c in chosen if self._could_be_label(c, codes=chosen is only)]
            if len(could) == 1 == len(chosen):
                self.used[could[0]] = "label", why
                self.guesses.append(Guess(f"column {could[0]!r} is read as the label: {why}", "--label-column NAME"))
                return could[0]
        return None

    def _repeats_ids(self, name: str) -> bool:
        """Whether a column is called an id and is none of a row: of who or what is on the picture."""
        if self.cells is None or _plain(name) not in ("id", *_ALIASES["id"]):
            return False
        texts = _texts(self.cells(name)[:_LOOKED_AT])
        return len(set(texts)) < len(texts)

    def _could_be_label(self, name: str, *, codes: bool = False) -> int:
        """Number of different words, few and each in several rows; 0 where the cells are something else.

        With ``codes`` they may be whole numbers that follow each other, as codes of classes do.
        """
        if self.cells is None or name not in self._free() or self._says_splits(name):
            return 0
        texts = [text for text in _texts(self.cells(name)[:_LOOKED_AT]) if text]
        distinct = set(texts)
        few = 2 <= len(distinct) <= max(2, len(texts) // 3)
        fits = few and all(len(text) <= _LONG_LABEL for text in distinct)
        if fits and _are_codes(texts):
            numbers = {int(float(text)) for text in distinct}
            fits = codes and len(numbers) <= _MOST_CODES and max(numbers) - min(numbers) < len(numbers)
        return len(distinct) if fits else 0

    def _says_splits(self, name: str) -> bool:
        """Whether the cells are usual names of splits, of several."""
        texts = {text for text in _texts(self.cells(name)) if text} if self.cells is not None else set()
        return all(map(is_split, texts)) and len({split_name(text) for text in texts} & _SPLITS) > 1

    def of_splits(self) -> str | None:
        """The only column whose cells are names of splits, whatever it is called."""
        names = [name for name in self._free() if name not in self.ignored and self._says_splits(name)]
        if len(names) != 1:
            return None
        self.used[names[0]] = "split", "its cells are names of splits"
        self.guesses.append(
            Guess(f"column {names[0]!r} is read as the split: its cells are names of splits", "--split-column NAME")
        )
        return names[0]

    def flags(self, split: str | None) -> tuple[str, ...]:
        """Columns of yes and no that say whether an item is in a split, such as ``is_test``."""
        names = [split] if split is not None else self._free()
        flags = tuple(
            name for name in names if flagged_split(name) and self.cells and is_flag(_texts(self.cells(name)))
        )
        if split is None and flags:
            why = "says by yes and no whether an item is in the split of its name"
            self.used |= dict.fromkeys(flags, ("split", why))
            which = f"column {listed(flags)} says" if len(flags) == 1 else f"columns {listed(flags)} say"
            self.guesses.append(Guess(f"{which} the split", "--split-column NAME"))
        return flags

    def _beside(self, codes: Sequence[str], names: Sequence[str]) -> dict[str, list[str]]:
        """Cells of the columns that could hold the words to codes: by their names, then those one to one with them."""
        usual = (*_WORDS_OF_LABELS, *self.choice.others("label"))
        texts = {}
        for name in sorted(names, key=lambda name: _plain(name) not in usual):
            if list(self.columns).count(name) == 1 and self.cells is not None:
                cells = _texts(self.cells(name))
                whole = all(word or not code for code, word in zip(codes, cells, strict=True))
                if _plain(name) in usual or (whole and not plays_part(name) and _disagreeing(codes, cells) == []):
                    texts[name] = cells
        return texts

    def _in_words(
        self, found: list[str], beside: list[str], texts: Mapping[str, Sequence[str]]
    ) -> tuple[str, list[str]]:
        """The column whose cells are the words of the others' codes, and columns that say something else."""
        words = [name for name in (*found, *beside) if not _are_codes(texts[name])]
        for chosen in words if any(name not in words for name in found) else []:
            codes = [name for name in found if name != chosen]
            off = [_disagreeing(texts[code], texts[chosen]) for code in codes]
            if codes and all(n is not None for n in off):
                self.used[chosen] = "label", f"the words to the codes in {listed(codes)}"
                self.guesses.append(
                    Guess(
                        f"column {chosen!r} is read as the label: {listed(codes)} holds its codes",
                        "--label-column NAME",
                    )
                )
                self.ignored |= dict.fromkeys(codes, f"codes of {chosen!r}")
                for code, rows in zip(codes, off, strict=True):
                    self._tell_disagreeing(code, chosen, texts, rows or [])
                return chosen, []
        first, *others = found
        same = [name for name in others if _disagreeing(texts[name], texts[first]) == []]
        if others and same == others:
            self.used[first] = "label", f"the first of several that say the same: {listed(found)}"
            self.guesses.append(
                Guess(f"column {first!r} is read as the label: {listed(others)} say the same", "--label-column NAME")
            )
            self.ignored |= dict.fromkeys(others, f"says the same as {first!r}")
            return first, []
        return first, others

    def _compare_codes(self, label: str, names: Sequence[str]) -> None:
        """Hold columns of codes against the label in words beside them."""
        if self.cells is None or not names or label in names:
            return
        words = _texts(self.cells(label))
        for name in names:
            codes = _texts(self.cells(name))
            if _are_codes(codes) and not _are_codes(words) and (rows := _disagreeing(codes, words)) is not None:
                self.ignored[name] = f"codes of {label!r}"
                self._tell_disagreeing(name, label, {name: codes, label: words}, rows)

    def _tell_disagreeing(
        self, codes: str, words: str, texts: Mapping[str, Sequence[str]], rows: Sequence[int]
    ) -> None:
        """Say in which rows a code is not the usual one of its word, and in which it is none."""
        none = [k for k, code in enumerate(texts[codes]) if _without_zeros(code) == "-1" and texts[words][k]]
        if rows:
            self.notes.append(
                f"in {len(rows)} of {len(texts[words])} rows {codes!r} holds another code than is usual for the label "
                f"in {words!r}: {_places(rows)}"
            )
        if none and len(set(texts[words])) > len({texts[words][k] for k in none}):
            self.notes.append(
                f"{codes!r} is -1, which often means that there is no label, where {words!r} names one: {_places(none)}"
            )

    def decided(self, label: str | None) -> tuple[str | None, str | None, str | None]:
        """The columns of the label in force, of the label in the data, and of what is excluded."""
        if CORRECTED not in self.columns:
            return label, None, None
        if self.choice.label not in (None, CORRECTED):
            self.ignored[CORRECTED] = f"labels are read from {self.choice.label!r}, as asked"
            self.notes.append(f"column {CORRECTED!r} is not used: {self.ignored[CORRECTED]}")
            return label, None, None
        if self.choice.label:
            label = _Search(self.columns, Choice(), self.where, self.cells, {}).label()
        given, label = label, _single(CORRECTED, self.columns, self.where)
        excluded = _single(EXCLUDED, self.columns, self.where) if EXCLUDED in self.columns else None
        roles = {given: "given label", label: "label", excluded: "excluded"}
        self.used |= {name: (role, "people's decisions were applied") for name, role in roles.items() if name}
        self.notes.append(f"decisions were applied to {self.where}: labels are read from {CORRECTED!r}")
        return label, given, excluded

    def propose_label(self) -> None:
        """Mark the columns that could be the label by their cells: words, few and each in several rows."""
        if self.cells is None:
            return
        self.ignored |= dict.fromkeys(self._one_hot(), ONE_HOT)
        for name in dict.fromkeys(self.columns):
            if name in self.ignored or plays_part(name):
                continue
            if n := self._could_be_label(name):
                self.ignored[name] = f"{_COULD} ({n} values): --label-column {quote(name)}"

    def _one_hot(self) -> list[str]:
        """The columns of which every row marks exactly one; none where some row marks several, or no column."""
        marks: dict[str, list[bool]] = {}
        if self.cells is None:
            return []
        for name in self._free():
            texts = _texts(self.cells(name)[:_LOOKED_AT]) if name not in self.ignored else []
            if not _ONES.isdisjoint(texts) and set(texts) <= _ONES | _ZEROS:
                marks[name] = [text in _ONES for text in texts]
        if len(marks) < _LEAST_ONE_HOT or any(sum(row) != 1 for row in zip(*marks.values(), strict=True)):
            return []
        return list(marks)

    def answer(self) -> str | None:
        """The column that says whether a person accepted a label."""
        names = [name for name in self.columns if _plain(name) == "answer" and name not in self.used]
        if self.cells is None or len(names) != 1 or not set(_texts(self.cells(names[0]))) <= _ANSWERS:
            return None
        self.used[names[0]] = "answer", "says whether the label was accepted"
        return names[0]

    def propose_fold(self, split: str | None) -> str | None:
        folds = [c for c in self._free() if _plain(c) in _FOLDS]
        if split is None and folds:
            self.ignored[folds[0]] = f"could be the split: --split-column {quote(folds[0])}"
            option = f"--split-column {quote(folds[0])}"
            self.notes.append(f"column {folds[0]!r} could be the split: {option} looks for leaks between folds")
        return folds[0] if folds else None


def proposed_label(uses: Sequence[ManifestColumn]) -> str:
    """The columns that could be the label, with the option that takes each; empty where none could."""
    could = [f"{c.name!r} {c.why[len(_COULD) + 1 :]}" for c in uses if c.why.startswith(_COULD)]
    return f"it could be {', or '.join(could[:3])}" if could else ""


def _texts(cells: Sequence[object]) -> list[str]:
    return ["" if (text := str(value).strip()) in _NOTHING and not isinstance(value, str) else text for value in cells]


def _tells(fine: Sequence[str | None], coarse: Sequence[str | None]) -> bool:
    """Whether every value on one side goes with a single one on the other."""
    pairs = {(a, b) for a, b in zip(fine, coarse, strict=True) if a is not None and b is not None}
    return bool(pairs) and len(pairs) == len({a for a, _ in pairs})


def _are_codes(texts: Sequence[str]) -> bool:
    return any(texts) and all(_CODE.fullmatch(text) for text in texts if text)


def _disagreeing(codes: Sequence[str], words: Sequence[str]) -> list[int] | None:
    """Places of rows whose code is not the usual one of their word; None where the columns are about different things.

    A word in another case is the same, and one that is usual for no code is spelt otherwise or rare: nothing is said.
    """
    rows = [(_without_zeros(c), " ".join(w.casefold().split())) for c, w in zip(codes, words, strict=True)]
    pairs = Counter(row for row in rows if all(row) and row[0] != "-1")
    word_of: dict[str, str] = {}
    code_of: dict[str, str] = {}
    for (code, word), _ in pairs.most_common():
        word_of.setdefault(code, word)
        code_of.setdefault(word, code)
    n, agreeing = pairs.total(), sum(m for (code, word), m in pairs.items() if word_of[code] == word)
    if len(word_of) < 2 or len(set(word_of.values())) < min(len(word_of), 2) or agreeing < _AGREE * n:
        return None
    if n == agreeing and len(set(word_of.values())) < len(word_of):
        return None  # several codes to one word: a finer label, not another spelling of it
    known = set(word_of.values())
    return [k for k, row in enumerate(rows) if row in pairs and row[1] in known and code_of[row[1]] != row[0]]


def _without_zeros(code: str) -> str:
    return code.strip().removesuffix(".0")


def _places(rows: Sequence[int], *, most: int = 5) -> str:
    """``rows 3, 12`` as people count them."""
    listed_rows = ", ".join(str(k + 1) for k in rows[:most])
    return f"row{'s' * (len(rows) > 1)} {listed_rows}{', …' if len(rows) > most else ''}"


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


def pair_in(columns: Sequence[str], choice: Choice) -> tuple[str, str] | None:
    """The two columns whose texts are one item, by the first of the usual names of such pairs that both are there.

    Examples
    --------
    >>> pair_in(["Answer", "label", "Question"], Choice(pairs=(("question", "answer"),)))
    ('Question', 'Answer')
    """
    plain = {_plain(column): column for column in reversed(columns)}
    return next(((plain[a], plain[b]) for a, b in choice.pairs if a in plain and b in plain), None)


def text_columns(columns: Sequence[str], choice: Choice, cells: Callable[[str], Sequence[object]]) -> list[str]:
    """Columns that hold texts, by their names and what is in them: one, those of a pair, or several that could be it.

    One that is called ``text`` does whatever is in it. In a table of other things a column of figures, or of a few
    words that come again and again, holds none.

    Examples
    --------
    >>> table = {"age": [31, 40], "visits": [1, 2], "message": [404, 500]}
    >>> text_columns(list(table), Choice(items=("message",), inline=True), table.__getitem__)
    []
    """
    if own := [c for c in columns if _plain(c) == "text"]:
        return own[:1]
    named = list(pair_in(columns, choice) or columns_for("text", columns, choice))
    others = [c for c in columns if c not in named and not plays_part(c) and not _counting_name(c)]
    return [c for c in named if list(columns).count(c) > 1 or _are_texts(cells(c), among=len(others))]


def _are_texts(cells: Sequence[object], *, among: int) -> bool:
    texts = [text for text in _texts(cells[:_LOOKED_AT]) if text]
    lettered = sum(any(c.isalpha() or ord(c) > _BEYOND_LETTERS for c in text) for text in texts)
    n_words = sum(len(text.split()) for text in texts)
    few = len(texts) >= _SAID_OFTEN and len(set(texts)) * _SAID_AGAIN <= len(texts) and n_words < 2 * len(texts)
    return 2 * lettered >= len(texts) and not (few and among >= _A_TABLE)


def _counting_name(column: str) -> bool:
    return _plain(column) in _INDEX


def plays_part(column: str) -> bool:
    """Whether a column has a name by which it would say something of an item: its id, label, group, fold …"""
    plain = _plain(column)
    return plain in _BESIDE or any(plain == role or plain in aliases for role, aliases in _ALIASES.items())


def known_columns(columns: Sequence[str], choice: Choice) -> int:
    """How many of ``columns`` are named by the caller or by the conventions."""
    words = set(_ALIASES).union(*_ALIASES.values(), choice.items, *choice.pairs)
    return sum(1 for column in columns if column in choice.named or _plain(column) in words)


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


def _single(name: str, columns: Sequence[str], where: str) -> str:
    if list(columns).count(name) > 1:
        raise DatasetError(f"{where} has more than one column {name!r}", hint="rename one of them")
    return name
