"""Tables that lie in a folder and say what its files are: well-known ones, and any other that names the files there."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.arrow import ARROW_SUFFIXES
from dsaudit.dataset.audacity import SUFFIX, audacity_columns
from dsaudit.dataset.coco import coco_columns
from dsaudit.dataset.columns import Choice, known_columns
from dsaudit.dataset.croissant import croissant_columns
from dsaudit.dataset.dataframe import read_dataframe
from dsaudit.dataset.location import files_there, named_file
from dsaudit.dataset.member import container_of, member_of
from dsaudit.dataset.names import counted, made_unique, shown
from dsaudit.dataset.splits import split_in, split_word, splits_among
from dsaudit.dataset.text import file_text, unreadable
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from dsaudit.dataset.table import Table

Reader = Callable[[Path, Choice], "Table"]

_LOOKED_AT = 500
_DEEPEST = 3
_MOST_TABLES = 60
_MOST_BYTES = 1 << 29
_NEVER = re.compile(r"(?:invalidated|other|reported|rejected|.*submission|.*\.corrected.*)", re.IGNORECASE)
"""Tables of what is not for use, and those that show how guesses are handed in."""
_VALIDATED = "validated"
"""Common Voice's table of everything that people approved: its splits are parts of it."""
_SAYS_NOTHING = "has no column"
SPREADSHEETS = frozenset({".xlsx", ".xls", ".xlsm", ".ods", ".numbers"})
_TABLES = frozenset({".csv", ".tsv", ".tab", ".psv", ".jsonl", ".ndjson", *ARROW_SUFFIXES})
_MANIFEST_NAMES = frozenset({"labels", "metadata", "manifest", "annotations", "train", "dataset"})
_FOLDS = "evaluation_setup/"
"""Where DCASE keeps a table per fold, each of a part of the files."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A dataset that is not a table of named columns.

    Attributes
    ----------
    name : str
    file : pattern
        Of the path of the file that it is recognised by.
    columns : callable of (Path, suffixes) to (columns, notes), or None
        The columns by their usual names, all of one length; None where the file is something else after all.
    """

    name: str
    file: re.Pattern[str]
    columns: Callable[[Path, frozenset[str]], tuple[dict[str, list[Any]], list[str]] | None]

    def read(self, path: Path, choice: Choice, suffixes: frozenset[str]) -> Table | None:
        """The table that ``path`` stands for; None where it is of another shape.

        Raises
        ------
        DatasetError
            A file that cannot be read or followed.
        """
        found = self.columns(path, suffixes)
        if found is None:
            return None
        import pandas as pd

        columns, notes = found
        frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
        table = read_dataframe(frame, choice)
        roles = replace(table.roles, notes=(*notes, *table.roles.notes))
        every = {**table.columns, **columns}  # what plays no part here is kept for whoever writes the table again
        return replace(table, source="folder", where=path.name, roles=roles, layout=self.name, columns=every)


def _kaldi(path: Path, suffixes: frozenset[str]) -> tuple[dict[str, list[Any]], list[str]]:
    folder, notes = path.parent, []
    files = dict(_pairs(path))
    piped = [name for name, said in files.items() if said.endswith("|")]
    for name in piped:
        named = [w for w in files[name].split() if os.path.splitext(w)[1].lower() in suffixes]  # noqa: PTH122
        files[name] = named[0] if len(named) == 1 else files[name]
    if piped:
        notes.append(
            f"wav.scp holds {counted(len(piped), 'command')}, which are never run: "
            "where one names a single file, that file is read as it is"
        )
    beside = {name: dict(_pairs(folder / name)) for name in ("utt2spk", "text") if (folder / name).is_file()}
    columns: dict[str, list[Any]]
    if (folder / "segments").is_file():
        cut = [(utterance, *rest.split()) for utterance, rest in _pairs(folder / "segments")]
        known = [c for c in cut if len(c) >= 4 and c[1] in files]
        if lost := len(cut) - len(known):
            notes.append(f"segments names no file of wav.scp in {counted(lost, 'line')}")
        columns = {"id": [c[0] for c in known], "path": [files[c[1]] for c in known]}
        columns |= {"start": [c[2] for c in known], "end": [c[3] for c in known]}
    else:
        columns = {"id": list(files), "path": list(files.values())}
    for name, column in (("utt2spk", "speaker"), ("text", "text")):
        if name in beside:
            columns[column] = [beside[name].get(utterance) for utterance in columns["id"]]
    return columns, notes


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    for line in file_text(path).split("\n"):
        name, _, rest = line.strip().partition(" ") if "\t" not in line else line.strip().partition("\t")
        if name:
            yield name, rest.strip()


