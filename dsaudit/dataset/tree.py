"""What folders say of the items in them: which level names the classes, which the splits, and which only wraps."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsaudit.dataset.groups import cost, groups_from_names
from dsaudit.dataset.label_pattern import fields_sentence, folder_pattern, recurring_fields
from dsaudit.dataset.level import Levels, read_levels, sort_of
from dsaudit.dataset.names import counted, safe_text, shown
from dsaudit.dataset.splits import class_and_split, has_split_level, is_split, read_as, split_name, splits_among
from dsaudit.types import Guess

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_MOST = 0.9
_BETWEEN = re.compile(r"[-_. ]+")
_CONTAINERS = frozenset({"data", "dataset", "files", "raw", "samples", "items", "content"})
"""Folders that are called after what they hold, not after a class; a kind of item adds its own."""
_OF_SOURCES = frozenset({"speakers", "users", "subjects", "participants", "patients", "talkers", "volunteers"})
"""Folders that say of those in them that they are what items come from."""
_PART = re.compile(
    r"(?P<stem>(?:.*(?:[-_. ]|(?<=[a-z\d])(?=[A-Z])))?(?i:part|shard|chunk|batch|dis[ck]|cd|vol|volume)[-_. ]?)"
    r"\d+(?:[-_ ]?of[-_ ]?\d+)?"
)
"""Where a set was cut to be copied, as no class is called."""


@dataclass(frozen=True, slots=True)
class PathShape:
    """A well-known dataset that is recognised by its paths; what they say are the pattern's named groups."""

    name: str
    pattern: re.Pattern[str]
    says: str

    def matches(self, paths: Sequence[str]) -> list[re.Match[str] | None] | None:
        """Of every path; None where it is not this shape."""
        found = [self.pattern.search(path) for path in paths]
        return found if found and len(found) - found.count(None) >= _MOST * len(paths) else None


PATH_SHAPES = (
    PathShape(
        "VoxCeleb",
        re.compile(r"(?:^|/)(?P<label>id\d{5})/(?P<group>[^/]+)/\d+\.\w+$"),
        "the speaker is the label, the video the group",
    ),
    PathShape(
        "LibriSpeech",
        re.compile(r"(?:^|/)(?P<group>\d+)/(\d+)/(?P=group)[-_]\2[-_]\w+\.\w+$"),
        "the speaker is the group; its transcripts are no classes, so it is audited without labels",
    ),
)


@dataclass(slots=True)
class Tree:
    """One value per item, and how they were read.

    Attributes
    ----------
    labels, splits, groups : list of (str or None)
    layout : str
        In a phrase.
    group_source : str
    notes, label_notes : list of str
        The latter of labels alone.
    guesses : list of Guess
    """

    labels: list[str | None]
    splits: list[str | None]
    groups: list[str | None]
    layout: str = "one folder per class"
    group_source: str = ""
    notes: list[str] = field(default_factory=list)
    label_notes: list[str] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)

    def guess(self, text: str, option: str) -> None:
        """Keep what was taken to be so, with the option that says otherwise."""
        self.guesses.append(Guess(text, option))

    @property
    def is_one_class(self) -> bool:
        """Whether one class holds all items, and there are several."""
        return len(self.labels) > 1 and len(set(self.labels)) == 1 and self.labels[0] is not None


def read_tree(paths: Sequence[str], *, containers: Collection[str] = ()) -> Tree:
    """Labels, splits and groups as the folders have them.

    The label is the name of the first level of folders that tells items apart: below a folder that wraps all, below
    splits, below folders called after what they hold (``audio``), below first letters, below speakers or sessions that
    hold the same classes each, which are the groups.

    Parameters
    ----------
    paths : sequence of str
        Of items, relative, with ``/``.
    containers : collection of str
        Lower-case names of folders that only say what kind of item is in them.

    Examples
    --------
    >>> tree = read_tree(["train/audio/yes/1.wav", "test/audio/2.wav"], containers={"audio"})
    >>> tree.labels, tree.splits
    (['yes', None], ['train', 'test'])
    """
    folders = [tuple(path.split("/")[:-1]) for path in paths]
    none: list[str | None] = [None] * len(paths)
    tree = Tree(none, list(none), list(none))
    names = _CONTAINERS | _OF_SOURCES | set(containers)
    sources = _sources(folders, names)
    folders = _without_parts(paths, folders, tree)
    folders = [(_plain_split(f[0], names), *f[1:]) if f else f for f in _unwrapped(folders, tree)]
    first = _inside(folders)
    both = class_and_split(first) if not any(first.values()) else {}
    if both:
        tree.splits = [safe_text(both[f[0]][1]) if f else None for f in folders]
        folders = [(both[f[0]][0],) if f else f for f in folders]
        tree.layout = "one folder per class and split"
        tree.notes.append(f"the folders are read as a class and a split each: {_some(list(first))}")
    elif has_split_level(first):
        folders = _below_splits(folders, tree, names)
    elif _splits_below(folders):
        second = splits_among(f[1] for f in folders if len(f) > 1)
        tree.splits = [safe_text(second[f[1]]) if len(f) > 1 else None for f in folders]
        tree.layout = "one folder per class, in it one per split"
        tree.notes.append(f"the second level of folders is read as splits: {_told(second)}")
        folders = [(*f[:1], *f[2:]) for f in folders]
    elif any(is_split(f) for f in first):
        held = ", ".join(sorted(shown(f) for f in first if is_split(f)))
        tree.notes.append(
            f"the folders {held} are read as classes, because others stand beside them that are no splits"
        )
    for shape in PATH_SHAPES:
        if (matches := shape.matches(paths)) is not None:
            _take_shape(tree, shape, matches)
            return tree
    folders = _without_containers(folders, names)
    reading = read_levels(folders, sources)
    if reading == Levels() and any(folders) and sources >= {f[0] for f in folders if f}:
        _take_told_sources(tree, paths, folders)
    elif reading == Levels():
        _take_sources(tree, paths, folders)
    else:
        _take_levels(tree, paths, folders, reading)
    _tell(tree, folders)
    return tree


