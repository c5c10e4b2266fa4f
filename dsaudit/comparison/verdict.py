"""What a comparison may be called, and why, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dsaudit.comparison.pruning import Pruning
    from dsaudit.comparison.score import Score
    from dsaudit.types import Estimate

Outcome = Literal["improved", "worse", "no significant change", "inconclusive", "refused"]

MIN_UNITS = 5
"""Fewer groups tell nothing about the next one."""
MIN_WHOLESALE = 10
"""Flagged items from which on it is odd that nearly all of them are gone, whoever is on record."""


@dataclass(frozen=True, slots=True)
class Relabelled:
    """Test items whose label differs between the runs.

    Attributes
    ----------
    n : int
    n_recorded : int
        Of these, where it is on record that somebody decided: a ledger, or a manifest with ``corrected_label``.
    n_flagged : int
        Of these, flagged in BEFORE by a rule that reads the model.
    n_as_before, n_as_after : int
        Of these, where the new label is what the model BEFORE, and the model AFTER, says.
    n_unheard : int
        Of those not on record, where the new label is what the model BEFORE says.
    """

    n: int
    n_recorded: int
    n_flagged: int
    n_as_before: int
    n_as_after: int
    n_unheard: int

    @property
    def counts(self) -> bool:
        """Whether the corrected labels may decide: not where most look like the model's own word, accepted unheard."""
        return self.n > 0 and 2 * self.n_unheard <= self.n


@dataclass(frozen=True, slots=True)
class Edits:
    """Items of BEFORE, tested or not, that AFTER lacks or labels otherwise, and on whose word.

    Attributes
    ----------
    n : int
    n_machine : int
        Of these, flagged by the model and gone, or labelled as the model says, with nobody on record as having
        decided.
    n_flagged, n_flagged_missing : int
        Items that BEFORE's model flags, and those of them that AFTER lacks.
    """

    n: int
    n_machine: int
    n_flagged: int
    n_flagged_missing: int

    @property
    def by_machine(self) -> bool:
        """Whether most of it looks like the model's own word, followed unheard.

        Such edits carry the labels of the test items into the training data: the flags on one fold come from
        models trained on the others. Dropping all flagged items of a set without any wrong label raised the
        out-of-fold score by 1.5 points on average, and relabelling them all by 2.1, where nothing had become
        better; edits by people who knew the truth moved it by 0.3 points too much
        (``tests/benchmarks/bench_following.py``).
        """
        return self.wholesale or 2 * self.n_machine > self.n

    @property
    def wholesale(self) -> bool:
        """Whether nearly all that the model flags is gone, whoever is on record: who hears items keeps some."""
        return self.n_flagged >= MIN_WHOLESALE and self.n_flagged_missing >= 0.9 * self.n_flagged


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, one sentence that says it, and what else must be known to read it."""

    outcome: Outcome
    statement: str
    reasons: tuple[str, ...] = ()
    hint: str = ""


def refusal(statement: str, *, hint: str = "") -> Verdict:
    """Nothing can be said."""
    return Verdict("refused", statement, (), hint)


def verdict(
    original: Score,
    corrected: Score,
    relabelled: Relabelled,
    pruned: Pruning | None,
    edits: Edits,
    *,
    n_units: int,
    min_items: int,
) -> Verdict:
    """Judge by all of BEFORE's test items, under the original and, where they may count, the corrected labels."""
    reasons = _reasons(original, corrected, relabelled, pruned)
    if original.n < min_items or n_units < MIN_UNITS:
        few = f"{original.n} test items" if original.n < min_items else f"{n_units} separate groups of test items"
        return Verdict(
            "inconclusive",
            f"nothing can be said: {few} are too few to tell a change from chance",
            reasons,
            f"compare runs with at least {min_items} test items from {MIN_UNITS} groups",
        )
    judges = [original] + [corrected] * relabelled.counts
    directions = {s.direction for s in judges}
    if {1, -1} <= directions:
        return Verdict(
            "refused",
            "each model is better by its own labels, so the labels follow two conventions and neither can be judge",
            reasons,
            "label the test items anew, by one guide, without sight of a model",
        )
    told = next((s for s in judges if s.direction), None)
    if told is not None and told.direction < 0:
        return Verdict("worse", f"AFTER is worse: {_change(told)}", reasons)
    if told is not None and not edits.by_machine:
        return Verdict("improved", f"AFTER is better: {_change(told)}", reasons)
    if told is not None:
        return Verdict(
            "refused",
            f"{_change(told)}: this is not shown as an improvement, because the model's own flags chose "
            f"{'the test items that are gone' if pruned and pruned.by_model else 'what was changed'}",
            (*reasons, _followed(edits)),
            "let people decide (dsaudit relabel) and audit AFTER with their ledger (--ledger)",
        )
    nothing = f"no significant change: {_change(original)}"
    apparent = pruned.after_on_rest - original.before.value if pruned and pruned.by_model else 0.0
    if edits.by_machine and apparent > original.difference.high:
        return Verdict(
            "refused",
            "a higher score on a test set that the model's own flags have pruned is no improvement; "
            f"on all {original.n:,} test items there is {nothing}",
            reasons,
            "exclude items from training only, or have people decide on all test items, flagged or not",
        )
    if relabelled.n and not relabelled.counts and corrected.direction > 0:
        return Verdict(
            "refused",
            "a higher score on test labels that were set to what the model says is no improvement; "
            f"by the original labels there is {nothing}",
            reasons,
            "audit AFTER with the ledger of the decisions (--ledger), so that it is on record who judged the items",
        )
    return Verdict("no significant change", _change(original), reasons)


