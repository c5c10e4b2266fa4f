"""Write the sample table: orders of an outdoor shop and how they were sent, with faults whose place is known.

python sample_data/tables/write.py            writes manifest.csv and truth.csv
python sample_data/tables/write.py --check    makes them elsewhere and compares
"""

from __future__ import annotations

import csv
import io
import random
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import faults

HERE = Path(__file__).parent
SEED = 15
ORDERS, CUSTOMERS = 720, 120
FIRST_DAY, DAYS = date(2025, 1, 7), 330
CELLS = (
    *("ordered", "shipped", "tracking", "zip", "town", "product", "pieces", "weight_kg", "length", "price"),
    *("price_cents", "currency", "paid_by", "handed_to"),
)
TOWNS = {
    "Dresden": ("01067", "01099"),
    "Leipzig": ("04103", "04229"),
    "Berlin": ("10115", "10557", "12043"),
    "Hamburg": ("20095", "22765"),
    "Köln": ("50667", "50823"),
    "München": ("80331", "81541"),
    "Würzburg": ("97070",),
    "Stuttgart": ("70173",),
    "Freiburg": ("79098",),
    "Kassel": ("34117",),
    "Rostock": ("18055",),
    "Göttingen": ("37073",),
}
PRODUCTS = {
    "map": (0.1, 24, 15),
    "socks": (0.12, 22, 19),
    "headlamp": (0.14, 12, 39),
    "tent pegs": (0.3, 26, 12),
    "gas stove": (0.6, 20, 59),
    "boots": (1.6, 36, 179),
    "sleeping bag": (1.4, 42, 229),
    "rucksack": (1.8, 70, 149),
    "tent": (3.4, 60, 399),
    "trekking poles": (0.55, 118, 89),
    "paddle": (1.1, 150, 129),
    "canopy": (8.0, 125, 249),
    "cool box": (12.0, 66, 199),
    "generator": (26.0, 60, 649),
    "kayak": (24.0, 280, 899),
}
"""Kilograms and euros of a piece, and centimetres."""
SUMMER = ("canopy", "cool box", "generator", "kayak", "paddle")


@dataclass
class Row:
    """One order."""

    cells: dict[str, str]
    label: str
    split: str
    group: str
    item_id: str = ""


@dataclass
class Sheet:
    """The table under way, and what is wrong in it."""

    rng: random.Random
    rows: list[Row] = field(default_factory=list)
    wrong: list[tuple[Row | None, str, str, str]] = field(default_factory=list)

    def order(self) -> Row:
        """A sound order; later in the year more is heavy."""
        rng = self.rng
        k = rng.randrange(CUSTOMERS)
        zips = [(code, town) for town, codes in TOWNS.items() for code in codes]
        code, town = zips[k % len(zips)]
        day = rng.randrange(DAYS)
        late = day > DAYS // 2
        product = rng.choice([name for name in PRODUCTS for _ in range(3 if late and name in SUMMER else 1)])
        kilograms, length, euros = PRODUCTS[product]
        pieces = rng.choice((1, 1, 1, 2, 2, 3)) if euros < 300 else 1
        weight = pieces * kilograms * rng.uniform(0.96, 1.04) + 0.05
        price = pieces * euros * rng.uniform(0.85, 1)
        length *= rng.uniform(0.95, 1.05)
        label = _sent(weight * rng.gauss(1, 0.03), length * rng.gauss(1, 0.01))
        ordered = FIRST_DAY + timedelta(day)
        handed = rng.choice(("addressee", "addressee", "neighbour", "locker"))
        cells = {
            "ordered": ordered.isoformat(),
            "shipped": (ordered + timedelta(rng.choice((1, 1, 2, 2, 3, 4, 6)))).isoformat(),
            "tracking": f"TR{rng.randrange(10**7, 10**8)}",
            "zip": code,
            "town": town,
            "product": product,
            "pieces": str(pieces),
            "weight_kg": f"{weight:.2f}",
            "length": f"{length:.1f} cm",
            "price": f"{price:.2f}",
            "price_cents": f"{100 * price:.0f}",
            "currency": "EUR",
            "paid_by": rng.choice(("card", "card", "invoice", "transfer")),
            "handed_to": "" if rng.random() < (0.8 if label == "letter" else 0.04) else handed,
        }
        row = Row(cells, label, "test" if k % 5 == 0 else "train", f"customer-{k:03d}")
        self.rows.append(row)
        return row

    def again(self, like: Row) -> Row:
        """The same order under a number of its own."""
        cells = like.cells | {"tracking": f"TR{self.rng.randrange(10**7, 10**8)}"}
        row = Row(cells, like.label, like.split, like.group)
        self.rows.append(row)
        return row

    def plant(self, row: Row | None, rule: str, note: str, subject: str = "") -> None:
        self.wrong.append((row, rule, subject, note))

    def sound(self, n: int, *, split: str = "", group: str = "", **cells: str) -> list[Row]:
        """Some rows that nothing is wrong with yet."""
        touched = {id(row) for row, *_ in self.wrong}
        free = [r for r in self.rows if id(r) not in touched and split in ("", r.split) and group in ("", r.group)]
        free = [r for r in free if cells.items() <= r.cells.items()]
        return self.rng.sample(free, n)


def _sent(kilograms: float, centimetres: float) -> str:
    """How an order of so much is sent."""
    if kilograms > 20 or centimetres > 200:
        return "freight"
    if centimetres > 100:
        return "bulky"
    return "letter" if kilograms < 0.5 and centimetres < 35 else "parcel"


def made() -> dict[str, str]:
    """The two tables by name."""
    sheet = Sheet(random.Random(SEED))
    for _ in range(ORDERS):
        sheet.order()
    for plant in faults.ALL:
        plant(sheet)
    sheet.rng.shuffle(sheet.rows)
    for k, row in enumerate(sheet.rows):
        row.item_id = f"o{k + 1:04d}"
    truth = [(row.item_id if row else "", rule, subject, note) for row, rule, subject, note in sheet.wrong]
    manifest = [(r.item_id, *(r.cells[name] for name in CELLS), r.label, r.split, r.group) for r in sheet.rows]
    return {
        "manifest.csv": _csv(["id", *CELLS, "label", "split", "group"], manifest),
        "truth.csv": _csv(["item_id", "rule", "subject", "note"], sorted(truth, key=lambda t: (t[1], t[0], t[2]))),
    }


def _csv(names: list[str], rows: list[tuple[str, ...]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return buffer.getvalue()


def main() -> int:
    tables = made()
    if "--check" in sys.argv:
        changed = [name for name, text in tables.items() if (HERE / name).read_bytes() != text.encode()]
        print(f"differ: {', '.join(changed)}" if changed else "the same")
        return bool(changed)
    for name, text in tables.items():
        (HERE / name).write_bytes(text.encode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
