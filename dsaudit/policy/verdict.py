"""A policy applied to a run: which findings count, what every limit says, and what comes of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dsaudit.policy.limit import LimitFacts, judged
from dsaudit.types import GateVerdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from dsaudit.policy.limit import Limit
    from dsaudit.policy.reference import Reference
    from dsaudit.store.run import Run
    from dsaudit.types import Accepted, GateOutcome

_ORDER = {"fail": 0, "inconclusive": 1, "pass": 2}


def verdict_of(
    run: Run,
    limits: Iterable[Limit],
    *,
    accepted: Iterable[Accepted] = (),
    against: Reference | None = None,
    today: date,
    exists: Callable[[str], bool],
) -> GateVerdict:
    """What a policy says of a run.

    Parameters
    ----------
    run : Run
    limits : iterable of Limit
    accepted : iterable of Accepted
        Findings that do not count, unless their day is over.
    against : Reference, optional
        Only what it does not have counts.
    today : date
        Acceptances that ended before it are over.
    exists : callable
        Whether a code, prefix or name is that of a rule, though the run did not ask for it.

    Raises
    ------
    ConfigError
        A limit names what is no rule and no figure.
    """
    table = run.columns_of("findings", ("fingerprint", "code"))
    codes = dict(zip(table["fingerprint"].astype(str), table["code"].astype(str), strict=True))
    ran = {rule.code for rule in run.rules if rule.outcome == "ran"}
    over = {one for one in accepted if one.expires and one.expires < today.isoformat()}
    in_force = tuple(one for one in accepted if one not in over and one.fingerprint in codes)
    by_print = {one.fingerprint for one in in_force}
    known = against.found if against else {}
    states = {p: "ignored" if p in by_print else "known" if p in known else "new" for p in codes}
    counts = Counter(
        code for print_, code in zip(table["fingerprint"], table["code"], strict=True) if states[print_] == "new"
    )
    facts = LimitFacts(run, counts, exists)
    found = sorted((judged(limit, facts) for limit in limits), key=lambda one: _ORDER[one.outcome])
    nothing = not run.meta.n_measured and not run.meta.n_unread
    outcome: GateOutcome = min((one.outcome for one in found), key=_ORDER.__getitem__, default="inconclusive")
    if outcome == "pass" and (nothing or not ran):
        outcome = "inconclusive"
    notes = ["nothing was measured"] if nothing else ["no check ran"] if not ran else []
    if against and against.contents is not None and against.contents.isdisjoint(run.items["content_hash"].dropna()):
        notes.append(f"{against.name} has no {run.kind.nouns.one} in common with this run: is it of another dataset?")
    if against and against.ran is not None and (unseen := sorted({codes[p] for p in states} - against.ran)):
        notes.append(f"{', '.join(unseen)} did not run in {against.name}: what they found counts as new")
    return GateVerdict(
        outcome,
        tuple(found),
        states,
        in_force,
        tuple(sorted((one for one in over if one.fingerprint in codes), key=lambda one: (one.code, one.subject))),
        tuple(one for one in accepted if one.fingerprint not in codes and one.code in ran),
        against.name if against else "",
        tuple(sorted(told for print_, told in known.items() if print_ not in codes and told[0] in ran)),
        tuple(notes),
    )
