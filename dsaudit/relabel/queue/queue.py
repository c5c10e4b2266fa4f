"""What is worth hearing, and in which order: one entry per item, with the finding that brings it up.

Label-error candidates come first, then items whose two best classes are close, then faults of the recording,
then copies with conflicting labels and copies that leaked into another split, then whatever else was found. Where
labels cannot order (one class, or a model that could not learn them), all items come by how little they seem to belong.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.errors import UsageError
from dsaudit.relabel.correction import known_hashes
from dsaudit.relabel.memory import looked_at
from dsaudit.relabel.queue.filters import ALL, Filters
from dsaudit.relabel.queue.items import ID, items_of
from dsaudit.relabel.queue.label_doubt import doubted_labels
from dsaudit.relabel.queue.weight import weight_of_damaged, weights
from dsaudit.relabel.queue.words import table_of, texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.relabel.memory import Memory
    from dsaudit.relabel.queue.items import Items
    from dsaudit.store.run import Run
    from dsaudit.store.schema.run import RuleRecord
    from dsaudit.types import Decision


AMBIGUOUS = "ambiguous"
"""What stands for a rule where no finding brings the item up: another class is as probable as the given one."""
FOREIGN = "foreign-item"
"""The rule whose scores order the queue where labels cannot; it brings up every item that it scored."""
UNPROVED = {
    AMBIGUOUS: "its two best classes are close",
    FOREIGN: "no finding, but next in the order of how little items seem to belong",
}
"""Why an item is brought up without a finding."""

_LABEL_RULES = ("LBL", "ANN")
_FILE_RULES = "FIL"
_CONFLICTS = "conflicting-duplicate"
_LEAKS = "leaked-duplicate"
_COPIES = ("exact-duplicate", "near-duplicate")
_HELD_OUT = {"test": 0, "validation": 1}


class Tier(IntEnum):
    """The parts of the queue, in order; ``ASKED`` is what is heard only when its rule is asked for."""

    CANDIDATE = 0
    AMBIGUOUS = 1
    FAULT = 2
    COPY = 3
    OTHER = 4
    ASKED = 5


def build_queue(
    run: Run, filters: Filters = ALL, *, seed: int = 0, opinions: Mapping[int, Sequence[Decision]] | None = None
) -> pd.DataFrame:
    """The items of a run that are worth hearing, the most worth first.

    Expected gain is the probability that something is wrong times what repairing it is worth, the worth of its
    rule: for labels the probability of ``doubted_labels``, times the square root of the suggestion's probability
    (a sure suggestion teaches more); for the rest 1 - score, and an item with several faults has the sum. It orders
    the items within each part of the queue. Verdicts so far weigh the kinds of evidence: how often findings of a rule,
    class by class, and doubts about damaged items proved right in this set (see ``weight``). Copies with the same bytes
    are heard once, unless the copy itself is what is wrong.

    Neither classes nor sets of near-duplicates are spread out. Taking the classes in turn, each by its own rank, was
    measured on recordings with planted errors and costs hits: 163 for 185 among the first 200.

    Parameters
    ----------
    run : Run
    filters : Filters
    seed : int
        Of the random order.
    opinions : mapping of position to decisions, optional
        Everybody's last word so far.

    Returns
    -------
    DataFrame indexed by ``k``, the item's position in ``run.items``
        ``item_id``, ``cause`` (fingerprint, empty for an ambiguous item), ``rule`` (code), ``name``, ``score``
        (0 worst to 1 healthy), ``suggestion`` (label or empty), ``gain`` (items, 0 and up), ``tier``,
        ``finding`` (row of ``run.findings``, -1 for an ambiguous item), ``p_wrong`` (0 to 1: that the label is
        wrong; NaN where it is not the label that is in doubt) and ``damaged`` (bool: the item itself has a fault).

    Raises
    ------
    UsageError
        A filter names what the run does not have.
    """
    items = items_of(run)
    return select(entries(causes(run, items, opinions), rules=run.rules, rule=filters.rule), items, filters, seed=seed)


def causes(run: Run, items: Items, opinions: Mapping[int, Sequence[Decision]] | None = None) -> pd.DataFrame:
    """Every reason to hear an item, sorted by ``k``, ``tier`` and falling ``gain``; columns as of ``build_queue``, and
    ``content`` (number of the bytes, -1 where they are not known)."""
    opinions = opinions or {}
    worth = {r.code: r.worth for r in run.rules}
    doubts = doubted_labels(run, items)
    found = _from_findings(run, items, worth)
    candidates = (found["tier"] == Tier.CANDIDATE).to_numpy()
    p_wrong = doubts["p_wrong"].reindex(found["k"]).to_numpy(dtype=float)
    found["p_wrong"] = np.where(candidates, np.where(np.isnan(p_wrong), 1.0 - found["score"], p_wrong), np.nan)
    sure = np.sqrt(doubts["p_suggested"].reindex(found["k"]).fillna(1.0).to_numpy(dtype=float))
    found["gain"] *= np.where(candidates, sure * found["p_wrong"] / np.maximum(1.0 - found["score"], 1e-9), 1.0)
    heard = found.loc[candidates, "k"].to_numpy(dtype=np.int64)
    by_name = {r.name: r.worth for r in run.rules}
    close = _ambiguous(items, doubts, heard=heard, worth=by_name.get("label-error-candidate", 0.5))
    table = pd.concat([found, close], ignore_index=True) if len(close) else found
    broken = set(table["k"][table["tier"] == Tier.FAULT])
    table = _by_belonging(run, items, table)
    table["damaged"] = table["k"].isin(broken).to_numpy()
    table["gain"] *= _proved_here(table, items, opinions)
    doubted = table["damaged"] & table["p_wrong"].notna()
    table["gain"] *= np.where(doubted, weight_of_damaged(opinions, broken, (*_LABEL_RULES, AMBIGUOUS)), 1.0)
    by = np.lexsort((-table["gain"].to_numpy(), table["tier"].to_numpy(), table["k"].to_numpy()))
    table = table.iloc[by].reset_index(drop=True)
    ks, which = np.unique(table["k"].to_numpy(dtype=np.int64), return_inverse=True)
    hashes = items.at("content_hash", ks)
    told = {ID: items.at(ID, ks), "content": pd.factorize(pd.Series(hashes, dtype=object).replace("", None))[0]}
    return table.assign(**{name: pd.Series(values[which], dtype=values.dtype) for name, values in told.items()})


def _proved_here(
    table: pd.DataFrame, items: Items, opinions: Mapping[int, Sequence[Decision]]
) -> npt.NDArray[np.float64]:
    """What each reason counts by the verdicts on its rule, in its class and in the set."""
    known = weights(opinions)
    pairs = zip(table["rule"], items.at("label", table["k"].to_numpy(dtype=np.int64)), strict=True) if known else ()
    found = [known.get((rule, label), known.get((rule, None), 1.0)) for rule, label in pairs]
    return np.array(found) if found else np.ones(len(table))


def entries(table: pd.DataFrame, *, rules: Sequence[RuleRecord], rule: str | None = None) -> pd.DataFrame:
    """One row per item out of its causes, in queue order.

    Raises
    ------
    UsageError
        No rule of the run is called ``rule``.
    """
    table = table[table["tier"] < Tier.ASKED] if not rule else table[_chosen(table, rules, rule)]
    k = table["k"].to_numpy()
    first = np.flatnonzero(np.diff(k, prepend=-1))
    queue = table.iloc[first]
    queue = queue.assign(gain=_together(table["gain"].to_numpy(), first, queue["p_wrong"].to_numpy()))
    by = np.lexsort((queue["k"].to_numpy(), -queue["gain"].to_numpy(), queue["tier"].to_numpy()))
    queue = _heard_once(queue.iloc[by])
    return queue.drop(columns="content").set_index("k")


def select(queue: pd.DataFrame, items: Items, filters: Filters, *, seed: int = 0) -> pd.DataFrame:
    """The part of a queue that filters other than ``rule`` leave; parameters as of ``build_queue``."""
    k = queue.index.to_numpy(dtype=np.int64)
    keep = np.ones(len(queue), dtype=bool)
    for column, wanted, what in (
        ("label", filters.class_, "class"),
        ("split", filters.split, "split"),
        ("group", filters.group, "group"),
    ):
        if wanted:
            keep &= items.at(column, k) == _known(wanted, items, column, what)
    if filters.pair:
        left, right = parse_pair(filters.pair, set(items.coded("label")[1]))
        keep &= (items.at("label", k) == left) & (queue["suggestion"].to_numpy(dtype=object) == right)
    if filters.text:
        wanted = filters.text.casefold()
        keep &= np.fromiter((wanted in i.casefold() for i in queue["item_id"]), dtype=bool, count=len(queue))
    chosen = queue[keep]
    if filters.order == "random":
        chosen = chosen.sort_index()
        chosen = chosen.iloc[np.random.default_rng(seed).permutation(len(chosen))]
    return chosen


def todo(
    queue: pd.DataFrame, memory: Memory, items: pd.DataFrame, *, actor: str | None = None, overlap: int = 1
) -> pd.DataFrame:
    """What of a queue is still to be heard.

    Parameters
    ----------
    memory : Memory
    items : DataFrame
        All items of the run.
    actor : str, optional
        By this person, who is not asked twice; by anybody without.
    overlap : int
        How many people hear each item. One whose disagreement was settled is heard by nobody more.
    """
    ids = list(map(str, texts(items.index)))
    opinions = memory.opinions(dict(zip(ids, texts(known_hashes(items)), strict=True)))
    labels = dict(zip(ids, texts(items["label"]), strict=True))

    def open_for_more(item_id: str) -> bool:
        said = looked_at(opinions.get(item_id, ()), labels[item_id])
        return len(said) < overlap and not any(d.settles or d.actor == actor for d in said)

    return queue[np.fromiter(map(open_for_more, queue["item_id"]), dtype=bool, count=len(queue))]


def parse_pair(pair: str, classes: set[str]) -> tuple[str, str]:
    """``left:right`` as two labels; where a label has a colon itself, the reading in which the classes exist.

    Raises
    ------
    UsageError
    """
    cuts = [k for k, c in enumerate(pair) if c == ":"]
    readings = [(pair[:k], pair[k + 1 :]) for k in cuts]
    readings = [r for r in readings if r[1]]
    both = [r for r in readings if r[0] in classes and r[1] in classes]
    for reading in (*both, *(r for r in readings if r[0] in classes)):
        return reading
    if not readings:
        raise UsageError(f"{pair!r} is no pair of labels", hint="as in: --pair left:right, given label first")
    raise UsageError(f"no item is labelled {readings[0][0]!r}", hint="a pair is given:suggested, as in left:right")


def _together(
    gain: npt.NDArray[np.float64], first: npt.NDArray[np.int64], p_wrong: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Gain of items from the gains of their causes, each item's first cause at ``first``.

    Faults add up, but not beside a doubtful label: a clip that is to be excluded is worth less than a label that can
    be put right, and the sum would lift the damaged ones above those.
    """
    if not len(first):
        return np.empty(0)
    return np.where(np.isnan(p_wrong), np.add.reduceat(gain, first), gain[first])


