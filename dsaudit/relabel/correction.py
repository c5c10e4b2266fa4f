"""What people decided on named fields of items, as the cells of rows are: found again, and put in place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.inline import inline_text
from dsaudit.dataset.record import ALL_FIELDS, KNOWN_AS, SETTLED, fields_of, record_of, told_type, with_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from dsaudit.relabel.memory import Memory
    from dsaudit.types import Dataset, Decision

_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Ruling:
    """What stands on one field of one item.

    Attributes
    ----------
    field : str
    old, new : str or None
        The value that was decided on, and the right one: the same where it was found right.
    opinions : tuple of Decision
        Each person's last word, the oldest first.
    decided : Decision
        The row that counts: the last that settles, else the last.
    disputed : bool
        People say different things, and nobody has settled it: the value stays what it is.
    """

    field: str
    old: str | None
    new: str | None
    opinions: tuple[Decision, ...]
    decided: Decision
    disputed: bool = False

    @property
    def corrected(self) -> bool:
        """Whether another value belongs there."""
        return not self.disputed and self.old != self.new

    @property
    def actors(self) -> tuple[str, ...]:
        """Who has a standing opinion, sorted."""
        return tuple(sorted({d.actor for d in self.opinions}))


@dataclass(frozen=True, slots=True)
class Rulings:
    """What stands on the fields of one item.

    Attributes
    ----------
    fields : mapping of name to Ruling
    whole : Decision or None
        Who said that every field is right that nobody corrected.
    changed : tuple of str
        Names of fields that were decided when they held something else; such a decision no longer counts.
    known_as : str or None
        Content hash under which people's decisions speak of it: another than its own where the data hold the
        corrections already.
    """

    fields: Mapping[str, Ruling] = field(default_factory=dict)
    whole: Decision | None = None
    changed: tuple[str, ...] = ()
    known_as: str | None = None


def rulings(rows: Iterable[Decision], values: Mapping[str, str | None], *, known: frozenset[str]) -> Rulings:
    """What rows of a ledger, in order, come to for an item that has these values.

    A decision on a field holds while the field has the value that was decided on, or the right one already.

    Parameters
    ----------
    known : frozenset of str
        Content hashes under which the item is known, for what is said of all its fields at once.
    """
    last: dict[str, dict[str, Decision]] = defaultdict(dict)
    whole = None
    for row in rows:
        if not row.field:
            whole = row if row.content_hash in known else whole
            continue
        last[row.field].pop(row.actor, None)
        last[row.field][row.actor] = row
    found: dict[str, Ruling] = {}
    changed = []
    for name, said in last.items():
        now = values.get(name)
        fits = [d for d in said.values() if name in values and now in (d.old_label, d.new_label)]
        if not fits:
            changed.append(name)
            continue
        settling = [d for d in fits if d.settles]
        telling = settling[-1:] or fits
        decided, right = telling[-1], {d.new_label for d in telling}
        found[name] = Ruling(name, decided.old_label, decided.new_label, tuple(fits), decided, len(right) > 1)
    return Rulings(found, whole, tuple(changed))


@dataclass(frozen=True, slots=True)
class Corrected:
    """A dataset whose fields are as people corrected them.

    Attributes
    ----------
    dataset : Dataset
        With other addresses, and the columns ``KNOWN_AS`` and ``SETTLED``, where anything was decided.
    of_item : mapping of item id to Rulings
        Where something stands, or no longer does.
    """

    dataset: Dataset
    of_item: Mapping[str, Rulings] = field(default_factory=dict)


def corrected(dataset: Dataset, memory: Memory, hashes: Sequence[str | None]) -> Corrected:
    """Put what people decided on fields in place, before anything is measured.

    Rows speak of the items that have the bytes which were decided on; where none has them any more, of the one that
    bears the name.

    Parameters
    ----------
    hashes : sequence of (str or None)
        Content hash of every item as it is in the data.
    """
    import pandas as pd

    items = dataset.items
    uris = dict(zip(map(str, items.index), map(str, items["uri"]), strict=True))
    of_item = rulings_of(memory, list(uris), list(uris.values()), hashes)
    if not of_item:
        return Corrected(dataset)
    like = _types(list(uris.values()), {name for r in of_item.values() for name in r.fields})
    known, settled = dict(zip(uris, hashes, strict=True)), {}
    for item_id, found in of_item.items():
        known[item_id] = found.known_as
        changes = {name: r.new for name, r in found.fields.items() if r.corrected}
        if changes:
            uris[item_id] = with_fields(uris[item_id], changes, like=like)
        names = [ALL_FIELDS] * (found.whole is not None) + [n for n, r in found.fields.items() if not r.disputed]
        settled[item_id] = names or None
    columns: dict[str, Mapping[str, Any]] = {"uri": uris, KNOWN_AS: known, SETTLED: settled}
    made = {n: pd.Series([v.get(i) for i in items.index], index=items.index, dtype=object) for n, v in columns.items()}
    return Corrected(replace(dataset, items=items.assign(**made)), of_item)


def rulings_of(
    memory: Memory, ids: Sequence[str], uris: Sequence[str], hashes: Sequence[str | None]
) -> dict[str, Rulings]:
    """What stands on fields of items, by id; others are absent.

    Parameters
    ----------
    ids, uris, hashes
        Of every item the id, the address and the content hash.
    """
    by_hash: dict[str, list[Decision]] = defaultdict(list)
    by_name: dict[str, list[Decision]] = defaultdict(list)
    present = set(hashes)
    for row in memory.of_fields():
        by_hash[row.content_hash].append(row)
        if row.content_hash not in present:
            by_name[row.item_id].append(row)
    found = {}
    for item_id, uri, own in zip(ids, uris, hashes, strict=True) if by_hash else ():
        rows = sorted(by_hash.get(own or "", []) + by_name.get(item_id, []), key=_seq)
        if rows:
            values = fields_of(uri)
            before = _before(rows, uri, values)
            about = before if before in by_hash and own not in by_hash else own
            found[item_id] = replace(rulings(rows, values, known=frozenset({own or "", before})), known_as=about)
    return found


def known_hashes(items: pd.DataFrame) -> pd.Series[Any]:
    """The content hash under which people's decisions speak of each item."""
    if KNOWN_AS not in items:
        return items["content_hash"]
    return items[KNOWN_AS].where(items[KNOWN_AS].notna(), items["content_hash"])


def hash_of_address(uri: str) -> str:
    """Content hash of an item that is in its address."""
    from pathlib import Path

    from dsaudit.media.file import identify

    return str(identify(Path(uri))["content_hash"])


def _before(rows: Sequence[Decision], uri: str, values: Mapping[str, str | None]) -> str:
    """Content hash of the item before the corrections that its data hold already; empty where they hold none."""
    done = {d.field: d.old_label for d in rows if d.field and values.get(d.field) == d.new_label != d.old_label}
    return hash_of_address(with_fields(uri, done, like={})) if done else ""


def _types(uris: Sequence[str], names: set[str]) -> dict[str, type]:
    """By name what most values of a field are, where some of the first rows have one."""
    seen: dict[str, dict[type, int]] = {name: {} for name in names}
    for uri in uris[:: -(-len(uris) // _LOOKED_AT) or 1]:
        for told, cell in record_of(inline_text(uri) or "{}").items():
            if cell is not None and (counts := seen.get(told_type(told)[0])) is not None:
                counts[type(cell)] = counts.get(type(cell), 0) + 1
    return {name: max(counts, key=lambda t: counts[t]) for name, counts in seen.items() if counts}


_seq = attrgetter("seq")
