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
from dsaudit.store.files import digest, frame_to_parquet, growing_parquet, read_parquet, to_json, write_atomic, writing
from dsaudit.store.schema import FILES
from dsaudit.store.schema.run import SCHEMA_VERSION
from dsaudit.store.schema.shape import plain, read
from dsaudit.types import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import pandas as pd

    from dsaudit.kind import Appearance
    from dsaudit.store.rows import StoredRows
    from dsaudit.store.schema.metrics import Metrics
    from dsaudit.store.schema.run import RuleRecord, RunMeta, Timings
    from dsaudit.store.schema.tuning import Tuning

_FINDINGS = tuple(Finding.__dataclass_fields__)
_COLUMNS = {
    "items": ("uri", "label", "split", "group", "content_hash"),
    "measurements": ("status", "error", "content_hash"),
    "predictions": ("given", "predicted", "fold"),
    "embeddings": (),
    "neighbours": ("ids", "similarity", "distance"),
    "projection": ("x", "y", "cluster"),
    "dynamics": ("aum", "forgetting", "confidence", "variability", "learned_at"),
    "label_quality": (
        *("self_confidence", "pairwise_confidence", "normalized_margin", "confidence_weighted_entropy"),
        *("n_neighbours", "neighbour_agreement", "aum", "quality", "p_wrong", "suggestion", "suggestion_agreement"),
        *("p_suggested", "candidate", "kind", "voters"),
    ),
    "arguments": ("given", "suggestion", "starts", "ends", "weights"),
    "field_doubts": ("fields", "p_fields", "alike", "doubts"),
    "unlabelled": ("predicted", "confidence", "p_right", "p_low", "far", "new_group", "copy_of", "left_out"),
    "consensus": ("label", "probability", "majority", "n_people"),
    "scores": ("item_id", "code", "score", "flagged"),
    "findings": _FINDINGS,
    "silenced": (*_FINDINGS, "silenced_by"),
}
"""What every table has at least, whether its step was taken or not."""
_RECORDS_AT_ONCE = 4_096
_BY_ROW = frozenset({"scores", "findings", "silenced"})
"""Tables that are not by ``item_id``."""
ACCEPTED = "accepted.jsonl"
"""Name of the file of accepted findings, see ``dsaudit.policy.accepted``."""
_FOR_GIT = {
    ".gitignore": "# results of dsaudit; only accepted findings are worth committing\n"
    f"*\n!{ACCEPTED}\n!.gitignore\n!.gitattributes\n",
    ".gitattributes": f"{ACCEPTED} merge=union\n",
}
_ABANDONED_S = 24 * 3600.0
_CODED = ("label", "split")
_MANY = 200_000
"""Items from which on a few rows of a table are looked for in its file."""


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
            tell_git(path)
            probe = path / "runs" / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        self.cache = Cache(path / "cache")
        self._drop_abandoned()

    def _drop_abandoned(self) -> None:
        """Remove what killed runs of this machine left behind, and anything half-done that is a day old."""
        left = (path for name in (".partial-*", ".status-*.json") for path in (self.path / "runs").glob(name))
        for partial in left:
            host, _, pid = partial.name.removesuffix(".json").rpartition("-")
            with contextlib.suppress(OSError):
                old = time.time() - partial.stat().st_mtime > _ABANDONED_S
                if old or (host.endswith(f"-{this_machine()}") and pid.isdigit() and not is_alive(int(pid))):
                    if partial.is_dir():
                        shutil.rmtree(partial, ignore_errors=True)
                    else:
                        partial.unlink(missing_ok=True)

    def known(self, source_path: str | None, codes: Collection[str], hashes: Collection[str]) -> frozenset[str]:
        """Fingerprints of what each of these rules found when it last ran on the same data.

        That is the same folder or manifest, or a folder and a manifest in it that hold mostly the same items, which
        have the content ``hashes``.
        """
        waiting, found = set(codes), set[str]()
        for path in _newest_first(self.path / "runs"):
            if not waiting or source_path is None:
                break
            named = _audited(path)
            if named is not None and (alike := _are_alike(named, source_path)) is not None:
                with contextlib.suppress(RunError, KeyError):  # damaged, or of another version
                    run = Run(path)
                    if not alike and not _mostly_same(set(run.items["content_hash"]), set(hashes)):
                        continue
                    ran = waiting & {rule.code for rule in run.rules if rule.outcome == "ran"}
                    table = run.findings
                    found.update(table.loc[table["code"].isin(ran), "fingerprint"])
                    waiting -= ran
        return frozenset(found)

    @contextlib.contextmanager
    def new_run(self) -> Iterator[RunWriter]:
        """A run folder being written; renamed to its final name on success, removed on failure."""
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%d-%H%M%S}-{now.microsecond:06d}"
        partial = self.path / "runs" / f".partial-{run_id}-{this_machine()}-{os.getpid()}"
        with writing(partial.parent):
            partial.mkdir()
        writer = RunWriter(run_id, partial, now.isoformat(timespec="seconds"))
        try:
            yield writer
            with writing(partial.parent):
                writer.path = partial.rename(partial.with_name(run_id))
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def results_beside(source: str | os.PathLike[str] | pd.DataFrame) -> Path:
    """Where results go unless another place is named."""
    if hasattr(source, "columns") or "://" in os.fspath(source):
        return Path.cwd() / ".dsaudit"
    path = Path(source).expanduser().absolute()
    return (path if path.is_dir() else path.parent) / ".dsaudit"