def _known(name: str, items: Items, column: str, what: str) -> str:
    known = sorted(items.coded(column)[1])
    if name not in known:
        shown = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
        raise UsageError(
            f"no item has the {what} {name!r}", hint=f"there are: {shown}" if known else f"no {what} at all"
        )
    return name


def _chosen(table: pd.DataFrame, rules: Sequence[RuleRecord], rule: str) -> npt.NDArray[np.bool_]:
    codes, names = table["rule"].to_numpy(dtype=str), table["name"].to_numpy(dtype=str)
    keep = np.zeros(len(table), dtype=bool)
    for wanted in (part.strip() for part in rule.split(",")):
        if wanted != AMBIGUOUS and not any(r.name == wanted or r.code.startswith(wanted) for r in rules):
            raise UsageError(f"no rule is called {wanted!r}", hint="see: dsaudit rules")
        keep |= (names == wanted) | (np.char.startswith(codes, wanted) & (codes != AMBIGUOUS))
    return keep


def _heard_once(queue: pd.DataFrame) -> pd.DataFrame:
    """Without items whose very bytes stand further up: what is said of one copy holds for all."""
    again = queue["content"].duplicated() & (queue["content"] >= 0)
    keep = ~again.to_numpy() | queue["name"].isin((_LEAKS, *_COPIES)).to_numpy()
    return queue.iloc[np.flatnonzero(keep)]