def _followed(edits: Edits) -> str:
    if edits.wholesale:
        what = f"{edits.n_flagged_missing:,} of the {edits.n_flagged:,} items that the model flags are gone"
    else:
        what = (
            f"{edits.n_machine:,} of {edits.n:,} changed or missing items follow the model's flags, with nobody on "
            "record as having judged them"
        )
    return (
        f"{what}. Flags come from models that had seen the labels of these very test items, so following them raises "
        "the score by itself, by a point or two in simulations where nothing had become better"
    )


def _change(score: Score) -> str:
    return (
        f"{percent(score.before.value)} → {percent(score.after.value)} of {score.n:,} test items right by the "
        f"{score.labels} labels, {points(score.difference)}"
    )


def _reasons(original: Score, corrected: Score, relabelled: Relabelled, pruned: Pruning | None) -> tuple[str, ...]:
    found = []
    if pruned:
        found.append(
            f"{pruned.n_missing:,} of {original.n:,} test items are missing from AFTER. They still count, under the "
            "label they had: both scores are over all test items of BEFORE"
        )
    if pruned and pruned.by_model:
        found.append(
            f"What is missing is what the model is at odds with: it had flagged {pruned.n_flagged:,} of the "
            f"{pruned.n_missing:,} items and gets {percent(pruned.wrong_missing)} of them wrong, of the rest "
            f"{percent(pruned.wrong_rest)}. Without them the very same old model goes from "
            f"{percent(original.before.value)} to {percent(pruned.before_on_rest)}; "
            "that is the test getting easier, not a model getting better"
        )
    if relabelled.n:
        found.append(
            f"{relabelled.n:,} test labels were corrected, {relabelled.n_flagged:,} of them flagged by the model. "
            "Correcting a test set only where a model flags it favours models that agree with the flags: wrong "
            "labels that all models repeat stay in. Both corrected scores are too high; read their difference"
            + _agreement(relabelled)
        )
    if relabelled.n and not relabelled.counts:
        found.append(
            f"{relabelled.n_unheard:,} of the {relabelled.n:,} new labels are the old model's own word, with nobody on "
            "record as having decided, so the corrected labels are shown but do not judge"
        )
    elif corrected.direction != original.direction and relabelled.n:
        found.append(f"By the {_other(original, corrected)}")
    return tuple(found)


def _other(original: Score, corrected: Score) -> str:
    quiet = corrected if original.direction else original
    return f"{quiet.labels} labels there is no significant change: {points(quiet.difference)}"


def _agreement(relabelled: Relabelled) -> str:
    return (
        f" (the new label is what the model says: BEFORE {relabelled.n_as_before:,} times, "
        f"AFTER {relabelled.n_as_after:,} times)"
    )


def percent(share: float) -> str:
    """``88.2 %``."""
    return f"{100 * share:.1f} %"


def points(change: Estimate) -> str:
    """``+1.7 points (95 %: +0.9 to +2.5)``."""
    return f"{signed(change.value)} points (95 %: {signed(change.low)} to {signed(change.high)})"


def signed(share: float) -> str:
    """A difference of shares in points: ``+1.7``, ``−0.4``, ``0.0``."""
    text = f"{100 * share:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")
