"""Applying review memory to a dataset that is about to be judged, and to the findings that come of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

from dsaudit.relabel.correction import known_hashes
from dsaudit.relabel.memory import Memory, key
from dsaudit.store.schema.run import ReviewFacts, SilencedFacts
from dsaudit.types import EXCHANGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from dsaudit.relabel.correction import Rulings
    from dsaudit.relabel.memory import Resolution
    from dsaudit.types import Dataset, Decision, Finding

_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Review:
    """A dataset as people's decisions leave it.

    Attributes
    ----------
    dataset : Dataset
        Corrected labels in force, excluded items left out. Where anything was decided ``items`` has
        ``given_label``, the label in the data, ``decided_by``, names joined by ``", "`` or None, and
        ``decision``, label, unsure, disputed or None.
    resolutions : mapping of item id to Resolution
        What stands on each decided item, excluded ones too.
    changed : tuple of str
        Items that were decided under other bytes and must be heard again.
    facts : ReviewFacts or None
        Counts for run.json, before any finding is silenced; None where nothing was ever decided.
    apart : tuple of (str, str)
        Pairs of items that are no copies of one another.
    """

    dataset: Dataset
    resolutions: Mapping[str, Resolution] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    facts: ReviewFacts | None = None
    apart: tuple[tuple[str, str], ...] = ()


def review(
    dataset: Dataset,
    decisions: Iterable[Decision],
    *,
    unread: Iterable[str] = (),
    where: str = "",
    head: str = "",
    fields: Mapping[str, Rulings] | None = None,
) -> Review:
    """Apply ``decisions`` to a dataset whose items have a ``content_hash``.

    Parameters
    ----------
    fields : mapping of item id to Rulings, optional
        What stands on fields of items, which the dataset holds already: see ``relabel.correction.corrected``.
    unread : iterable of str
        Items whose bytes were not looked at: what was decided of them last holds.
    where, head : str
        Name of the ledger and hash of its last row, for the record.
    """
    import pandas as pd

    memory = Memory(decisions)
    items = dataset.items
    hashes = dict(zip(items.index, known_hashes(items), strict=True))
    hashes |= {item_id: memory.bytes_of(item_id) for item_id in unread}
    resolutions = memory.resolve(hashes)
    changed = tuple(memory.changed(hashes))
    apart = apart_pairs(memory, hashes)
    fields = fields or {}
    if not len(memory) and not fields:
        return Review(dataset, apart=apart)
    given = items["given_label"] if "given_label" in items else items["label"]
    ruled = {item_id: r.label for item_id, r in resolutions.items() if r.outcome == "label"}
    actors = _actors(resolutions, fields)
    decided_by = {item_id: ", ".join(r.actors) for item_id, r in resolutions.items()}
    columns = {
        "label": [ruled.get(item_id, label) for item_id, label in zip(items.index, items["label"], strict=True)],
        "given_label": list(given),
        "decided_by": [decided_by.get(item_id) for item_id in items.index],
        "decision": [resolutions[i].outcome if i in resolutions else None for i in items.index],
    }
    # object columns: None stays None under every pandas version
    table = items.assign(**{n: pd.Series(v, index=items.index, dtype=object) for n, v in columns.items()})
    kept = [i for i in items.index if i not in resolutions or resolutions[i].outcome != "exclude"]
    outcomes = Counter(r.outcome for r in resolutions.values())
    ruled_fields = [r for found in fields.values() for r in found.fields.values()]
    corrected = sum(label != given[item_id] for item_id, label in ruled.items())
    facts = ReviewFacts(
        ledger=where,
        head=head,
        n_decided=len(actors),
        n_confirmed=outcomes["label"] - corrected,
        n_corrected=corrected,
        n_excluded=outcomes["exclude"],
        n_unsure=outcomes["unsure"],
        n_disputed=outcomes["disputed"],
        n_changed=len(changed),
        changed=changed[:_LISTED],
        people=dict(sorted(Counter(a for names in actors.values() for a in names).items())),
        silenced=SilencedFacts(0, {}, {}),
        n_fields_corrected=sum(r.corrected for r in ruled_fields),
        n_fields_kept=sum(not r.corrected and not r.disputed for r in ruled_fields),
        n_fields_disputed=sum(r.disputed for r in ruled_fields),
        n_fields_changed=sum(len(found.changed) for found in fields.values()),
    )
    inside = set(kept)
    apart = tuple(pair for pair in apart if inside.issuperset(pair))
    return Review(replace(dataset, items=table.loc[kept]), resolutions, changed, facts, apart)


def _actors(resolutions: Mapping[str, Resolution], fields: Mapping[str, Rulings]) -> dict[str, set[str]]:
    """Who has decided on each item, or on something in it."""
    found = {item_id: set(r.actors) for item_id, r in resolutions.items()}
    for item_id, one in fields.items():
        said = {a for r in one.fields.values() for a in r.actors} | ({one.whole.actor} if one.whole else set())
        if said:
            found.setdefault(item_id, set()).update(said)
    return found


def apart_pairs(memory: Memory, items: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    """Pairs of ``items`` (item id to content hash) that people decided to be no copies of one another, sorted.

    A row speaks of the item of its name, and where that is not there with these bytes, of all that have them.
    """
    ids: dict[str, list[str]] = {}
    for item_id, content_hash in items.items():
        ids.setdefault(key(item_id, content_hash), []).append(item_id)
    pairs = set()
    for rows in memory.apart():
        named = [ids.get(key(row.item_id, row.content_hash), []) for row in rows]
        about = [[row.item_id] if row.item_id in of else of for row, of in zip(rows, named, strict=True)]
        for one, other in combinations(about, 2):
            pairs |= {(min(a, b), max(a, b)) for a in one for b in other if a != b}
    return tuple(sorted(pairs))


def verdicts_of(resolutions: Mapping[str, Resolution], items: pd.DataFrame) -> pd.DataFrame:
    """What people found of the labels that they judged: for the estimate of how many others are wrong.

    By the time an audit trains its baseline, corrected labels are in force: the item that was wrong is right now, and
    its probability of being wrong is that of the corrected label, which nobody doubted. A verdict is about the label
    that stood there when the item was heard, so the statement that it is compared with must be made for that label:
    take the out-of-sample probabilities of the item (its own label has no part in them, only the corrected labels of
    others have) with ``judged`` in the place of the given label. For the estimate of the whole set these items count
    as right, whatever the verdict. The same holds for a copy into which corrections were written: there ``given_label``
    is the corrected one, and ``judged`` still the one that was wrong.

    Of an item that had no label until people gave it one there was nothing to judge: it is settled, and teaches
    nothing. Excluded items are no part of the dataset and have no probabilities; unsure and disputed ones say nothing,
    nor do classes put right all at once: nobody has heard the items.

    Parameters
    ----------
    resolutions : mapping of item id to Resolution
        As of ``Review``.
    items : DataFrame, index ``item_id``
        Items of the reviewed dataset: ``label`` and, where anything was decided, ``given_label``.

    Returns
    -------
    DataFrame, index ``item_id``, in the order of ``items``
        ``judged`` str or None, the label that was heard; ``wrong`` bool, whether people say another one; ``right``
        str, the label in force by their word.
    """
    import pandas as pd

    given = items["given_label"] if "given_label" in items else items["label"]
    rows = []
    for item_id, label in zip(items.index, given, strict=True):
        stands = resolutions.get(item_id)
        if stands is None or stands.outcome != "label" or stands.label is None or stands.decided.rule == EXCHANGED:
            continue
        judged = _judged(label, stands)
        rows.append((item_id, judged, judged not in (None, stands.label), stands.label))
    table = pd.DataFrame(rows, columns=["item_id", "judged", "wrong", "right"]).set_index("item_id")
    return table.astype({"judged": object, "wrong": bool, "right": object})


def _judged(given: object, stands: Resolution) -> str | None:
    """The first label that somebody heard and that is not the right one, else the right one; None without a label."""
    # in a copy into which corrections were written, an item that had no label has the one that people gave it
    new = given == stands.label and all(d.action == "relabel" and d.old_label is None for d in stands.opinions)
    if new or not isinstance(given, str):
        return None
    heard = (given, *(d.old_label for d in stands.opinions))
    return next((h for h in heard if isinstance(h, str) and h != stands.label), stands.label)


def silenced(findings: Iterable[Finding], resolutions: Mapping[str, Resolution]) -> dict[int, str]:
    """Positions of findings that people have dealt with, and who did.

    A finding about one item is silent once that item is confirmed or relabelled: somebody looked at it and
    kept it, and did not just put right a whole class. One about a set is silent once a member was kept when this
    very finding was shown. Findings about classes and the dataset always speak, and so do unsure and disputed items.
    """
    kept = {item_id: r for item_id, r in resolutions.items() if r.outcome == "label"}
    found: dict[int, str] = {}
    for position, finding in enumerate(findings):
        if finding.scope == "item" and finding.subject in kept and kept[finding.subject].decided.rule != EXCHANGED:
            found[position] = kept[finding.subject].decided.actor
        elif finding.scope == "set":
            for item_id in finding.item_ids:
                if item_id in kept and finding.fingerprint in kept[item_id].causes:
                    found[position] = kept[item_id].decided.actor
                    break
    return found


def silenced_facts(findings: Iterable[Finding], by: Mapping[int, str]) -> SilencedFacts:
    """How many findings were silenced, by whom, and of which rule: for run.json and the report."""
    rows = list(findings)
    return SilencedFacts(
        n=len(by),
        by_actor=dict(sorted(Counter(by.values()).items())),
        by_rule=dict(sorted(Counter(rows[k].code for k in by).items())),
    )
