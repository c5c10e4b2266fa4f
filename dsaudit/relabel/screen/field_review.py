"""The named fields of a run's items, as the cells of rows are, under review: what is doubted, what people said of it,
and what that says of all the others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.cell.teach import rows_to_ask, taught
from dsaudit.analysis.label.cut import choose_cut
from dsaudit.dataset.inline import addresses
from dsaudit.dataset.record import ALL_FIELDS, SETTLED, fields_of
from dsaudit.errors import UsageError
from dsaudit.relabel.correction import Rulings, rulings
from dsaudit.types import OF_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.relabel.correction import Ruling
    from dsaudit.relabel.memory import Memory
    from dsaudit.store.run import Run

N_ASKED = 20
"""Items that are asked for first, because they teach most of the others."""
LEAST = 0.05
"""Probability of being wrong below which no field is brought up."""
_AFFIX_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Doubt:
    """One field that may be wrong.

    Attributes
    ----------
    repair : str or None
        What probably belongs there, empty for nothing; None where nobody knows.
    sure : float
        Probability, 0 to 1, that the repair is right if the value is wrong.
    kind, why : str
    """

    repair: str | None
    sure: float
    kind: str
    why: str


class FieldReview:
    """See the module. Positions ``k`` are of the run's items, ``j`` of the names of fields.

    Parameters
    ----------
    run : Run
    hashes : sequence of (str or None)
        Under which each item is known to the ledger.

    Attributes
    ----------
    names : list of str
    of_item : dict of position to Rulings
        What people said.
    asked : list of int
        Items that are asked for first, in order; those that somebody looked at before are none of them.
    """

    def __init__(self, run: Run, hashes: Sequence[str | None], *, off: bool = False) -> None:
        told = run.field_doubts
        self.of_item: dict[int, Rulings] = {}
        self.names: list[str] = []
        self.asked: list[int] = []
        self._hashes = hashes
        self._uris: list[Any] = []
        if off or told.empty:
            return
        items = run.items
        self._uris = addresses(items).tolist()
        self.names = [str(name) for name in told["fields"].iloc[0]]
        self._place = {name: j for j, name in enumerate(self.names)}
        n, at = len(items), items.index.get_indexer(told.index)
        there = at >= 0
        self.stated = np.zeros((n, len(self.names)), np.float32)
        self.stated[at[there]] = np.stack(told["p_fields"].to_list())[there]
        self._alike = np.zeros(self.stated.shape, np.int64)
        self._alike[at[there]] = np.stack(told["alike"].to_list())[there] + 1
        self._sizes = np.bincount(self._alike.ravel())
        self._doubts: dict[tuple[int, int], Doubt] = {}
        for k, said in zip(at[there].tolist(), told["doubts"].to_numpy()[there], strict=True):
            for name, *doubt in json.loads(said) if isinstance(said, str) else ():
                self._doubts[k, self._place[name]] = Doubt(*doubt)
        self._settled = np.zeros(self.stated.shape, bool)
        for k, some in enumerate(items[SETTLED]) if SETTLED in items else ():
            for name in some if some is not None else ():
                if name == ALL_FIELDS or name in self._place:
                    self._settled[k, slice(None) if name == ALL_FIELDS else self._place[name]] = True
        self._judged = {*at[there].tolist()}
        self._known = [k for k in range(n) if self._settled[k].all()]
        self._cut: tuple[npt.NDArray[np.float32], float] | None = None

    @property
    def on(self) -> bool:
        """Whether items have fields that were looked at."""
        return bool(self.names)

    def take(self, memory: Memory, ks: Iterable[int], about: Mapping[int, str]) -> None:
        """Look again at what the ledger says of some items; ``about`` gives what each is remembered by."""
        for k in ks if self.on else ():
            rows = [row for row in memory.standing(about[k]) if row.action in OF_FIELDS]
            known = frozenset({self._hashes[k] or ""})
            found = rulings(rows, self.values(k), known=known) if rows else Rulings()
            self.of_item.pop(k, None)
            if found.fields or found.whole:
                self.of_item[k] = found
            self._cut = None

    def ask(self) -> None:
        """Choose the items that are asked for first, by what nobody has looked at yet."""
        if self.on:
            known = sorted({*self._known, *(k for k, one in self.of_item.items() if one.whole)})
            n = max(0, N_ASKED - len(known))
            self.asked = rows_to_ask(self.stated, self._alike, n, known, least=LEAST / 2)

    def values(self, k: int) -> dict[str, str | None]:
        """What the fields of an item hold in the run."""
        return fields_of(str(self._uris[k]))

    def doubt(self, k: int, field: str) -> Doubt | None:
        """What speaks against a field; None for nothing."""
        return self._doubts.get((k, self._place[field]))

    def decided(self) -> npt.NDArray[np.bool_]:
        """Which fields somebody decided on, now or before the run."""
        found = self._settled.copy()
        for k, one in self.of_item.items():
            found[k] |= one.whole is not None
            for name in one.fields:
                found[k, self._place[name]] = not one.fields[name].disputed
        return found

    def now(self) -> tuple[npt.NDArray[np.float32], float]:
        """The probability that each field is wrong by all that was said, and from which on one is brought up.

        What people decided is 1 or 0; what they decided before the run is in its values already, and 0.
        """
        if self._cut is None:
            rows, said = [], []
            for k, one in self.of_item.items():
                verdict = np.where(self._settled[k] | (one.whole is None), np.nan, 0.0)
                for name, ruling in one.fields.items():
                    j = self._place[name]
                    if not ruling.disputed and not self._settled[k, j]:
                        verdict[j] = ruling.corrected
                rows.append(k)
                said.append(verdict)
            p = taught(self.stated, self._alike, rows, np.stack(said)) if rows else self.stated.copy()
            p[self._settled] = 0.0
            ranked = np.sort(p[p >= LEAST])[::-1]
            cut = choose_cut(ranked).n
            self._cut = p, float(ranked[cut - 1]) if cut else 2.0
        return self._cut

    def open(self) -> npt.NDArray[np.bool_]:
        """Which fields are brought up and nobody decided on."""
        p, least = self.now()
        return (p >= least) & ~self.decided()

    def needs(self) -> npt.NDArray[np.bool_]:
        """Which items are to be looked at for their fields: bool array (n,)."""
        found: npt.NDArray[np.bool_] = np.any(self.open(), axis=1)
        for k in self.asked:
            found[k] |= k not in self.of_item or self.of_item[k].whole is None
        return found

    def in_order(self, ks: npt.NDArray[np.int64], of_fields: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Items in the order in which they are looked at: those asked for, those not looked at for their fields as they
        are, then those with most wrong fields."""
        asked = {k: place for place, k in enumerate(self.asked)}
        p = np.where(self.open(), self.now()[0], 0.0).sum(axis=1)
        place = np.array([asked.get(k, len(asked)) for k in ks.tolist()], np.int64)
        own = of_fields[ks]
        return ks[np.lexsort((np.where(own, -p[ks], 0.0), own, place))]

    def figures(self) -> dict[str, Any] | None:
        """How many fields are left to look at, and how many of them are expected to be wrong."""
        if not self.on:
            return None
        p, _ = self.now()
        left = self.open()
        asked = [k for k in self.asked if k not in self.of_item or self.of_item[k].whole is None]
        return {
            "n_left": int(left.sum()),
            "expected": round(float(p[left].sum()), 1),
            "n_asked_left": len(asked),
            "n_looked_at": sum(one.whole is not None for one in self.of_item.values()),
            "n_corrected": sum(r.corrected for one in self.of_item.values() for r in one.fields.values()),
        }

    def card(self, k: int, actor: str, *, alone: bool, label_asked: bool) -> dict[str, Any]:
        """What the screen shows of the fields of an item: the doubtful ones and those decided, the likeliest first.

        ``alone``: it is brought up by its fields and by nothing else, so that it is done with once they are decided.
        ``label_asked``: its label is to be decided afterwards.
        """
        if not self.on:
            return {"fields": None, "asked": None, "look_whole": False, "label_asked": False}
        p, values, said = self.now()[0], self.values(k), self.of_item.get(k, Rulings())
        open_ = self.open()[k]
        shown = [j for j, name in enumerate(self.names) if open_[j] or name in said.fields]
        n_alike = self._n_alike(k)
        found = []
        for j in sorted(shown, key=lambda j: (-p[k, j], j)):
            name, doubt = self.names[j], self._doubts.get((k, j), Doubt(None, 0.0, "", ""))
            ruling = said.fields.get(name)
            alike = n_alike.get(j, 0)
            found.append(
                {
                    "field": name,
                    "value": values.get(name),
                    "repair": doubt.repair,
                    "p_wrong": round(float(p[k, j]), 3),
                    "p_repair": round(float(p[k, j]) * doubt.sure, 3),
                    "kind": doubt.kind,
                    "why": doubt.why,
                    "alike": None if alike < 2 else {"n": alike, "words": self._in_words(values.get(name), doubt)},
                    "decided": None if ruling is None else _said(ruling, actor),
                }
            )
        asked = k in self.asked and said.whole is None
        why = self._why_asked(k) if asked else None
        more = asked or not (alone or label_asked) or not found
        told = {"fields": found, "asked": why, "label_asked": label_asked, "judged": k in self._judged}
        return told | {"look_whole": said.whole is None and more}

    def alike(self, k: int, field: str) -> list[tuple[int, str | None, str | None]]:
        """Items with an undecided value in a field of which the same repair is proposed, with value and repair.

        Raises
        ------
        UsageError
            Nothing is proposed there.
        """
        j = self._place.get(field, -1)
        doubt = self._doubts.get((k, j))
        if doubt is None or doubt.repair is None:
            raise UsageError(f"nothing is proposed for {field!r} here")
        ks, js, kinds = self._proposed
        own = kinds[(ks == k) & (js == j)]
        same = np.flatnonzero((kinds == own) & (self.open()[ks, js] | (ks == k)))
        return [(i, self.values(i).get(field), self._doubts[i, j].repair or None) for i in ks[same].tolist()]

    @cached_property
    def _proposed(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Item, field and kind of every proposed repair; those of one kind are decided at once: in one column, with the
        same old and new value or, where something that is no word is taken off or put on, with that."""
        places = [place for place, doubt in self._doubts.items() if doubt.repair is not None]
        values = {k: self.values(k) for k, _ in places}
        told: dict[tuple[int, str, str], int] = {}
        kinds = [
            told.setdefault((j, *edit(values[k].get(self.names[j]) or "", self._doubts[k, j].repair or "")), len(told))
            for k, j in places
        ]
        ks, js = np.array(places, np.int64).reshape(-1, 2).T
        return ks, js, np.array(kinds, np.int64)

    def _n_alike(self, k: int) -> dict[int, int]:
        """By field of an item how many undecided values the same repair is proposed for."""
        ks, js, kinds = self._proposed
        own = np.flatnonzero(ks == k)
        if not len(own):
            return {}
        count = np.bincount(kinds[self.open()[ks, js]], minlength=int(kinds.max()) + 1)
        return dict(zip(js[own].tolist(), count[kinds[own]].tolist(), strict=True))

    def _in_words(self, value: str | None, doubt: Doubt) -> str:
        old, new = edit(value or "", doubt.repair or "")
        return f"{old or '(nothing)'} → {new or '(nothing)'}"

    def _why_asked(self, k: int) -> dict[str, Any]:
        """Which of the items that teach most it is, and of how many values like one of its own it tells."""
        worth = self._sizes[self._alike[k]] * self.stated[k] * (1.0 - self.stated[k])
        j = int(worth.argmax())
        n = int(self._sizes[self._alike[k, j]]) if worth[j] > 0 else 0
        return {"index": self.asked.index(k) + 1, "of": len(self.asked), "field": self.names[j], "n": n}


def edit(old: str, new: str) -> tuple[str, str]:
    """What a repair does, so far as it does the same to other values: both values or, where something that is no word
    is taken off or put on at an end, that with … for the rest.

    Examples
    --------
    >>> edit("Bostn", "Boston"), edit("12.0 oz.", "12.0"), edit("5", "$5")
    (('Bostn', 'Boston'), ('… oz.', '…'), ('…', '$…'))
    >>> edit("Berli", "Berlin")
    ('Berli', 'Berlin')
    """
    for longer, shorter in ((old, new), (new, old)):
        rest = len(shorter)
        if not shorter or len(longer) <= rest or len(longer) - rest > _AFFIX_SHOWN:
            continue
        if longer.startswith(shorter) and not (longer[rest].isalpha() and shorter[-1].isalpha()):
            made = (f"…{longer[rest:]}", "…")
        elif longer.endswith(shorter) and not (longer[-rest - 1].isalpha() and shorter[0].isalpha()):
            made = (f"{longer[:-rest]}…", "…")
        else:
            continue
        return made if longer is old else (made[1], made[0])
    return old, new


def _said(ruling: Ruling, actor: str) -> dict[str, Any]:
    own = next((d for d in reversed(ruling.opinions) if d.actor == actor), ruling.decided)
    return {"actor": own.actor, "action": own.action, "value": own.new_label, "disputed": ruling.disputed}
