"""Decisions that items are no copies of one another."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from dsaudit.errors import UsageError
from dsaudit.relabel.correction import known_hashes
from dsaudit.types import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.store.run import Run

_MOST = 500


def apart_decisions(
    run: Run, items: Sequence[str], *, actor: str, note: str = "", request_id: str = ""
) -> list[Decision]:
    """One row for each item, to be stored together and undone together: no two of them are copies.

    Parameters
    ----------
    items : sequence of str
        Ids of two or more items, or the beginning of the fingerprint of a finding, whose items are meant.
    request_id : str
        The same request said twice is stored once.

    Raises
    ------
    UsageError
        Fewer than two items, more than 500, or one that the run does not have.
    """
    cause, rule = "", ""
    if len(items) == 1:
        found = run.findings
        found = found[(found["scope"] == "set") & found["fingerprint"].str.startswith(items[0])]
        if len(found) != 1:
            raise UsageError(
                f"{items[0]!r} is not the beginning of one finding's fingerprint",
                hint="name the items that are no copies of one another, or the fingerprint of a finding of copies",
            )
        finding = found.iloc[0]
        cause, rule, items = str(finding["fingerprint"]), str(finding["code"]), list(finding["item_ids"])
    chosen = list(dict.fromkeys(items))
    if missing := [item for item in chosen if item not in run.items.index]:
        raise UsageError(f"the run has no item {missing[0]!r}", hint="ids are as the report shows them")
    if not 2 <= len(chosen) <= _MOST:
        raise UsageError(f"{len(chosen)} items are named", hint=f"from 2 to {_MOST} can be no copies of one another")
    batch = request_id or uuid4().hex
    return [
        Decision(
            actor,
            "apart",
            str(item),
            content_hash if isinstance(content_hash, str) else "",
            note=note,
            cause=cause,
            rule=rule,
            run_id=run.id,
            request_id=f"{batch}/{k}",
        )
        for k, (item, content_hash) in enumerate(known_hashes(run.items).loc[chosen].items())
    ]
