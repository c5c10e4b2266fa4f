"""Building a new folder tree beside the data: whole or not at all, and never out of the user's own files."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from dsaudit.dataset.inline import inline_text
from dsaudit.dataset.names import same_place
from dsaudit.dataset.remote import as_file, is_away
from dsaudit.dataset.segment import file_and_segment, file_of
from dsaudit.engine.local import Crashed
from dsaudit.engine.mapping import map_items
from dsaudit.errors import ItemError, StoreError, UsageError
from dsaudit.media import kind_for, kinds
from dsaudit.media.base import Fitting
from dsaudit.relabel.apply.layout import layout, unused
from dsaudit.store.files import to_json, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from dsaudit.media.base import Media, Repairing
    from dsaudit.relabel.apply.plan import Line

Link = Literal["copy", "hardlink", "symlink", "relative-symlink"]
LINKS: tuple[Link, ...] = get_args(Link)
MARK = ".dsaudit-tree.json"
"""File that tells a tree made here from any other folder."""
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES, errno.ENOSYS)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
_NO_SYMLINK = 1314
"""Windows' word for "a required privilege is not held"."""


@dataclass(slots=True)
class Grown:
    """What was put into a tree.

    Attributes
    ----------
    paths : dict of item id to str
        Where each item lies, relative to the tree; items that could not be placed are absent.
    repairs : dict of item id to tuple of str
        What was done to a recording, in words.
    problems : list of (item id, str)
        What went wrong, or could not be done, with one item; the others are not affected.
    n_copied_instead : int
        Hard links that had to be copies, because the data lies on another disk.
    n_cut : int
        Items that are a stretch of a file: they are new files, however others get there.
    """

    paths: dict[str, str] = field(default_factory=dict)
    repairs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    n_copied_instead: int = 0
    n_cut: int = 0


def check_tree(target: Path, *, source: Path | None, uris: Sequence[str], force: bool) -> None:
    """Refuse a place where a tree would change the dataset or something else of the user's.

    Raises
    ------
    UsageError
        Inside the data, or around it; or the items are no files.
    StoreError
        Something is there already.
    """
    if any(inline_text(uri) is not None for uri in uris[:1]):
        raise UsageError(
            "items that stand in a manifest are no files to make a tree of", hint="write a manifest: --output FILE"
        )
    place = Path(os.path.realpath(target))
    data = _data_folders(source, uris)
    for folder in data:
        if place == folder or folder in place.parents:
            raise UsageError(f"{target} is inside the data, which is never changed", hint="choose a place beside it")
        if place in folder.parents and target.exists():
            raise UsageError(f"{target} holds the data, which is never changed", hint="choose a place beside it")
    if source is not None and place in Path(os.path.realpath(source)).parents and target.exists():
        raise UsageError(f"{target} holds the data, which is never changed", hint="choose a place beside it")
    if not os.path.lexists(target) or (target.is_dir() and not any(target.iterdir())):
        return
    if not (target / MARK).is_file():
        raise StoreError(f"{target} exists and was not made by dsaudit", hint="choose a folder that does not exist")
    if not force:
        raise StoreError(f"{target} exists", hint="choose another folder, or replace it with --force")


def _data_folders(source: Path | None, uris: Sequence[str]) -> set[Path]:
    """The folder dataset; for a manifest the folders that hold its files, unless they hold the manifest too."""
    if source is not None and source.is_dir():
        return {Path(os.path.realpath(source))}
    # by text first: there are many items and few folders
    folders = {os.path.dirname(uri) for uri in uris}  # noqa: PTH120
    return {Path(os.path.realpath(folder)) for folder in folders}


