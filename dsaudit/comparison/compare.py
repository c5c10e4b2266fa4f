"""Did it help? Two runs compared by one controlled experiment on their stored embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.model.cost import costs_of
from dsaudit.comparison.comparison import Changes, Comparison, Moved, Side
from dsaudit.comparison.heldout import N_FOLDS, has_folds
from dsaudit.comparison.matching import match_items
from dsaudit.comparison.one_space import in_one_space
from dsaudit.comparison.pruning import model_flags, pruning
from dsaudit.comparison.score import score
from dsaudit.comparison.verdict import Edits, Relabelled, refusal, verdict
from dsaudit.engine.progress import here
from dsaudit.store.run import Run

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

    from dsaudit.comparison.experiment import PairedPredictions
    from dsaudit.comparison.matching import Match
    from dsaudit.comparison.verdict import Verdict
    from dsaudit.engine.progress import Progress


def pair(before: str | os.PathLike[str] | Run, after: str | os.PathLike[str] | Run | None = None) -> tuple[Run, Run]:
    """The two runs that are meant: of a dataset its newest with embeddings, of one alone the run before decisions, too.

    Raises
    ------
    RunError
        There is no such run.
    """
    first, second = (
        run if run is None or isinstance(run, Run) else Run.open(run, holding="embeddings") for run in (before, after)
    )
    assert first is not None
    return (first.before_decisions(), first) if second is None else (first, second)


def compare_runs(
    before: Run,
    after: Run,
    *,
    seeds: Sequence[int] = (0,),
    n_bootstrap: int = 2000,
    progress: Progress | None = None,
) -> Comparison:
    """Train one model on each run's labels and judge both on the same items of BEFORE.

    Parameters
    ----------
    before, after : Run
    seeds : sequence of int
        The first goes with the folds stored in BEFORE; for each further one new folds are dealt, and an item
        counts by the share of the trials that get it right.
    n_bootstrap : int
        Resamples for the intervals.
    progress : Progress, optional

    Returns
    -------
    Comparison
        Where the runs cannot be compared its outcome is ``refused``, with the reason.
    """
    match = _matched(before, after)
    changes = _changes(before, after, match)
    sides = _side(before), _side(after)
    if reason := _incomparable(before, after, match):
        return Comparison(reason, *sides, changes)
    assert match is not None  # else there was a reason
    vectors = in_one_space(before, after, match)
    if vectors is None:
        reason = refusal(
            "the encoder learned from each run's items, and too few are the same in both to hold them together",
            hint="audit both states of the data again with an encoder that learns nothing from them",
        )
        return Comparison(reason, *sides, changes)
    after = after.with_embeddings(vectors)
    from dsaudit.comparison.experiment import MIN_TEST_ITEMS, run_trial

    n_folds = before.predictions["fold"].nunique() if has_folds(before) else N_FOLDS
    n_rounds = len(seeds) * 2 * n_folds
    with (progress or here()).stage("training both models", n_rounds) as tick:
        trials = [run_trial(before, after, match, seed=s, deal=k > 0, tick=tick) for k, s in enumerate(seeds)]
    first = trials[0]
    labels, corrected_labels = _labels(before, after, match, first.ids)
    told = after.meta.settings["costs"].value if "costs" in after.meta.settings else {}
    costs = costs_of(told, first.classes, (*before.meta.classes, *after.meta.classes))
    original, corrected = (
        score(name, given, trials, costs=costs, n_bootstrap=n_bootstrap, seed=seeds[0])
        for name, given in (("original", labels), ("corrected", corrected_labels))
    )
    flags = model_flags(before)
    relabelled = _relabelled(after, match, first, labels, corrected_labels, flags)
    edits = _edits(before, after, match, flags)
    pruned = pruning(first.ids, frozenset(match.missing), flags, original, corrected)
    n_units = len(np.unique(first.unit))
    judge = corrected if relabelled.counts else original
    moved = _moved(first, labels, corrected_labels)
    return Comparison(
        verdict=verdict(original, corrected, relabelled, pruned, edits, n_units=n_units, min_items=MIN_TEST_ITEMS),
        before=_side(before, first.n_train[0]),
        after=_side(after, first.n_train[1]),
        changes=changes,
        kind=before.kind,
        how=first.how,
        classes=first.classes,
        n_units=n_units,
        original=original,
        corrected=corrected,
        relabelled=relabelled,
        edits=edits,
        pruned=pruned,
        fixed=tuple(m for m, was, now in zip(moved, judge.right_before, judge.right_after, strict=True) if now > was),
        broken=tuple(m for m, was, now in zip(moved, judge.right_before, judge.right_after, strict=True) if was > now),
        judged_by=judge.labels,
        by_seed=tuple((s, _difference(t, labels)) for s, t in zip(seeds, trials, strict=True)),
        n_bootstrap=n_bootstrap,
        notes=(*first.notes, *_odd(before, after)),
    )


def _matched(before: Run, after: Run) -> Match | None:
    if not len(before.items) or not len(after.items):
        return None
    return match_items(before.items, after.items)


def _incomparable(before: Run, after: Run, match: Match | None) -> Verdict | None:
    """Why nothing can be tried; None where it can."""
    if before.path.resolve() == after.path.resolve():
        return refusal("BEFORE and AFTER are the same run", hint="name two runs, as in: dsaudit compare RUN DATASET")
    if before.kind.name != after.kind.name:
        kinds = f"{before.kind.name} and {after.kind.name}"
        return refusal(f"the runs are of different kinds of data: {kinds}", hint="name two runs of one dataset")
    if match is None or not match.partner:
        return refusal("the runs share no items, neither by id nor by content", hint="name two runs of one dataset")
    for name, run, needs in (("BEFORE", before, ("embeddings", "predictions")), ("AFTER", after, ("embeddings",))):
        for table in needs:
            if getattr(run, table).empty:
                told = [s.reason for s in run.meta.skipped if s.what in ("embedding", "baseline")]
                why = f": {told[0]}" if told else ""
                return refusal(f"{name} holds no {table}, so no model can be trained{why}", hint="audit it again")
    embedded = before.embeddings, after.embeddings
    encoders = [str(table.attrs.get("encoder", "?")) for table in embedded]
    learned = all(table.attrs.get("learned_from") for table in embedded)  # each from its set, with axes of its own
    if encoders[0] != encoders[1] or (embedded[0].shape[1] != embedded[1].shape[1] and not learned):
        return refusal(
            f"the runs were made with different encoders, {encoders[0]} and {encoders[1]}",
            hint="audit both states of the data again with this version; --no-memory looks at the data as it was",
        )
    if not match.n_changes:
        return refusal(
            "AFTER holds the same items with the same labels as BEFORE, so there is nothing to compare",
            hint="decide on some items with dsaudit relabel, then audit again",
        )
    return None


def _changes(before: Run, after: Run, match: Match | None) -> Changes:
    if match is None:
        return Changes()
    known = before.meta.review.people if before.meta.review else {}
    now = after.meta.review.people if after.meta.review else {}
    return Changes(
        n_relabelled=len(match.relabelled),
        n_confirmed=len(match.confirmed),
        n_unsure=len(match.unsure),
        n_missing=len(match.missing),
        n_repaired=len(match.repaired),
        n_renamed=len(match.renamed),
        n_added=len(match.added),
        people=tuple(sorted(who for who, n in now.items() if n > known.get(who, 0))),
    )


def _side(run: Run, n_train: int = 0) -> Side:
    return Side(run.id, run.meta.name, len(run.items), n_train)


def _labels(before: Run, after: Run, match: Match, ids: tuple[str, ...]) -> tuple[list[str | None], list[str | None]]:
    given, now = before.items["label"].to_dict(), after.items["label"].to_dict()
    original = [_text(given[i]) for i in ids]
    corrected = [_text(now.get(match.partner.get(i, ""))) or label for i, label in zip(ids, original, strict=True)]
    return original, corrected


def _relabelled(
    after: Run,
    match: Match,
    trial: PairedPredictions,
    labels: list[str | None],
    corrected: list[str | None],
    flags: dict[str, set[str]],
) -> Relabelled:
    items = after.items
    column = {name: k for k, name in enumerate(trial.classes)}
    recorded = _recorded(items)
    flagged = set().union(*flags.values()) if flags else set()
    rows = []
    for k, (i, old, new) in enumerate(zip(trial.ids, labels, corrected, strict=True)):
        if old == new:
            continue
        j = match.partner[i]
        as_before = column.get(new or "", -2) == trial.before[k]
        rows.append((j in recorded, i in flagged, as_before, column.get(new or "", -2) == trial.after[k]))
    return Relabelled(
        n=len(rows),
        n_recorded=sum(r[0] for r in rows),
        n_flagged=sum(r[1] for r in rows),
        n_as_before=int(sum(r[2] for r in rows)),
        n_as_after=int(sum(r[3] for r in rows)),
        n_unheard=int(sum(r[2] and not r[0] for r in rows)),
    )


def _recorded(items: pd.DataFrame) -> set[str]:
    """Items where somebody is on record: in a ledger, or in a manifest that keeps the label from before."""
    found: set[str] = set()
    if "decided_by" in items:
        found |= {str(j) for j, who in items["decided_by"].items() if _text(who)}
    if "given_label" in items:
        found |= {str(j) for j in items.index[items["given_label"].fillna("") != items["label"].fillna("")]}
    return found


def _edits(before: Run, after: Run, match: Match, flags: dict[str, set[str]]) -> Edits:
    flagged = set().union(*flags.values()) if flags else set()
    missing, recorded = set(match.missing), _recorded(after.items)
    n_unheard = max(0, len(missing) - _n_excluded(before, after, len(missing)))
    said = before.predictions["predicted"].to_dict()
    now = after.items["label"].to_dict()
    n_echoes = sum(
        match.partner[i] not in recorded and said.get(i) is not None and now[match.partner[i]] == said[i]
        for i in match.relabelled
    )
    return Edits(
        n=len(missing) + len(match.relabelled),
        n_machine=min(n_unheard, len(missing & flagged)) + n_echoes,
        n_flagged=len(flagged),
        n_flagged_missing=len(missing & flagged),
    )


def _n_excluded(before: Run, after: Run, n_missing: int) -> int:
    """How many of the missing items people are on record as having excluded."""
    reviews = [run.meta.review for run in (before, after)]
    if reviews[1] is None and "given_label" in after.items:
        return n_missing  # AFTER was read from a manifest that carries decisions, exclusions among them
    n_before, n_after = (0 if r is None else r.n_excluded for r in reviews)
    return max(0, n_after - n_before)


def _moved(trial: PairedPredictions, labels: list[str | None], corrected: list[str | None]) -> list[Moved]:
    names = (*trial.classes, "")
    return [
        Moved(i, old or "", new or "", names[b], names[a])
        for i, old, new, b, a in zip(
            trial.ids, labels, corrected, trial.before.tolist(), trial.after.tolist(), strict=True
        )
    ]


def _difference(trial: PairedPredictions, labels: list[str | None]) -> float:
    column = {name: k for k, name in enumerate(trial.classes)}
    truth = np.array([column.get(label or "", -2) for label in labels])
    return float((trial.after == truth).mean() - (trial.before == truth).mean())


def _odd(before: Run, after: Run) -> list[str]:
    notes = [
        f"{name} is a random sample of its dataset"
        for name, run in (("BEFORE", before), ("AFTER", after))
        if run.meta.sampled_from
    ]
    made = [run.timings.created_at for run in (before, after)]
    if made[1] < made[0]:
        notes.append("AFTER was made before BEFORE; are they the wrong way round?")
    return notes


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
