"""Every file below a folder, fast, once, and whatever lies there."""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsaudit.dataset.names import counted, shown
from dsaudit.dataset.text import unreadable

if TYPE_CHECKING:
    from pathlib import Path

_NOISE_FOLDER = re.compile(r"_?background[ _-]?noises?_?", re.IGNORECASE)
_ABOUT = re.compile(
    r"(?:read[ _-]?me|licen[cs]e|changelog|citation|notice|contributing|authors|credits)(?:[ ._-].*)?", re.IGNORECASE
)
_WRITTEN = frozenset({".md", ".txt", ".rst", ".html"})
_ARCHIVE = re.compile(r"\.(?:zip|7z|rar|tgz|tbz2?|txz|tar(?:\.(?:gz|bz2|xz|zst))?)(?:\.(?:part)?\d+)?$", re.IGNORECASE)
_SYSTEM_NAMES = frozenset({"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "system volume information"})


@dataclass(slots=True)
class Scan:
    """What a folder holds; paths are relative to it, with ``/``.

    Attributes
    ----------
    items : list of str
        Files with a wanted suffix; a symbolic link to nothing counts, for it names a missing file.
    others : list of str
        Visible files with any other suffix.
    notes : list of str
        What was followed, passed over or could not be read.
    cut : bool
        Whether the walk ended before everything was seen.
    """

    items: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cut: bool = False


@dataclass(slots=True)
class _Walk:
    """State of one walk: the folders to enter and what was seen on the way."""

    suffixes: frozenset[str]
    scan: Scan = field(default_factory=Scan)
    folders: deque[str] = field(default_factory=lambda: deque([""]))
    links: deque[str] = field(default_factory=deque)
    visited: set[tuple[int, int]] = field(default_factory=set)
    hidden: int = 0
    special: int = 0
    linked_files: int = 0
    noise: list[str] = field(default_factory=list)
    called_like_items: list[str] = field(default_factory=list)
    entered_links: list[str] = field(default_factory=list)
    repeated_links: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def scanned(root: Path, *, suffixes: frozenset[str], most: int = 0) -> Scan:
    """Walk ``root``, following symbolic links but entering no folder twice.

    Real folders are entered before linked ones, so a link beside its target never hides the target.

    Parameters
    ----------
    root : Path
        Absolute.
    suffixes : frozenset of str
        Lower case with the dot.
    most : int
        Files to stop at; 0: none.

    Raises
    ------
    DatasetError
        ``root`` itself cannot be read.
    """
    try:
        _entries(str(root))
        walk = _Walk(suffixes, visited={_identity(str(root))})
    except OSError as error:
        raise unreadable(root, error) from error
    while walk.folders or walk.links:
        if most and len(walk.scan.items) + len(walk.scan.others) >= most:
            walk.scan.cut = True
            break
        is_link = not walk.folders
        folder = walk.links.popleft() if is_link else walk.folders.popleft()
        place = os.path.join(root, folder)  # noqa: PTH118 - a Path per file costs seconds on large folders
        try:
            if is_link and not _entered(place, folder, walk):
                continue
            for entry in _entries(place):
                _take(entry, f"{folder}/{entry.name}" if folder else entry.name, walk)
        except OSError as error:
            walk.unreadable.append(f"{shown(folder)}: {error.strerror}")
    walk.scan.notes += _notes(walk)
    return walk.scan


def passed_over(folder: str) -> bool:
    """Whether a folder of this name is not entered: hidden, the system's own, or background noise.

    Examples
    --------
    >>> passed_over(".git"), passed_over("_background_noise_"), passed_over("yes")
    (True, True, False)
    """
    return folder.startswith(".") or folder.casefold() in _SYSTEM_NAMES or bool(_NOISE_FOLDER.fullmatch(folder))


def is_item(name: str, suffixes: frozenset[str]) -> bool:
    """Whether a file is an item by its name: not where it was written about the dataset.

    Examples
    --------
    >>> is_item("yes/a.txt", frozenset({".txt"})), is_item("README.txt", frozenset({".txt"}))
    (True, False)
    """
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122
    return suffix in suffixes and not (suffix in _WRITTEN and _ABOUT.fullmatch(name.rpartition("/")[2]))


def is_archive(path: str) -> bool:
    """Whether a file is packed files by its name.

    Examples
    --------
    >>> is_archive("clips.tar.gz"), is_archive("clips.zip.001"), is_archive("labels.csv.gz")
    (True, True, False)
    """
    return _ARCHIVE.search(path) is not None


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _identity(path: str) -> tuple[int, int]:
    stat = os.stat(path)  # noqa: PTH116 - DirEntry.stat() has no inode on every platform
    return stat.st_dev, stat.st_ino


def _entered(place: str, link: str, walk: _Walk) -> bool:
    identity = _identity(place)
    if identity in walk.visited:
        walk.repeated_links.append(link)
        return False
    walk.visited.add(identity)
    walk.entered_links.append(link)
    return True


def _take(entry: os.DirEntry[str], path: str, walk: _Walk) -> None:
    name = entry.name
    if name.startswith(".") or name.casefold() in _SYSTEM_NAMES:
        # dsaudit's own results must not make the notes of a second run differ from the first's.
        walk.hidden += name != ".dsaudit"
        return
    is_link = entry.is_symlink()
    try:
        is_folder, is_file = entry.is_dir(), entry.is_file()
    except OSError:
        # A link that points at itself: neither, and as an item a missing file.
        is_folder = is_file = False
    if is_folder:
        if os.path.splitext(name)[1].lower() in walk.suffixes:  # noqa: PTH122
            walk.called_like_items.append(path)
        if _NOISE_FOLDER.fullmatch(name):
            walk.noise.append(path)
        elif is_link:
            walk.links.append(path)
        else:
            walk.visited.add(_identity(entry.path))
            walk.folders.append(path)
    elif not is_file and not is_link:
        walk.special += 1
    elif is_item(name, walk.suffixes):
        walk.scan.items.append(path)
        walk.linked_files += is_link
    else:
        walk.scan.others.append(path)


def _notes(walk: _Walk) -> list[str]:
    notes = []
    if walk.hidden:
        notes.append(f"passed over {counted(walk.hidden, 'hidden or system file')}")
    if walk.special:
        notes.append(f"passed over {counted(walk.special, 'special file')} (pipes, sockets, devices)")
    if walk.linked_files:
        notes.append(f"followed {counted(walk.linked_files, 'symbolic link')} to files")
    notes += [f"passed over the folder {shown(p)}: background noise is no class" for p in walk.noise]
    if named := walk.called_like_items:
        such = f"{counted(len(named), 'folder')} called like a file, such as {shown(named[0])}"
        notes.append(f"{such}: what lies in a folder is looked for there")
    notes += [f"followed the symbolic link to a folder {shown(p)}" for p in walk.entered_links]
    notes += [f"did not follow {shown(p)}: it links to a folder that was read already" for p in walk.repeated_links]
    notes += [f"could not read the folder {place}" for place in walk.unreadable]
    return notes
