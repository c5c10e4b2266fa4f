"""Write the sample texts: requests to the help desk of an outdoor shop, with faults whose place is known.

python sample_data/texts/write.py            writes manifest.csv and truth.csv
python sample_data/texts/write.py --check    makes them elsewhere and compares
"""

from __future__ import annotations

import csv
import io
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

import faults
import phrases

HERE = Path(__file__).parent
SEED = 14
SIZES = {
    **dict.fromkeys(("delivery", "money_back", "sign_in", "invoice", "cancel", "damaged", "sizing"), 42),
    **{"opening_times": 42, "rental": 42, "card": 44, "feedback": 26, "opinion": 26, "recall": 3},
}
GROUPS = 64
"""People who write; each in one split but for one."""


@dataclass
class Row:
    """One request."""

    text: str
    label: str
    split: str
    group: str
    item_id: str = ""


@dataclass
class Sheet:
    """The set under way, and what is wrong in it."""

    rng: random.Random
    rows: list[Row] = field(default_factory=list)
    wrong: list[tuple[Row | None, str, str, str]] = field(default_factory=list)
    seen: list[set[tuple[str, ...]]] = field(default_factory=list)

    def writer(self) -> tuple[str, str]:
        """A group and its split."""
        k = self.rng.randrange(GROUPS)
        return f"writer-{k:02d}", "test" if k % 5 == 0 else "train"

    def fresh(self, label: str) -> str:
        """A request of a class that is like none before it."""
        about, detail = phrases.ABOUT[label], phrases.DETAIL.get(label, ())
        if label in ("feedback", "opinion"):
            about = phrases.PRAISE
        elif label == "card":
            about = phrases.GIFT if sum(r.label == "card" for r in self.rows) % 2 else phrases.BANK
        best: tuple[float, str, set[tuple[str, ...]]] = (2.0, "", set())
        for _ in range(60):
            text = phrases.request(about, detail, self.rng)
            shingles = _shingles(text)
            alike = max((len(shingles & old) / min(len(shingles), len(old)) for old in self.seen), default=0.0)
            best = min(best, (alike, text, shingles), key=lambda found: found[0])
            if alike < 0.3:
                break
        self.seen.append(best[2])
        return best[1]

    def add(self, text: str, label: str, *, like: Row | None = None, split: str = "") -> Row:
        group, own = (like.group, like.split) if like and not split else self.writer()
        while split and own != split:
            group, own = self.writer()
        row = Row(text, label, own, group)
        self.rows.append(row)
        return row

    def plant(self, row: Row | None, rule: str, note: str, subject: str = "") -> None:
        self.wrong.append((row, rule, subject, note))

    def sound(self, n: int, *labels: str, split: str = "") -> list[Row]:
        """Some rows that nothing is wrong with yet, of some classes; by default of those whose labels are sure."""
        touched = {id(row) for row, *_ in self.wrong}
        labels = labels or tuple(name for name, size in SIZES.items() if size == 42)
        free = [r for r in self.rows if id(r) not in touched and r.label in labels and split in ("", r.split)]
        return self.rng.sample(free, n)


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = text.casefold().split()
    return set(zip(words, words[1:], words[2:], strict=False))


def made() -> dict[str, str]:
    """The two tables by name."""
    sheet = Sheet(random.Random(SEED))
    for label, n in SIZES.items():
        for _ in range(n):
            sheet.add(sheet.fresh(label), label)
    for plant in faults.ALL:
        plant(sheet)
    sheet.rng.shuffle(sheet.rows)
    for k, row in enumerate(sheet.rows):
        row.item_id = f"r{k + 1:04d}"
    truth = [(row.item_id if row else "", rule, subject, note) for row, rule, subject, note in sheet.wrong]
    manifest = [(r.item_id, r.text, r.label, r.split, r.group) for r in sheet.rows]
    return {
        "manifest.csv": _csv(["id", "text", "label", "split", "group"], manifest),
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