def _unwrapped(folders: list[tuple[str, ...]], tree: Tree) -> list[tuple[str, ...]]:
    """Without the folders that hold all others."""
    while folders and any(len(f) > 1 for f in folders):
        first = {f[0] if f else None for f in folders}
        (name,) = first if len(first) == 1 else (None,)
        if name is None or is_split(name):
            break
        folders = [f[1:] for f in folders]
        tree.notes.append(f"the folder {shown(name)} holds all others, which are read in its place")
    return folders


def _without_parts(paths: Sequence[str], folders: list[tuple[str, ...]], tree: Tree) -> list[tuple[str, ...]]:
    """Without the levels on which every folder is a numbered part of one set."""
    for depth in reversed(range(max(map(len, folders), default=0))):
        names = {f[depth] for f in folders if len(f) > depth}
        found = [_PART.fullmatch(name) for name in names]
        if len({m["stem"].casefold() if m else None for m in found} | {None}) == 2 and None not in found:
            pattern = folder_pattern(paths, _level(folders, depth))
            folders = [(*f[:depth], *f[depth + 1 :]) for f in folders]
            part = "label" if len(set(folders)) == 1 else "group"  # what they could still be
            tree.guess(
                f"the folders {_some([*names])} are read as parts of one set, and no classes",
                f"--{part}-pattern '{pattern}'",
            )
    return folders


def _sources(folders: Sequence[tuple[str, ...]], containers: Collection[str]) -> frozenset[str]:
    """The folders below one that is called speakers or the like; none where it holds a single one."""
    found: set[str] = set()
    for f in folders:
        depth = next((d for d, name in enumerate(f) if name.casefold() in _OF_SOURCES), len(f))
        below = (name for name in f[depth + 1 :] if name.casefold() not in containers and not is_split(name))
        found.update([*below][:1])
    return frozenset(found if len(found) > 1 else ())


def _without_containers(folders: list[tuple[str, ...]], containers: Collection[str]) -> list[tuple[str, ...]]:
    """Without the levels on which every folder is called after what it holds."""
    for depth in reversed(range(max(map(len, folders), default=0))):
        if all(len(f) <= depth or f[depth].casefold() in containers for f in folders):
            folders = [(*f[:depth], *f[depth + 1 :]) for f in folders]
    return folders


def _plain_split(folder: str, containers: Collection[str]) -> str:
    """``dev`` of ``FSD50K.dev_audio``, else the name as it is."""
    *words, last = _BETWEEN.split(folder)
    found = [word for word in words if is_split(word)]
    return found[0] if len(found) == 1 and last.casefold() in containers else folder


def _below_splits(folders: list[tuple[str, ...]], tree: Tree, containers: Collection[str]) -> list[tuple[str, ...]]:
    first = _inside(folders)
    named = splits_among(first)
    tree.splits = [safe_text(named.get(f[0], f[0].strip())) if f else None for f in folders]
    tree.layout = "one folder per split, in it one per class"
    tree.notes.append(f"the first level of folders is read as splits: {_told({f: f for f in first} | named)}")
    under: dict[tuple[str, ...], set[str]] = {f[:2]: set() for f in folders}
    for f in folders:
        under[f[:2]].update(f[2:3])
    wrapping = {
        (split, name)
        for split, held in first.items()
        for name in held
        if len(held) == 1 and _wraps(name, under[split, name], first, split, containers)
    }
    return [f[2:] if f[:2] in wrapping else f[1:] for f in folders]


