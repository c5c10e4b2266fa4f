"""What every reader returns, before groups are inferred and rows are sorted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsaudit.types import Guess, ManifestColumn, Understanding

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class Rows:
    """Parallel lists, one entry per item, in the order of the source.

    Attributes
    ----------
    root : Path
        Absolute folder that relative paths start from.
    source : str
        ``folder``, ``csv``, ``tsv``, ``jsonl``, ``parquet`` or ``dataframe``.
    ids : list of str
        Valid Unicode, not yet unique.
    uris : list of str
        Absolute paths that can be opened, possibly with undecodable bytes as surrogates.
    labels, splits, groups : list of (str or None)
    given_labels : list of (str or None), or None
        Labels as they were before decisions were applied; None where none were.
    excluded : list of bool, or None
        Rows that people took out; None where the source does not say.
    group_source : str
    group_held : bool
        As of a ``Dataset``.
    notes : list of str
        What people must read, guesses too.
    label_notes : list of str
        The same of the labels that the source has: void where a pattern gives others.
    layout : str
    columns : list of ManifestColumn
    guesses : list of Guess
        As in ``Understanding``; see ``guess``.
    table : Table or None
        What was read, one row for each of the first items; None where folders say what the items are.
    """

    root: Path
    source: str
    ids: list[str] = field(default_factory=list)
    uris: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    splits: list[str | None] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    given_labels: list[str | None] | None = None
    excluded: list[bool] | None = None
    group_source: str = ""
    group_held: bool = True
    notes: list[str] = field(default_factory=list)
    label_notes: list[str] = field(default_factory=list)
    layout: str = ""
    columns: list[ManifestColumn] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    table: Any = None  # whose module imports this one

    def guess(self, text: str, option: str = "") -> None:
        """Keep what was taken to be so, and tell people with the option that says otherwise."""
        guess = Guess(text, option)
        self.guesses.append(guess)
        self.notes.append(guess.said)

    def ignore(self, column: str, why: str) -> None:
        """Tell of a column that it is not used after all."""
        self.use(column, "", why)

    def use(self, column: str, role: str, why: str) -> None:
        """Tell of a column what it is taken for after all."""
        self.columns = [ManifestColumn(column, role, why) if c.name == column else c for c in self.columns]

    @property
    def understood(self) -> Understanding:
        """How the source was understood."""
        ranked = sorted(self.columns, key=lambda column: not column.role)
        return Understanding(self.layout, tuple(ranked), tuple(self.guesses))