def tell_git(results: Path) -> None:
    """Have git leave the results alone, but for accepted findings, of which it keeps the lines of both sides."""
    for name, text in _FOR_GIT.items():
        if not (results / name).exists():
            (results / name).write_text(text)


def this_machine() -> str:
    """Where process numbers mean something: this machine, and on Linux this container."""
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").readlink())
    return digest(platform.node(), namespace)[:8]


def is_alive(pid: int) -> bool:
    """Whether there is a process of this number."""
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

    def growing(self, name: str) -> AbstractContextManager[Callable[[pd.DataFrame], None]]:
        """Write ``<name>.parquet`` while its parts come, see ``dsaudit.store.files.growing_parquet``."""
        return growing_parquet(self.path / f"{name}.parquet")

    def json(self, name: str, value: object) -> None:
        """Write ``<name>.json`` deterministically.

        Raises
        ------
        ShapeError
            It is not what ``dsaudit.store.schema`` says that the file holds.
        """
        text = to_json(plain(value))
        if name in FILES:
            read(FILES[name], json.loads(text), name)
        self.bytes(f"{name}.json", (text + "\n").encode("utf-8", "backslashreplace"))

    def records(self, name: str, frame: pd.DataFrame) -> None:
        """Write ``<name>.json``: an array of the rows as objects, the same as ``json`` writes, a part at a time."""
        write_atomic(self.path / f"{name}.json", lambda p: _write_records(frame, p))

    def bytes(self, name: str, data: bytes) -> None:
        """Write ``data`` as the file ``name``."""
        write_atomic(self.path / name, lambda p: p.write_bytes(data))


