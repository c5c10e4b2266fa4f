"""Where the files of a manifest are, which names them in its own way: without a suffix, from another machine.

The folder is searched once, only where something is missing, and only below the root.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from dsaudit.dataset.listing import is_archive, scanned
from dsaudit.dataset.member import member_of, without_place
from dsaudit.dataset.names import counted, located, safe_text, same_place, shown, told_apart
from dsaudit.dataset.remote import below
from dsaudit.dataset.splits import folder_split, is_split, split_name
from dsaudit.dataset.tar import TAR, members_by_name
from dsaudit.errors import DatasetError
from dsaudit.settings import APART

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from dsaudit.dataset.member import Member

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_UPLOAD = re.compile(r"(?:^|[a-z]:/*[^/]+)/data/upload/(?:\d+/)?[0-9a-f]{8}-([^/]+)$")
_DRIVE = re.compile(r"[a-z]:[\\/]", re.IGNORECASE)
_LETTERS = re.compile(r"[\W_]+")
_LOOKED_FOR = 50
_ABOVE = 3
_MOST_FILES = 3_000_000
_MOST_NEAR = 20_000


@dataclass(slots=True)
class Located:
    """Where the items of a manifest lie.

    Attributes
    ----------
    root : Path
        The folder that ids are relative to: as asked, or one above it.
    ids, uris : list of str
        One of each per path, as ``located`` has them.
    notes : list of str
        How files were found that are not where the manifest says, and what else is wrong with the others.
    """

    root: Path
    ids: list[str] = field(default_factory=list)
    uris: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def locate(
    paths: Sequence[str],
    root: Path,
    *,
    suffixes: frozenset[str] = frozenset(),
    above: bool = False,
    labels: Collection[str | None] = (),
    told: Mapping[str, Sequence[str | None]] | None = None,
    split: str | None = None,
    base: str = "",
) -> Located:
    """Find the files that ``paths`` name.

    A path that leads to a file is taken as it is. For the others the files below ``root`` are searched: the one that
    shares the longest end of the path is meant, if it is the only one, whatever the case and Unicode form of its name;
    a name without a suffix may have any of ``suffixes``. A file in another folder than the path says, of which it
    shares only the name, is not meant: it may be of another class. Nothing outside ``root`` is ever guessed.

    Parameters
    ----------
    paths : sequence of str
        As written: relative, absolute, of either platform, or ``file://``.
    root : Path
        Absolute.
    suffixes : frozenset of str
        Of items, lower case with the dot.
    above : bool
        Whether the root may be a folder above ``root``: one from which the paths lead through ``root``'s own folders,
        or the one beside whose items ``root`` stands by its name (``meta``, ``labels``), holding none itself.
    labels : collection of (str or None)
        Names of classes: a folder called like one is not exchanged for another.
    told : mapping of str to sequence of (str or None), optional
        Cells by column that may say in which folder a file lies of which there are several of that name: a fold.
    split : str, optional
        What the manifest is about: of several files of a name the one in a folder of that split.
    base : str
        The address that paths start from, in place of ``root``, see ``dsaudit.dataset.remote``; what lies there is not
        looked at.

    Examples
    --------
    >>> from pathlib import Path
    >>> Path("fold1").mkdir()
    >>> Path("fold1/Dog.wav").touch()
    >>> found = locate(["Dog", "/home/ann/fold1/dog.wav"], Path.cwd(), suffixes=frozenset({".wav"}))
    >>> found.ids
    ['fold1/Dog.wav', 'fold1/Dog.wav']
    """
    if base:
        return _remote(paths, root, base)
    written = [_spelled(path) for path in paths]
    found = _literal(written, root)
    missing = _missing(found)
    if missing:
        _take_members(found)
        missing = _missing(found)
    if not missing:
        return found
    if above and len(missing) == len(paths) and (higher := _above(written, root)) is not None:
        found = _literal(written, higher)
        missing = _missing(found)
        found.notes.append(f"paths start from {shown(higher)}, above the folder of the manifest")
    names = {same_place(label) for label in labels if label}
    search = _Search(written, missing, found, suffixes, names, told or {}, split)
    search.look()
    wide = root.parent in (Path.home(), root.parent.parent)
    if above and found.root == root and not search.n_items and APART.fullmatch(root.name) and not wide:
        beside = _literal(written, root.parent)
        wider = _Search(written, missing, beside, suffixes, search.labels, search.told, split)
        wider.look()
        if 2 * len(wider.hits) > len(missing):
            beside.notes.append(f"the files lie beside {shown(root.name)}/, the folder of the manifest")
            search = wider
    search.tell()
    return search.found


def named_file(path: str) -> str:
    """Name of the file that a path or an address in a manifest is about, as file systems compare names.

    Examples
    --------
    >>> named_file("file:///C:/clips/Two%20dogs.WAV"), named_file("https://x.org/a/1.wav?dl=1")
    ('two dogs.wav', '1.wav')
    """
    return (_ends(_spelled(path)) or [""])[-1]


def files_there(items: Iterable[str], split: str | None = None) -> Counter[str]:
    """How many of these files go by each name, as file systems compare names, with its suffix and without.

    Where some lie in a folder of ``split``, only those count.

    Examples
    --------
    >>> sorted(files_there(["train/A.wav", "test/a.wav"]).items())
    [('a', 2), ('a.wav', 2)]
    >>> files_there(["train/A.wav", "test/a.wav"], "train")["a"]
    1
    """
    items = list(items)
    items = [item for item in items if split is not None and folder_split(item) == split] or items
    names = [same_place(item.rpartition("/")[2]) for item in items]
    return Counter(name for whole in names for name in {whole, os.path.splitext(whole)[0]})  # noqa: PTH122


def _spelled(path: str) -> str:
    """The path as the platform spells it: a ``file:`` address is one, and what Label Studio calls an upload."""
    if (upload := _UPLOAD.search(path)) is not None:
        return unquote(upload[1])
    if path[:5].lower() != "file:":
        return path
    address = urlsplit(path)
    if address.netloc not in ("", "localhost"):
        return unquote(address.netloc + address.path)  # file://clips/a.wav: two slashes where none were meant
    text = unquote(address.path)
    return text[1:] if _DRIVE.match(text[1:]) else text


def _literal(paths: Sequence[str], root: Path) -> Located:
    found = Located(root)
    start = str(root)
    for path in paths:
        item_id, uri = located(path, start)
        found.ids.append(without_place(item_id))
        found.uris.append(uri)
    return found


def _take_members(found: Located) -> None:
    """Say of paths that lead into a shard where in it their files lie."""
    held: dict[str, dict[str, Member]] = {}
    for k, uri in enumerate(found.uris):
        shard, suffix, name = uri.partition(f"{TAR}/")
        if not name or member_of(uri) is not None:
            continue
        shard += suffix[:-1]
        if shard not in held:
            held[shard] = members_by_name(shard)
        if (member := held[shard].get(name)) is not None:
            found.uris[k] = member.address


def _remote(paths: Sequence[str], root: Path, base: str) -> Located:
    found = _literal(paths, root)
    out = 0
    for k, path in enumerate(paths):
        if (address := below(base, path)) is None:
            out += 1
            continue
        found.uris[k] = address
        found.ids[k] = safe_text(without_place(address.removeprefix(f"{base}/")))
    _take_members(found)
    if out:
        found.notes.append(f"{counted(out, 'path')} leading out of {shown(base)}: nothing is read from there")
    return found


def _missing(found: Located) -> list[int]:
    return [k for k, uri in enumerate(found.uris) if not _is_there(uri)]


def _is_there(uri: str) -> bool:
    """Whether there is something other than a folder; a symbolic link to nothing is a missing file, and said later."""
    if member_of(uri) is not None:
        return True
    try:
        return not stat.S_ISDIR(os.lstat(uri).st_mode)
    except (OSError, ValueError):
        return False


def _above(paths: Sequence[str], root: Path) -> Path | None:
    """The next folder above ``root`` from which most of the paths lead to files, through a folder that holds it."""
    looked_for = paths[:: max(1, len(paths) // _LOOKED_FOR)][:_LOOKED_FOR]
    aside = True
    for child, folder in zip((root, *root.parents), root.parents[:_ABOVE], strict=False):
        aside = aside and (bool(APART.fullmatch(child.name)) or child.name == "data" or is_split(child.name))
        through = [p for p in looked_for if p.startswith(f"{child.name}/") or (aside and "/" in p and p[0] not in "/.")]
        if 2 * sum(_is_there(os.path.join(folder, p)) for p in through) > len(looked_for):  # noqa: PTH118
            return folder
    return None


@dataclass(slots=True)
class _Search:
    """One search below a root for the files that are not where their paths say."""

    paths: Sequence[str]
    missing: list[int]
    found: Located
    suffixes: frozenset[str]
    labels: set[str]
    told: Mapping[str, Sequence[str | None]]
    split: str | None
    n_items: int = 0
    hits: dict[int, str] = field(default_factory=dict)
    """Path below the root by number of the path."""
    ties: dict[int, list[str]] = field(default_factory=dict)
    by_name: dict[str, list[str]] = field(default_factory=dict)
    by_stem: dict[str, list[str]] = field(default_factory=dict)
    near: list[str] = field(default_factory=list)
    archive: str | None = None
    """One of the files that may hold those that are looked for."""
    notes: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Fill in ``hits`` and ``ties``."""
        ends = {k: _ends(self.paths[k]) for k in self.missing}
        names = {parts[-1] for parts in ends.values() if parts}
        bare = {name for name in names if os.path.splitext(name)[1] not in self.suffixes}  # noqa: PTH122
        try:
            scan = scanned(self.found.root, suffixes=self.suffixes, most=_MOST_FILES)
        except DatasetError:
            return
        self.n_items = len(scan.items)
        for path in scan.items:
            name = same_place(path.rpartition("/")[2])
            if name in names:
                self.by_name.setdefault(name, []).append(path)
            if bare and (stem := os.path.splitext(name)[0]) in bare:  # noqa: PTH122
                self.by_stem.setdefault(stem, []).append(path)
        for path in scan.others:
            if (name := same_place(path.rpartition("/")[2])) in names:
                self.by_name.setdefault(name, []).append(path)
        self.near = (scan.items if self.suffixes else scan.others)[:_MOST_NEAR]
        self.archive = next(filter(is_archive, scan.others), None)
        if scan.cut:
            self.notes.append(f"only the first {_MOST_FILES:,} files below {shown(self.found.root)} were looked at")
        self._choose(ends)

    def _choose(self, ends: dict[int, list[str]]) -> None:
        missing = set(self.missing)
        taken = {same_place(i) for k, i in enumerate(self.found.ids) if k not in missing}
        strangers: dict[int, tuple[str, tuple[str, str]]] = {}
        for k, parts in ends.items():
            held = (self.by_name.get(parts[-1]) or self.by_stem.get(parts[-1])) if parts else None
            if not held:
                continue
            ranked = sorted(((_shared(parts, _ends(c, self.suffixes, parts[-1])), c) for c in held), reverse=True)
            best = [c for shared, c in ranked if shared == ranked[0][0]]
            n = ranked[0][0]
            whole = [c for c in best if c.count("/") + 1 == n] or best
            if len(whole) > 1:
                self.ties[k] = sorted(whole)
                continue
            (path,) = whole
            if n == len(parts) or n == path.count("/") + 1 or n > 1:
                if same_place(path) not in taken or n == len(parts) == path.count("/") + 1:
                    self.hits[k] = path
            elif same_place(path) not in taken and _is_absolute(self.paths[k]) and parts[-2] not in self.labels:
                folder = path.rpartition("/")[0]  # those of a server say nothing of the folders here
                strangers[k] = path, (folder if _URL.match(self.paths[k]) else "/".join(parts[:-1]), folder)
        self._settle_ties(ends)
        self._take_strangers(strangers)

    def _settle_ties(self, ends: dict[int, list[str]]) -> None:
        """Of equal names the one in the folder that a column or the table tells, or where all others were found."""
        for k, held in list(self.ties.items()) if self.split is not None else ():
            meant = [path for path in held if folder_split(path) == self.split]
            if len(meant) == 1:
                self.hits[k] = meant[0]
                del self.ties[k]
        settled: Counter[str] = Counter()
        for column, cells in self.told.items():
            for k, held in list(self.ties.items()):
                meant = [path for path in held if _lies_in(path, column, cells[k])]
                if len(meant) == 1:
                    self.hits[k] = meant[0]
                    settled[column] += 1
                    del self.ties[k]
        self.notes += [f"column {name!r} tells the folder of {counted(n, 'file')}" for name, n in settled.items()]
        folders = Counter(_before(path, len(ends[k])) for k, path in self.hits.items())
        for k, held in list(self.ties.items()):
            ranked = sorted(held, key=lambda path: -folders[_before(path, len(ends[k]))])
            first, second = (folders[_before(path, len(ends[k]))] for path in ranked[:2])
            if 2 * first > len(self.missing) and not second:
                self.hits[k] = ranked[0]
                del self.ties[k]

    def _take_strangers(self, strangers: dict[int, tuple[str, tuple[str, str]]]) -> None:
        """Files of another machine in a folder of another name: only where one folder stands for one, throughout."""
        moves = {move for _, move in strangers.values()}
        at_once = Counter(path for path, _ in strangers.values())
        if len({before for before, _ in moves}) == len(moves) == len({after for _, after in moves}):
            self.hits |= {k: path for k, (path, _) in strangers.items() if at_once[path] == 1}

    def tell(self) -> None:
        """Put what was found into ``found``, and say so."""
        found, root = self.found, str(self.found.root)
        found.notes += self.notes
        for k, path in self.hits.items():
            found.ids[k], found.uris[k] = safe_text(path), os.path.join(root, path)  # noqa: PTH118
        if self.hits:
            k = min(self.hits)
            found.notes.append(
                f"{counted(len(self.hits), 'file')} found below {shown(root)} by name: "
                f"{told_apart(shown(self.paths[k]))} is read as {told_apart(shown(self.hits[k]))}"
            )
        if self.ties:
            k = min(self.ties)
            first, second, *others = map(shown, self.ties[k])
            more = f" and {len(others)} more" if others else ""
            found.notes.append(
                f"{counted(len(self.ties), 'name')} could mean several files, so none is used: "
                f"{shown(self.paths[k])!r} could be {first!r}, {second!r}{more}; --root FOLDER says where paths start"
            )
        gone = [k for k in self.missing if k not in self.hits and k not in self.ties and not _URL.match(self.paths[k])]
        if gone:
            found.notes.append(self._gone(gone))

    def _gone(self, gone: list[int]) -> str:
        root, path = shown(self.found.root), shown(self.paths[gone[0]])
        all_of_them = len(gone) == len(self.paths)
        count = "none of the files exists" if all_of_them else f"missing {counted(len(gone), 'file')}"
        text = f"{count} below {root}: {path!r}"
        if not self.near and self.archive is not None:
            return f"{text}; no item lies there: unpack {shown(self.archive)} there"
        if not self.near:
            return f"{text}; no item lies there: --root FOLDER says where the files are"
        near = self._nearest(self.paths[gone[0]])
        if near:
            return f"{text}; near it lies {shown(near)!r}"
        hint = "; --root FOLDER says where paths start" if all_of_them else ""
        return f"{text}; no file of a similar name lies there{hint}"

    def _nearest(self, path: str) -> str | None:
        names = {name: held for held in reversed(self.near) if (name := same_place(held.rpartition("/")[2]))}
        if not (parts := _ends(path)):
            return None
        stem = os.path.splitext(parts[-1])[0]  # noqa: PTH122
        close = [name for name in names if os.path.splitext(name)[0] == stem]  # noqa: PTH122
        close += get_close_matches(parts[-1], names, n=1, cutoff=0.75)
        return names[close[0]] if close else None


