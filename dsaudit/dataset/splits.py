"""Which split an item is in: by folder name, by list file or by a manifest's own word."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

from dsaudit.dataset.names import counted, safe_text
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

_WORDS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "devel": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
    "evaluate": "test",
    "holdout": "test",
    "heldout": "test",
    "hold-out": "test",
    "held-out": "test",
    "validated": "train",
}
_FOLD = re.compile(r"(?:cv[-_ ]?)?fold[-_ ]?\d+")
_PARTS = re.compile(r"(.+?)(?:[-_. ]*(?:clean|other|sets?|split|data|files|\d+h?))+")
"""``dev-clean``, ``train-other-500``, ``test_set``: a word, and which part or how much of it."""

_SHORT = {
    **dict.fromkeys(("tr", "trn", "tra"), "train"),
    **dict.fromkeys(("va", "vl", "vld", "dv", "dt", "cv"), "validation"),
    **dict.fromkeys(("te", "ts", "tt", "tst", "et", "ev"), "test"),
}
"""Words of splits only beside each other: alone ``tr`` is a language."""
_DEVELOPMENT = frozenset({"dev", "devel", "development"})
"""What is trained with where there is nothing else to train with."""
_NO_CLASS = re.compile(
    r"_?(?:un-?labell?ed|extra|unsorted|misc|other|noise|hum|background.*|silence|unknown)_?", re.IGNORECASE
)
"""What lies beside a training split without classes."""
_FLAG = re.compile(r"(?:is|in)[-_ ]?(\w+)", re.IGNORECASE)
_YES, _NO = frozenset({"1", "1.0", "true", "t", "yes", "y"}), frozenset({"0", "0.0", "false", "f", "no", "n"})
_BETWEEN = re.compile(r"[-_. ]+")
_ENDS = re.compile(r"[-_. ]+|(?<=[a-z])(?=[A-Z\d])")

_LISTS = (
    re.compile(r"(?P<folder>.*/)?(?P<split>validation|testing)_list\.txt"),
    re.compile(r"(?P<folder>.*/)?evaluation_setup/fold1_(?P<split>[a-z]+)\w*\.(?:csv|txt)"),
    re.compile(r"(?P<folder>.*/)?(?P<split>[a-z]+)(?:[-_]?(?:list|files|split|set))?\.txt"),
)
"""Lists of the files of a split: Speech Commands', DCASE's, and those that are called like one. Their paths start from
``folder``."""


def split_lists(files: Iterable[str]) -> dict[str, str]:
    """The split that each list of files among ``files`` is of.

    Examples
    --------
    >>> split_lists(["testing_list.txt", "evaluation_setup/fold1_train.csv", "readme.txt"])
    {'testing_list.txt': 'test', 'evaluation_setup/fold1_train.csv': 'train'}
    """
    found = {path: match["split"] for path in files for known in _LISTS if (match := known.fullmatch(path))}
    return {path: split_name(word) for path, word in found.items() if is_split(word)}


def split_name(word: str) -> str:
    """``train``, ``validation`` or ``test`` for its usual spellings, else the word itself without outer spaces.

    Examples
    --------
    >>> split_name("Dev"), split_name("train-clean-100"), split_name("fold 3")
    ('validation', 'train', 'fold 3')
    """
    return _known(word) or word.strip()


def is_split(word: str) -> bool:
    """Whether a word is a usual name of a split.

    Examples
    --------
    >>> is_split("evaluation"), is_split("test_tone")
    (True, False)
    """
    return _known(word) is not None


def split_in(path: str) -> str | None:
    """The split that the name of a file says, or of a folder above it, whole or in one of its words.

    Examples
    --------
    >>> split_in("trainLabels.csv"), split_in("test/metadata.csv"), split_in("labels.csv")
    ('train', 'test', None)
    """
    word = split_word(path)
    return None if word is None else split_name(word)


def split_word(path: str) -> str | None:
    """The word of a path by which ``split_in`` knows the split."""
    *folders, name = path.split("/")
    stem = name.partition(".")[0]
    words = (stem, *_ENDS.split(stem), *reversed(folders))
    return next((word for word in words if is_split(word)), None)


def folder_split(path: str) -> str | None:
    """The split that the nearest folder above a file says, whole or in one of its words.

    Examples
    --------
    >>> folder_split("train_images/test1.png"), folder_split("images/test1.png")
    ('train', None)
    """
    words = (word for folder in reversed(path.split("/")[:-1]) for word in (folder, *_ENDS.split(folder)))
    return next((split_name(word) for word in words if is_split(word)), None)


def _known(word: str) -> str | None:
    plain = word.strip().casefold()
    if _FOLD.fullmatch(plain):
        return word.strip()
    if plain not in _WORDS and (match := _PARTS.fullmatch(plain)):
        plain = match[1]
    return _WORDS.get(plain)


def splits_among(words: Iterable[str]) -> dict[str, str]:
    """The split of each word that names one, seen beside the others.

    ``tr`` is one beside ``te``; ``yes_no_train`` is one beside ``yes_no_test``; ``dev`` is trained with where a test
    and no training split stands beside it.

    Examples
    --------
    >>> splits_among(["tr", "va", "te"])
    {'tr': 'train', 'va': 'validation', 'te': 'test'}
    >>> splits_among(["yes_no_train", "yes_no_test", "dev"])
    {'yes_no_train': 'train', 'yes_no_test': 'test', 'dev': 'validation'}
    >>> splits_among(["dev", "eval"]), splits_among(["train_station", "bus"])
    ({'dev': 'train', 'eval': 'test'}, {})
    """
    words = list(dict.fromkeys(words))
    found = {word: name for word in words if (name := _known(word)) is not None}
    short = {word: name for word in words if (name := _SHORT.get(word.strip().casefold())) is not None}
    if len(found | short) == len(words) and "train" in short.values() and len({*(found | short).values()}) > 1:
        found |= short
    by_rest: dict[str, dict[str, str]] = {}
    for word in words:
        if word not in found and (parts := _apart(word)) is not None:
            by_rest.setdefault(parts[0], {})[word] = parts[1]
    if len(by_rest) == 1:
        (together,) = by_rest.values()
        found |= together if len({*together.values(), *found.values()}) > 1 else {}
    if "train" not in found.values() and "test" in found.values():
        found |= {word: "train" for word in found if word.strip().casefold() in _DEVELOPMENT}
    return {word: found[word] for word in words if word in found}


def class_and_split(folders: Collection[str]) -> dict[str, tuple[str, str]]:
    """Class and split of folders that name both, such as ``cats_train``; empty where not all of them do.

    Examples
    --------
    >>> class_and_split(["cats_train", "cats_test", "dogs_train", "dogs_test"])["dogs_test"]
    ('dogs', 'test')
    >>> class_and_split(["train_station", "bus_station"])
    {}
    """
    parts = {folder: found for folder in folders if (found := _apart(folder)) is not None}
    splits = Counter(rest for rest, _ in parts.values())
    whole = len(parts) == len(folders) and len(set(parts.values())) == len(parts)
    return parts if whole and len(splits) > 1 and min(splits.values()) > 1 else {}


def _apart(word: str) -> tuple[str, str] | None:
    """``cats`` and ``train`` of ``cats_train``."""
    pieces = _BETWEEN.split(word.strip())
    known = [(k, name) for k, piece in enumerate(pieces) if (name := _WORDS.get(piece.casefold())) is not None]
    if len(pieces) < 2 or len(known) != 1:
        return None
    ((place, name),) = known
    return "_".join(pieces[:place] + pieces[place + 1 :]), name


def has_split_level(folders: Mapping[str, Collection[str]]) -> bool:
    """Whether a dataset's first level of folders names splits rather than classes.

    Parameters
    ----------
    folders : mapping of str to collection of str
        Folders in the root that hold items, at any depth, and the folders in each that do.

    Returns
    -------
    bool
        True where every folder is named like a split; or where two different splits with class folders
        inside stand beside others, or a training split beside others with the same classes inside, or with what has
        none. A class called ``test`` among other classes is no split.

    Examples
    --------
    >>> has_split_level({"train": {"yes", "no"}, "test": {"yes", "no"}})
    True
    >>> has_split_level({"train": {"yes", "no"}, "extra": {"yes", "no"}, "noise": set()})
    True
    >>> has_split_level({"quiz": set(), "test": set()})
    False
    """
    named = splits_among(folders)
    if len(named) == len(folders):
        return bool(named) and (any(map(is_split, named)) or any(folders.values()))
    holding = {name for folder, name in named.items() if folders[folder]}
    if len(holding) >= 2:
        return True
    inside = {name for folder in named for name in folders[folder]}
    others = [set(held) for folder, held in folders.items() if folder not in named and held]
    if holding != {"train"} or len(inside) < 2:
        return False
    alike = all(2 * len(held & inside) > len(held) for held in others)
    return alike and all(held or _NO_CLASS.fullmatch(f) for f, held in folders.items() if f not in named)


def splits_from_lists(root: Path, ids: Sequence[str], lists: Mapping[str, str]) -> tuple[list[str | None], list[str]]:
    """Splits by lists of files, see ``split_lists``.

    Returns
    -------
    splits : list of (str or None)
        One per id: all None where no line of a list is an item. Items in no list are in ``train``, unless a list says
        what is.
    notes : list of str

    Raises
    ------
    DatasetError
        A list file that cannot be read.
    """
    notes: list[str] = []
    known = set(ids)
    split_of: dict[str, str] = {}
    for file_name, split in sorted(lists.items(), key=lambda item: (item[1] == "test", item[0])):
        listed = _listed(root, file_name, known)
        here = listed & known
        if not here:
            continue
        both = sum(1 for item_id in here if split_of.get(item_id, split) != split)
        split_of.update(dict.fromkeys(here, split))
        note = f"{file_name} puts {counted(len(here), 'item')} in the {split} split"
        if absent := len(listed - known):
            note += f"; lines that name no item here: {absent}"
        if both:
            note += f"; also in another list: {both}"
        notes.append(note)
    if not split_of:
        return [None] * len(ids), notes
    rest = None if "train" in split_of.values() else "train"
    return [split_of.get(item_id, rest) for item_id in ids], notes


def _listed(root: Path, file_name: str, known: Collection[str]) -> set[str]:
    """What a list names; of a line with more than a path the first field."""
    try:
        text = (root / file_name).read_bytes().decode("utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise DatasetError(
            f"cannot read {file_name}: {os.strerror(error.errno or 0)}",
            hint="make the file readable, or move it away to do without these splits",
        ) from error
    folder = next((match["folder"] or "" for known_as in _LISTS if (match := known_as.fullmatch(file_name))), "")
    deeper = _one_deeper(folder, known)
    listed = set()
    for line in text.splitlines():
        whole = folder + safe_text(line.strip().replace("\\", "/").removeprefix("./"))
        parts = [whole, *(re.split(ends, whole, maxsplit=1)[0].strip() for ends in (r"[\t,;|]", r"\s"))]
        named = (part if part in known else deeper.get(part) for part in parts)
        listed.add(next((item_id for item_id in named if item_id), whole))
    return listed - {folder}


def _one_deeper(folder: str, known: Collection[str]) -> dict[str, str]:
    """Items of the one folder that stands between ``folder`` and its files, as in ``audio/yes/1.wav``, without it."""
    below = [item_id.removeprefix(folder).partition("/") for item_id in known if item_id.startswith(folder)]
    between = {first for first, slash, _ in below if slash}
    return {folder + rest: f"{folder}{first}/{rest}" for first, _, rest in below} if len(between) == 1 else {}


def normalized_splits(words: Sequence[str | None]) -> tuple[list[str | None], list[str]]:
    """A manifest's split column in dsaudit's words, and notes on the words that changed.

    Examples
    --------
    >>> normalized_splits(["training", "test", None])
    (['train', 'test', None], ["split 'training' is read as 'train' (1 item)"])
    """
    known = splits_among(word for word in words if word is not None)
    names = [None if word is None else known.get(word, word.strip()) for word in words]
    renamed = Counter((w.strip(), n) for w, n in zip(words, names, strict=True) if w and n and w.strip() != n)
    return names, [
        f"split {word!r} is read as {name!r}{_untrained(word, name)} ({counted(n, 'item')})"
        for (word, name), n in sorted(renamed.items())
    ]


def flagged_split(column: str) -> str | None:
    """The split that a column of yes and no is about by its name.

    Examples
    --------
    >>> flagged_split("is_test"), flagged_split("isTrain"), flagged_split("is_loud"), flagged_split("test")
    ('test', 'train', None, None)
    """
    match = _FLAG.fullmatch(column.strip())
    return _known(match[1]) if match else None


def is_flag(cells: Iterable[str | None]) -> bool:
    """Whether cells say yes and no, and nothing else."""
    return {cell.strip().casefold() for cell in cells if cell} <= _YES | _NO


def splits_of_flags(flags: Mapping[str, Sequence[str | None]]) -> list[str | None]:
    """Splits by columns of yes and no: what is in none of theirs is in the one that is not among them.

    Examples
    --------
    >>> splits_of_flags({"is_test": ["0", "1", None]})
    ['train', 'test', None]
    >>> splits_of_flags({"is_train": ["True", "False"]})
    ['train', 'test']
    """
    named = {column: flagged_split(column) for column in flags}
    rest = next((name for name in ("train", "test") if name not in named.values()), "validation")
    splits: list[str | None] = []
    for cells in zip(*flags.values(), strict=True):
        said = [
            named[column] for column, cell in zip(flags, cells, strict=True) if (cell or "").strip().casefold() in _YES
        ]
        splits.append(said[0] if said else rest if any(cells) else None)
    return splits


def _untrained(word: str, name: str) -> str:
    return ", for there is no other" if name == "train" and word.casefold() in _DEVELOPMENT else ""


def read_as(names: Mapping[str, str]) -> str:
    """Which folder is read as which split: ``dev as train, eval as test``.

    Examples
    --------
    >>> read_as({"dev": "train", "test": "test"})
    'dev as train, for there is no other, test'
    """
    return ", ".join(f"{w} as {n}{_untrained(w, n)}" if w != n else w for w, n in sorted(names.items()))