def _write_records(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        stream.write("[")
        for start in range(0, len(frame), _RECORDS_AT_ONCE):
            told = to_json(plain(frame.iloc[start : start + _RECORDS_AT_ONCE].to_dict("records")))
            stream.write(("," if start else "") + told.removeprefix("[").removesuffix("\n]"))
        stream.write("\n]\n" if len(frame) else "]\n")


@dataclass(frozen=True)
class Run:
    """A finished run folder. Files are read when first touched; tables that were not made are None."""

    path: Path

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, holding: str = "", trained: bool = False) -> Run:
        """Open a run folder, or the newest audit of a ``.dsaudit`` folder, of a dataset's folder or of a manifest.

        What ``train`` left there has no findings and is opened by its own folder only. One that holds the table
        ``holding`` goes before newer ones that do not: an audit of some checks only makes few tables. ``trained``: the
        newest that keeps a model is opened instead.

        Raises
        ------
        RunError
            When there is no run, or it was written by another version that keeps runs differently.
        """
        start = Path(path).expanduser().absolute()
        candidates = (start, *_newest_first(start / "runs"), *_newest_first(start / ".dsaudit" / "runs"))
        if start.is_file():  # several manifests may keep their results in one place
            beside = _newest_first(start.parent / ".dsaudit" / "runs")
            candidates = tuple(p for p in beside if _audited(p) == str(start))
        unaudited, without = False, None
        for candidate in candidates:
            if (candidate / "run.json").is_file():
                run = cls(candidate)
                _ = run.meta  # refuses what another version wrote
                if candidate == start or (trained and (candidate / "model").is_dir()):
                    return run
                if not trained and not _trained_only(candidate) and run.holds(holding):
                    return run
                if _trained_only(candidate):
                    unaudited = True
                else:
                    without = without or run
        if without:
            return without  # where a model is asked for, it says that it keeps none
        if unaudited:
            raise NoRunError(f"{start} was trained on, but never audited", hint=f"audit it with: dsaudit audit {start}")
        if not start.exists():
            raise NoRunError(f"{start} does not exist", hint="give a dataset that was audited, or a run folder")
        raise NoRunError(f"no finished run in {start}", hint=f"make one with: dsaudit audit {start}")

    @property
    def id(self) -> str:
        """Name of the run folder."""
        return self.timings.run_id

    @property
    def root(self) -> Path:
        """Folder the items were read from."""
        return Path(self.meta.root)

    @property
    def pool(self) -> Path | None:
        """The pool of items without a label that was read beside them; None without one."""
        told = self.meta.settings.get("unlabelled")
        return Path(told.value) if told is not None and told.value else None

    @property
    def results(self) -> Path:
        """The ``.dsaudit`` folder, or whatever was named instead, that the run lies in."""
        return self.path.parent.parent

    @property
    def cache(self) -> Cache | None:
        """What audits that keep their results there have computed; None where it is gone."""
        path = self.results / "cache"
        return Cache(path) if path.is_dir() else None

    def holds(self, table: str) -> bool:
        """Whether the run has made this table; True for no name."""
        return not table or (self.path / f"{table}.parquet").is_file()

    def wider(self) -> Run | None:
        """The newest earlier run on the same data that judged labels, where this one was told to look at less."""
        if not self.meta.settings["select"].value or self.holds("label_quality"):
            return None
        earlier = (Run(p) for p in _newest_first(self.path.parent) if p.name < self.path.name)
        same = (r for r in earlier if r.holds("label_quality") and _audited(r.path) == self.meta.source_path)
        return next((r for r in same if not _trained_only(r.path)), None)

    def before_decisions(self) -> Run:
        """The newest earlier run on the same data that people's decisions had not changed yet, with a model if any has.

        Raises
        ------
        RunError
            There is none.
        """
        without = None
        for candidate in _newest_first(self.path.parent):
            if candidate.name >= self.path.name or _trained_only(candidate):
                continue
            if _audited(candidate) == self.meta.source_path:
                run = Run(candidate)
                if run.meta.review is None and run.meta.sampled_from == self.meta.sampled_from:
                    if run.holds("embeddings"):
                        return run
                    without = without or run
        if without:
            return without  # where a model is asked for, it says that it keeps none
        raise RunError(
            f"{self.path.parent} has no earlier run without decisions to compare with",
            hint="decide, then: dsaudit audit DATASET; or name both runs: dsaudit compare BEFORE AFTER",
        )

    @property
    def report_path(self) -> Path:
        """The HTML report."""
        return self.path / "report.html"

    def _json(self, name: str) -> Any:
        path = self.path / f"{name}.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if name == "run":
                self._refuse(found["schema_version"])
            return read(FILES[name], found)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path} cannot be read: {error}", hint="run the audit again") from error

    def _refuse(self, version: int) -> None:
        """Say what to do about a run of another version."""
        if version > SCHEMA_VERSION:
            raise RunError(f"{self.path} was written by a newer dsaudit", hint="pip install -U dsaudit")
        if version < SCHEMA_VERSION:
            raise RunError(f"{self.path} was written by an older dsaudit", hint="run the audit again")

    def _table(self, name: str) -> pd.DataFrame:
        """A table of the run; without rows, but with its columns, where its step was left out."""
        path = self.path / f"{name}.parquet"
        if not path.exists():
            return empty_table(name, classes=self.meta.classes if name == "predictions" else ())
        table = read_parquet(path)
        if table is None:
            raise RunError(f"{path} is damaged", hint="run the audit again")
        return table

    def rows_of(self, name: str, ids: Sequence[str], *, columns: Sequence[str]) -> pd.DataFrame:
        """Those columns of these items alone, as far as the table has them; of a large one no more is read."""
        if self.meta.n_items >= _MANY and name not in vars(self) and self.holds(name):
            return self._part(name, columns, ids=ids)
        table: pd.DataFrame = getattr(self, name)
        return table.loc[[i for i in ids if i in table.index], [column for column in columns if column in table]]

    def columns_of(self, name: str, columns: Sequence[str], *, where: Any = None) -> pd.DataFrame:
        """Those columns of a table, as far as it has them; the others are not read, nor rows that do not fit ``where``.

        The conditions are as ``pyarrow.parquet.read_table`` takes them.
        """
        if name not in vars(self) and self.holds(name):
            return self._part(name, columns, where)
        table: pd.DataFrame = getattr(self, name)
        return table[[column for column in columns if column in table]]

    def rows(self, name: str) -> StoredRows | None:
        """A table as it lies in its file, of a run of many items; None of one of few, or where it is not made."""
        if self.meta.n_items < _MANY or not self.holds(name):
            return None
        from dsaudit.store.rows import StoredRows

        if name not in self._opened:
            self._opened[name] = StoredRows(self.path / f"{name}.parquet", coded=_CODED if name == "items" else ())
        return self._opened[name]

    @cached_property
    def _opened(self) -> dict[str, StoredRows]:
        return {}

    def _part(
        self, name: str, columns: Sequence[str], where: Any = None, *, ids: Sequence[str] | None = None
    ) -> pd.DataFrame:
        from pyarrow.parquet import read_schema

        path = self.path / f"{name}.parquet"
        try:
            schema = read_schema(path)
        except (OSError, ValueError) as error:
            raise RunError(f"{path} is damaged", hint="run the audit again") from error
        index = [c for c in (schema.pandas_metadata or {}).get("index_columns", []) if isinstance(c, str)]
        there = [*(column for column in columns if column in schema.names), *index]
        filters = where if ids is None else [(index[0], "in", list(ids))]
        found = read_parquet(path, columns=there, filters=filters)
        if found is None:
            raise RunError(f"{path} is damaged", hint="run the audit again")
        return found

    @cached_property
    def meta(self) -> RunMeta:
        """run.json: what was audited, with which settings, what was skipped and why."""
        meta: RunMeta = self._json("run")
        return meta

    @property
    def kind(self) -> Appearance:
        """What people see of the kind of data, as it was when the run was made."""
        return self.meta.kind

    @cached_property
    def timings(self) -> Timings:
        """timings.json: everything that differs between two runs on the same data."""
        timings: Timings = self._json("timings")
        return timings

    @cached_property
    def rules(self) -> tuple[RuleRecord, ...]:
        """rules.json: every rule as it was, with its outcome."""
        rules: tuple[RuleRecord, ...] = self._json("rules")
        return rules

    @cached_property
    def metrics(self) -> Metrics:
        """metrics.json: scores of the baseline, classes, splits, clusters."""
        metrics: Metrics = self._json("metrics")
        return metrics

    @cached_property
    def items(self) -> pd.DataFrame:
        """Items by item_id; what was given as a text has it in the column ``text``, and no ``uri``."""
        return self._table("items")

    @cached_property
    def measurements(self) -> pd.DataFrame:
        """Raw measurements by item_id."""
        return self._table("measurements")

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Out-of-sample predicted probabilities by item_id (columns ``p:<class>``)."""
        return self._table("predictions")

    @cached_property
    def embeddings(self) -> pd.DataFrame:
        """Embedding vectors by item_id."""
        return self._table("embeddings")

    def with_embeddings(self, table: pd.DataFrame) -> Run:
        """The same run, in memory, with these vectors in place of its own."""
        run = Run(self.path)
        vars(run)["embeddings"] = table
        return run

    @cached_property
    def neighbours(self) -> pd.DataFrame:
        """Nearest neighbours in embedding space by item_id."""
        return self._table("neighbours")

    @cached_property
    def projection(self) -> pd.DataFrame:
        """Map coordinates and cluster by item_id."""
        return self._table("projection")

    @cached_property
    def dynamics(self) -> pd.DataFrame:
        """How training saw each item, epoch by epoch, in figures; none where nothing was fine-tuned."""
        return self._table("dynamics")

    @cached_property
    def label_quality(self) -> pd.DataFrame:
        """How far each label can be trusted, and the probability that it is wrong."""
        return self._table("label_quality")

    @cached_property
    def arguments(self) -> pd.DataFrame:
        """Which parts of a doubtful item argue for its label, and which for the suggested one."""
        return self._table("arguments")

    @cached_property
    def field_doubts(self) -> pd.DataFrame:
        """By ``item_id``, what the survey says of the named fields of each item, see ``media.base.FIELD_DOUBTS``."""
        return self._table("field_doubts")

    @cached_property
    def unlabelled(self) -> pd.DataFrame:
        """What a model says of items without a label, see ``dsaudit.evidence.unlabelled.Unlabelled``."""
        return self._table("unlabelled")

    @cached_property
    def consensus(self) -> pd.DataFrame:
        """What several people who labelled an item say together, and the probability that it is right."""
        return self._table("consensus")

    @cached_property
    def tuning(self) -> Tuning | None:
        """tuning.json: the trials of a search for hyper-parameters; None where there was none."""
        return self._json("tuning") if (self.path / "tuning.json").exists() else None

    @cached_property
    def overview(self) -> dict[str, Any] | None:
        """overview.json: what the kind of data shows of the set as a whole; None where it shows nothing."""
        path = self.path / "overview.json"
        try:
            found: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        except (OSError, ValueError) as error:
            raise RunError(f"{path} cannot be read: {error}", hint="run the audit again") from error
        return found

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Score of every item under every rule; ``item_id`` and ``code`` are categories."""
        return self._table("scores")

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Findings, the worst first within each rule."""
        if not (self.path / "findings.parquet").exists():
            raise RunError(f"{self.path} has no findings.parquet", hint="run the audit again")
        return self._table("findings")

    @cached_property
    def silenced(self) -> pd.DataFrame:
        """Findings that people's decisions answer, with ``silenced_by``."""
        return self._table("silenced")

    def _repr_html_(self) -> str:
        from html import escape

        counts = self.findings.groupby(["severity", "code", "name"]).size().rename("findings").reset_index()
        return f"<p>dsaudit run <b>{escape(self.id)}</b> of {escape(str(self.root))}</p>{counts.to_html(index=False)}"


