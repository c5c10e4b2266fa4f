"""How a review is going: speed, what is left, how many errors are still to be expected, whether people agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.label.recalibration import drawn_wrong, recalibration
from dsaudit.analysis.people.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha, percent_agreement, ratings
from dsaudit.relabel.screen.decision_state import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from dsaudit.analysis.label.recalibration import Recalibration
    from dsaudit.types import Decision

BREAK_S = 120.0
"""A longer pause between two decisions counts as this much work."""
N_RECENT = 60
"""Decisions that the rate is taken from."""


def rate_per_hour(recent: Sequence[Decision]) -> float | None:
    """Decisions per hour of work, from the latest ones of one person.

    Items decided together count each. Pauses longer than ``BREAK_S`` count as that long, so a lunch does not
    halve the rate.

    Returns
    -------
    float or None
        None for fewer than five decisions, or with no time between them.
    """
    if len(recent) < 5:
        return None
    at = np.sort(np.array([datetime.fromisoformat(d.at).timestamp() for d in recent]))
    spent = float(np.minimum(np.diff(at), BREAK_S).sum())
    return None if spent < 1.0 else 3600.0 * (len(at) - 1) / spent


@dataclass(frozen=True, slots=True)
class Expected:
    """How many of the items still to be heard are expected to need a change; the interval holds 95 %."""

    left: float
    low: float
    high: float


MIN_HEARD = 5


def expected_errors(
    queue: pd.DataFrame, verdicts: npt.NDArray[np.int8], *, fit: Recalibration | None = None, seed: int = 0
) -> Expected | None:
    """How many of the undecided items of a queue people will relabel or exclude.

    Items whose label is in doubt: the stated probability (see ``label_doubt``) as the verdicts so far correct it (see
    ``recalibration``). Other items, by rule: a beta distribution that starts from even odds, worth two verdicts; a
    rule of which fewer than ``MIN_HEARD`` items were heard is not counted, because nothing is known of it. What is
    left is drawn from both; the draws' median and 2.5th and 97.5th percentiles are the answer.

    Parameters
    ----------
    queue : DataFrame
        As from ``build_queue``.
    verdicts : int8 array, by position of the item
        Positions in ``VERDICTS``; unsure and disputed count neither way.
    fit : Recalibration, optional
        What verdicts on the whole set say; those on the queue without.

    Returns
    -------
    Expected or None
        None where no label is in doubt and nobody has decided anything: then nothing can be known.
    """
    said = verdicts[queue.index.to_numpy()]
    right, wrong = said == VERDICTS.index("confirm"), np.isin(said, [VERDICTS.index(w) for w in ("relabel", "exclude")])
    left = said == 0
    if not left.any():
        return Expected(0.0, 0.0, 0.0)
    stated = queue["p_wrong"].to_numpy(dtype=float)
    doubted = ~np.isnan(stated)
    if not (doubted.any() or right.any() or wrong.any()):
        return None
    if fit is None:
        said_of_labels = np.where(right, 0, np.where(wrong, 1, -1))[doubted]
        fit = recalibration(stated[doubted], said_of_labels, seed=seed)
    rng = np.random.default_rng(seed)
    total = drawn_wrong(fit, stated[doubted & left], seed=seed)
    rule, _ = pd.factorize(queue["rule"], sort=True)
    for kind in np.unique(rule[~doubted & left]):
        own = ~doubted & (rule == kind)
        if (own & (right | wrong)).sum() < MIN_HEARD:
            continue
        p = rng.beta(1.0 + (own & wrong).sum(), 1.0 + (own & right).sum(), len(total))
        total += rng.binomial(int((own & left).sum()), p)
    low, high = np.percentile(total, [2.5, 97.5])
    return Expected(float(np.median(total)), float(low), float(high))


@dataclass(frozen=True, slots=True)
class Live:
    """How far people agree on what they both or all heard; None where it cannot be said.

    Attributes
    ----------
    n_items, n_people : int
        Items with two opinions or more, and whose opinions they are.
    kappa : float or None
        Cohen's kappa of two people, Fleiss' of more; at most 1.
    alpha, low, high : float or None
        Krippendorff's alpha with its 95 % interval.
    percent : float
        Share of pairs of opinions that are the same, 0 to 100.
    """

    n_items: int
    n_people: int
    kappa: float | None
    alpha: float | None
    low: float | None
    high: float | None
    percent: float


def agreement_live(opinions: Iterable[Sequence[Decision]], *, n_bootstrap: int = 200) -> Live | None:
    """Agreement over the items with several opinions; None without any.

    An exclusion is an answer like a label; "unsure" is none, and neither is what somebody said who had seen the
    others' answers to settle a disagreement.
    """
    rows = [
        (str(item), d.actor, "-" if d.action == "exclude" else f"={d.new_label}")
        for item, said in enumerate(opinions)
        for d in said
        if d.action != "unsure" and not d.settles
    ]
    if not rows:
        return None
    found = ratings(pd.DataFrame(rows, columns=["item_id", "annotator", "label"]))
    counts = found.counts
    shared = counts.sum(axis=1) >= 2
    if not shared.any():
        return None
    counts = counts[shared]
    labels = found.labels[:, shared]
    labels = labels[(labels >= 0).any(axis=1)]
    alpha = krippendorff_alpha(counts, n_bootstrap=n_bootstrap)
    kappa = None
    if len(labels) == 2:
        kappa = cohen_kappa(labels[0], labels[1], n_bootstrap=1).value
    elif (counts.sum(axis=1) == counts[0].sum()).all():
        kappa = fleiss_kappa(counts, n_bootstrap=1).value
    return Live(
        n_items=len(counts),
        n_people=len(labels),
        kappa=_known(kappa),
        alpha=_known(alpha.value),
        low=_known(alpha.low),
        high=_known(alpha.high),
        percent=round(100.0 * percent_agreement(counts), 1),
    )


def _known(value: float | None) -> float | None:
    return round(float(value), 4) if value is not None and np.isfinite(value) else None
