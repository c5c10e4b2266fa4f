"""What comparing two runs comes to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from dsaudit.kind import Appearance

if TYPE_CHECKING:
    from dsaudit.comparison.pruning import Pruning
    from dsaudit.comparison.score import Score
    from dsaudit.comparison.verdict import Edits, Outcome, Relabelled, Verdict

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs: its id, the name of its dataset, its items and how many of them the model trained on."""

    run_id: str
    name: str
    n_items: int
    n_train: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to BEFORE's items, and who decided in between; see ``matching.Match`` for the words."""

    n_relabelled: int = 0
    n_confirmed: int = 0
    n_unsure: int = 0
    n_missing: int = 0
    n_repaired: int = 0
    n_renamed: int = 0
    n_added: int = 0
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A test item that one model gets right and the other wrong.

    ``given_label`` is BEFORE's, ``corrected_label`` AFTER's (the same where nobody changed it); ``before`` and
    ``after`` are what the models predict.
    """

    item_id: str
    given_label: str
    corrected_label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs compared.

    Attributes
    ----------
    verdict : Verdict
        ``outcome``: ``improved``, ``worse``, ``no significant change``, ``inconclusive`` (too few test items) or
        ``refused``.
    before, after : Side
    changes : Changes
    kind : Appearance
    how : str
        How items were held out; empty where nothing could be tried, and then everything below is empty too.
    classes : tuple of str
    n_units : int
        Separate groups among the test items.
    original, corrected : Score or None
        The same items under BEFORE's labels, and under AFTER's where AFTER holds the item.
    relabelled : Relabelled or None
        Test labels that differ.
    edits : Edits or None
        On whose word items were changed or taken out.
    pruned : Pruning or None
        Test items that AFTER lacks; None where there are none.
    fixed, broken : tuple of Moved
        By the corrected labels where these may count, else by the original ones; by item id.
    judged_by : str
        Which labels that is.
    by_seed : tuple of (int, float)
        Difference in accuracy by the original labels, for each seed.
    n_bootstrap : int
    notes : tuple of str
    """

    verdict: Verdict
    before: Side
    after: Side
    changes: Changes
    kind: Appearance = field(default_factory=lambda: Appearance(""))
    how: str = ""
    classes: tuple[str, ...] = ()
    n_units: int = 0
    original: Score | None = None
    corrected: Score | None = None
    relabelled: Relabelled | None = None
    edits: Edits | None = None
    pruned: Pruning | None = None
    fixed: tuple[Moved, ...] = ()
    broken: tuple[Moved, ...] = ()
    judged_by: str = "original"
    by_seed: tuple[tuple[int, float], ...] = ()
    n_bootstrap: int = 0
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The verdict in a word or two."""
        return self.verdict.outcome

    @property
    def exit_code(self) -> int:
        """0 for a verdict, 3 where it is inconclusive or refused."""
        return 3 if self.outcome in ("inconclusive", "refused") else 0

    def to_json(self) -> str:
        """One JSON document, the same bytes for the same two runs; ends with a newline."""
        from dsaudit.store.files import to_json

        document = {
            "schema_version": SCHEMA_VERSION,
            "verdict": asdict(self.verdict),
            "before": asdict(self.before),
            "after": asdict(self.after),
            "changes": asdict(self.changes),
            "how": self.how,
            "classes": self.classes,
            "n_groups": self.n_units,
            "scores": {s.labels: _score(s) for s in (self.original, self.corrected) if s is not None},
            "relabelled_test_items": asdict(self.relabelled) if self.relabelled else None,
            "edits": asdict(self.edits) | {"by_machine": self.edits.by_machine} if self.edits else None,
            "missing_test_items": asdict(self.pruned) if self.pruned else None,
            "fixed": [asdict(m) for m in self.fixed],
            "broken": [asdict(m) for m in self.broken],
            "judged_by": self.judged_by,
            "by_seed": [{"seed": seed, "difference": value} for seed, value in self.by_seed],
            "n_bootstrap": self.n_bootstrap,
            "notes": self.notes,
        }
        return to_json(document) + "\n"


def _score(s: Score) -> dict[str, Any]:
    estimates = {n: asdict(getattr(s, n)) for n in ("before", "after", "difference")}
    return estimates | {
        "cost": asdict(s.cost) if s.cost else None,
        "n": s.n,
        "n_fixed": s.n_fixed,
        "n_broken": s.n_broken,
        "mcnemar_p": s.p.exact,
        "mcnemar_mid_p": s.p.mid_p,
        "per_class": [asdict(c) for c in s.per_class],
        "confusion_before": s.confusion_before,
        "confusion_after": s.confusion_after,
    }
