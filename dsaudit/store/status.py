"""How far a run is, told while it goes on to whoever looks from elsewhere.

A run keeps ``runs/.status-<machine>-<process>.json`` among its results, written at most once a second and taken away
when it ends; that of a process which was killed stays until the next run begins.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dsaudit.errors import NoRunError, StoreError
from dsaudit.store.files import to_json, write_atomic
from dsaudit.store.run import is_alive, this_machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BETWEEN_S = 1.0


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is.

    Attributes
    ----------
    source, engine : str
        What is audited, and where its items are mapped.
    process : int
    began, told : float
        When the run began and when this was written, seconds since 1970.
    stages : mapping of str to float
        Stages that are done, with their seconds.
    stage : str
        The one under way; empty between two.
    stage_began : float
    done, total : int
        Of its steps; ``total`` is 0 where they cannot be counted.
    first, first_at : int, float
        Steps that were done when there first were some, and when that was: workers take a while to start, and what is
        known from before is done at once.
    state : {"running", "ended", "elsewhere"}
        Whether its process is there; on another machine nobody can tell.
    """

    source: str
    engine: str
    process: int
    began: float
    told: float = 0.0
    stages: Mapping[str, float] | None = None
    stage: str = ""
    stage_began: float = 0.0
    done: int = 0
    total: int = 0
    first: int = 0
    first_at: float = 0.0
    state: str = "running"

    @property
    def per_s(self) -> float:
        """Steps of the stage in a second; 0 where that is not known yet."""
        return (self.done - self.first) / (self.told - self.first_at) if self.done > self.first else 0.0


class StatusFile:
    """Where a run tells how far it is."""

    def __init__(self, path: Path, status: Status) -> None:
        self._path, self._status, self._wrote, self._told = path, status, 0.0, ""

    def tell(self, stage: str, began: float, done: int, total: int, stages: Mapping[str, float]) -> None:
        """Write it, unless that was done just now."""
        now, last = time.time(), self._status
        if stage != last.stage or not last.first:
            self._status = last = replace(last, stage=stage, first=done, first_at=now)
        if now - self._wrote < _BETWEEN_S and self._told == stage:
            return
        self._wrote, self._told = now, stage
        self._status = replace(
            last, told=now, stage=stage, stage_began=began, done=done, total=total, stages=dict(stages)
        )
        with contextlib.suppress(OSError, StoreError):  # whatever else is written there will say it
            write_atomic(self._path, lambda p: p.write_text(to_json(asdict(self._status)), encoding="utf-8"))


@contextlib.contextmanager
def status_file(results: Path, *, source: str, engine: str, began: float) -> Iterator[StatusFile]:
    """The file of a run that is under way as long as the block is."""
    path = results / "runs" / f".status-{this_machine()}-{os.getpid()}.json"
    try:
        yield StatusFile(path, Status(source, engine, os.getpid(), began))
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def statuses(place: Path) -> list[Status]:
    """Of the runs that are under way, or were killed, in a ``.dsaudit`` folder, the oldest first; nothing is written.

    Parameters
    ----------
    place : Path
        A ``.dsaudit`` folder or whatever ``--out`` named, a run folder in it, or a dataset with its results beside it.

    Raises
    ------
    NoRunError
        There are no results.

    Examples
    --------
    >>> from pathlib import Path
    >>> Path("results/runs").mkdir(parents=True)
    >>> with status_file(Path("results"), source="clips", engine="local", began=0.0) as file:
    ...     file.tell("measuring", 0.0, 64, 1000, {"reading": 0.5})
    ...     (found,) = statuses(Path("results"))
    >>> found.stage, found.done, found.total, found.state
    ('measuring', 64, 1000, 'running')
    >>> statuses(Path("results"))
    []
    """
    place = place.expanduser().absolute()
    above = place.parents[1] if len(place.parents) > 1 else place
    folders = (place, place / ".dsaudit", place.parent / ".dsaudit", above)
    results = next((folder for folder in folders if (folder / "runs").is_dir()), None)
    if results is None:
        raise NoRunError(f"no results in {place}", hint="give a dataset, or the folder that --out names")
    found = []
    for path in (results / "runs").glob(".status-*.json"):
        machine, _, process = path.stem.removeprefix(".status-").rpartition("-")
        here = machine == this_machine()
        state = "elsewhere" if not here else "running" if is_alive(int(process)) else "ended"
        with contextlib.suppress(OSError, ValueError, TypeError):  # it has just ended, or another version wrote it
            found.append(Status(**json.loads(path.read_text(encoding="utf-8")) | {"state": state}))
    return sorted(found, key=lambda status: status.began)