def _ends(path: str, suffixes: frozenset[str] = frozenset(), name: str = "") -> list[str]:
    """The parts of a path as file systems compare them; without its suffix where ``name`` has none."""
    text = path.replace("\\", "/")
    if query := re.search(r"[?&]d=([^&]+)", text):
        text = unquote(query[1])
    elif _URL.match(text):
        text = unquote(re.split("[?#]", text, maxsplit=1)[0])
    parts = [part for part in posixpath.normpath(same_place(text)).split("/") if part not in ("", ".", "..")]
    if name and parts[-1] != name:
        stem, suffix = os.path.splitext(parts[-1])  # noqa: PTH122
        parts[-1] = stem if suffix in suffixes else parts[-1]
    return parts


def _shared(one: list[str], other: list[str]) -> int:
    n = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        n += 1
    return n


def _lies_in(path: str, column: str, cell: str | None) -> bool:
    """Whether a folder of the path is called as the cell says, with or without the name of its column before it."""
    if cell is None:
        return False
    words = {_LETTERS.sub("", same_place(text)) for text in (cell, f"{column}{cell}")}
    if is_split(cell) and folder_split(path) == split_name(cell):
        return True
    return any(_LETTERS.sub("", same_place(folder)) in words for folder in path.split("/")[:-1])


def _before(path: str, n: int) -> str:
    """The folders above the last ``n`` parts of a path."""
    return "/".join(path.split("/")[:-n])


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "\\")) or bool(_DRIVE.match(path) or _URL.match(path))