def _lhotse(path: Path, suffixes: frozenset[str]) -> tuple[dict[str, list[Any]], list[str]] | None:
    if "cuts" in path.name:
        cuts = [(cut.get("recording") or {}, cut) for cut in _objects(path)]
        parts = [(whole, _stretch(cut, said)) for whole, cut in cuts for said in cut.get("supervisions") or [{}]]
    else:
        known = {str(recording.get("id")): recording for recording in _objects(path)}
        said_in = path.with_name(path.name.replace("recordings", "supervisions"))
        if said_in.is_file():
            parts = [(known.get(str(said.get("recording_id")), {}), said) for said in _objects(said_in)]
        else:
            parts = [(recording, {"id": recording.get("id")}) for recording in known.values()]
    if not any(recording.get("sources") for recording, _ in parts):
        return None
    sources = [(recording.get("sources") or [{}])[0] for recording, _ in parts]
    notes = []
    if commands := sum(1 for source in sources if source.get("type") == "command"):
        notes.append(f"{path.name} holds {counted(commands, 'command')}, which are never run")
    said = [part for _, part in parts]
    columns: dict[str, list[Any]] = {
        "id": [part.get("id") for part in said],
        "path": [str(source.get("source") or "") or None for source in sources],
    }
    whole = all(
        not part.get("start") and part.get("duration") in (None, recording.get("duration")) for recording, part in parts
    )
    if not whole:
        columns |= {name: [part.get(name) for part in said] for name in ("start", "duration")}
    own: list[dict[str, Any]] = [c if isinstance(c := part.get("custom"), dict) else {} for part in said]
    for name in ("speaker", "label", "text", "language"):
        cells = [part.get(name) or extra.get(name) for part, extra in zip(said, own, strict=True)]
        if any(cell is not None for cell in cells):
            columns[name] = cells
    return columns, notes


