"""What was audited, with which rules and settings, and how long it took: run.json, rules.json, timings.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal

from dsaudit.kind import Appearance
from dsaudit.types import Scope, Severity

SCHEMA_VERSION = 2
"""Of all files of a run folder."""


@dataclass(frozen=True, slots=True)
class SettingUsed:
    """A setting as it was in force."""

    value: Any
    """As given, passwords in addresses left out."""
    source: str
    """Where it comes from: default, flag, a file, an environment variable, the dataset."""


@dataclass(frozen=True, slots=True)
class NotDone:
    """A step or a rule that was left out."""

    what: str
    """The step in words, or code and name of the rule."""
    reason: str
    """Why."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the results depend on beside data and settings."""

    python: str
    """Version."""
    platform: str
    """System and processor."""
    device: str
    """Where models ran: cpu, cuda, mps."""
    packages: Mapping[str, str]
    """Versions of installed packages; PyTorch only where it took part."""


@dataclass(frozen=True, slots=True)
class SilencedFacts:
    """Findings that people's decisions answer; they are in silenced.parquet."""

    n: int
    """How many."""
    by_actor: Mapping[str, int]
    """How many by who decided."""
    by_rule: Mapping[str, int]
    """How many by code of the rule."""


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What people's decisions did to the audit; counts are of items."""

    ledger: str
    """Address of the ledger, without a password."""
    head: str
    """Hash of its last row."""
    n_decided: int
    """Items on which a decision stands."""
    n_confirmed: int
    """Found right as labelled."""
    n_corrected: int
    """Judged under another label than that in the data."""
    n_excluded: int
    """Left out."""
    n_unsure: int
    """Looked at by somebody who could not tell."""
    n_disputed: int
    """Of which people say different things."""
    n_changed: int
    """Whose bytes changed since they were decided: the decision no longer counts."""
    changed: tuple[str, ...]
    """Ids of those, at most 1,000."""
    people: Mapping[str, int]
    """Items decided, by who decided."""
    silenced: SilencedFacts
    """Findings that are silent for it."""
    n_fields_corrected: int = 0
    """Fields of items, as cells of rows are, that hold the value which people gave, not the one in the data."""
    n_fields_kept: int = 0
    """Fields found right, those of items that were found right as a whole not counted."""
    n_fields_disputed: int = 0
    """Fields of which people say different things."""
    n_fields_changed: int = 0
    """Fields that hold something else than when they were decided: the decision no longer counts."""


@dataclass(frozen=True, slots=True)
class RunMeta:
    """run.json: what was audited, with which settings, what was left out and why."""

    schema_version: int
    """Of the files in this folder; a program reads those of its own version."""
    dsaudit_version: str
    """What wrote them."""
    modality: str
    """Kind of the items."""
    kind: Appearance
    """What people see of that kind."""
    source: str
    """How the dataset was read: folder, csv, tsv, jsonl, parquet or dataframe."""
    source_path: str | None
    """The folder or manifest; null for a DataFrame."""
    root: str
    """Folder that the items' paths are relative to."""
    review: ReviewFacts | None
    """What people decided; null where nobody has."""
    n_items: int
    """Items looked at."""
    n_labelled: int
    """Items with a label."""
    n_measured: int
    """Items that could be read."""
    classes: tuple[str, ...]
    """Distinct labels, sorted."""
    fingerprint: str
    """Of ids, labels and contents: the same for the same data."""
    seed: int
    """Of everything random."""
    sampled_from: int | None
    """Items before a sample was drawn; null where all were taken."""
    group_source: str
    """Where groups come from, in words; empty without groups."""
    notes: tuple[str, ...]
    """What readers and models saw and passed over, a sentence each."""
    settings: Mapping[str, SettingUsed]
    """By name."""
    skipped: tuple[NotDone, ...]
    """Steps and rules that were left out."""
    counts: Mapping[str, int]
    """Findings by severity; a severity without any is not there."""
    environment: Environment
    """What else the results depend on."""
    n_unread: int = 0
    """Items that were not read, as nothing that was asked for needed it."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Columns of the manifest by the part that they play, such as label; only of those that play one."""

    @property
    def name(self) -> str:
        """Of the folder, manifest or table that was audited, without the folders that it lies in."""
        return PurePath(self.source_path or self.root).name or "dataset"


@dataclass(frozen=True, slots=True)
class OptionUsed:
    """An option of a rule."""

    name: str
    """As in the settings."""
    default: Any
    """Unless it is set."""
    value: Any
    """In force in this run."""
    doc: str
    """What it does, with its unit."""


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """A rule as it was, with what came of it."""

    code: str
    """Such as AUD002."""
    name: str
    """Such as quiet-clip."""
    summary: str
    """What it looks for, one sentence."""
    doc: Mapping[str, str]
    """Its documentation by heading."""
    message: str
    """Template of a finding's message."""
    headline: tuple[str, str]
    """Templates of the sentence on one finding, and on several; empty where it has none."""
    cost: str
    """What its findings cost, in words; may be empty."""
    worth: float
    """Of repairing one finding, in items, 0 to 1."""
    severity: Severity
    """Of its findings."""
    scope: Scope
    """What a finding is about."""
    modalities: tuple[str, ...]
    """Kinds of data it is for; empty: all."""
    needs: tuple[str, ...]
    """Tables of evidence it reads."""
    options: tuple[OptionUsed, ...]
    """With their values."""
    uses_label: bool
    """Whether it judges labels rather than items."""
    status: str
    """stable or preview."""
    since: str
    """Version that it first came with."""
    references: str
    """Literature; may be empty."""
    outcome: Literal["ran", "skipped", "crashed"]
    """What came of it."""
    reason: str
    """Why it was skipped, or how it crashed; else empty."""
    n_checked: int
    """Subjects it looked at."""
    n_flagged: int
    """Findings, before people's decisions silenced some."""


@dataclass(frozen=True, slots=True)
class Timings:
    """timings.json: everything that differs between two runs on the same data."""

    run_id: str
    """Name of the run folder: when it began, UTC."""
    created_at: str
    """When it began, UTC, ISO 8601."""
    total_s: float
    """Seconds from start to end."""
    stages: Mapping[str, float]
    """Seconds by stage."""
