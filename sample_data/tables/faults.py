"""What goes wrong with tables: each function plants one kind of fault, and says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from write import Row, Sheet

CLASSES = ("letter", "parcel", "bulky", "freight")
LEAKED = "customer-001"
PLACES = {"pieces": 0, "length": 1, "weight_kg": 2, "price": 2}


def columns(sheet: Sheet) -> None:
    """What is wrong with columns by the way in which the orders come about."""
    sheet.plant(None, "constant-column", "all is paid in euros", "currency")
    sheet.plant(None, "identifier-column", "a number of its own for each order", "tracking")
    sheet.plant(None, "identifier-column", "the numbers of the rows", "id")
    sheet.plant(None, "twin-column", "a hundred times the price", "price_cents")
    sheet.plant(None, "missing-by-class", "nobody signs for letters", "handed_to")
    for name in ("letter", "bulky", "freight"):
        sheet.plant(None, "split-class", "consequence: goods of two sorts go so", name)
    for name in ("ordered", "shipped"):
        sheet.plant(None, "rows-in-order", "heavy goods are sold from summer on", name)


def labels(sheet: Sheet) -> None:
    """Wrong labels, one in ten to learn from and one in twenty to test on, and a second spelling."""
    splits = [row.split for row in sheet.rows]
    for row in [
        r for name, n in (("train", 10), ("test", 20)) for r in sheet.sound(splits.count(name) // n, split=name)
    ]:
        was = row.label
        row.label = sheet.rng.choice([name for name in CLASSES if name != was])
        sheet.plant(row, "label-error-candidate", f"is {was}")
    for row in [r for r in sheet.sound(60) if r.label == "parcel"][:4]:
        row.label = "Parcel"
        sheet.plant(row, "label-spelling", "parcel")
    sheet.plant(None, "rare-class", "consequence: a second spelling", "Parcel")
    sheet.plant(None, "class-imbalance", "consequence: a second spelling", "dataset")


def copies(sheet: Sheet) -> None:
    """The same order again: as it is, under another label, in another split."""
    exact = "exact-duplicate"
    for row in sheet.sound(5):
        for one in (row, sheet.again(row)):
            sheet.plant(one, exact, "entered twice", row.cells["tracking"])
    for row in sheet.sound(4):
        copy = sheet.again(row)
        copy.label = sheet.rng.choice([name for name in CLASSES if name != row.label])
        for one in (row, copy):
            sheet.plant(one, "conflicting-duplicate", "one order, two labels", row.cells["tracking"])
            sheet.plant(one, exact, "consequence: one order, two labels", row.cells["tracking"])
    for row in sheet.sound(3, group=LEAKED):
        copy = sheet.again(row)
        copy.split = "test"
        sheet.plant(copy, "leaked-group", f"{LEAKED} orders in train, too", LEAKED)
        for one in (row, copy):
            sheet.plant(one, "leaked-duplicate", "in train and test", row.cells["tracking"])
            sheet.plant(one, exact, "consequence: in train and test", row.cells["tracking"])


def spelling(sheet: Sheet) -> None:
    """Typing errors, another case, letters broken by a wrong decoding."""
    slips = (
        *(("town", "Hamburg", "Hambrug"), ("town", "München", "MÃ¼nchen"), ("town", "Köln", "KÃ¶ln")),
        *(("town", "Dresden", "Dresdn"), ("town", "Kassel", "Kasel"), ("town", "Rostock", "Rostokc")),
        *(("town", "Göttingen", "Goettingen"), ("town", "Köln", "Kölln"), ("town", "Berlin", "Berin")),
        *(("product", "sleeping bag", "sleping bag"), ("product", "generator", "genrator")),
        *(("product", "headlamp", "Headlamp"), ("paid_by", "invoice", "invocie"), ("paid_by", "card", "Card")),
        *(("handed_to", "neighbour", "nieghbour"), ("handed_to", "locker", "LOCKER"), ("product", "paddle", "padle")),
    )
    for name, right, wrong in slips:
        (row,) = sheet.sound(1, **{name: right})
        row.cells[name] = wrong
        sheet.plant(row, "misspelt-value", f"{name} is {right}")


def forms(sheet: Sheet) -> None:
    """Values written otherwise than their column."""

    def comma(text: str) -> str:
        return text.replace(".", ",")

    def turned(text: str) -> str:
        return ".".join(reversed(text.split("-")))

    changes: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        *(("weight_kg", "a decimal comma", comma),) * 3,
        *(("price", "a decimal comma", comma),) * 2,
        *(("weight_kg", "in grams", lambda text: f"{1000 * float(text):.0f} g"),) * 2,
        *(("length", "in millimetres", lambda text: f"{10 * float(text.split()[0]):.0f} mm"),) * 3,
        *(("length", "in metres", lambda text: f"{float(text.split()[0]) / 100:.2f} m"),) * 2,
        *(("ordered", "day first", turned),) * 3,
        ("shipped", "no day of the calendar", lambda text: f"{text[:5]}02-30"),
        ("price", "a word", lambda _: "gift"),
    )
    for name, note, change in changes:
        (row,) = sheet.sound(1)
        row.cells[name] = change(row.cells[name])
        sheet.plant(row, "odd-form", f"{name}: {note}")
    for code in ("01067", "04103", "04229"):
        (row,) = sheet.sound(1, zip=code)
        row.cells["zip"] = code.lstrip("0")
        sheet.plant(row, "odd-form", "zip: a zero lost in a spreadsheet")


def stand_ins(sheet: Sheet) -> None:
    """What stands where nothing is known."""
    for name, word, n in (("paid_by", "n/a", 6), ("weight_kg", "-999", 8), ("shipped", "1900-01-01", 5)):
        for row in sheet.sound(n):
            row.cells[name] = word
            sheet.plant(row, "disguised-missing", f"in {n} rows", f"{name}: {word}")


def numbers(sheet: Sheet) -> None:
    """Numbers that the rest of the row does not let expect."""
    for name, factor, note in (
        *(("weight_kg", 1000, "in grams"), ("weight_kg", 100, "the point left out"), ("weight_kg", 10, "a digit more")),
        *(("weight_kg", 1000, "in grams"), ("weight_kg", 1000, "in grams"), ("weight_kg", 0.1, "a digit less")),
        *(("price", 100, "the point left out"), ("price", 10, "a digit more"), ("pieces", 40, "a number of stock")),
        *(("pieces", -3, "below nothing"), ("length", 10, "in millimetres"), ("length", 10, "in millimetres")),
    ):
        (row,) = sheet.sound(1)
        number, _, unit = row.cells[name].partition(" ")
        row.cells[name] = f"{float(number) * factor:.{PLACES[name]}f} {unit}".strip()
        sheet.plant(row, "out-of-range", f"{name}: {note}")


def contradictions(sheet: Sheet) -> None:
    """Broken dependencies, orders and keys; goods that are not what was sent."""
    towns = sorted({r.cells["town"] for r in sheet.sound(100)})
    for row in sheet.sound(5):
        row.cells["town"] = sheet.rng.choice([name for name in towns if name != row.cells["town"]])
        sheet.plant(row, "contradicted-value", "town is not that of the zip")
    for row in sheet.sound(2):
        row.cells["shipped"] = row.cells["ordered"]
        row.cells["ordered"] = row.cells["ordered"][:5] + "12-20"
        sheet.plant(row, "contradicted-value", "shipped before it was ordered")
    for row in sheet.sound(3):
        row.cells["ordered"], row.cells["shipped"] = row.cells["shipped"], row.cells["ordered"]
        sheet.plant(row, "contradicted-value", "shipped before it was ordered, by days")
    for wrong, right in (
        *(("kayak", "map"), ("socks", "generator"), ("tent", "paddle"), ("map", "canopy")),
        *(("headlamp", "socks"), ("boots", "sleeping bag"), ("gas stove", "tent pegs"), ("rucksack", "cool box")),
    ):
        (row,) = sheet.sound(1, product=right)
        row.cells["product"] = wrong
        sheet.plant(row, "unexpected-value", f"product is {right}")


def places(sheet: Sheet) -> None:
    """Values in the wrong column."""
    for a, b in (("zip", "town"), ("town", "product"), ("paid_by", "handed_to")):
        row = next(r for r in sheet.sound(20) if r.cells[a] and r.cells[b])
        row.cells[a], row.cells[b] = row.cells[b], row.cells[a]
        sheet.plant(row, "misplaced-value", f"{a} and {b} exchanged")
    for row in sheet.sound(2):
        _shift(row)
        sheet.plant(row, "misplaced-value", "one too far right from product on")


def _shift(row: Row) -> None:
    names = list(row.cells)
    moved = names[names.index("product") :]
    values = ["", *(row.cells[name] for name in moved[:-1])]
    row.cells.update(zip(moved, values, strict=True))


ALL = (columns, labels, copies, spelling, forms, stand_ins, numbers, contradictions, places)
