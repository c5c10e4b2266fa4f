"""Which item of one run is which item of another, and what happened to it in between."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Match:
    """What became of the items of BEFORE. All ids are BEFORE's, but for ``added``; all tuples are sorted.

    Attributes
    ----------
    partner : mapping of BEFORE's item id to AFTER's
        Missing where AFTER does not hold the item.
    relabelled : tuple of str
        Another label in force.
    confirmed : tuple of str
        The same label, and people said so since.
    unsure : tuple of str
        Heard since, and nobody could tell, or people said different things: no confirmation.
    missing : tuple of str
        Taken out, by exclusion or otherwise.
    repaired : tuple of str
        The same id, other bytes.
    renamed : tuple of str
        The same bytes, another id.
    added : tuple of str
        Ids of AFTER that BEFORE does not know.
    """

    partner: dict[str, str]
    relabelled: tuple[str, ...]
    confirmed: tuple[str, ...]
    unsure: tuple[str, ...]
    missing: tuple[str, ...]
    repaired: tuple[str, ...]
    renamed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def n_changes(self) -> int:
        """Items that differ in a way that a model could notice."""
        return len(self.relabelled) + len(self.missing) + len(self.repaired) + len(self.added)


def match_items(before: pd.DataFrame, after: pd.DataFrame) -> Match:
    """Pair the items of two runs: by id and bytes, else by bytes, else by id.

    Bytes go before ids because a list that is numbered anew gives old ids to other recordings. Copies of one
    recording are paired in the order of their ids.

    Parameters
    ----------
    before, after : DataFrame, index ``item_id``
        ``label``, ``content_hash`` and optionally ``decided_by`` and ``decision``.
    """
    old, new = _hashes(before), _hashes(after)
    partner = {i: i for i in old if i in new and old[i] == new[i]}
    free: dict[str, list[str]] = defaultdict(list)
    for item_id in sorted(set(new) - set(partner.values())):
        if new[item_id]:
            free[new[item_id]].append(item_id)
    for item_id in sorted(set(old) - set(partner)):
        if free.get(old[item_id]):
            partner[item_id] = free[old[item_id]].pop(0)
    taken = set(partner.values())
    partner |= {i: i for i in old if i not in partner and i in new and i not in taken}

    labels, now = before["label"].to_dict(), after["label"].to_dict()
    who = after["decided_by"].to_dict() if "decided_by" in after else {}
    said = before["decided_by"].to_dict() if "decided_by" in before else {}
    told = after["decision"].to_dict() if "decision" in after else {}
    relabelled = {i for i, j in partner.items() if _text(labels[i]) != _text(now[j])}
    heard = [i for i, j in partner.items() if i not in relabelled and _text(who.get(j)) and not _text(said.get(i))]
    unsure = {i for i in heard if told.get(partner[i]) in ("unsure", "disputed")}
    return Match(
        partner=dict(sorted(partner.items())),
        relabelled=tuple(sorted(relabelled)),
        confirmed=tuple(sorted(set(heard) - unsure)),
        unsure=tuple(sorted(unsure)),
        missing=tuple(sorted(set(old) - set(partner))),
        repaired=tuple(sorted(i for i, j in partner.items() if old[i] != new[j])),
        renamed=tuple(sorted(i for i, j in partner.items() if i != j)),
        added=tuple(sorted(set(new) - set(partner.values()))),
    )


def _hashes(items: pd.DataFrame) -> dict[str, str]:
    return {str(i): _text(h) or "" for i, h in items["content_hash"].items()}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