def _wraps(name: str, within: set[str], first: Mapping[str, set[str]], split: str, containers: Collection[str]) -> bool:
    """Whether the only folder in a split wraps the classes there."""
    if name.casefold() in containers or (is_split(name) and split_name(name) == split_name(split)):
        return True  # the last is how an archive unpacks into a folder of its own name
    beside = {other for one, held in first.items() if one != split for other in held}
    alone = all(len(held) == 1 for held in first.values())
    return bool(within & beside) or (
        bool(within) and alone and sort_of(sorted(set().union(*first.values()))) != "source"
    )


def _told(splits: Mapping[str, str]) -> str:
    return read_as({shown(folder): shown(split) for folder, split in splits.items()})


def _inside(folders: Sequence[tuple[str, ...]]) -> dict[str, set[str]]:
    """The folders of the first level, and those in each."""
    inside: dict[str, set[str]] = {f[0]: set() for f in folders if f}
    for f in folders:
        if len(f) > 1:
            inside[f[0]].add(f[1])
    return inside


def _splits_below(folders: Sequence[tuple[str, ...]]) -> bool:
    second = {f[1] for f in folders if len(f) > 1}
    return len(second) > 1 and len(splits_among(second)) == len(second) and len({f[0] for f in folders if f}) > 1


def _take_levels(tree: Tree, paths: Sequence[str], folders: Sequence[tuple[str, ...]], reading: Levels) -> None:
    """Labels and groups from the levels that name them, and how to have it otherwise."""
    labels, groups = _level(folders, reading.label), _level(folders, reading.group)
    label, group = folder_pattern(paths, labels), folder_pattern(paths, groups)
    if reading.group is None:
        above = folder_pattern(paths, _level(folders, 0))
        tree.labels = labels
        tree.guess(
            f"the folders {_some(_level(folders, 0))} are read as conditions and no classes: the same ones "
            f"({_some(labels)}) are below each",
            f"--label-pattern '{above}'",
        )
        return
    tree.labels = labels if reading.label else _labels(folders, tree)
    other_way = f"--label-pattern '{group}' --group-pattern '{label}'"
    deeper = reading.label + 1 if reading.label > reading.group else reading.group + 1
    below = _level(folders, deeper)
    if len(set(below) - {None}) > 1 and 2 * below.count(None) < len(below):
        tree.label_notes.append(
            f"the folders {_some(below)} are not used: where they name the classes, --label-pattern "
            f"'{folder_pattern(paths, below)}'"
        )
    if reading.label > reading.group:
        tree.layout = "one folder per group, in it one per class"
        unsure = ", and nothing else tells which is which" * (not reading.sure)
        tree.groups, tree.group_source = groups, "folders above the classes"
        tree.guess(
            f"the folders {_some(groups)} are read as groups: the same classes ({_some(labels)}) are below each"
            + unsure,
            other_way,
        )
        return
    price = cost(groups, tree.labels)
    if price or not reading.sure:
        tree.notes.append(
            f"the folders {_some(groups)} below the classes could be groups{', but ' * bool(price)}{price}: "
            f"--group-pattern '{group}' reads them so; if they name the classes: {other_way}"
        )
        return
    tree.layout = "one folder per class, in it one per group"
    tree.groups, tree.group_source = groups, "folders below the classes"
    tree.guess(f"the folders {_some(groups)} are read as groups: the same ones are below the classes", other_way)
    held = [(path, who) for path, who in zip(paths, groups, strict=True) if who is not None]
    fields = recurring_fields([path for path, _ in held], [who for _, who in held])
    if fields := [field for field in fields if set(field[1]) != set(tree.labels) - {None}]:
        tree.label_notes.append(f"the file names may hold another label: {fields_sentence(fields)}")


def _take_told_sources(tree: Tree, paths: Sequence[str], folders: Sequence[tuple[str, ...]]) -> None:
    """Groups and no classes, as the folder above says, with what could name the classes."""
    first, second = _level(folders, 0), _level(folders, 1)
    tree.groups, tree.group_source = first, "folders of the files"
    pattern = folder_pattern(paths, first)
    held = [(path, f[0]) for path, f in zip(paths, folders, strict=True) if f]
    fields = recurring_fields([path for path, _ in held], [folder for _, folder in held])
    if len(set(second) - {None}) > 1:
        where = f"where the folders below name the classes: --label-pattern '{folder_pattern(paths, second)}'; "
    else:
        where = f"the file names may hold the label: {fields_sentence(fields)}; " if fields else ""
    tree.label_notes.append(
        f"the folders {_some(first)} are groups and no classes, as the name of the one above says; {where}if they "
        f"are the classes: --label-pattern '{pattern}'"
    )