def _stretch(cut: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What is said of a stretch of a cut, counted from the start of the recording."""
    start = float(cut.get("start") or 0) + float(said.get("start") or 0)
    duration = said.get("duration") or cut.get("duration")
    return {**said, "id": said.get("id") or cut.get("id"), "start": start, "duration": duration}


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else file_text(path)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise (
            unreadable(path, error) if isinstance(error, OSError) else DatasetError(f"{path.name}: {error}")
        ) from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DatasetError(f"{path.name}, line {number}: not JSON", hint="each line is one object") from error
            if isinstance(value, dict):
                yield value


def _ljspeech(path: Path, _: frozenset[str]) -> tuple[dict[str, list[Any]], list[str]] | None:
    lines = [line.split("|") for line in file_text(path).splitlines() if line]
    if not lines or any(not 2 <= len(line) <= 3 for line in lines) or any("," in line[0] for line in lines):
        return None
    if known_columns(lines[0], Choice()):
        return None
    return {"path": [line[0] for line in lines], "text": [line[1] for line in lines]}, []


def _dcase(path: Path, _: frozenset[str]) -> tuple[dict[str, list[Any]], list[str]] | None:
    lines = [line for line in csv.reader(file_text(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE) if line]
    if not lines or any(len(line) != len(lines[0]) or not 2 <= len(line) <= 3 for line in lines):
        return None
    columns = {name: [line[k] for line in lines] for k, name in enumerate(("path", "label", "group")[: len(lines[0])])}
    return dict(columns), []


SHAPES = (
    Shape("Kaldi data folder", re.compile(r"(?:^|/)wav\.scp$"), _kaldi),
    Shape("Lhotse manifests", re.compile(r"(?:^|/)[^/]*recordings[^/]*\.jsonl(?:\.gz)?$"), _lhotse),
    Shape("Lhotse cuts", re.compile(r"(?:^|/)[^/]*cuts[^/]*\.jsonl(?:\.gz)?$"), _lhotse),
    Shape("LJSpeech", re.compile(r"(?:^|/)metadata\.csv$"), _ljspeech),
    Shape("DCASE", re.compile(r"(?:^|/)meta\.txt$"), _dcase),
    Shape("Audacity label tracks", re.compile(re.escape(SUFFIX) + "$"), audacity_columns),
    Shape("Croissant", re.compile(r"\.json(?:ld)?$"), croissant_columns),
    Shape("COCO", re.compile(r"\.json$"), coco_columns),
)
"""By the file that tells them; none of them is run or fetched."""


def read_shape(path: Path, choice: Choice, suffixes: frozenset[str]) -> Table | None:
    """The table that a file of a well-known shape stands for; None where it is none.

    Raises
    ------
    DatasetError
        A file that cannot be read or followed.
    """
    named = path.with_name(path.name.replace("supervisions", "recordings"))
    for shape in SHAPES:
        if shape.file.search(named.name) and named.is_file() and (table := shape.read(named, choice, suffixes)):
            return table
    return None


@dataclass(slots=True)
class Held:
    """A table in a folder, and how much of it is about the files there."""

    path: str
    table: Table
    n_named: int
    split: str | None
    n_other: int = 0
    """Files that it names and that are not there."""
    n_items: int = 0
    """Files that are there, whether it names them or not."""

    @property
    def is_about(self) -> bool:
        """Whether it names these files and hardly others, or hardly leaves out one of them."""
        return self.n_named >= self.n_other or 2 * self.n_named > self.n_items


def tables_in(
    root: Path,
    others: Sequence[str],
    items: Sequence[str],
    *,
    choice: Choice,
    suffixes: frozenset[str],
    reader: Callable[[Path], Reader | None],
    lists: Collection[str] = (),
) -> tuple[Table | None, list[str]]:
    """The table that names the files of a folder, made of several where each is about a split; None without one.

    Parameters
    ----------
    root : Path
    others, items : sequence of str
        Paths of its files: those that may be tables, and the items.
    choice : Choice
    suffixes : frozenset of str
        Of items.
    reader : callable of Path to (Reader or None)
        What reads a file as a table.
    lists : collection of str
        Those of ``others`` that list the files of a split: tables only where they say labels too.

    Returns
    -------
    table : Table or None
        Its paths are relative to ``root``.
    notes : list of str
        Of tables that are there and not used, too.
    """
    held = _well_known(root, others, choice, suffixes)
    notes: list[str] = []
    if not held:
        held, notes = held_in(root, others, items, choice=choice, reader=reader, lists=lists)
    about = [one for one in held if one.is_about]
    notes += [
        f"{shown(one.path)} is passed over: it names {counted(one.n_named, 'file')} of those here, and {one.n_other} "
        "that are not; give its path as the dataset to use it"
        for one in held
        if not one.is_about
    ]
    if not about:
        return None, notes
    chosen = _chosen(about)
    if not chosen:
        names_of = ", ".join(shown(one.path) for one in about[:4])
        return None, [*notes, f"several tables could say what the files are: {names_of}; give the path of one"]
    used = {one.path for one in chosen}
    adds = _adding(chosen, about)
    used |= {adds.path} if adds is not None else set()
    notes += [
        f"found {shown(one.path)}, which is not used; give its path as the dataset to use it"
        for one in about
        if one.path not in used
    ]
    chosen_paths = sorted(one.path for one in chosen)
    read_from = ", ".join(map(shown, chosen_paths[:4])) + (f" and {len(chosen) - 4} more" if len(chosen) > 4 else "")
    first = chosen[0].table
    for one in chosen:
        place = root / one.path
        one.table = _as_first(place, one.table, first, choice, suffixes, reader(place))
    table = _joined(root, chosen)
    if adds is not None:
        table = _with_groups(table, adds)
        notes.insert(0, f"groups are read from {shown(adds.path)}")
    return table, [f"items and labels are read from {read_from}", *notes]


def held_in(
    root: Path,
    others: Sequence[str],
    items: Sequence[str],
    *,
    choice: Choice,
    reader: Callable[[Path], Reader | None],
    lists: Collection[str] = (),
    deepest: int = _DEEPEST,
    most_bytes: int = _MOST_BYTES,
) -> tuple[list[Held], list[str]]:
    """The tables in a folder that name files of it, and notes on those that could be meant to and do not."""
    held: list[Held] = []
    notes: list[str] = []
    silent: list[str] = []
    there = cache(lambda split: files_there(items, split))
    for path in _candidates(root, others, deepest, most_bytes):
        suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
        if suffix in SPREADSHEETS:
            notes.append(f"found {shown(path)}: save the sheet as CSV, and it is read")
            continue
        if (read := reader(root / path)) is None:
            continue
        found = None
        try:
            names = partial(there, split_in(path))
            table = read(root / path, replace(choice, there=names))
            found = _held(root, path, table, names(), len(items))
        except DatasetError as error:
            if _SAYS_NOTHING not in str(error):
                said = f": {error.hint}" if "-column" in (error.hint or "") else ""
                notes.append(f"{shown(path)} is passed over: {error}{said}")
                continue
        if found is not None and path in lists and found.table.roles.label is None:
            continue
        if found is not None:
            held.append(found)
        elif "/" not in path and is_manifest(path):
            silent.append(path)
    if silent and items:
        many = ", ".join(map(shown, silent[:4])) + (f" and {len(silent) - 4} more" if len(silent) > 4 else "")
        notes.append(
            f"found {many}, not used: none of the columns names the files here; --path-column NAME if one does"
        )
    return held, notes


def is_manifest(path: str) -> bool:
    """Whether a file is a table by its name, whatever it holds.

    Examples
    --------
    >>> is_manifest("labels.json"), is_manifest("results.csv"), is_manifest("config.json")
    (True, True, False)
    """
    stem, suffix = os.path.splitext(path.rpartition("/")[2].lower().removesuffix(".gz"))  # noqa: PTH122
    return suffix in _TABLES or (suffix == ".json" and stem in _MANIFEST_NAMES)


def _well_known(root: Path, others: Sequence[str], choice: Choice, suffixes: frozenset[str]) -> list[Held]:
    for shape in SHAPES:
        most = None if shape.columns is audacity_columns else _MOST_TABLES  # a recording has its own
        told_by = [path for path in others if shape.file.search(path)][:most]
        tables = [(path, shape.read(root / path, choice, suffixes)) for path in told_by]
        if held := [Held(path, t, len(t.numbers), split_in(path)) for path, t in tables if t is not None]:
            return held
    return []


def _candidates(root: Path, others: Sequence[str], deepest: int, most_bytes: int) -> list[str]:
    near = [p for p in others if p.count("/") <= deepest and not _NEVER.fullmatch(_stem(p)) and _FOLDS not in p]
    ranked = sorted(near, key=lambda p: (p.count("/"), p))
    return [p for p in ranked if (root / p).stat().st_size <= most_bytes][:_MOST_TABLES]


def _held(root: Path, path: str, table: Table, names: Mapping[str, int], n_items: int) -> Held | None:
    """A table that names files in the folder, or that holds texts where the folder holds no files."""
    cells = table.columns[table.roles.path]
    if table.roles.inline:
        return None if n_items or not len(cells) else Held(path, table, len(cells), split_in(path))
    looked_at = [str(c) for c in cells[:: max(1, len(cells) // _LOOKED_AT)] if c is not None][:_LOOKED_AT]
    folder = root / path.rpartition("/")[0]
    there = sum(
        named_file(cell) in names or (member_of(cell) is not None and (folder / container_of(cell)).is_file())
        for cell in looked_at
    )
    if not there:
        return None
    n_named = there * len(cells) // len(looked_at)
    return Held(path, table, n_named, split_in(path), len(cells) - n_named, n_items)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _chosen(held: Sequence[Held]) -> list[Held]:
    """The tables of splits, where there are several alike; else the one that says most; none where two say as much."""
    held = [one for one in held if one.table.roles.given is None] or list(held)
    merit = {one.path: (one.table.roles.label is not None, one.split is not None, one.n_named) for one in held}
    first = max(held, key=lambda one: merit[one.path])
    alike = [one for one in held if (one.split or _is_shard(one)) and _names(one) == _names(first)]
    alike.sort(key=lambda one: (one is not first, one.path))
    if first.path.endswith(SUFFIX):  # a table for each file, in whichever folder
        return alike
    beside = {one.split for one in alike if _folder(one) == _folder(first)}
    alike = [one for one in alike if _folder(one) == _folder(first) or one.split not in beside]
    if len({one.split for one in alike}) > 1:
        doubled = {one.split for one in alike if _stem(one.path) != _VALIDATED}
        return [one for one in alike if _stem(one.path) != _VALIDATED or one.split not in doubled]
    if _are_shards(alike):
        return alike
    return [first] if sum(m == merit[first.path] for m in merit.values()) == 1 else []


def _adding(chosen: Sequence[Held], held: Sequence[Held]) -> Held | None:
    """The only other table that tells the groups of the same files, and no labels."""
    roles = chosen[0].table.roles
    others = [one for one in held if one not in chosen and one.table.roles.label is None]
    telling = [one for one in others if one.table.roles.group is not None and one.table.roles.segment is None]
    return telling[0] if len(telling) == 1 and roles.group is None and roles.label is not None else None


def _with_groups(table: Table, adds: Held) -> Table:
    """``table`` with the column of groups of another one, by the names of the files."""
    other = adds.table
    column = other.roles.group or ""
    keys, others = ([str(cell) for cell in one.columns[one.roles.path]] for one in (table, other))
    if len(set(map(named_file, others))) == len(set(others)):  # else only whole paths tell them apart
        keys, others = list(map(named_file, keys)), list(map(named_file, others))
    told = dict(zip(others, other.columns[column], strict=True))
    use = next(use for use in other.roles.uses if use.name == column)
    uses = (*(use for use in table.roles.uses if use.name != column), replace(use, why=f"told by {shown(adds.path)}"))
    guesses = (*table.roles.guesses, *(one for one in other.roles.guesses if one.option.startswith("--group-column")))
    roles = replace(table.roles, group=column, uses=uses, guesses=guesses)
    return replace(table, roles=roles, columns={**table.columns, column: [told.get(key) for key in keys]})


def _names(one: Held) -> tuple[str, list[str]]:
    """What tables of the splits of one dataset have in common: a split of its own only one of them may tell."""
    roles = one.table.roles
    return roles.path, sorted(column.name for column in roles.uses if column.name != roles.split)


def _folder(one: Held) -> str:
    return one.path.rpartition("/")[0]


def _as_first(
    path: Path, table: Table, first: Table, choice: Choice, suffixes: frozenset[str], read: Reader | None
) -> Table:
    """A table read with the same columns as the first: what is no label by its own few rows may be one."""
    roles = first.roles
    if table.roles.columns == roles.columns:
        return table
    named = replace(choice, path=roles.path, label=roles.label, group=roles.group, split=table.roles.split)
    named = replace(named, path=None, text=",".join(roles.texts) or roles.path) if roles.inline else named
    return read_shape(path, named, suffixes) or (read(path, named) if read is not None else table)


def _is_shard(one: Held) -> bool:
    return re.search(r"\d+-of-\d+", one.path) is not None or one.path.endswith(SUFFIX)


def _are_shards(members: Sequence[Held]) -> bool:
    return len(members) > 1 and all(map(_is_shard, members))


def _joined(root: Path, parts: Sequence[Held]) -> Table:
    """One table with paths relative to ``root``, and the split that each part is of."""
    first = parts[0].table
    roles = first.roles
    columns: dict[str, list[object]] = {name: [] for name in first.columns if name != roles.split}
    files: list[tuple[Path, Sequence[int]]] = []
    several = len({one.split for one in parts}) > 1 or len({one.table.roles.split for one in parts}) > 1
    splits: list[object] = []
    # beside a test split, and without one to train with, dev is no validation split
    among = splits_among([word for one in parts if (word := split_word(one.path)) and not one.table.roles.split])
    trained = {one.path for one in parts if one.split != "train" and among.get(split_word(one.path) or "") == "train"}
    trained = trained if all(one.table.roles.split is None for one in parts) else set()
    elsewhere = {
        cell for one in parts if several and _stem(one.path) != _VALIDATED for cell in one.table.columns[roles.path]
    }
    for one in parts:
        folder = one.path.rpartition("/")[0]
        cells = one.table.columns[roles.path]
        paths = cells if roles.inline else [_from_root(root, folder, cell) for cell in cells]
        again = _stem(one.path) == _VALIDATED  # of which the splits beside it are parts
        keep = [k for k, cell in enumerate(one.table.columns[roles.path]) if not (again and cell in elsewhere)]
        for name in columns:
            cells = paths if name == roles.path else one.table.columns.get(name, [None] * len(paths))
            columns[name] += [cells[k] for k in keep]
        files.append((root / one.path, keep))
        own = one.table.roles.split
        split_of_it = "train" if one.path in trained else one.split
        splits += [split_of_it] * len(keep) if own is None else [one.table.columns[own][k] for k in keep]
    split = next((own for one in parts if (own := one.table.roles.split)), _SPLIT if several else None)
    if split is not None:
        columns[split] = splits
    roles = replace(roles, split=split)
    if roles.id is not None and len(parts) > 1:
        columns[roles.id] = list(made_unique([str(cell) for cell in columns[roles.id]])[0])
    roles = replace(roles, notes=tuple(dict.fromkeys(note for one in parts for note in one.table.roles.notes)))
    untold = [f"{shown(path)} is read as the training split, for there is no other" for path in sorted(trained)]
    notes = (*untold, *dict.fromkeys(note for one in parts for note in one.table.notes))
    where = shown(parts[0].path) if len(parts) == 1 else "the tables"
    numbers = first.numbers if len(parts) == 1 else range(1, len(splits) + 1)
    told = () if any(shape.name == first.layout for shape in SHAPES) else tuple(files)
    return replace(first, roles=roles, columns=columns, where=where, numbers=numbers, notes=notes, files=told)


_SPLIT = "split of the table"


def _from_root(root: Path, folder: str, cell: object) -> object:
    if not folder or not isinstance(cell, str) or os.path.isabs(cell):  # noqa: PTH117
        return cell
    path = f"{folder}/{cell}"
    return path if os.path.lexists(os.path.join(root, container_of(path))) else cell  # noqa: PTH118
