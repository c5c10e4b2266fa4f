"""What kind of item a dataset holds, where nobody says and it is plain to see."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.arrow import ARROW_SUFFIXES
from dsaudit.dataset.columns import Choice, columns_for, text_columns
from dsaudit.dataset.csv import CSV_SUFFIXES, csv_text
from dsaudit.dataset.excel import EXCEL_SUFFIXES, sheet_of
from dsaudit.dataset.jsonl import JSON_SUFFIXES, json_text
from dsaudit.dataset.lance import LANCE
from dsaudit.dataset.lines import LIST_SUFFIXES, are_texts
from dsaudit.dataset.remote import fetched, full_address, is_remote, names_below, table_at
from dsaudit.dataset.shape import is_manifest
from dsaudit.dataset.shard import expanded
from dsaudit.dataset.tar import TAR, suffixes_in
from dsaudit.dataset.text import head_text, manifest_suffix, manifest_text
from dsaudit.errors import DatasetError
from dsaudit.media import kinds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import pandas as pd

    from dsaudit.kind import Kind
    from dsaudit.settings import Settings

_HEAD_BYTES = 1 << 16
_LOOKED_AT = 50
_FOLDERS_LOOKED_AT, _NAMES_LOOKED_AT = 200, 1000
_NEARLY_ALL = 0.9
_A_TABLE, _WORDS_OF_TEXTS = 3, 3
"""Columns beside one of short texts from which these are cells of a table, and words of what is no cell."""


RECOGNISED = "the dataset"
"""Where the modality comes from when it was recognised."""


def recognised(source: str | os.PathLike[str] | pd.DataFrame, settings: Settings) -> Settings:
    """The settings with the kind of item that the dataset plainly holds, where none is named; else the usual kind."""
    if settings.modality:
        return settings
    found = recognised_modality(source, path_column=settings.path_column, text_column=settings.text_column)
    usual = kinds()[0].name
    if found in (None, usual):
        return replace(settings, modality=usual)
    return replace(settings, modality=found, sources={**settings.sources, "modality": RECOGNISED})


def recognised_modality(
    source: str | os.PathLike[str] | pd.DataFrame, *, path_column: str | None = None, text_column: str | None = None
) -> str | None:
    """The kind of the files in a folder or manifest, or of the texts in a manifest without files, else None.

    Of several kinds in one folder the first is meant, see ``Kind.rank``; a manifest's files must be of one kind. Looks
    at names only, and never refuses: what is wrong with a dataset is said by whoever reads it.
    """
    if text_column is not None:
        return next((kind.name for kind in kinds() if kind.inline), None)
    try:
        if not isinstance(source, str | os.PathLike):
            head: Any = source.iloc[:_LOOKED_AT]
            names = [str(c) for c in head.columns]
            return _of_table(names, path_column, lambda name: head.iloc[:, names.index(name)].tolist())
        if is_remote(os.fspath(source)):
            return _of_address(full_address(source), path_column)
        path = Path(source).expanduser()
        if path.suffix.lower() == LANCE:
            return _of_manifest(path, path_column)
        if path.is_dir():
            return _of_folder(path) or _of_parts(path, path_column) or _of_texts(path) or _of_shards(path)
        if path.name.lower().endswith(TAR):
            return _of_suffixes(suffixes_in(expanded(os.fspath(path))[0]))
        found = _of_manifest(path, path_column, beside=path.parent)
        found = found or _of_folder(path.parent, most=_FOLDERS_LOOKED_AT)
        return found or (_of_lines(path) if manifest_suffix(path) in LIST_SUFFIXES else None)
    except Exception:  # as said above
        return None


def _of_folder(folder: Path, *, most: int | None = None) -> str | None:
    held = [kind for kind in kinds() if kind.rank >= 0]
    best = len(held)
    for _, folders, names in islice(os.walk(folder), most):
        folders[:] = [f for f in folders if not f.startswith(".")]
        suffixes = {os.path.splitext(name)[1].lower() for name in names}  # noqa: PTH122 - a Path per file costs seconds
        best = next((k for k, kind in enumerate(held[:best]) if suffixes & kind.suffixes), best)
        if best == 0:
            break
    return held[best].name if best < len(held) else None


def _of_parts(folder: Path, path_column: str | None) -> str | None:
    """By the first table that holds files itself, or else by one of texts."""
    for place, folders, names in islice(os.walk(folder), _FOLDERS_LOOKED_AT):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in sorted(name for name in names if name.endswith(ARROW_SUFFIXES)):
            return _of_manifest(Path(place) / name, path_column)
    tables = sorted(path for path in folder.iterdir() if is_manifest(path.name))
    inline = {kind.name for kind in kinds() if kind.inline or kind.rows}
    found = [_of_manifest(path, path_column, beside=folder) for path in tables]
    return next((name for name in found if name in inline), None)


def _of_texts(folder: Path) -> str | None:
    """The kind of which nearly all files in several folders below are, where its files say so only together."""
    held: dict[str, Counter[str]] = {}
    for place, folders, names in islice(os.walk(folder), _FOLDERS_LOOKED_AT):
        folders[:] = [f for f in folders if not f.startswith(".")]
        held[place] = Counter(os.path.splitext(name)[1].lower() for name in names)  # noqa: PTH122
    top = held.pop(str(folder), Counter())
    lists = [path for path in folder.iterdir() if path.suffix.lower() in LIST_SUFFIXES]
    if not held and lists and len(lists) >= _NEARLY_ALL * top.total():
        return next((found for path in lists if (found := _of_lines(path))), None)
    total = sum(counts.total() for counts in held.values())
    for kind in (kind for kind in kinds() if kind.inline):
        own = [sum(counts[suffix] for suffix in kind.suffixes) for counts in held.values()]
        if sum(map(bool, own)) > 1 and sum(own) >= _NEARLY_ALL * total:
            return kind.name
    return None


def _of_address(address: str, path_column: str | None) -> str | None:
    """By the names of what lies there, or by the table or the shard that it names."""
    name = address.rpartition("/")[2]
    if name.lower().endswith(TAR):
        return _of_suffixes(suffixes_in(expanded(address)[0]))
    if manifest_suffix(Path(name)) in (*ARROW_SUFFIXES, LANCE):
        return _of_manifest(Path(address), path_column)
    if manifest_suffix(Path(name)) in (*CSV_SUFFIXES, *JSON_SUFFIXES, *EXCEL_SUFFIXES):
        with fetched(address) as copy:
            return _of_manifest(copy, path_column)
    names = names_below(address, most=_NAMES_LOOKED_AT)
    suffixes = {os.path.splitext(name)[1].lower() for name in names}  # noqa: PTH122
    shards = [name for name in names if name.lower().endswith(TAR)]
    own = any(suffixes & kind.suffixes for kind in kinds() if kind.rank >= 0)
    return _of_suffixes(suffixes_in(f"{address}/{shards[0]}") if shards and not own else suffixes)


def _of_shards(folder: Path) -> str | None:
    """By what the first tar in a folder holds."""
    for place, folders, names in islice(os.walk(folder), _FOLDERS_LOOKED_AT):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in sorted(name for name in names if name.lower().endswith(TAR)):
            return _of_suffixes(suffixes_in(os.path.join(place, name)))  # noqa: PTH118
    return None


def _of_suffixes(suffixes: Collection[str]) -> str | None:
    """The first kind that has files among these; texts where there are no others."""
    files = sorted((kind for kind in kinds() if kind.suffixes), key=lambda kind: (kind.rank < 0, kind.inline))
    return next((kind.name for kind in files if kind.suffixes.intersection(suffixes)), None)


def _of_lines(path: Path) -> str | None:
    """The kind of texts, where the lines of a file are some."""
    with path.open("rb") as stream:
        data = stream.read(_HEAD_BYTES)
    text = head_text(data) if len(data) == _HEAD_BYTES else manifest_text(path).text
    return next((kind.name for kind in kinds() if kind.inline), None) if are_texts(text) else None


def _of_manifest(path: Path, path_column: str | None, *, beside: Path | None = None) -> str | None:
    suffix = manifest_suffix(path)
    if suffix in (*ARROW_SUFFIXES, LANCE):
        with table_at(path) as file:

            def values(name: str) -> list[Any]:
                batch = next(file.iter_batches(batch_size=_LOOKED_AT, columns=[name]))
                return list(batch.column(0).to_pylist())

            return _of_table(file.schema_arrow.names, path_column, values, beside=beside)
    if suffix in EXCEL_SUFFIXES:
        sheet, _ = sheet_of(path, most=_LOOKED_AT)
        heads = [str(name) for name in sheet.columns]
        return _of_table(heads, path_column, lambda name: list(sheet.iloc[:, heads.index(name)]), beside=beside)
    with path.open("rb") as stream:
        data = stream.read(_HEAD_BYTES)
    cut = len(data) == _HEAD_BYTES
    text = head_text(data) if cut else manifest_text(path).text
    if suffix in JSON_SUFFIXES:
        try:
            objects = json_text(text, path.name, _choice_of_texts(), head=True)
        except DatasetError:  # one object that holds all rows cannot be read in part
            return _of_words(text)
        cells = {name: objects.column(name)[:_LOOKED_AT] for name in objects.names}
        told = _of_table(objects.names, path_column, cells.__getitem__, beside=beside)
        of_rows = len(objects.objects) == 1 and any(isinstance(v, list) for v in objects.objects[0].values())
        return told or (_of_words(text) if of_rows else None)
    if cut:
        text = "".join(text.splitlines(keepends=True)[:-1])
    found = csv_text(text, path.name, suffix, replace(_choice_of_texts(), path=path_column))
    if (guessed := found.guessed.get("path") or found.guessed.get("text")) is not None and path_column is None:
        if sum(" " in cell.strip() for cell in found.column(guessed)) * 2 > len(found.rows):
            return next((kind.name for kind in kinds() if kind.inline), None)  # texts, and no names of columns
        path_column = guessed
    return _of_table(found.names, path_column, lambda name: found.column(name)[:_LOOKED_AT], beside=beside)


def _of_words(text: str) -> str | None:
    """The kind of the first string that is called like a file of one."""
    suffixes = (os.path.splitext(word)[1].lower() for word in re.findall(r'"([^"\n]{1,500})"', text))  # noqa: PTH122
    named = (kind.name for suffix in suffixes for kind in kinds() if kind.rank >= 0 and suffix in kind.suffixes)
    return next(named, None)


def _of_table(names: list[str], path_column: str | None, values: Any, *, beside: Path | None = None) -> str | None:
    held: Iterable[Kind]
    files = [kind for kind in kinds() if kind.rank >= 0]
    named = Choice(items=tuple(name for kind in files for name in kind.manifest_columns))
    paths = [path_column] if path_column in names else columns_for("path", names, named)
    if not paths:
        choice = _choice_of_texts()
        texts = text_columns(names, choice, values)
        among = len(names) - len(texts) >= _A_TABLE
        if texts and (not among or "text" in map(str.casefold, names) or any(_are_long(values(c)) for c in texts)):
            return next((k.name for k in kinds() if k.inline), None)
        held = (k for k in kinds() if k.rows and _are_rows(names, values, beside))
    else:
        # which of several holds the files is for the user to say
        cells = values(paths[0]) if len(paths) == 1 else []
        # a dict has its bytes
        named_files = [c.get("path") if isinstance(c, dict) else None if isinstance(c, bytes) else c for c in cells]
        suffixes = {os.path.splitext(str(name))[1].lower() for name in named_files if name}  # noqa: PTH122
        by_column = (kind for kind in files if not suffixes and paths[0] in kind.manifest_columns)
        named_so = [*files, *(kind for kind in kinds() if kind.inline)]
        held = by_column if cells and not suffixes else (k for k in named_so if suffixes and suffixes <= k.suffixes)
        if cells and path_column is None and not suffixes & {s for kind in kinds() for s in kind.suffixes}:
            held = chain(
                held, (k for k in kinds() if k.rows and len(names) > _A_TABLE + 1 and _are_rows(names, values, beside))
            )
    return next((kind.name for kind in held), None)


def _are_rows(names: list[str], values: Any, beside: Path | None) -> bool:
    """Whether a table is about its own rows: several columns, none of which names files or holds long texts alone."""
    if len(names) < 2:
        return False
    cells = [[str(cell) for cell in values(name) if cell is not None] for name in dict.fromkeys(names)]
    known = {suffix for kind in kinds() for suffix in kind.suffixes}
    there = _files_in(beside, known) if beside is not None else set()
    for column in cells:
        last = [cell.replace("\\", "/").rpartition("/")[2] for cell in column]
        files = sum(name in there or os.path.splitext(name)[1].lower() in known for name in last)  # noqa: PTH122
        if column and 2 * files > len(column):
            return False
    return len(names) > _A_TABLE + 1 or not any(_are_long(column) for column in cells)


def _are_long(cells: Sequence[Any]) -> bool:
    """Whether cells are free texts: of several words, and seldom the same."""
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    n_words = sum(len(text.split()) for text in texts)
    return n_words >= _WORDS_OF_TEXTS * len(texts) > 0 and 2 * len(set(texts)) > len(texts)


def _files_in(folder: Path, suffixes: Collection[str]) -> set[str]:
    """Names of the files of known kinds below a folder, with their suffix and without."""
    found: set[str] = set()
    for _, folders, names in islice(os.walk(folder), _FOLDERS_LOOKED_AT):
        folders[:] = [f for f in folders if not f.startswith(".")]
        parted = (os.path.splitext(name) for name in names)  # noqa: PTH122
        found |= {part for stem, suffix in parted if suffix.lower() in suffixes for part in (stem, stem + suffix)}
    return found


def _choice_of_texts() -> Choice:
    inline = [kind for kind in kinds() if kind.inline]
    return Choice(
        inline=bool(inline),
        items=tuple(name for kind in inline for name in kind.manifest_columns),
        pairs=tuple(pair for kind in inline for pair in kind.manifest_pairs),
    )