@contextlib.contextmanager
def new_tree(target: Path) -> Iterator[Path]:
    """An empty folder beside ``target`` that becomes ``target`` when the block ends well, and vanishes else."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
    try:
        yield partial
        with writing(target.parent):
            if target.is_dir() and not any(target.iterdir()):
                target.rmdir()
            replaced = target.exists()
            if replaced:
                target.rename(old)
            try:
                partial.rename(target)
            except OSError:
                if replaced:
                    old.rename(target)
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def grow(
    folder: Path,
    lines: Sequence[Line],
    *,
    link: Link = "copy",
    media: Media | None = None,
    repairs: object | None = None,
    repair_ids: frozenset[str] | None = None,
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    final: Path | None = None,
    jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Grown:
    """Put items into an empty folder.

    Parameters
    ----------
    folder : Path
    lines : sequence of Line
        The items to keep.
    link : Link
        How a file gets there. What is repaired, or a stretch of a file, is always a new file.
    media : Media, optional
        Repairs and cuts them; needed with ``repairs`` and for stretches.
    repairs : optional
        What to repair, in the media's own words.
    repair_ids : frozenset of str, optional
        Only these items are repaired; by default all.
    found : mapping, optional
        By item id what an audit found in it, see ``Fitting.fitted``.
    final : Path, optional
        Where the folder will be in the end, for relative symbolic links.
    jobs : int, optional
        Processes that repair.
    """
    tick = progress or (lambda n: None)
    grown = Grown()
    paths = layout(lines)
    parts = {line.item_id for line in lines if file_and_segment(line.uri)[1] is not None}
    asked = repairs if repairs or not parts else cast("Repairing", media).repairs({})
    mended = frozenset() if not repairs else repair_ids
    made: Mapping[str, Path] = {}
    if repairs or parts:
        made = _repaired(folder, lines, paths, grown, media, asked, mended, parts, found or {}, jobs)
    grown.n_cut = len(made.keys() & parts)
    taken = {same_place(path) for path in paths}
    for folder_name in {os.path.dirname(path) for path in paths}:  # noqa: PTH120
        with writing(folder):
            (folder / folder_name).mkdir(parents=True, exist_ok=True)
    for line, planned in zip(lines, paths, strict=True):
        path = planned
        new = made.get(line.item_id)
        if new is not None and new.suffix.lower() != os.path.splitext(path)[1].lower():  # noqa: PTH122
            path = unused(os.path.splitext(path)[0] + new.suffix, taken)  # noqa: PTH122
        try:
            if new is not None:
                new.rename(folder / path)
            elif line.item_id in parts:  # never the whole file in its place
                grown.problems.append((line.item_id, "left out: it could not be cut out of its file"))
                tick(1)
                continue
            else:
                grown.n_copied_instead += _placed(line.uri, folder / path, link, (final or folder) / path)
        except (OSError, ItemError) as error:
            if getattr(error, "errno", None) in _FULL:
                with writing(folder):
                    raise
            (folder / path).unlink(missing_ok=True)
            why = getattr(error, "strerror", None) or str(error)
            grown.problems.append((line.item_id, f"left out: {why.lower()}"))
        else:
            grown.paths[line.item_id] = path
        tick(1)
    shutil.rmtree(folder / _WORK, ignore_errors=True)
    for empty in sorted({p.parent for p in map(folder.joinpath, paths)} - {folder}, reverse=True):
        with contextlib.suppress(OSError):
            empty.rmdir()  # refuses where anything is in it
    return grown


def _placed(uri: str, target: Path, link: Link, final: Path) -> bool:
    """Bring one file to ``target``; whether it was copied although a link was asked for."""
    path = file_of(uri)
    if link == "copy" or is_away(path):
        with as_file(path) as file:
            shutil.copy2(file, target)
        return link != "copy"
    real = os.path.realpath(path)
    if not os.path.isfile(real):  # noqa: PTH113 - a link to nothing is no item
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if link == "hardlink":
        try:
            target.hardlink_to(real)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            shutil.copy2(real, target)
            return True
        return False
    start = os.path.realpath(final.parent)
    try:
        target.symlink_to(os.path.relpath(real, start) if link == "relative-symlink" else real)
    except OSError as error:
        if getattr(error, "winerror", None) == _NO_SYMLINK or error.errno in (errno.EPERM, errno.ENOTSUP):
            raise StoreError(
                f"symbolic links cannot be made in {final.parent}: {error.strerror or error}",
                hint="use --link copy or --link hardlink; on Windows, symbolic links need Developer Mode",
            ) from error
        raise
    return False


_WORK = ".repairing"


def _repaired(
    folder: Path,
    lines: Sequence[Line],
    paths: Sequence[str],
    grown: Grown,
    media: Media | None,
    repairs: object,
    repair_ids: frozenset[str] | None,
    parts: Collection[str],
    found: Mapping[str, Mapping[str, Mapping[str, Any]]],
    jobs: int | None,
) -> Mapping[str, Path]:
    """Repaired copies in a folder of their own, by item id; what needs no repair or fails has none.

    Items in ``parts`` are stretches of files, and written whether they need repair or not.
    """
    with writing(folder):
        (folder / _WORK).mkdir()
    todo = []
    for k, (line, path) in enumerate(zip(lines, paths, strict=True)):
        if (mend := repair_ids is None or line.item_id in repair_ids) or line.item_id in parts:
            suffix = os.path.splitext(path)[1]  # noqa: PTH122
            own = media.fitted(repairs, found.get(line.item_id, {})) if isinstance(media, Fitting) else repairs
            todo.append((line.item_id, line.uri, str(folder / _WORK / f"{k}{suffix}"), own if mend else None))
    made: dict[str, Path] = {}
    outcomes = map_items(_Repair(media), todo, jobs=jobs)
    for (item_id, *_), outcome in zip(todo, outcomes, strict=True):
        if isinstance(outcome, Crashed):
            grown.problems.append((item_id, "not repaired: its decoder crashed on it"))
            continue
        path, done, notes, error = outcome
        grown.problems += [(item_id, note) for note in notes]
        if error:
            grown.problems.append((item_id, f"not repaired: {error}"))
        elif done or item_id in parts:
            made[item_id] = Path(path)
            if done:
                grown.repairs[item_id] = done
    return made


def asked_repairs(media: Media, options: Mapping[str, Any]) -> object | None:
    """What is to be done to items, in their kind's own words; None where nothing is.

    Raises
    ------
    UsageError
        For an option that another kind or none has, or a value that the kind refuses.
    """
    own = kind_for(media.modality)
    for name in sorted(options.keys() - {option.name for option in own.repairs}):
        known = ", ".join(option.option for option in own.repairs)
        hint = f"for {own.nouns.many} there are: {known}" if known else f"{own.nouns.many} have no repairs"
        for option, whose in ((o, kind.nouns.many) for kind in kinds() for o in kind.repairs if o.name == name):
            raise UsageError(f"{option.option} repairs {whose}, and these are {own.nouns.many}", hint=hint)
        raise UsageError(f"no repair is called {name!r}", hint=hint)
    return cast("Repairing", media).repairs(options) or None if options else None


@dataclass(frozen=True, slots=True)
class _Repair:
    """One repair, in whichever process: path, what was done, notes, error."""

    media: Media | None

    def __call__(self, item: tuple[str, str, str, object]) -> tuple[str, tuple[str, ...], tuple[str, ...], str]:
        _, uri, target, repairs = item
        media: Any = self.media
        try:
            path, done, notes = media.repair(Path(uri), Path(target), media.repairs({}) if repairs is None else repairs)
        except ItemError as error:
            name = f"{Path(file_of(uri)).name}: "  # the item is named beside it already, and equal reasons are counted
            return target, (), (), error.message.replace(name, "")
        except OSError as error:
            if error.errno in _FULL:
                with writing(Path(target).parent):
                    raise
            return target, (), (), error.strerror or str(error)
        except Exception as error:  # one odd recording never stops the others
            return target, (), (), f"{type(error).__name__}: {error}"
        return str(path), done, notes, ""


def mark(folder: Path, facts: Mapping[str, object]) -> None:
    """Write down that and how the tree was made."""
    (folder / MARK).write_text(to_json(dict(facts)) + "\n", encoding="utf-8")