def _from_findings(run: Run, items: Items, worth: Mapping[str, float]) -> pd.DataFrame:
    lengths, k = items.members
    words = ("code", "name", "scope", "suggestion", "fingerprint")
    found = items.table("findings", (*words, "score")).astype(dict.fromkeys(words, object))  # Arrow's are slow to walk
    row = np.repeat(np.arange(len(found)), lengths)
    keep = _worth_hearing(found["name"].to_numpy()[row], row, k, items) & (k >= 0)
    row, k = row[keep], k[keep]
    told, suggestion = cache(partial(_tier, broken=faults(run.rules))), found["suggestion"].fillna("").to_numpy()
    tiers = list(
        map(told, found["code"].to_numpy(), found["name"].to_numpy(), found["scope"].to_numpy(), suggestion != "")
    )
    score = found["score"].to_numpy(dtype=float)
    gain = found["code"].map(worth).fillna(0.1).to_numpy(dtype=float) * (1.0 - np.clip(score, 0.0, 1.0))
    return table_of(
        {
            "k": k,
            "tier": np.array(tiers, dtype=np.int8)[row],
            "gain": gain[row],
            "cause": found["fingerprint"].to_numpy()[row],
            "rule": found["code"].to_numpy()[row],
            "name": found["name"].to_numpy()[row],
            "score": score[row],
            "suggestion": suggestion[row],
            "finding": row,
        }
    )


