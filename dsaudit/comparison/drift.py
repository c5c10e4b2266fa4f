"""Two sets side by side: what is measured, which classes, what kinds of items, and what it does to a model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.drift.statistic import N_DEALT
from dsaudit.analysis.drift.unit import LEAST as LEAST_UNITS
from dsaudit.analysis.drift.unit import units
from dsaudit.comparison.drift_told import told
from dsaudit.comparison.measured import measured
from dsaudit.comparison.one_space import in_space_of
from dsaudit.comparison.two_sets import TwoSets, differences_of
from dsaudit.engine.progress import here
from dsaudit.errors import InconclusiveError, UsageError
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from dsaudit.analysis.drift.statistic import Aspect, Statistics
    from dsaudit.analysis.drift.unit import Units
    from dsaudit.comparison.drift_model import Model
    from dsaudit.engine.progress import Progress
    from dsaudit.kind import Appearance
    from dsaudit.store.run import Run
    from dsaudit.types import Finding, LimitJudged

SCHEMA_VERSION = 1
MOST = 5_000
"""Items of each set that are compared; of more so many are drawn, units whole."""
LEAST = 30
"""Items of each set below which nothing is told."""
_TOLD: tuple[Aspect, ...] = ("number", "mix", "classifier")


@dataclass(frozen=True, slots=True)
class DriftSide:
    """One of the two sets, and what its own run found out about it."""

    run_id: str
    name: str
    n_items: int
    n_labelled: int
    n_units: int
    accuracy: Estimate | None = None
    """Of the baseline of its own run, on held-out items."""
    wrong_labels: Estimate | None = None
    """Share of its labels that its own run holds for wrong."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Two sets compared.

    Attributes
    ----------
    reference, current : DriftSide
    kind : Appearance
    table : DataFrame by ``subject``
        The evidence ``drift``, see ``dsaudit.evidence.tables.DOCUMENTED``.
    auc : Estimate or None
        Of a classifier of the two sets, see ``analysis.drift.two_sample``; None without vectors.
    model : Model or None
        None where none could be trained.
    n_compared : (int, int)
        Items of either set that were compared.
    n_tests : int
        Statistics in the family.
    notes : tuple of str
    findings : tuple of Finding
        What rules about two sets say of it, the costliest first.
    limits : tuple of LimitJudged
        Of the policy, broken ones first.
    """

    reference: DriftSide
    current: DriftSide
    kind: Appearance
    table: pd.DataFrame
    auc: Estimate | None
    model: Model | None
    n_compared: tuple[int, int]
    n_tests: int
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    limits: tuple[LimitJudged, ...] = ()

    @property
    def exit_code(self) -> int:
        """1: a limit is broken; 3: one could not be judged; 0."""
        outcomes = {one.outcome for one in self.limits}
        return 1 if "fail" in outcomes else 3 if "inconclusive" in outcomes else 0

    def document(self) -> dict[str, Any]:
        """What JSON says of it."""
        model = asdict(replace(self.model, probs=pd.DataFrame())) if self.model else {}
        model.pop("probs", None)
        return {
            "schema_version": SCHEMA_VERSION,
            "reference": asdict(self.reference),
            "current": asdict(self.current),
            "n_compared": self.n_compared,
            "n_tests": self.n_tests,
            "classifier_auc": asdict(self.auc) if self.auc else None,
            "model": model or None,
            "findings": [asdict(f) for f in self.findings],
            "limits": [asdict(one) for one in self.limits],
            "compared": self.table.rename_axis("subject").reset_index().to_dict("records"),
            "notes": self.notes,
        }


def compare_sets(
    reference: Run,
    current: Run,
    *,
    prior: Mapping[str, float] | None = None,
    n_dealt: int = N_DEALT,
    seed: int = 0,
    progress: Progress | None = None,
) -> Drift:
    """Hold CURRENT against REFERENCE in everything that both runs tell of their items.

    Parameters
    ----------
    reference, current : Run
        Of one kind of data.
    prior : mapping of class to share, optional
        Shares of the classes that are known of the current set.
    n_dealt : int
        Times that units are dealt at random, for what chance gives.
    seed : int
        Of everything random.

    Raises
    ------
    UsageError
        The runs cannot be compared: one run twice, two kinds of data, two encoders.
    InconclusiveError
        One of them holds too few items, or groups, to tell chance from change.
    """
    _refuse(reference, current)
    rng = np.random.default_rng(seed)
    rows = [_drawn(run, rng) for run in (reference, current)]
    items = [
        run.items.loc[ids, ["label", "group", "content_hash"]]
        for run, ids in zip((reference, current), rows, strict=True)
    ]
    found = units(*(own["group"].to_numpy(dtype=object) for own in items))
    _refuse_few(found, (reference, current), rows)
    notes = _notes(reference, current, rows)
    with (progress or here()).stage("comparing", 3) as tick:
        own = measured(reference, current, *rows)
        vectors, why = _vectors(reference, current, rows)
        notes += [why] if why else []
        tick(1)
        both = differences_of(TwoSets(own, pd.concat(items), vectors, found), prior=prior, n_dealt=n_dealt, seed=seed)
        made, model = both.made, both.model
        notes += [both.why] if both.why else []
        tick(1)
        notes += [_least(made, found)] if made.told else []
        table = told(made, own, found, rows, kind=reference.kind, model=model)
        tick(1)
    auc = next((one.effect for one in made.of("classifier")), None)
    names = _names(reference, current)
    return Drift(
        _side(reference, names[0], found.n_reference),
        _side(current, names[1], found.n_current),
        reference.kind,
        table,
        auc,
        model.model if model else None,
        (len(rows[0]), len(rows[1])),
        len(made.told),
        tuple(notes),
    )


def _refuse(reference: Run, current: Run) -> None:
    if reference.path.resolve() == current.path.resolve():
        raise UsageError("REFERENCE and CURRENT are the same run", hint="name two sets, as in: dsaudit drift OLD NEW")
    if reference.kind.name != current.kind.name:
        kinds = f"{reference.kind.nouns.many} and {current.kind.nouns.many}"
        raise UsageError(f"{kinds} cannot be compared", hint="name two sets of one kind of data")
    made = [str(run.embeddings.attrs.get("encoder", "")) if len(run.embeddings) else "" for run in (reference, current)]
    if all(made) and made[0] != made[1]:
        raise UsageError(
            f"the runs were made with different encoders, {made[0]} and {made[1]}",
            hint="audit both with the same, as in: --encoder NAME",
        )


def _refuse_few(found: Units, runs: tuple[Run, Run], rows: list[list[str]]) -> None:
    for name, run, ids, n in zip(
        ("REFERENCE", "CURRENT"), runs, rows, (found.n_reference, found.n_current), strict=True
    ):
        nouns = run.kind.nouns
        if len(ids) < LEAST:
            raise InconclusiveError(
                f"{name} holds {nouns.some(len(ids))}, too few to say anything of",
                hint=f"it takes {LEAST} or more of each",
            )
        if n < LEAST_UNITS:
            raise InconclusiveError(
                f"{name} holds {nouns.some(len(ids))} of {n} groups, too few to tell change from chance",
                hint=f"it takes {LEAST_UNITS} groups or more of each; groups: {run.meta.group_source or 'given'}",
            )


def _drawn(run: Run, rng: np.random.Generator) -> list[str]:
    """Items that could be read, or as many as are compared, of units drawn whole."""
    items = run.items
    status = run.measurements["status"].reindex(items.index) if "status" in run.measurements else None
    ids = items.index if status is None else items.index[(status == "ok").to_numpy()]
    if len(ids) <= MOST:
        return [str(i) for i in ids]
    group = items["group"].reindex(ids)
    unit = pd.factorize(group.where(group.notna(), pd.Series(ids, index=ids)))[0]
    order = rng.permutation(unit.max() + 1)
    size = np.bincount(unit)[order]
    kept = np.isin(unit, order[: max(1, int(np.searchsorted(np.cumsum(size), MOST, side="right")))])
    return [str(i) for i in ids[kept]]


def _notes(reference: Run, current: Run, rows: list[list[str]]) -> list[str]:
    notes = []
    for name, run, ids in zip(("REFERENCE", "CURRENT"), (reference, current), rows, strict=True):
        if run.meta.n_measured > len(ids):
            notes.append(f"of {name} {len(ids):,} {run.kind.nouns.many} are compared, drawn by whole groups")
        if left := len(run.items) - run.meta.n_measured - run.meta.n_unread:
            notes.append(f"of {name} {run.kind.nouns.some(left)} could not be read")
    groups = [set(run.items["group"].dropna()) for run in (reference, current)]
    if all(groups):
        new = len(groups[1] - groups[0])
        notes.append(f"{new:,} of the {len(groups[1]):,} groups of CURRENT are not in REFERENCE")
    return notes


def _least(made: Statistics, found: Units) -> str:
    """What would have been told from chance, for silence says only so much."""
    least = [[one.least for one in made.of(aspect)] for aspect in _TOLD]
    words = ("a measurement in {:.0%}", "the shares of the classes by {:.0%}", "the whole with an AUC of {:.2f}")
    said = [w.format(min(1.0, float(np.median(own)))) for own, w in zip(least, words, strict=True) if own]
    n = f"{found.n_reference:,} and {found.n_current:,} groups"
    return f"with {n} change is told from chance from about here on: {', '.join(said)}" if said else ""


def _vectors(reference: Run, current: Run, rows: list[list[str]]) -> tuple[npt.NDArray[np.float32] | None, str]:
    """Vectors of the items of both, the reference's first, rows of NaN where there is none; or why there are none."""
    if not len(reference.embeddings) or not len(current.embeddings):
        told_ = [
            s.reason
            for run in (reference, current)
            for s in run.meta.skipped
            if s.what in ("embedding", "embedded", "embeddings")
        ]
        return (
            None,
            f"the space of the items is not compared{': ' + told_[0] if told_ else ', as a run holds no embeddings'}",
        )
    now = in_space_of(reference, current)
    if now is None:
        return None, "the space of the items is not compared: the encoder learned from each set, and cannot be had here"
    own = reference.embeddings.reindex(rows[0]).to_numpy(dtype=np.float32)
    return np.concatenate([own, now.reindex(rows[1]).to_numpy(dtype=np.float32)]), ""


def _names(*runs: Run) -> list[str]:
    """With as many of the folders that they lie in as tell them apart, and with the run where nothing else does."""
    parts = [Path(run.meta.source_path or run.meta.root).parts for run in runs]
    for n in range(1, max(map(len, parts)) + 1):
        named = [str(Path(*own[-n:])) for own in parts]
        if len(set(named)) == len(named):
            return named
    return [f"{run.meta.name} ({run.id})" for run in runs]


def _side(run: Run, name: str, n_units: int) -> DriftSide:
    baseline, labels = run.metrics.baseline, run.metrics.label_errors
    wrong = None
    if labels and labels.known and not labels.guess and labels.n_estimated and labels.n_judged:
        e = labels.n_estimated
        wrong = Estimate(e.value / labels.n_judged, e.low / labels.n_judged, e.high / labels.n_judged)
    return DriftSide(
        run.id,
        name,
        len(run.items),
        run.meta.n_labelled,
        n_units,
        baseline.accuracy if baseline else None,
        wrong,
    )
