"""How many planted faults an audit found, and how many alarms it raised on items without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True, slots=True)
class TruthScore:
    """Findings against planted truth.

    Attributes
    ----------
    per_rule : DataFrame indexed by rule name
        ``planted``, ``found`` (planted faults that a finding of that rule names), ``false_alarms``.
    missed : tuple of (rule, subject)
        Planted faults that no finding of that rule names.
    n_planted, n_found : int
    n_false_alarms : int
        Findings that name only items and classes without any planted fault.
    n_side_effects : int
        Findings of a rule on items that carry another planted fault: a silent item is faint, too.
    """

    per_rule: pd.DataFrame
    missed: tuple[tuple[str, str], ...]
    n_planted: int
    n_found: int
    n_false_alarms: int
    n_side_effects: int


def compare_with_truth(
    findings: pd.DataFrame,
    truth: pd.DataFrame,
    *,
    skipped: frozenset[str] = frozenset(),
    labels: Mapping[str, str] | None = None,
    about_labels: frozenset[str] = frozenset(),
) -> TruthScore:
    """Match findings with planted faults.

    Parameters
    ----------
    findings : DataFrame
        ``name``, ``subject`` and ``item_ids`` as in a run's findings.
    truth : DataFrame
        One row per planted fault: ``rule`` (name), ``item_id`` or, for faults of a class or the whole
        dataset, ``subject``; the other is empty.
    skipped : frozenset of str
        Rules whose planted faults cannot be found in this environment; left out on both sides.
    labels : mapping of item id to label, optional
        Where a pair of classes is planted that nothing can tell apart (``mug → cup``), what a rule in ``about_labels``
        says of their items follows from that, and is no false alarm.
    about_labels : frozenset of str
        Rules that judge labels.

    Examples
    --------
    >>> import pandas as pd
    >>> rules, items = ["silent", "clipped"], [["x"], ["y"]]
    >>> findings = pd.DataFrame({"name": rules, "subject": ["x", "y"], "item_ids": items})
    >>> truth = pd.DataFrame({"rule": ["silent", "silent"], "item_id": ["x", "z"], "subject": ""})
    >>> score = compare_with_truth(findings, truth)
    >>> score.n_planted, score.n_found, score.n_false_alarms, score.missed
    (2, 1, 1, (('silent', 'z'),))
    """
    import pandas as pd

    truth = truth[~truth["rule"].isin(skipped)].fillna("")
    faulty = set(truth["item_id"]) - {""}
    subjects = set(truth["subject"]) - {""}
    paired = {name for subject in subjects if " → " in subject for name in subject.split(" → ")}
    alike = {item for item, label in (labels or {}).items() if label in paired}
    named: dict[str, set[str]] = {}
    false_alarms: dict[str, int] = {}
    side_effects = 0
    planted = {rule: set(rows["item_id"]) | set(rows["subject"]) for rule, rows in truth.groupby("rule")}
    for rule, subject, item_ids in zip(findings["name"], findings["subject"], findings["item_ids"], strict=True):
        if rule in skipped:
            continue
        names = {subject, *item_ids}
        named.setdefault(rule, set()).update(names)
        if names & planted.get(rule, set()) - {""}:
            continue
        if names & (faulty | subjects | (alike if rule in about_labels else set())):
            side_effects += 1
        else:
            false_alarms[rule] = false_alarms.get(rule, 0) + 1

    rows: dict[str, dict[str, int]] = {}
    missed: list[tuple[str, str]] = []
    for rule, item_id, subject in zip(truth["rule"], truth["item_id"], truth["subject"], strict=True):
        row = rows.setdefault(rule, {"planted": 0, "found": 0})
        row["planted"] += 1
        if (item_id or subject) in named.get(rule, set()):
            row["found"] += 1
        else:
            missed.append((rule, item_id or subject))
    for rule, n in false_alarms.items():
        rows.setdefault(rule, {"planted": 0, "found": 0})["false_alarms"] = n
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["planted", "found", "false_alarms"])
    table = table.fillna(0).astype(int).sort_index()
    return TruthScore(
        per_rule=table,
        missed=tuple(sorted(missed)),
        n_planted=int(table["planted"].sum()),
        n_found=int(table["found"].sum()),
        n_false_alarms=int(table["false_alarms"].sum()),
        n_side_effects=side_effects,
    )
