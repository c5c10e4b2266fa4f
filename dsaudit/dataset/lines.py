"""Texts that stand in files one per line, without a table around them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.dataset.columns import Choice, Roles, known_columns
from dsaudit.dataset.names import counted, safe_text, shown
from dsaudit.dataset.table import Table
from dsaudit.dataset.text import manifest_text
from dsaudit.dataset.tree import read_tree
from dsaudit.types import Guess

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LIST_SUFFIXES = frozenset({".txt"})
_ENDS = re.compile(r"\r\n|\n|\r")
_DELIMITERS = {"\t": "a tab", "|": "a vertical bar", ";": "a semicolon", ",": "a comma"}
_FASTTEXT = re.compile(r"((?:__label__\S+\s+)+)(.*)", re.DOTALL)
_FILE = re.compile(r"^\S+\.[A-Za-z][A-Za-z0-9]{1,4}(?:\s|$|[,;|])")
_FEWEST, _MOST_FILES = 5, 50
_FEW_BLANK = 0.05
_NEARLY_ALL = 0.95
_LONGEST_LABEL = 60
_WRAPPED_FROM, _WRAPPED = 50, 0.8


def are_texts(text: str) -> bool:
    """Whether most lines are texts: of several words, and no names of files with what is said of these.

    Examples
    --------
    >>> are_texts("turn the light off\\nplay music, please\\n"), are_texts("a.wav yes\\nb.wav no\\n")
    (True, False)
    """
    lines = [line for line in _ENDS.split(text) if line.strip()]
    said = sum(len(line.split()) > 1 and not _FILE.match(line) for line in lines)
    return bool(lines) and 2 * said > len(lines) and not _is_table(lines[0])


def listed_texts(root: Path, files: Sequence[str]) -> Table | None:
    """The lines of files as items, where these are lists of texts; None where each file is rather one text.

    A label stands before or behind the text, with a tab, a bar, a semicolon or a comma between, or as fastText has it;
    else the name of the file or its folder tells it, and the split. One file alone is a list where it has several lines
    and is no table; several are lists where each has some, hardly any of them blank, and is the only one in its folder
    or among few.

    Parameters
    ----------
    root : Path
    files : sequence of str
        Relative to it.
    """
    folders = [str(PurePosixPath(path).parent) for path in files]
    flat = set(folders) == {"."}
    if not files or not {PurePosixPath(path).suffix.lower() for path in files} <= LIST_SUFFIXES:
        return None
    if len(files) > _MOST_FILES or (not flat and len(set(folders)) < len(folders)):
        return None
    stems = {PurePosixPath(path).stem for path in files}
    if flat and 1 < len(files) == sum(stem[-1].isdigit() for stem in stems):
        return None
    notes: list[str] = []
    texts: list[list[tuple[int, str]]] = []
    for path in files:
        read = manifest_text(root / path)
        notes += read.notes
        lines = _ENDS.split(read.text)
        texts.append([(k, line) for k, line in enumerate(lines, 1) if line.strip()])
        if not _is_list(lines, alone=len(files) == 1):
            return None
    every = [line for lines in texts for _, line in lines]
    labels, words, between = _parted(every)
    if labels is None and sum("\t" in line for line in every) >= _NEARLY_ALL * len(every):
        return None  # a table without names of columns
    told = len(files) > 1
    leaf = "/line" if len(stems) > 1 else ""
    tree = read_tree([f"{path.removesuffix(PurePosixPath(path).suffix)}{leaf}" if leaf else path for path in files])
    of_file = [k for k, lines in enumerate(texts) for _ in lines]
    columns: dict[str, Sequence[object]] = {"text": words}
    by_file = labels is None and told and any(tree.labels)
    columns["label"] = [tree.labels[k] for k in of_file] if by_file else labels or [None] * len(words)
    if any(tree.splits):
        columns["split"] = [tree.splits[k] for k in of_file]
    numbers = [number for lines in texts for number, _ in lines]
    if told:
        columns["id"] = [safe_text(f"{files[k]}:{number}") for k, number in zip(of_file, numbers, strict=True)]
    where = shown(files[0]) if not told else f"{len(files)} files"
    said = f"each line of {where} is read as a text of its own"
    said += ", its label by the file's name" if by_file else f", its label parted by {between}" if labels else ""
    roles = Roles(
        "text",
        "label" if any(columns["label"]) else None,
        "split" if "split" in columns else None,
        None,
        "id" if told else None,
        id_is_firm=True,
        notes=(),
        inline=True,
        guesses=(Guess(said, ""),),
    )
    layout = "a text per line" if not told else f"files with a text per line, {counted(len(files), 'file')}"
    return Table("folder", where, roles, columns, numbers, "line", layout, tuple(dict.fromkeys(notes)))


def _is_list(lines: Sequence[str], *, alone: bool) -> bool:
    filled = [len(line) for line in lines if line.strip()]
    first = next((line for line in lines if line.strip()), "")
    if len(filled) < (2 if alone else _FEWEST) or _is_table(first) or _FILE.match(first):
        return False
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    longest, middle = float(np.quantile(filled, 0.95)), float(np.median(filled))
    wrapped = longest >= _WRAPPED_FROM and middle >= _WRAPPED * longest and longest <= 2 * _WRAPPED_FROM
    blank = len(lines) - len(filled)
    return not (blank > _FEW_BLANK * len(lines) or (wrapped and not alone))


def _is_table(line: str) -> bool:
    """Whether a line names columns."""
    for delimiter in _DELIMITERS:
        names = [name.strip().strip('"') for name in line.split(delimiter)]
        if all(len(name.split()) < 4 for name in names) and known_columns(names, Choice()):
            return True
    return False


def _parted(lines: Sequence[str]) -> tuple[list[object] | None, list[str], str]:
    """Labels, texts and what is between; labels are None where there are none."""
    marked = [_FASTTEXT.fullmatch(line) for line in lines]
    if all(marked):
        found = [one.groups() for one in marked if one is not None]
        labels = [[label.removeprefix("__label__") for label in told.split()] for told, _ in found]
        return [one[0] if len(one) == 1 else one for one in labels], [text for _, text in found], "__label__"
    for delimiter, name in _DELIMITERS.items():
        parts = [line.split(delimiter) for line in lines]
        if sum(len(one) == 2 for one in parts) < _NEARLY_ALL * len(parts):
            continue
        if delimiter != "\t" and any(f"{delimiter} " in line for line in lines):
            continue  # as people write sentences
        for at in (0, 1):
            labels_of = [one[at].strip() if len(one) == 2 else None for one in parts]
            distinct = {label for label in labels_of if label}
            if 1 < len(distinct) <= max(2, len(lines) // 3) and all(len(one) <= _LONGEST_LABEL for one in distinct):
                words = [one[1 - at] if len(one) == 2 else line for one, line in zip(parts, lines, strict=True)]
                return list(labels_of), words, name
    return None, list(lines), ""
