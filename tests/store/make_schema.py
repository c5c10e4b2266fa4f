"""The typed values of a run's JSON files, made up: the one place that fills in every field."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dsaudit import catalogue
from dsaudit.media import kind_for
from dsaudit.settings import Settings
from dsaudit.store.schema.metrics import BaselineFigures, Confusion, CutFigures, LabelErrorFigures, Metrics
from dsaudit.store.schema.run import (
    SCHEMA_VERSION,
    Environment,
    ReviewFacts,
    RuleRecord,
    RunMeta,
    SettingUsed,
    SilencedFacts,
    Timings,
)
from dsaudit.store.schema.shape import typed
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from dsaudit.rule import Rule
    from dsaudit.store.run import RunWriter


def meta(**changes: Any) -> RunMeta:
    return replace(
        RunMeta(
            schema_version=SCHEMA_VERSION,
            dsaudit_version="0.1.0",
            modality="audio",
            kind=kind_for("audio").appearance,
            source="folder",
            source_path=None,
            root="/d",
            review=None,
            n_items=0,
            n_labelled=0,
            n_measured=0,
            classes=(),
            fingerprint="f00d",
            seed=0,
            sampled_from=None,
            group_source="",
            notes=(),
            settings={name: SettingUsed(**own) for name, own in Settings().described().items()},
            skipped=(),
            counts={},
            environment=Environment("3.11.7", "Linux", "cpu", {"numpy": "2.0"}),
        ),
        **changes,
    )


def review_facts(**changes: Any) -> ReviewFacts:
    return replace(ReviewFacts("ledger.db", "", 0, 0, 0, 0, 0, 0, 0, (), {}, SilencedFacts(0, {}, {})), **changes)


def record(rule: Rule, **changes: Any) -> RuleRecord:
    """A rule that ran and found nothing."""
    came_of_it = {"outcome": "ran", "reason": "", "n_checked": 0, "n_flagged": 0}
    return replace(typed(RuleRecord, catalogue.described(rule) | came_of_it), **changes)


@lru_cache
def records() -> tuple[RuleRecord, ...]:
    """Every rule there is."""
    return tuple(record(r) for r in catalogue.rules())


def metrics(**changes: Any) -> Metrics:
    """Of a run in which nothing was found out."""
    return replace(Metrics(None, None, None, None, (), (), (), {}, ()), **changes)


def baseline(**changes: Any) -> BaselineFigures:
    """A model that was asked about nothing."""
    unknown, empty = Estimate(math.nan, math.nan, math.nan), Confusion((), (), ())
    nothing = BaselineFigures(unknown, unknown, unknown, "", math.nan, 0, 5, {}, empty, (), (), (), (), (), (), ())
    return replace(nothing, **changes)


def label_errors(cut: dict[str, Any], **changes: Any) -> LabelErrorFigures:
    """Figures on labels with a cut of these fields."""
    none = CutFigures("f1", None, True, 0, None, None, None, None)
    return replace(LabelErrorFigures(True, "", 0, None, 0, replace(none, **cut), (), 0, {}, (), shift=None), **changes)


def write_json(writer: RunWriter, *, rules: tuple[RuleRecord, ...] | None = None, **changes: Any) -> None:
    """The JSON files of a run that is written by hand; ``changes`` are fields of run.json."""
    writer.json("rules", records() if rules is None else rules)
    writer.json("metrics", metrics())
    writer.json("run", meta(**changes))
    writer.json("timings", Timings(writer.run_id, writer.created_at, 0.0, {}))
