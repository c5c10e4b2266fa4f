"""A dataset as it was at a revision of the git repository that it lies in.

Blobs are read, nothing is checked out: a repository's filters, hooks and helpers, which may run anything, are not run,
and nothing is fetched.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from dsaudit.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUIET = {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")


def copy_of(source: str | None, revision: str, into: Path) -> Path:
    """Write a dataset as it was into a new folder; returns its folder or manifest there.

    Parameters
    ----------
    source : str or None
        The dataset's folder or manifest, absolute; None where it has none. Of a manifest its whole folder is written.
    revision : str
        Whatever git takes for one: ``main``, ``HEAD~1``, a tag.
    into : Path

    Raises
    ------
    UsageError
        There is no such revision, or the dataset lies in no repository.
    DatasetError
        The revision does not have the dataset.
    """
    if source is None or not Path(source).exists():
        raise UsageError(f"{revision!r} is no run and no file", hint="give a run or a file to --new-only")
    path = Path(os.path.realpath(source))
    folder = path if path.is_dir() else path.parent
    top = Path(os.path.realpath(_git(folder, "rev-parse", "--show-toplevel", wanted=revision).strip()))
    commit = _git(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", wanted=revision
    )
    inside = folder.relative_to(top).as_posix()
    listed = _git(top, "ls-tree", "-r", "-z", "--full-tree", commit.strip(), "--", inside, wanted=revision)
    found = dict(_blobs(listed))
    prefix = "" if inside == "." else f"{inside}/"
    if not found or (path != folder and prefix + path.name not in found):
        raise DatasetError(f"{revision} does not have {path.name}", hint="name a later revision with --new-only")
    for name, data in _contents(top, found):
        target = into / name.removeprefix(prefix)
        if into in Path(os.path.normpath(target)).parents:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return into if path == folder else into / path.name


def _git(folder: Path, *arguments: str, wanted: str) -> str:
    try:
        done = subprocess.run(
            ["git", *_SAFE, "-C", str(folder), *arguments],
            capture_output=True,
            check=False,
            env=os.environ | _QUIET,
        )
    except OSError as error:
        raise UsageError(f"{wanted!r} is no run and no file, and git cannot be run: {error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = f": {said[-1].removeprefix('fatal: ')}" if said else ""
        hint = "give a run, a dataset that was audited, a file of --output, or a git revision"
        raise UsageError(f"{wanted!r} is no run, no file and no revision of a git repository here{why}", hint=hint)
    return os.fsdecode(done.stdout)


def _blobs(listed: str) -> Iterator[tuple[str, str]]:
    """Path and id of the ordinary files in what ``ls-tree -z`` says; links could lead anywhere."""
    for entry in listed.split("\0"):
        facts, _, name = entry.partition("\t")
        mode, _, rest = facts.partition(" ")
        kind, _, blob = rest.partition(" ")
        if kind == "blob" and mode != "120000" and "/.dsaudit/" not in f"/{name}":
            yield name, blob


def _contents(top: Path, blobs: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    command = ["git", *_SAFE, "-C", str(top), "cat-file", "--batch"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | _QUIET
    ) as git:
        assert git.stdin is not None
        assert git.stdout is not None
        for name, blob in blobs.items():
            git.stdin.write(f"{blob}\n".encode())
            git.stdin.flush()
            head = git.stdout.readline().split()
            if len(head) != 3:
                raise DatasetError(f"{name} is not in the repository", hint="fetch it with: git fetch")
            yield name, git.stdout.read(int(head[2]))
            git.stdout.read(1)
        git.stdin.close()
