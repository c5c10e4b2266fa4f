"""One item as the screen shows it: JSON-ready facts, without whatever a blind reviewer must not see."""

from __future__ import annotations

import base64
import math
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.label.terms import weighed
from dsaudit.errors import DsauditError
from dsaudit.media.base import Preview
from dsaudit.relabel.queue.items import ID, Items, items_of
from dsaudit.relabel.queue.queue import AMBIGUOUS, FOREIGN, UNPROVED, faults
from dsaudit.relabel.queue.words import Made
from dsaudit.relabel.screen.item_findings import ItemFindings, of_items
from dsaudit.relabel.screen.predicted import Predicted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dsaudit.relabel.screen.decision_state import DecisionState
    from dsaudit.store.run import Run
    from dsaudit.types import Decision

N_SUGGESTIONS = 9
N_NEIGHBOURS = 8
N_SET = 50
_SEVERITY = {"error": 0, "warning": 1, "info": 2}


class Cards:
    """Cards of a run's items by position. Says nothing about what is in the ledger but what it is handed.

    Parameters
    ----------
    run : Run
    items : Items, optional
        All items of the run.
    blind : bool
        Hide labels, suggestions, ids that name a label, and messages that do.
    told : mapping of str to str, optional
        By id, why items are asked about that no finding need bring up.
    """

    def __init__(
        self, run: Run, *, items: Items | None = None, blind: bool = False, told: Mapping[str, str] | None = None
    ) -> None:
        self._items = items = items_of(run) if items is None else items
        self.blind, self._listed = blind, told or {}
        self._no_view = f"Cannot be {run.kind.nouns.shown}"
        self.ids: Sequence[str] = items.column(ID)  # type: ignore[assignment]  # every item has one
        self.labels = items.column("label")
        self.given = items.column("given_label") if "given_label" in items else self.labels
        self.splits, self.groups = items.column("split"), items.column("group")
        known = items.hashes
        self.hashes: Sequence[str] = Made(len(items), lambda k: known[k] or "")
        self.names = _unlabelled_names(self.ids, items.coded("label")[1]) if blind else self.ids
        self._about_labels = {r.code for r in run.rules if r.uses_label}
        self._faults = faults(run.rules)
        self.findings = ItemFindings(run, items)
        self._run = run
        self._predicted = Predicted(run, items)
        self.classes = self._predicted.classes
        figures = run.metrics.label_errors
        self._told = figures is None or not figures.guess
        """Whether probabilities are told: those of a weak model name an order and no figure."""
        self._terms = {c.label: [t.term for t in c.terms] for c in run.metrics.classes if c.terms}
        argued = run.arguments if not blind else run.arguments.head(0)
        self._argued = {
            str(i): {"labels": [given, other], "parts": weighed(*parts)}
            for i, given, other, *parts in argued.itertuples()
        }
        self._model = (
            "a model that saw this very label"
            if run.metrics.baseline is not None and run.metrics.baseline.in_sample
            else "a model that never saw it"
        )

    @property
    def position(self) -> Mapping[str, int]:
        """Where an item stands, by id."""
        return self._items.place

    def make_ready(self) -> None:
        """Do what would keep the first decision waiting; may run beside all else."""
        with suppress(DsauditError):  # whoever asks for what cannot be read is told
            self._items.make_ready()
            self._predicted.make_ready()

    def card(self, k: int, *, entry: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """All but media, position in a queue, and what people said of it.

        Parameters
        ----------
        entry : mapping, optional
            The item's row of the queue: its cause comes first among the reasons.
        """
        cause = str(entry["cause"]) if entry is not None else ""
        why = self.why(k, first=cause)
        if entry is None and why:
            cause = why[0]["fingerprint"]
        if entry is not None and entry["rule"] == AMBIGUOUS:
            why.insert(0, self._close(k, str(entry["suggestion"])))
        elif entry is not None and entry["name"] == FOREIGN and not cause:
            why.append(_unproved(FOREIGN, UNPROVED[FOREIGN]))
        if (told := self._listed.get(self.ids[k])) and not self.blind:
            why.insert(0, _unproved("listed", told))
        suggested = self._suggested(k, entry, why)
        return {
            "k": k,
            "id": self.names[k],
            "label": None if self.blind else self.labels[k],
            "given_label": None if self.blind else self.given[k],
            "content_hash": self.hashes[k],
            "split": self.splits[k],
            "group": self.groups[k],
            "why": why,
            "suggested": suggested,
            "cause": cause if self.finding(k, cause) else "",
            "suggestions": [] if self.blind else self.suggestions(k),
            "faults": [
                {name: w[name] for name in ("code", "name", "message")} for w in why if w["code"] in self._faults
            ],
            "neighbours": self.neighbours(k),
            "argued": self._argued.get(self.ids[k]),
            "terms": self._terms.get(suggested or "", []),
            "typical": [self.brief(j) for j in self._predicted.typical.get(suggested or "", ()) if j != k],
            "set": self.copies(k),
        }

    def _suggested(self, k: int, entry: Mapping[str, Any] | None, why: Sequence[Mapping[str, Any]]) -> str | None:
        """The one label that is suggested instead of the given one; None where none is, or nobody may see it."""
        told = [str(entry["suggestion"] or "") if entry is not None else "", *(w["suggestion"] for w in why)]
        return None if self.blind else next((s for s in told if s and s != self.labels[k]), None)

    def brief(self, k: int, *, item_id: str | None = None) -> dict[str, Any]:
        """Position, id and label; an id that is known need not be read again."""
        shown = item_id if item_id is not None and not self.blind else self.names[k]
        return {"k": k, "id": shown, "label": None if self.blind else self.labels[k]}

    def finding(self, k: int, fingerprint: str) -> Mapping[str, Any] | None:
        """The finding of that fingerprint, if a decision on this item can answer it.

        One on a whole class or pair of classes is not answered by what is said of one of its items.
        """
        return next((f for f in self.findings.of(k) if f["fingerprint"] == fingerprint and of_items(f)), None)

    def why(self, k: int, *, first: str = "") -> list[dict[str, Any]]:
        """Findings that concern the item: the one with the fingerprint ``first``, then by severity and score."""
        own = sorted(
            (f for f in self.findings.of(k) if of_items(f) or f["fingerprint"] == first),
            key=lambda f: (f["fingerprint"] != first, _SEVERITY.get(f["severity"], 9), f["score"], f["code"]),
        )
        return [
            {
                "code": f["code"],
                "name": f["name"],
                "severity": f["severity"],
                "message": "" if self.blind and f["code"] in self._about_labels else f["message"],
                "fingerprint": f["fingerprint"],
                "suggestion": "" if self.blind else f["suggestion"] or "",
                "state": f["state"],
                "words": "" if self.blind and f["code"] in self._about_labels else f["words"],
            }
            for f in own
        ]

    def _close(self, k: int, suggestion: str) -> dict[str, Any]:
        p = {s["label"]: s.get("p", 0.0) for s in self.suggestions(k)}
        given = self.labels[k] or ""
        share, own = p.get(suggestion, 0.0), p.get(given, 0.0)
        close = own >= 0.5 * share
        said = (
            f"{self._model}, a weak one, rather says {suggestion} than {given}"
            if not self._told
            else f"{self._model} hesitates between {suggestion} ({share:.0%}) and {given} ({own:.0%})"
            if close
            else f"{self._model} rather says {suggestion} ({share:.0%}) than {given} ({own:.0%}),"
            " but not surely enough to call the label an error"
        )
        return _unproved(AMBIGUOUS, "" if self.blind else said, "" if self.blind else suggestion)

    def suggestions(self, k: int) -> list[dict[str, Any]]:
        """Likeliest labels, the given one always among them; none without a model.

        With their probabilities ``p``, but for a weak model's.
        """
        p = self._predicted.of(k)
        if p is None or not len(self.classes):
            return []
        best = np.argsort(-p, kind="stable")[:N_SUGGESTIONS].tolist()
        given = self.labels[k]
        at = np.flatnonzero(self.classes == given)
        if len(at) and int(at[0]) not in best:
            best[-1] = int(at[0])
        named: list[dict[str, Any]] = [{"label": str(self.classes[c])} for c in best]
        return [s | {"p": round(float(p[c]), 4)} for s, c in zip(named, best, strict=True)] if self._told else named

    def neighbours(self, k: int) -> list[dict[str, Any]]:
        """Nearest items in embedding space, the nearest first; of a doubtful label those that were counted."""
        row = self._items.row_of("neighbours", k, ("ids", "similarity"))
        if row is None or not isinstance(ids := row.get("ids"), list | tuple | np.ndarray):
            return []
        similar = row["similarity"]
        votes = self._predicted.voters(k)
        # where neighbours are counted, those that are counted are shown
        chosen = set(votes) if votes is not None and len(votes) else set(ids[:N_NEIGHBOURS])
        found = [(self.position.get(i), i, s) for i, s in zip(ids, similar, strict=True) if i in chosen]
        return [
            self.brief(j, item_id=i) | {"similarity": round(float(s), 4) if math.isfinite(s) else None}
            for j, i, s in found
            if j is not None
        ]

    def copies(self, k: int) -> list[dict[str, Any]]:
        """Other members of the duplicate set that it is in, with their splits."""
        return [self.brief(j) | {"split": self.splits[j]} for j in self.findings.set_with(k) if j != k][:N_SET]

    def media(self, k: int, found: Preview | str) -> dict[str, Any]:
        """What the page plays and draws, or why it cannot."""
        if isinstance(found, str):
            # the reason may name the file, and the file's name the label
            own = found[:6].casefold() == "cannot"
            return {"error": self._no_view if self.blind else found if own else f"{self._no_view}: {found}"}
        length_s = found.length_s if math.isfinite(found.length_s) else 0.0
        return {
            "mime": found.mime,
            "url": f"/media/{k}",
            "thumbnail": f"/media/{k}/thumbnail" if found.thumbnail else "",
            "outline": base64.b64encode(found.outline).decode("ascii"),
            "length_s": length_s,
            "marks": self._marks(k),
        }

    def search(self, text: str, n: int) -> list[int]:
        """Positions of the items whose id contains ``text``, exact and beginning matches first."""
        wanted = text.casefold()
        if not wanted:
            return []
        names = enumerate(self.names) if self.blind else self._items.holding(text)
        found = [(i.casefold().find(wanted), len(i), k) for k, i in names]
        return [k for at, _, k in sorted(f for f in found if f[0] >= 0)[:n]]

    def _marks(self, k: int) -> dict[str, float | None]:
        """What the page's script is given with an item, as far as it was measured."""
        row = self._items.row_of("measurements", k, self._run.kind.marks) if self._run.kind.marks else None
        return {
            str(c): round(v, 3) if isinstance(v, float) and math.isfinite(v) else None for c, v in (row or {}).items()
        }


def _unproved(name: str, message: str, suggestion: str = "") -> dict[str, Any]:
    """A reason without a finding."""
    return {
        "code": "",
        "name": name,
        "severity": "info",
        "message": message,
        "fingerprint": "",
        "suggestion": suggestion,
        "state": "new",
        "words": "",
    }


def opinion(decision: Decision) -> dict[str, Any]:
    """What one person said of an item."""
    return {
        "actor": decision.actor,
        "action": decision.action,
        "label": decision.new_label,
        "note": decision.note,
        "at": decision.at,
    }


def decided(state: DecisionState, k: int, actor: str, *, hide_others: bool) -> dict[str, Any] | None:
    """The person's own last word on an item, else what stands on it unless that is hidden."""
    said = state.opinions.get(k, ())
    own = next((d for d in reversed(said) if d.actor == actor), None)
    if own is not None:
        return opinion(own)
    resolution = state.resolution(k)
    return None if hide_others or resolution is None else opinion(resolution.decided)


def _unlabelled_names(ids: Sequence[str], classes: Iterable[str]) -> Sequence[str]:
    """Names of the files without their folders, which are often named after the label; a number where they tell too."""
    words = [re.escape(c.casefold()) for c in classes if c]
    telling = re.compile("|".join(words) or "(?!)")

    def name(k: int) -> str:
        stem = ids[k].rpartition("/")[2]
        return f"item {k + 1}" if telling.search(stem.casefold()) else stem

    return Made(len(ids), name)
