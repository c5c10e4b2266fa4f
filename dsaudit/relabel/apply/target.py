"""What a command about decisions is about: a dataset as its run read it, and the ledger that belongs to it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.columns import NO_COLUMN, Choice
from dsaudit.dataset.open import add_groups, read_pool, read_rows
from dsaudit.errors import LedgerError, NoRunError, RunError, UsageError
from dsaudit.media import kind_for, media_for
from dsaudit.media.recognise import recognised
from dsaudit.relabel.ledger.place import ledger_url, place_of
from dsaudit.settings import SETTINGS, Settings, load_settings
from dsaudit.store.run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from dsaudit.dataset.rows import Rows
    from dsaudit.kind import Kind
    from dsaudit.media.base import Media
    from dsaudit.types import Decision


@dataclass(frozen=True)
class Target:
    """A dataset, where its results are, and its newest run.

    Attributes
    ----------
    source : Path or DataFrame
        The user's own folder, manifest or table.
    settings : Settings
        How it is read: as in the run, unless said otherwise.
    results : Path
        The ``.dsaudit`` folder.
    run : Run or None
    """

    source: Path | pd.DataFrame
    settings: Settings
    results: Path
    run: Run | None

    @property
    def path(self) -> Path | None:
        """The folder or manifest; None for a DataFrame."""
        return self.source if isinstance(self.source, Path) else None

    @property
    def media(self) -> Media:
        """What reads its items."""
        return media_for(self.settings.modality)

    @property
    def kind(self) -> Kind:
        """The kind of data."""
        return kind_for(self.settings.modality)

    @property
    def choice(self) -> Choice:
        """Columns named by hand."""
        s = self.settings
        columns = (s.path_column, s.label_column, s.split_column, s.group_column, s.id_column, s.text_column)
        return Choice(
            *columns,
            inline=self.kind.inline,
            items=self.kind.manifest_columns,
            pairs=self.kind.manifest_pairs,
            segments=s.segment_columns,
            boxed=self.kind.boxed,
            rows=self.kind.rows,
        )

    def rows(self) -> Rows:
        """Its rows in their own order, excluded ones too."""
        told = self.settings
        rows = read_rows(self.source, self.choice, self.kind, root=told.root, label_pattern=told.label_pattern)
        add_groups(rows, told.group_pattern)
        return rows

    def pool(self, rows: Rows) -> tuple[Target, Rows] | None:
        """The pool that lies beside it as a dataset of its own, and its rows as ``read_pool`` has them; None without
        one, or where it is gone."""
        told = self.settings
        path = Path(told.unlabelled or "")
        if not told.unlabelled or not path.exists():
            return None
        label = NO_COLUMN if self.kind.rows else None
        named = replace(told, label_column=label) if path.is_file() else Settings(modality=told.modality)
        own = replace(self, source=path, settings=named)
        return own, read_pool(path, rows, self.choice, self.kind, group_pattern=told.group_pattern)

    @property
    def ledger(self) -> str:
        """Address of the ledger, with password."""
        return ledger_url(self.settings.ledger, beside=self.results)

    @property
    def required_run(self) -> Run:
        """Its newest run.

        Raises
        ------
        RunError
            It was never audited.
        """
        if self.run is None:
            raise RunError(f"no finished run of {self.path}", hint=f"make one with: dsaudit audit {self.path}")
        return self.run

    def decisions(self, *, needed: bool = True) -> list[Decision]:
        """Every row of the ledger; where none is ``needed`` and none is named, none where there is no ledger.

        Raises
        ------
        LedgerError
            There is none, or it cannot be read.
        """
        from dsaudit.relabel.ledger.ledger import Ledger

        where = self.ledger
        if not Ledger.exists(where):
            if not needed and self.settings.ledger is None:
                return []
            raise LedgerError(
                f"no decisions yet: there is no ledger at {place_of(where).where}",
                hint="decide with: dsaudit relabel RUN, or say where the decisions are with --ledger",
            )
        with Ledger.open(where, create=False, read_only=True) as ledger:
            return ledger.rows()

    def record(self, decisions: Sequence[Decision]) -> None:
        """Append to the ledger; what it has already is not added again."""
        from dsaudit.relabel.ledger.ledger import Ledger

        if decisions:
            with Ledger.open(self.ledger) as ledger:
                ledger.append(decisions)


def target_of(where: str | os.PathLike[str] | Run | pd.DataFrame, **flags: Any) -> Target:
    """Find out what ``where`` means.

    Parameters
    ----------
    where : path, Run or DataFrame
        A run, a ``.dsaudit`` folder or a dataset. A dataset that was audited is read as its newest run read it.
    **flags
        Fields of ``dsaudit.settings.Settings``; they win over the run's.

    Raises
    ------
    RunError, UsageError
        There is no such thing, or the run does not say what it read.
    """
    if isinstance(where, Run):
        return _audited(where, flags)
    if not isinstance(where, str | os.PathLike):
        return Target(where, recognised(where, load_settings(None, flags=flags)), Path.cwd() / ".dsaudit", None)
    source = Path(where).expanduser().absolute()
    run = _run(source)
    if run is not None:
        return _audited(run, flags)
    results = (source if source.is_dir() else source.parent) / ".dsaudit"
    return Target(source, recognised(source, load_settings(source, flags=flags)), results, None)


def _audited(run: Run, flags: Mapping[str, Any]) -> Target:
    source: Any = _asked_again(flags)
    source = run.meta.source_path if source is None else source
    if source is None:
        raise UsageError(
            f"run {run.id} was made from a DataFrame or a query, whose rows are not kept",
            hint="add --sql URL --query 'SELECT …' --output FILE; in Python, give the DataFrame itself",
        )
    told = run.meta.settings
    kept = {k: told[k].value for k, s in SETTINGS.items() if s.reads and k in told and told[k].value is not None}
    kept["modality"] = run.meta.modality
    if "root" in kept:
        kept["root"] = run.meta.root  # the setting may be relative to where the audit was started
    given = {k: v for k, v in flags.items() if v is not None}
    if isinstance(source, str):
        source = Path(source)
    settings = load_settings(source if isinstance(source, Path) else None, flags=kept | given)
    ledger = run.meta.settings["ledger"].value
    if settings.ledger is None and isinstance(ledger, str):
        if "://" in ledger:  # a run folder may come from anywhere, and is not what says whom to connect to
            raise LedgerError(
                f"run {run.id} kept its decisions at {place_of(ledger).where}: a run is not asked whom to connect to",
                hint="name the ledger yourself, with --ledger or DSAUDIT_LEDGER",
            )
        settings = replace(settings, ledger=ledger)
    return Target(source, settings, run.results, run)


def _asked_again(flags: Mapping[str, Any]) -> pd.DataFrame | None:
    """The rows of the query that is named; None where none is. A run does not keep whom it asked."""
    url, query = flags.get("sql"), flags.get("query")
    if not url and not query:
        return None
    if not url or not query:
        raise UsageError("--sql and --query go together", hint="as in: --sql sqlite:///shop.db --query 'SELECT …'")
    from dsaudit.dataset.sql import read_sql

    return read_sql(url, query)


def _run(path: Path) -> Run | None:
    try:
        return Run.open(path)
    except NoRunError:
        if path.name != ".dsaudit" and path.parent.name != "runs":
            return None
        raise


def run_and_ledger(where: str | os.PathLike[str], *, ledger: str | None = None) -> tuple[Run, list[Decision]]:
    """A run and every row of its ledger, none where nothing was decided yet."""
    from dsaudit.relabel.ledger.ledger import Ledger

    target = target_of(where, ledger=ledger)
    run = target.required_run
    return run, target.decisions() if Ledger.exists(target.ledger) else []
