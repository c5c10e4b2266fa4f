"""A spreadsheet to be filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.relabel.exchange.outgoing import Written, label_columns
from dsaudit.relabel.exchange.spreadsheet import as_csv
from dsaudit.store.files import write_new

if TYPE_CHECKING:
    from dsaudit.relabel.exchange.outgoing import Outgoing

FILE, WHOLE = "queue.csv", False


def write(out: Outgoing) -> Written:
    """The items with empty columns for what people say of them."""
    said = {} if out.blind else label_columns(out.run, out.items)
    more = {name: ["" if v is None else _cell(v) for v in said[name]] for name in said if name != "given_label"}
    text = as_csv(out.items, run_id=out.run.id, blind=out.blind, more=more)
    write_new(out.path, text.encode("utf-8"), force=out.force)
    return Written(
        [
            f"{len(out.items):,} items  {out.path}",
            "fill in   decision (confirm, relabel, exclude, unsure) or label, and note",
            f"then      dsaudit import {out.path} {out.named} --actor NAME",
        ]
    )


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
