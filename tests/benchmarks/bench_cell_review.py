"""Twenty rows of a table decided through the session of the review screen, by an oracle that knows what is wrong.

    python -m tests.benchmarks.bench_cell_review RUN --errors errors.csv [--rows 20]

RUN is of the table with the errors. Rows come in the order in which the screen asks for them; each is answered cell by
cell and the rest found right. Then the cells that the screen still brings up, with those found wrong, are held against
all errors.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.screen.session import Session
from dsaudit.store.run import Run


def known(path: Path) -> dict[tuple[int, str], str]:
    errors = pd.read_csv(path, dtype=str, keep_default_na=False)
    cells = zip(errors["row"].astype(int), errors["column"], strict=True)
    return dict(zip(cells, errors["clean"], strict=True))


def places(run: Run, dirty: Path) -> list[int]:
    """By position of the item the row of the table that it is."""
    ids = [str(item) for item in run.items.index]
    if ids[0].startswith("row-"):
        return [int(item[4:]) - 1 for item in ids]
    table = pd.read_csv(dirty, dtype=str, keep_default_na=False)
    column = next(table[name] for name in table if set(table[name]) == set(ids))
    row = {item: k for k, item in enumerate(column)}
    return [row[item] for item in ids]


def answer(session: Session, card: dict, right: dict[tuple[int, str], str], place: list[int]) -> None:
    row = place[card["k"]]
    said = [
        {"field": n, "action": "correct", "value": right[row, n]} for n in session.fields.names if (row, n) in right
    ]
    shown = [f["field"] for f in card["fields"] if (row, f["field"]) not in right]
    said += [{"field": name, "action": "keep", "value": None} for name in shown]
    session.decide_fields(
        "oracle", {"k": card["k"], "content_hash": card["content_hash"], "fields": said, "rest": True}
    )


def scored(session: Session, right: dict[tuple[int, str], str], place: list[int]) -> str:
    fields = session.fields
    found = {(place[k], fields.names[j]) for k, j in zip(*np.nonzero(fields.open()), strict=True)}
    for k, one in fields.of_item.items():
        found |= {(place[k], name) for name, ruling in one.fields.items() if ruling.corrected}
    hit = len(found & right.keys())
    precision, recall = hit / max(len(found), 1), hit / len(right)
    told = fields.figures()
    left = {cell for cell in right if cell in found} - {
        (place[k], n) for k, one in fields.of_item.items() for n in one.fields
    }
    return (
        f"P {precision:.3f} R {recall:.3f} F1 {2 * hit / (len(found) + len(right)):.3f};"
        f" {told['n_left']:,} values left, {told['expected']:,} expected wrong, {len(left):,} are"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--errors", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=20)
    told = parser.parse_args()
    run, right = Run.open(told.run), known(told.errors)
    place = places(run, told.errors.with_name("dirty.csv"))
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
        session = Session(run, ledger)
        print(f"0 rows: {scored(session, right, place)}", flush=True)
        for n in range(1, told.rows + 1):
            cards, _ = session.next_cards("oracle", 1)
            answer(session, cards[0], right, place)
            if n % 5 == 0 or n == told.rows:
                print(f"{n} rows: {scored(session, right, place)}", flush=True)
        session.close()


if __name__ == "__main__":
    main()
