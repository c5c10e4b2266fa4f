"""The ``.dsaudit`` folder: a cache keyed by content, and run folders that are whole or absent.

Layout::

    cache/        see ``dsaudit.store.cache``; safe to delete
    runs/<id>/    one audit, written under a temporary name and renamed when complete
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.errors import NoRunError, RunError
from dsaudit.store.cache import Cache
from dsaudit.store.files import digest, frame_to_parquet, read_parquet, to_json, write_atomic, writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

SCHEMA_VERSION = 1
_ABANDONED_S = 24 * 3600.0


class Store:
    """A ``.dsaudit`` folder open for writing.

    Raises
    ------
    StoreError
        When it cannot be created or written; found out before any work is done.
    """

    def __init__(self, path: Path) -> None:
        path = path.absolute()
        self.path = path
        with writing(path):
            (path / "runs").mkdir(parents=True, exist_ok=True)
            (path / "cache").mkdir(exist_ok=True)
            ignore = path / ".gitignore"
            if not ignore.exists():
                ignore.write_text("# results of dsaudit; only the baseline is worth committing\n*\n!baseline.json\n")
            probe = path / "runs" / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        self.cache = Cache(path / "cache")
        self._drop_abandoned()

    def _drop_abandoned(self) -> None:
        """Remove what killed runs of this machine left behind, and anything half-done that is a day old."""
        for partial in (self.path / "runs").glob(".partial-*"):
            host, _, pid = partial.name.rpartition("-")
            with contextlib.suppress(OSError):
                old = time.time() - partial.stat().st_mtime > _ABANDONED_S
                if old or (host.endswith(f"-{_host()}") and pid.isdigit() and not _is_alive(int(pid))):
                    shutil.rmtree(partial, ignore_errors=True)

    @contextlib.contextmanager
    def new_run(self) -> Iterator[RunWriter]:
        """A run folder being written; renamed to its final name on success, removed on failure."""
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%d-%H%M%S}-{now.microsecond:06d}"
        partial = self.path / "runs" / f".partial-{run_id}-{_host()}-{os.getpid()}"
        with writing(partial.parent):
            partial.mkdir()
        writer = RunWriter(run_id, partial, now.isoformat(timespec="seconds"))
        try:
            yield writer
            with writing(partial.parent):
                writer.path = partial.rename(partial.with_name(run_id))
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _host() -> str:
    """Where process numbers mean something: this machine, and on Linux this container."""
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").readlink())
    return digest(platform.node(), namespace)[:8]


def _is_alive(pid: int) -> bool:
    if os.name == "nt":  # there os.kill is no question but a signal
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OSError):
        return True
    return True


@dataclass
class RunWriter:
    """Writes the files of one run."""

    run_id: str
    path: Path
    created_at: str

    def table(self, name: str, frame: pd.DataFrame) -> None:
        """Write ``<name>.parquet``."""
        frame_to_parquet(frame, self.path / f"{name}.parquet")

    def json(self, name: str, value: object) -> None:
        """Write ``<name>.json`` deterministically."""
        self.bytes(f"{name}.json", (to_json(value) + "\n").encode("utf-8", "backslashreplace"))

    def bytes(self, name: str, data: bytes) -> None:
        """Write ``data`` as the file ``name``."""
        write_atomic(self.path / name, lambda p: p.write_bytes(data))


@dataclass(frozen=True)
class Run:
    """A finished run folder. Files are read when first touched; tables that were not made are None."""

    path: Path

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Run:
        """Open a run folder, or the newest run of a ``.dsaudit`` folder, of a dataset's folder or of a manifest.

        Raises
        ------
        RunError
            When there is no run, or it was written by a newer version.
        """
        start = Path(path).expanduser().absolute()
        candidates = (start, *_newest_first(start / "runs"), *_newest_first(start / ".dsaudit" / "runs"))
        if start.is_file():  # several manifests may keep their results in one place
            beside = _newest_first(start.parent / ".dsaudit" / "runs")
            candidates = tuple(p for p in beside if _audited(p) == str(start))
        for candidate in candidates:
            if (candidate / "run.json").is_file():
                run = cls(candidate)
                if run.meta.get("schema_version", 0) > SCHEMA_VERSION:
                    raise RunError(f"{candidate} was written by a newer dsaudit", hint="pip install -U dsaudit")
                return run
        if not start.exists():
            raise NoRunError(f"{start} does not exist", hint="give a dataset that was audited, or a run folder")
        raise NoRunError(f"no finished run in {start}", hint=f"make one with: dsaudit audit {start}")

    @property
    def id(self) -> str:
        """Name of the run folder."""
        return str(self.timings.get("run_id", self.path.name))

    @property
    def root(self) -> Path:
        """Folder the items were read from."""
        return Path(self.meta["root"])

    @property
    def results(self) -> Path:
        """The ``.dsaudit`` folder, or whatever was named instead, that the run lies in."""
        return self.path.parent.parent

    def before_decisions(self) -> Run:
        """The newest earlier run on the same data that people's decisions had not changed yet.

        Raises
        ------
        RunError
            There is none.
        """
        for candidate in _newest_first(self.path.parent):
            if candidate.name < self.path.name and _audited(candidate) == self.meta.get("source_path"):
                run = Run(candidate)
                if not run.meta.get("review") and run.meta.get("sampled_from") == self.meta.get("sampled_from"):
                    return run
        raise RunError(
            f"{self.path.parent} has no earlier run without decisions to compare with",
            hint="name both runs: dsaudit compare BEFORE AFTER",
        )

    @property
    def report_path(self) -> Path:
        """The HTML report."""
        return self.path / "report.html"

    def _json(self, name: str) -> Any:
        path = self.path / f"{name}.json"
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{path} cannot be read: {error}", hint="run the audit again") from error

    def _table(self, name: str) -> pd.DataFrame | None:
        path = self.path / f"{name}.parquet"
        if not path.exists():
            return None
        table = read_parquet(path)
        if table is None:
            raise RunError(f"{path} is damaged", hint="run the audit again")
        return table

    @cached_property
    def meta(self) -> dict[str, Any]:
        """run.json: what was audited, with which settings, what was skipped and why."""
        return dict(self._json("run"))

    @cached_property
    def timings(self) -> dict[str, Any]:
        """timings.json: everything that differs between two runs on the same data."""
        return dict(self._json("timings"))

    @cached_property
    def rules(self) -> list[dict[str, Any]]:
        """rules.json: every rule as it was, with its outcome."""
        return list(self._json("rules"))

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """metrics.json: scores of the baseline, classes, splits, clusters."""
        return dict(self._json("metrics"))

    @cached_property
    def items(self) -> pd.DataFrame | None:
        """Items by item_id."""
        return self._table("items")

    @cached_property
    def measurements(self) -> pd.DataFrame | None:
        """Raw measurements by item_id."""
        return self._table("measurements")

    @cached_property
    def predictions(self) -> pd.DataFrame | None:
        """Out-of-sample predicted probabilities by item_id (columns ``p:<class>``)."""
        return self._table("predictions")

    @cached_property
    def embeddings(self) -> pd.DataFrame | None:
        """Embedding vectors by item_id."""
        return self._table("embeddings")

    @cached_property
    def neighbours(self) -> pd.DataFrame | None:
        """Nearest neighbours in embedding space by item_id."""
        return self._table("neighbours")

    @cached_property
    def projection(self) -> pd.DataFrame | None:
        """Map coordinates and cluster by item_id."""
        return self._table("projection")

    @cached_property
    def dynamics(self) -> pd.DataFrame | None:
        """How training saw each item, epoch by epoch, in figures; None where nothing was fine-tuned."""
        return self._table("dynamics")

    @cached_property
    def label_quality(self) -> pd.DataFrame | None:
        """How far each label can be trusted, and the probability that it is wrong."""
        return self._table("label_quality")

    @cached_property
    def tuning(self) -> dict[str, Any]:
        """tuning.json: the trials of a search for hyper-parameters; empty where there was none."""
        return dict(self._json("tuning")) if (self.path / "tuning.json").exists() else {}

    @cached_property
    def scores(self) -> pd.DataFrame | None:
        """Score of every item under every rule."""
        return self._table("scores")

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Findings, the worst first within each rule."""
        table = self._table("findings")
        if table is None:
            raise RunError(f"{self.path} has no findings.parquet", hint="run the audit again")
        return table

    @cached_property
    def silenced(self) -> pd.DataFrame | None:
        """Findings that people's decisions answer, with ``silenced_by``; None where there are none."""
        return self._table("silenced")

    def _repr_html_(self) -> str:
        from html import escape

        counts = self.findings.groupby(["severity", "code", "name"]).size().rename("findings").reset_index()
        return f"<p>dsaudit run <b>{escape(self.id)}</b> of {escape(str(self.root))}</p>{counts.to_html(index=False)}"


def _audited(run: Path) -> str | None:
    """Manifest or folder that a run looked at; None for what is no run."""
    try:
        found = json.loads((run / "run.json").read_text(encoding="utf-8")).get("source_path")
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _newest_first(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if not p.name.startswith(".")), key=lambda p: p.name, reverse=True)