def _worth_hearing(
    name: npt.NDArray[np.object_], row: npt.NDArray[np.int64], k: npt.NDArray[np.int64], items: Items
) -> npt.NDArray[np.bool_]:
    """Which members of the sets of items in ``row``: all but the first of copies, and of copies in several splits those
    that are to go, for the most carefully held out ones stay."""
    keep = ~(np.isin(name, _COPIES) & (np.diff(row, prepend=-1) > 0))
    leaked = np.flatnonzero(name == _LEAKS)
    splits = items.at("split", np.maximum(k[leaked], 0))
    rank = np.array([_HELD_OUT.get(s, 2) if at >= 0 else 2 for s, at in zip(splits, k[leaked], strict=True)])
    if len(leaked):
        _, own = np.unique(row[leaked], return_inverse=True)
        least = np.full(own.max() + 1, 2)
        np.minimum.at(least, own, rank)
        keep[leaked] = rank > least[own]
    return np.asarray(keep)


def _by_belonging(run: Run, items: Items, table: pd.DataFrame) -> pd.DataFrame:
    """The same causes, where labels cannot order with one for every item that ``foreign-item`` scored.

    It and faults are one part of the queue, for both may say that the item is none; doubts about labels, which say
    nothing there, come after all else.
    """
    rule = next((r for r in run.rules if r.name == FOREIGN), None)
    if rule is None or not orders_by_belonging(run, items):
        return table
    scores = run.scores[(run.scores["code"] == rule.code).to_numpy()]
    k = items.positions(scores["item_id"])
    scores, k = scores[k >= 0], k[k >= 0]
    table.loc[table["tier"].isin((Tier.CANDIDATE, Tier.AMBIGUOUS)), ["tier", "gain"]] = Tier.OTHER, 0.0
    flagged = (table["rule"] == rule.code).to_numpy()
    table.loc[flagged, "tier"] = Tier.FAULT
    more = ~np.isin(k, table.loc[flagged, "k"].to_numpy(dtype=np.int64))
    if "decided_by" in items:
        more &= pd.isna(items.at("decided_by", k))
    score, n = scores["score"].to_numpy(dtype=float)[more], int(more.sum())
    rest = table_of(
        {
            "k": k[more],
            "tier": np.full(n, Tier.FAULT, dtype=np.int8),
            "gain": rule.worth * (1.0 - score),
            "cause": np.full(n, "", dtype=object),
            "rule": np.full(n, rule.code, dtype=object),
            "name": np.full(n, FOREIGN, dtype=object),
            "score": score,
            "suggestion": np.full(n, "", dtype=object),
            "finding": np.full(n, -1, dtype=np.int64),
            "p_wrong": np.full(n, np.nan),
        }
    )
    return pd.concat([table, rest], ignore_index=True)


def orders_by_belonging(run: Run, items: Items) -> bool:
    """Whether labels cannot order: there is one class, or a model that could not learn them."""
    figures = run.metrics.label_errors
    if len(items.coded("label")[1]) == 1:
        return True
    return figures is not None and figures.guess and not figures.known


def faults(rules: Sequence[RuleRecord]) -> frozenset[str]:
    """Codes of the rules that find an item broken: of files, and of one kind of data."""
    return frozenset(r.code for r in rules if r.code.startswith(_FILE_RULES) or r.modalities)


def _tier(code: str, name: str, scope: str, suggested: bool, *, broken: frozenset[str]) -> Tier:
    if scope == "item":
        if code in broken:
            return Tier.FAULT
        if code.startswith(_LABEL_RULES):
            return Tier.CANDIDATE if suggested else Tier.AMBIGUOUS
        return Tier.OTHER
    if name in (_CONFLICTS, _LEAKS):
        return Tier.COPY
    return Tier.OTHER if name in _COPIES else Tier.ASKED


def _ambiguous(items: Items, doubts: pd.DataFrame, *, heard: npt.NDArray[np.int64], worth: float) -> pd.DataFrame:
    """Items whose label is doubted but no candidate, and that nobody had decided on before the run."""
    keep = ~doubts.index.isin(heard)
    if "decided_by" in items:
        keep &= pd.isna(items.at("decided_by", doubts.index.to_numpy(dtype=np.int64)))
    doubts = doubts[keep]
    n = len(doubts)
    return table_of(
        {
            "k": doubts.index.to_numpy(dtype=np.int64),
            "tier": np.full(n, Tier.AMBIGUOUS, dtype=np.int8),
            "gain": worth * doubts["p_wrong"].to_numpy(),
            "cause": np.full(n, "", dtype=object),
            "rule": np.full(n, AMBIGUOUS, dtype=object),
            "name": np.full(n, AMBIGUOUS, dtype=object),
            "score": doubts["score"].to_numpy(),
            "suggestion": doubts["suggestion"].to_numpy(dtype=object),
            "finding": np.full(n, -1, dtype=np.int64),
            "p_wrong": doubts["p_wrong"].to_numpy(),
        }
    )