def empty_table(name: str, *, classes: Sequence[str] = ()) -> pd.DataFrame:
    """The table of a run whose step was left out: its columns, and no rows.

    Examples
    --------
    >>> list(empty_table("projection")), list(empty_table("predictions", classes=["no", "yes"]))
    (['x', 'y', 'cluster'], ['given', 'predicted', 'fold', 'p:no', 'p:yes'])
    """
    import pandas as pd

    rows = pd.RangeIndex(0) if name in _BY_ROW else pd.Index([], dtype=object, name="item_id")
    columns = [*_COLUMNS[name], *(f"p:{label}" for label in classes)]
    return pd.DataFrame({column: pd.Series(index=rows, dtype=object) for column in columns}, index=rows)


def _audited(run: Path) -> str | None:
    """Manifest or folder that a run looked at; None for what is no run."""
    try:
        found = json.loads((run / "run.json").read_text(encoding="utf-8")).get("source_path")
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _are_alike(one: str, other: str) -> bool | None:
    """Whether two names of datasets are of the same; None where they cannot be, False where it depends on the items."""
    a, b = os.path.realpath(one), os.path.realpath(other)
    return True if a == b else False if Path(a) in Path(b).parents or Path(b) in Path(a).parents else None


def _mostly_same(one: set[str], other: set[str]) -> bool:
    return 2 * len(one & other) > max(len(one), len(other))


def _trained_only(run: Path) -> bool:
    """Whether a run is a training, which no rule had a part in."""
    try:
        return bool(json.loads((run / "rules.json").read_text(encoding="utf-8")) == [])
    except (OSError, ValueError):
        return False


def _newest_first(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if not p.name.startswith(".")), key=lambda p: p.name, reverse=True)
