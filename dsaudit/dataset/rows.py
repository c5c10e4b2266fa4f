"""What every reader returns, before groups are inferred and rows are sorted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    notes : list of str
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
    notes: list[str] = field(default_factory=list)
