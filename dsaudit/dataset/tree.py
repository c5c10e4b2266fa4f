"""What folders say of the items in them: which level names the classes, which the splits, and which only wraps."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsaudit.dataset.names import counted, safe_text, shown
from dsaudit.dataset.splits import has_split_level, is_split, split_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_MOST = 0.9
_BETWEEN = re.compile(r"[-_. ]+")
_CONTAINERS = frozenset(
    {"data", "dataset", "files", "raw", "samples", "items", "content", "recordings", "sounds", "photos", "photographs"}
)
"""Folders that are called after what they hold, not after a class; a kind of item adds its own."""


_SOURCE = re.compile(
    r"(?:speaker|spkr?|subject|subj|session|sess|batch|actor|participant|user|person|patient|device|room|mic|id|[sp])"
    r"[-_ ]?(?:\d+|(?<=[-_ ])\w+)",
    re.IGNORECASE,
)
"""What is a speaker, a session or the like, and no class."""
_CROSSED = 0.6
"""Share of the pairs of source and class that must be there."""


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
    """

    labels: list[str | None]
    splits: list[str | None]
    groups: list[str | None]
    layout: str = "one folder per class"
    group_source: str = ""
    notes: list[str] = field(default_factory=list)
    label_notes: list[str] = field(default_factory=list)

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
    names = _CONTAINERS | set(containers)
    folders = [(_plain_split(f[0], names), *f[1:]) if f else f for f in _unwrapped(folders, tree)]
    first = {f[0] for f in folders if f}
    if has_split_level(first, with_subfolders={f[0] for f in folders if len(f) > 1}):
        folders = _below_splits(folders, tree, names)
    elif _splits_below(folders):
        tree.splits = [safe_text(split_name(f[1])) if len(f) > 1 else None for f in folders]
        tree.layout = "one folder per class, in it one per split"
        tree.notes.append("the second level of folders is read as splits")
    elif any(is_split(f) for f in first):
        held = ", ".join(sorted(shown(f) for f in first if is_split(f)))
        tree.notes.append(
            f"the folders {held} are read as classes, because others stand beside them that are no splits"
        )
    for shape in PATH_SHAPES:
        if (matches := shape.matches(paths)) is not None:
            _take_shape(tree, shape, matches)
            return tree
    if folders and all(not f or f[0].casefold() in names for f in folders):
        folders = [f[1:] for f in folders]
    if _by_source(folders):
        folders = _below_sources(folders, tree)
    tree.labels = _labels(folders, tree)
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


def _plain_split(folder: str, containers: Collection[str]) -> str:
    """``dev`` of ``FSD50K.dev_audio``, else the name as it is."""
    *words, last = _BETWEEN.split(folder)
    found = [word for word in words if is_split(word)]
    return found[0] if len(found) == 1 and last.casefold() in containers else folder


def _below_splits(folders: list[tuple[str, ...]], tree: Tree, containers: Collection[str]) -> list[tuple[str, ...]]:
    first = {f[0] for f in folders if f}
    tree.splits = [safe_text(split_name(f[0])) if f else None for f in folders]
    tree.layout = "one folder per split, in it one per class"
    tree.notes.append(f"the first level of folders is read as splits: {', '.join(sorted(map(shown, first)))}")
    below = [f[1:] for f in folders]
    for split in sorted(first):
        members = [k for k, f in enumerate(folders) if f and f[0] == split]
        inner = {below[k][0] for k in members if below[k]}
        deep = any(len(below[k]) > 1 for k in members)
        if len(inner) == 1 and (deep or all(name.casefold() in containers for name in inner)):
            for k in members:
                below[k] = below[k][1:]
    return below


def _splits_below(folders: Sequence[tuple[str, ...]]) -> bool:
    second = {f[1] for f in folders if len(f) > 1}
    return len(second) > 1 and all(map(is_split, second)) and len({f[0] for f in folders if f}) > 1


def _by_source(folders: Sequence[tuple[str, ...]]) -> bool:
    """Whether the first level is called like speakers or sessions, and the same classes come again below each."""
    below: dict[str, set[str]] = {}
    for f in folders:
        if len(f) < 2 or not _SOURCE.fullmatch(f[0]):
            return False
        below.setdefault(f[0], set()).add(f[1])
    classes = set().union(*below.values())
    n_pairs = sum(map(len, below.values()))
    return len(below) > 1 < len(classes) and n_pairs >= _CROSSED * len(below) * len(classes)


def _below_sources(folders: Sequence[tuple[str, ...]], tree: Tree) -> list[tuple[str, ...]]:
    tree.groups = [safe_text(f[0]) for f in folders]
    tree.group_source = "first level of folders"
    tree.layout = "one folder per group, in it one per class"
    tree.notes.append(
        f"the first level of folders ({shown(folders[0][0])} …) is read as groups: the same classes are below each"
    )
    return [f[1:] for f in folders]


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
        tree.layout = "one folder per split, no classes" if by_split else "files without folders of classes"
        where = "the splits hold files and no folders of classes" if by_split else "no folders name classes"
        tree.label_notes.append(f"all items are unlabelled: {where}")
    elif len(classes) == 1 and len(folders) > 1:
        (name,) = classes
        tree.notes.insert(
            0, f"everything is in one class, {shown(name)!r}: classes are told by the folders that hold them"
        )
    if loose and classes:
        place = "the root or in a split" if by_split else "the root"
        tree.label_notes.append(f"without a label, because directly in {place}: {counted(loose, 'item')}")
