"""How much each kind of evidence counts: by how often it proved right in this set's verdicts, and by a prior before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from dsaudit.types import Decision

PRIOR_SHARE, PRIOR_N = 0.5, 10.0
"""A rule's findings before any verdict: so many are right, as if so many verdicts had said so."""
REPAIR_FIRST = "repair first"
"""How the note of a verdict begins that leaves the label until the item is mended."""
PRIOR_OF_DAMAGED = 0.8
"""The same of doubts about items that are damaged, beside doubts about others: the damage may be all that is wrong."""


def weights(opinions: Mapping[int, Sequence[Decision]]) -> dict[tuple[str, str | None], float]:
    """What a finding of each rule counts in each class, beside 1 for a rule on which there are no verdicts: 0 to 2.

    A class starts from what the rule proved to be in the whole set, worth ``PRIOR_N`` verdicts, and the set from the
    prior: a class with few verdicts counts as the others do.

    Parameters
    ----------
    opinions : mapping of position to decisions
        Everybody's last word. A finding proved right where the item that it brought up was not confirmed.

    Returns
    -------
    dict of (rule, given label) to float
        (rule, None) for the classes without verdicts.

    Examples
    --------
    >>> from dsaudit.types import Decision
    >>> once = {"actor": "ana", "item_id": "x", "content_hash": "", "rule": "AUD003"}
    >>> said = [Decision(action="exclude", old_label="no", **once), Decision(action="confirm", old_label="up", **once)]
    >>> {label: round(weight, 2) for (_, label), weight in weights(dict(enumerate([[d] for d in said]))).items()}
    {None: 1.0, 'no': 1.09, 'up': 0.91}
    """
    found: dict[tuple[str, str | None], float] = {}
    for rule, said in _by_rule(opinions.values()).items():
        share = posterior(said, PRIOR_SHARE, _proved)
        found[rule, None] = share / PRIOR_SHARE
        by_class: dict[str, list[Decision]] = {}
        for d in said:
            if d.old_label is not None:
                by_class.setdefault(d.old_label, []).append(d)
        found |= {(rule, label): posterior(own, share, _proved) / PRIOR_SHARE for label, own in by_class.items()}
    return found


def weight_of_damaged(
    opinions: Mapping[int, Sequence[Decision]], damaged: Collection[int], doubting: tuple[str, ...]
) -> float:
    """What a doubt about the label of a damaged item counts beside one about another item, 0 to 1.

    Parameters
    ----------
    opinions : mapping of position to decisions
    damaged : collection of int
        Positions of damaged items.
    doubting : tuple of str
        Beginnings of the codes of rules that doubt labels.
    """
    said = _by_rule(own for k, own in opinions.items() if k in damaged)
    own = [d for rule, some in said.items() if rule.startswith(doubting) for d in some]
    return posterior(own, PRIOR_OF_DAMAGED, lambda d: d.action == "relabel")


def posterior(said: Sequence[Decision], share: float, right: Callable[[Decision], bool]) -> float:
    """Share of verdicts that bear a kind of evidence out, with ``PRIOR_N`` of them thought of beforehand."""
    return (sum(map(right, said)) + share * PRIOR_N) / (len(said) + PRIOR_N)


def _by_rule(opinions: Iterable[Sequence[Decision]]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for d in (d for said in opinions for d in said):
        if d.rule and (d.action in ("confirm", "relabel", "exclude") or _mended(d)):
            found.setdefault(d.rule, []).append(d)
    return found


def _proved(decision: Decision) -> bool:
    return decision.action != "confirm"


def _mended(decision: Decision) -> bool:
    return decision.action == "unsure" and decision.note.startswith(REPAIR_FIRST)
