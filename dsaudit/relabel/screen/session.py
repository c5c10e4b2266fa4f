"""All that the screen does, without the web: who hears what next, what they decide, how it is going."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from dsaudit.errors import DsauditError, UsageError
from dsaudit.media import page_of
from dsaudit.relabel.apart import apart_decisions
from dsaudit.relabel.memory import key
from dsaudit.relabel.queue.filters import ALL, Filters
from dsaudit.relabel.queue.items import items_of
from dsaudit.relabel.queue.queue import AMBIGUOUS
from dsaudit.relabel.queue.review_queue import ReviewQueue, View, alike, in_turn
from dsaudit.relabel.remap import chosen_remap, remap_decisions, remaps_of
from dsaudit.relabel.screen.answer import ChangedError, checked_actor, checked_note, decision_of, field_decisions
from dsaudit.relabel.screen.card import Cards, decided, opinion
from dsaudit.relabel.screen.decision_state import VERDICTS, DecisionState
from dsaudit.relabel.screen.field_review import FieldReview
from dsaudit.relabel.screen.forecast import Forecaster
from dsaudit.relabel.screen.served_preview import Previews
from dsaudit.relabel.screen.stats import N_RECENT, agreement_live, rate_per_hour
from dsaudit.types import EXCHANGED, NO_OPINION, OF_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.relabel.ledger.leases import Leases, SharedLeases
    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.store.run import Run
    from dsaudit.types import Decision

PREFETCHED = 16
_SLOW_S, _LONG_S = 0.02, 0.1
_STANDS, _STANDS_BESIDE = 10.0, 30.0
"""Times as long as it takes to work it out that a slow figure stands; one that is worked out beside all else."""
_KNOWN = 2**18
"""Items whose keys are held: of millions, ids are read from the disk, and those before a place are asked for often."""


class UnknownItemError(DsauditError):
    """The run has no such item."""


@dataclass(slots=True)
class _Figure:
    """A figure, the row of the ledger that it is of, the seconds that it took, and when that was."""

    value: Any = None
    seq: int = -1
    cost: float = 0.0
    at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Session:
    """A review of one run by one or several people. Safe to use from several threads.

    Parameters
    ----------
    run : Run
    ledger : Ledger
    actor : str
        Who is at work here, where that is known at the start; the page asks otherwise.
    blind : bool
        Hide labels and suggestions.
    overlap : int
        How many people hear each item, 1 or more.
    budget : int, optional
        Only the first so many items of the queue.
    filters : Filters
        What the whole review is confined to.
    seed : int
        Of the random order.
    opening : (str, str), optional
        What the report says of the wrong labels, and what goes with it: said until verdicts say otherwise.
    follow_links : bool
        See ``Previews``.
    question : str
        What people are asked of each item, where it is not what it is.
    answers : sequence of str
        What they choose from in place of the classes.
    leases : Leases, optional
        Who has what on screen, in place of the ledger's.
    remember : callable, optional
        Puts an item into a gallery, given its id, what a model must say of it, why, and who says so.

    Raises
    ------
    UsageError
        The filters name what the run does not have.
    LedgerError
        The ledger cannot be read.
    """

    def __init__(
        self,
        run: Run,
        ledger: Ledger,
        *,
        actor: str = "",
        blind: bool = False,
        overlap: int = 1,
        budget: int | None = None,
        filters: Filters = ALL,
        seed: int = 0,
        opening: tuple[str, str] | None = None,
        follow_links: bool = False,
        question: str = "",
        answers: Sequence[str] = (),
        leases: Leases | SharedLeases | None = None,
        remember: Callable[[str, str, str, str], object] | None = None,
    ) -> None:
        self._remember = remember
        self.question, self.answers = question, tuple(answers)
        self.run, self.ledger = run, ledger
        self.actor = checked_actor(actor) if actor else ""
        self.blind, self.overlap, self.budget, self.seed = blind, overlap, budget, seed
        self.filters, self._opening = filters, opening
        self.items = items_of(run)
        self.cards = Cards(run, items=self.items, blind=blind, told=dict(filters.items))
        self._remaps = remaps_of(run)
        self.page = page_of(run.kind.name)
        self.previews = Previews(run, items=self.items, follow_links=follow_links)
        self.decisions = DecisionState(self.items)
        self._about = lru_cache(maxsize=_KNOWN)(self._key_of)
        self.fields = FieldReview(run, self.decisions.hashes, off=blind or overlap > 1)
        self.leases = leases or ledger.leases()
        self._lock = threading.RLock()
        self._figures: dict[str, _Figure] = {}
        self.refresh()
        self.seq_at_start = self.decisions.seq
        self.fields.ask()
        self.queue = ReviewQueue(
            run,
            self.filters,
            items=self.items,
            budget=budget,
            leave_out=self._decided_earlier,
            seed=seed,
            opinions=self.decisions.opinions,
            whole=self.fields.on,
        )
        self.base = self.queue.base
        self._of_fields = self._brought_up_by_fields()
        suggested = self.base.table["suggestion"].to_numpy(dtype=object) != ""
        self._of_label = np.zeros(len(self.items), dtype=bool)
        self._of_label[self.base.ks[suggested]] = True
        self._of_label &= ~self._of_fields
        self._forecast = Forecaster(run, self.base.table, items=self.items, reported=run.metrics.label_errors)
        self._facts = self._fixed_facts()
        self.previews.prefetch(self.base.ks[:PREFETCHED].tolist())  # there before the browser asks

    def make_ready(self) -> None:
        """Do what would keep the first decision waiting, beside all else."""
        threading.Thread(target=self.cards.make_ready).start()

    def close(self) -> None:
        """Have what runs beside the review end. The ledger stays open: it is the caller's."""
        self.items.close()
        self.previews.close()

    def refresh(self) -> None:
        """Take in what others, in this process or another, have decided meanwhile."""
        rows = self.ledger.rows(after=self.decisions.seq)  # whoever waits for a database does not keep others waiting
        with self._lock:
            touched = self.decisions.add(rows)
            self.fields.take(self.decisions.memory, touched, {k: self._about(k) for k in touched})

    # what is next

    def next_cards(
        self, actor: str, n: int, *, after: Sequence[int] = (), filters: Filters | None = None
    ) -> tuple[list[dict[str, Any]], int]:
        """The next items for a person, and how many are left for them, those on their screen included.

        Parameters
        ----------
        after : sequence of int
            Items on their screen already.
        """
        view = self.queue.view(filters)
        here = {k for k in after if 0 <= k < len(self.items)}
        with self.leases.turn(actor, "queue") as (others, hold):
            self.refresh()
            with self._lock:
                open_ = self._open(view, actor)
                ks = view.ks[open_]
                if self.fields.on and view is self.base and self.filters.order == "gain":
                    ks = self.fields.in_order(ks, self._of_fields)
                turn = in_turn(ks, skipped=self.decisions.skipped(actor), taken=self._taken_for(others, also=here))
                chosen = list(islice(turn, n))
                ahead = list(islice(turn, PREFETCHED))
            hold(map(self._about, here.union(chosen)))
        self.previews.prefetch([*chosen, *ahead])
        return self._cards(chosen, actor, view), int(open_.sum())

    def grid(
        self, actor: str, n: int, *, after: Sequence[int] = (), filters: Filters | None = None
    ) -> tuple[list[dict[str, Any]], str]:
        """Up to ``n`` items that one decision may fit: one given label and one suggestion, or one fault.

        Parameters
        ----------
        after : sequence of int
            Items that were left out of the batch before, to be decided one by one.
        """
        view = self.queue.view(filters)
        with self.leases.turn(actor, "grid") as (others, hold):
            self.refresh()
            with self._lock:
                taken, skipped = self._taken_for(others), self.decisions.skipped(actor)
                places = np.flatnonzero(self._open(view, actor))
                if apart := {*skipped, *(int(k) for k in after)}:
                    places = places[~np.isin(view.ks[places], list(apart))]
                found = view.ks[alike(view, places, by_rule=self.blind)].tolist()
                ks = list(islice((k for k in found if not taken(k)), n))
            hold(map(self._about, ks))
        return self._cards(ks, actor, view), self._in_words(view.entry(ks[0]) or {}, ks[0]) if ks else ""

    def card(self, k: int, actor: str) -> dict[str, Any]:
        """Any item, decided or not."""
        self.check(k)
        self.refresh()
        return self._cards([k], actor, self.base)[0]

    def search(self, text: str, n: int) -> list[dict[str, Any]]:
        """Items whose id contains ``text``."""
        self.refresh()
        return [
            self.cards.brief(k) | {"decided": bool(self.decisions.n_opinions[k])} for k in self.cards.search(text, n)
        ]

    def disagreements(self) -> list[dict[str, Any]]:
        """Items on which people say different things, with what each of them said."""
        self.refresh()
        with self._lock:
            return [
                self.cards.brief(k) | {"opinions": [opinion(d) for d in self.decisions.opinions[k]]}
                for k in sorted(self.decisions.disputed)
            ]

    # deciding

    def decide(self, actor: str, decisions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Store decisions, all of them or none.

        Parameters
        ----------
        decisions : sequence of mapping
            ``k``, ``content_hash``, ``action`` and optionally ``label``, ``note``, ``cause``, ``settles``,
            ``request_id``.

        Returns
        -------
        list of dict
            ``seq``, ``k``, ``action`` and ``label``, in the order given.

        Raises
        ------
        ChangedError
            The bytes or the label are not those of the run.
        UsageError, UnknownItemError
            A decision that makes no sense.
        LedgerError
            Nothing could be stored.
        """
        batch = uuid4().hex
        for d in decisions:
            self.check(int(d["k"]))
        rows = [
            decision_of(
                self.cards,
                actor,
                d,
                entry=self.base.entry(int(d["k"])),
                run_id=self.run.id,
                request_id=str(d.get("request_id") or f"{batch}/{j}"),
            )
            for j, d in enumerate(decisions)
        ]
        stored = self.ledger.append(rows)
        self.refresh()
        return [
            {"seq": row.seq, "k": int(d["k"]), "action": row.action, "label": row.new_label}
            for row, d in zip(stored, decisions, strict=True)
        ]

    def remap(self, actor: str, finding: str) -> list[dict[str, Any]]:
        """Put right all the items of a finding of exchanged classes, as one decision; said again it does nothing more.

        Raises
        ------
        UsageError
            There is no such finding.
        LedgerError
            Nothing could be stored.
        """
        chosen = chosen_remap(self._remaps, finding)
        stored = self.ledger.append_after(lambda rows: remap_decisions(self.run, chosen, rows, actor=actor))
        self.refresh()
        found = [(row, self.cards.position[row.item_id]) for row in stored]
        return [{"seq": row.seq, "k": k, "action": row.action, "label": row.new_label} for row, k in found]

    def apart(self, actor: str, ks: Sequence[int], request_id: str = "") -> list[dict[str, Any]]:
        """Say that items are no copies of one another, as one decision; it decides nothing else of them.

        Raises
        ------
        UsageError
            Fewer than two items, or one that is not there.
        LedgerError
            Nothing could be stored.
        """
        if missing := [k for k in ks if not 0 <= k < len(self.cards.ids)]:
            raise UsageError(f"there is no item {missing[0]}")
        ids = [self.cards.ids[k] for k in ks]
        stored = self.ledger.append(apart_decisions(self.run, ids, actor=actor, request_id=request_id))
        self.refresh()
        found = [(row, self.cards.position[row.item_id]) for row in stored]
        return [{"seq": row.seq, "k": k, "action": row.action, "label": None} for row, k in found]

    def remember(self, actor: str, said: Mapping[str, Any]) -> None:
        """Put an item into the gallery; it decides nothing of it.

        Parameters
        ----------
        said : mapping
            ``k``, ``content_hash``, ``must`` (``is: LABEL`` or ``not: LABEL``) and ``reason``.

        Raises
        ------
        UsageError
            There is no gallery, no such item, or ``must`` is of another form.
        ChangedError
            It was said of other bytes.
        StoreError
            The gallery cannot be written.
        """
        k = int(said["k"])
        self.check(k)
        if self._remember is None:
            raise UsageError("this review has no gallery", hint="dsaudit relabel RUN has one")
        if str(said["content_hash"]) != self.cards.hashes[k]:
            raise ChangedError(f"{self.cards.names[k]} is not what was shown", hint="load the page again")
        with self._lock:
            self._remember(self.cards.ids[k], str(said["must"]), checked_note(said["reason"]), actor)

    def decide_fields(self, actor: str, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Store what a person says of fields of an item, as one decision.

        Parameters
        ----------
        said : mapping
            ``k``, ``content_hash``, ``fields``: a list of ``field``, ``action`` (correct or keep) and ``value`` (str or
            None); and optionally ``alike`` (bool: of all fields with the same proposed repair), ``rest`` (bool: every
            other field of the item is right), ``note`` and ``request_id``.

        Raises
        ------
        ChangedError
            The item is not what was shown.
        UsageError, UnknownItemError
            A decision that makes no sense.
        LedgerError
            Nothing could be stored.
        """
        self.check(int(said["k"]))
        self.refresh()
        with self._lock:
            rows = field_decisions(self.cards, self.fields, actor, said, run_id=self.run.id)
        stored = self.ledger.append(rows)
        self.refresh()
        at = [self.cards.position[row.item_id] for row in stored]
        return [{"seq": row.seq, "k": k, "action": row.action, "label": row.new_label} for row, k in zip(stored, at)]  # noqa: B905

    def undo(self, actor: str, request_id: str = "") -> list[dict[str, Any]]:
        """Take the person's last decision back; nothing where there is none."""
        return self._reverted(self.ledger.undo(actor, request_id=request_id))

    def redo(self, actor: str, request_id: str = "") -> list[dict[str, Any]]:
        """Take the person's last undo back; nothing where there is none."""
        return self._reverted(self.ledger.redo(actor, request_id=request_id))

    def _reverted(self, rows: Sequence[Decision]) -> list[dict[str, Any]]:
        self.refresh()
        with self._lock:
            found = [(row, self.decisions.positions(row)) for row in rows]
            return [{"seq": r.seq, "k": ks[0] if ks else None, "action": r.action, "label": None} for r, ks in found]

    # how it is going

    def state(self, actor: str, *, anew: bool = True) -> dict[str, Any]:
        """Everything around the item: the person, the queue, what was found so far; ``anew`` asks the ledger first."""
        if anew:
            self.refresh()
        decisions = self.decisions
        with self._lock:
            left = int(self._open(self.base, actor).sum())
        opening = self._opening
        if opening and not self._kept("as reported", lambda: self._forecast.as_reported(self._verdicts())):
            opening = None
        expected, said = None, None
        if opening is None and not self.question:  # one figure of what is wrong, not two; of a question on trial none
            expected = self._kept("expected", lambda: self._forecast.expected(self._verdicts()), slow=self.items.many)
        if not self.question:
            said = self._kept("statement", lambda: self._forecast.latest(self._verdicts()), slow=self.items.many)
        told = not (self.blind and left)  # whoever is still asked would be led by what others said
        agreement = self._kept("agreement", lambda: agreement_live(self._shared())) if told else None
        with self._lock:
            n_done = len(self.base.ks) - left
            if self.fields.on:
                n_done = len(decisions.opinions.keys() | self.fields.of_item.keys())
            rate = rate_per_hour(list(islice(decisions.memory.latest(actor), N_RECENT)))
            n = left + n_done
            classes = {**dict.fromkeys(decisions.new_labels(), 0), **self._facts["classes"]}
            return {
                **{name: value for name, value in self._facts.items() if name != "classes"},
                "actor": actor,
                "people": [{"name": name, "n": count} for name, count in decisions.people()],
                "classes": [{"name": name, "n": classes[name]} for name in sorted(classes)],
                "queue": {"n": n, "done": n_done, "left": left, "budget": self.budget},
                "rate_per_hour": None if rate is None else round(rate, 1),
                "seconds_left": None if not rate else round(3600.0 * left / rate),
                "expected_errors": None
                if expected is None
                else {name: round(value, 1) for name, value in asdict(expected).items()},
                "opening": opening,
                "statement": None if said is None else asdict(said),
                "remaps": [] if self.blind else self._to_put_right(),
                "found": decisions.found(),
                "fields": self._kept("fields", self.fields.figures),
                "can_undo": bool(decisions.memory.history.undoable(actor)),
                "can_redo": bool(decisions.memory.history.redoable(actor)),
                "agreement": None if agreement is None else asdict(agreement),
                "n_disagreements": len(decisions.disputed) if told else 0,
                "ledger": {"where": self.ledger.where, "n": decisions.memory.n_rows},
            }

    def check(self, k: int) -> None:
        """Refuse a position that no item has.

        Raises
        ------
        UnknownItemError
        """
        if not 0 <= k < len(self.items):
            raise UnknownItemError(f"there is no item {k}", hint=f"the run has {len(self.items)}")

    def decided_here(self) -> tuple[int, dict[str, int]]:
        """Standing decisions since the session began, by anybody and by action."""
        self.refresh()
        with self._lock:
            rows = self.decisions.memory.since(self.seq_at_start)
            actions = Counter(str(d.action) for d in rows if d.action not in NO_OPINION - OF_FIELDS)
        return actions.total(), dict(actions)

    # inner workings

    def _to_put_right(self) -> list[dict[str, Any]]:
        """Findings of exchanged classes, and how many of their items nothing was said of yet."""
        ks = [[self.cards.position[i] for i in one.item_ids if i in self.cards.position] for one in self._remaps]
        left = [int((self.decisions.n_opinions[k] == 0).sum()) for k in ks]
        return [
            {"finding": one.fingerprint, "text": one.text, "n": n, "rule": EXCHANGED}
            for one, n in zip(self._remaps, left, strict=True)
            if n
        ]

    def _decided_earlier(self, k: int) -> bool:
        """Whether people decided on it for another run: that is no part of this review's budget."""
        said = self.decisions.opinions.get(k, ())
        return bool(said) and all(d.run_id != self.run.id for d in said)

    def _open(self, view: View, actor: str) -> npt.NDArray[np.bool_]:
        """Which places of the queue hold an item that the person is still to hear; not to be changed."""
        s = self.decisions
        person, seq = actor if self.overlap > 1 else "", s.seq
        known = view.open.get(person)
        if known is None or known[0] != seq or self.fields.on:
            known = view.open[person] = seq, self._still_open(view, actor)
        return known[1]

    def _still_open(self, view: View, actor: str) -> npt.NDArray[np.bool_]:
        s = self.decisions
        found = (s.n_opinions[view.ks] < self.overlap) & ~s.settled[view.ks]
        if self.overlap > 1:  # else the person's own opinion is enough
            found &= ~np.isin(view.ks, list(s.own(actor)))
        if not self.fields.on:
            return found
        needs = self.fields.needs() & (s.verdicts != VERDICTS.index("exclude"))
        looked_at = np.zeros(len(self.items), dtype=bool)
        looked_at[[k for k, one in self.fields.of_item.items() if one.whole]] = True
        done = self._of_fields | (looked_at & ~self._of_label)  # a doubtful label is decided after the fields
        return np.asarray((found & ~done[view.ks]) | needs[view.ks])

    def _brought_up_by_fields(self) -> npt.NDArray[np.bool_]:
        """Which items the queue has for nothing but their fields, or not at all."""
        found = np.ones(len(self.items), dtype=bool)
        if self.fields.on:
            ks, causes = self.queue.causes_of()
            told = self.cards.findings.quoting("[[")
            found[ks[[cause not in told for cause in causes]]] = False
        return found

    def _key_of(self, k: int) -> str:
        return key(self.decisions.ids[k], self.decisions.hashes[k])

    def _taken_for(self, others: Mapping[str, set[str]], *, also: Collection[int] = ()) -> Callable[[int], bool]:
        """Whether enough others have heard an item or have it on their screens, or the person has it there already.

        Parameters
        ----------
        others : mapping
            As of ``Leases.turn``.
        """
        s = self.decisions

        def hearing(k: int, holders: set[str]) -> int:
            return sum(k not in s.own(one) and k not in s.skipped(one) for one in holders)

        def taken(k: int) -> bool:
            if k in also:
                return True
            holders = others.get(self._about(k)) if others else None
            return holders is not None and s.n_opinions[k] + hearing(k, holders) >= self.overlap

        return taken

    def _cards(self, ks: Sequence[int], actor: str, view: View) -> list[dict[str, Any]]:
        previews = self.previews.many(ks)
        with self._lock:
            found = []
            for k, preview in zip(ks, previews, strict=True):
                said = self.decisions.opinions.get(k, ())
                # what others say is shown once it can no longer sway the person
                shown = any(d.actor == actor for d in said) or (
                    k in self.decisions.disputed and len(said) >= self.overlap
                )
                hidden = (self.blind or self.overlap > 1) and not self.decisions.settled[k]
                entry = view.entry(k) or self.base.entry(k)
                rank = view.rank(k)
                card = self.cards.card(k, entry=entry)
                if self.fields.on:  # these are mended here, one by one
                    of_fields = {w["code"] for w in card["why"] if w["words"].startswith("[[")}
                    card["faults"] = [f for f in card["faults"] if f["code"] not in of_fields]
                others = self.decisions.apart_from(k) if card["set"] else set()
                found.append(
                    card
                    | self.fields.card(k, actor, alone=bool(self._of_fields[k]), label_asked=bool(self._of_label[k]))
                    | {
                        "set": [one for one in card["set"] if one["k"] not in others],
                        "apart": bool(others),
                        "position": {"index": rank + 1, "of": len(view.ks)}
                        if rank >= 0 and not self.fields.on
                        else None,
                        "opinions": [opinion(d) for d in said] if shown else [],
                        "decided": decided(self.decisions, k, actor, hide_others=hidden),
                        "media": self.cards.media(k, preview),
                    }
                )
            return found

    def _in_words(self, entry: Mapping[str, Any], k: int) -> str:
        if self.blind:
            return str(entry["name"])
        given, suggestion = self.cards.labels[k], entry["suggestion"]
        if suggestion:
            return f"{given or 'no label'} → {suggestion}"
        return f"{given} · {entry['name']}" if given else str(entry["name"])

    def _kept(self, name: str, compute: Callable[[], Any], *, slow: bool = False) -> Any:
        """A figure worked out again once the ledger has changed; what is slow to work out, not at every change.

        Whoever asks while it is being worked out gets the one before; of what takes long, whoever asks first, too.
        ``slow``: that it takes long is known beforehand.
        """
        figure = self._figures.setdefault(name, _Figure())
        stands = (_STANDS_BESIDE if slow else _STANDS) * figure.cost
        fresh = figure.cost > _SLOW_S and time.monotonic() - figure.at < stands
        if not fresh and figure.seq != self.decisions.changed_at:
            if figure.cost <= _LONG_S and not slow:
                self._work_out(figure, compute)
            elif not figure.lock.locked():
                threading.Thread(target=self._work_out, args=(figure, compute)).start()
        return figure.value

    def _work_out(self, figure: _Figure, compute: Callable[[], Any]) -> None:
        if not figure.lock.acquire(blocking=figure.seq < 0):
            return
        try:
            seq, began = self.decisions.changed_at, time.monotonic()
            if figure.seq != seq:
                figure.value = compute()
                figure.at = time.monotonic()
                figure.cost, figure.seq = figure.at - began, seq
        finally:
            figure.lock.release()

    def _verdicts(self) -> npt.NDArray[np.int8]:
        with self._lock:
            return self.decisions.verdicts.copy()

    def _shared(self) -> list[tuple[Decision, ...]]:
        with self._lock:
            return self.decisions.shared()

    def _fixed_facts(self) -> dict[str, Any]:
        from dsaudit import __version__

        meta = self.run.meta
        nouns = self.run.kind.nouns
        counts = self.queue.counts()
        summaries = {r.code: (r.name, r.summary) for r in self.run.rules}
        summaries[AMBIGUOUS] = (
            AMBIGUOUS,
            "Another class is more probable, but not clearly.",
        )
        given, labels = self.items.coded("label")
        n_given = np.bincount(given[given >= 0], minlength=len(labels)).tolist()
        return {
            "run": {"id": self.run.id, "name": self.run.path.name, "dataset": self.run.meta.name},
            "modality": meta.modality,
            "noun": [nouns.one, nouns.many],
            "question": self.question,
            "gallery": self._remember is not None,
            "classes": dict.fromkeys(self.answers, 0) or dict(zip(labels, n_given, strict=True)),
            "filters": {name.rstrip("_"): value for name, value in asdict(self.filters).items()},
            "rules": [
                {"code": code, "name": summaries[code][0], "n": n, "headline": summaries[code][1]}
                for code, n in counts.items()
                if code in summaries
            ],
            "splits": sorted(self.items.coded("split")[1]),
            "n_items": len(self.items),
            "report": self.run.report_path.is_file(),
            "blind": self.blind,
            "overlap": self.overlap,
            "version": __version__,
        }