def _take_sources(tree: Tree, paths: Sequence[str], folders: Sequence[tuple[str, ...]]) -> None:
    """Tell classes that are called like speakers; where the names of files hold others they are groups."""
    tree.labels = _labels(folders, tree)
    first, second = _level(folders, 0), _level(folders, 1)
    names = sorted({name for name in first if name is not None})
    if len(names) < 2:
        return
    called, pattern = sort_of(names) == "source", folder_pattern(paths, first)
    if called and len(set(second)) > 1 and second.count(None) < len(second) / 2:
        tree.label_notes.append(
            f"the classes are called like speakers or sessions ({_some(first)}): where the folders below name the "
            f"classes, --label-pattern '{folder_pattern(paths, second)}' --group-pattern '{pattern}'"
        )
        return
    if tree.labels != first or groups_from_names(paths) is not None:
        return
    if len(set(second) - {None}) > 1 and 2 * second.count(None) < len(second):
        if sort_of(sorted({name for name in second if name is not None})) in ("class", "word"):
            tree.label_notes.append(
                f"the folders in those of the classes ({_some(second)}) are read as parts of them: where they are the "
                f"classes, --label-pattern '{folder_pattern(paths, second)}'"
            )
        return
    held = [(path, f[0]) for path, f in zip(paths, folders, strict=True) if f]
    fields = recurring_fields([path for path, _ in held], [folder for _, folder in held])
    if called and fields:
        tree.labels, tree.groups = [None] * len(paths), first
        tree.group_source = "folders of the files"
        tree.label_notes.append(
            f"the folders are called like speakers or sessions ({_some(first)}), so they are groups and no classes; "
            f"the file names may hold the label: {fields_sentence(fields)}; if the folders are the classes: "
            f"--label-pattern '{pattern}'"
        )
    elif called:
        tree.label_notes.append(
            f"the classes are called like speakers or sessions ({_some(first)}): where they are groups and no classes, "
            f"--group-pattern '{pattern}' with a --label-pattern that finds the classes"
        )
    elif fields := [f for f in fields if sort_of(names) == "code" or not any(map(str.isdigit, f[1]))]:
        tree.label_notes.append(
            f"the file names hold the same words in most folders: where they are speakers or sessions, "
            f"{fields_sentence(fields[:1], '--group-pattern')}; where they are the labels, "
            f"--label-pattern '{fields[0][0]}' --group-pattern '{pattern}'"
        )


def _level(folders: Sequence[tuple[str, ...]], depth: int | None) -> list[str | None]:
    return [safe_text(f[depth]) if depth is not None and len(f) > depth else None for f in folders]


def _some(names: Sequence[str | None]) -> str:
    different = sorted({name for name in names if name is not None})
    return ", ".join(map(shown, different[:3])) + (", …" if len(different) > 3 else "")


def _labels(folders: Sequence[tuple[str, ...]], tree: Tree) -> list[str | None]:
    lettered = [f for f in folders if f]
    if lettered and all(len(f) > 1 and len(f[0]) == 1 and f[1][:1].casefold() == f[0].casefold() for f in lettered):
        tree.notes.append("the folders of one letter are no classes: those below them are")
        return [safe_text("/".join(f[1:])) if f else None for f in folders]
    return [safe_text(f[0]) if f else None for f in folders]


def _take_shape(tree: Tree, shape: PathShape, matches: Sequence[re.Match[str] | None]) -> None:
    found = [m.groupdict() if m else {} for m in matches]
    tree.labels = [m.get("label") for m in found]
    tree.groups = [f"{m['label']}/{m['group']}" if m.get("label") else m.get("group") for m in found]
    tree.group_source = f"folders of {shape.name}"
    tree.layout = shape.name
    tree.notes.append(f"read as {shape.name}: {shape.says}")
    if missing := found.count({}):
        tree.notes.append(f"not named like the others, so without label and group: {counted(missing, 'item')}")


def _tell(tree: Tree, folders: Sequence[tuple[str, ...]]) -> None:
    """Say loudly what nobody means: no classes, or one."""
    classes = Counter(label for label in tree.labels if label is not None)
    loose = tree.labels.count(None)
    by_split = any(tree.splits)
    if not classes:
        by_group = any(tree.groups)
        what = "one folder per group, no classes" if by_group else "files without folders of classes"
        tree.layout = "one folder per split, no classes" if by_split and not by_group else what
        where = "the splits hold files and no folders of classes" if by_split else "no folders name classes"
        tree.label_notes.append(f"all items are unlabelled: {where}")
    if loose and classes:
        place = "the root" + " or in a split" * by_split + " or in a group" * any(tree.groups)
        tree.label_notes.append(f"without a label, because directly in {place}: {counted(loose, 'item')}")
