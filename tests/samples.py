"""The sample sets, one per kind of data, as their own tables say."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

from dsaudit.media import kinds

Row = dict[str, str]
HOMES = {kind.name: Path(__file__).parents[1] / "sample_data" / kind.sample for kind in kinds() if kind.sample}


def rows(kind: str, name: str) -> list[Row]:
    with (HOMES[kind] / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def manifest(kind: str) -> dict[str, Row]:
    """Its rows by item id."""
    return {row.get("path") or row["id"]: row for row in rows(kind, "manifest.csv")}


@cache
def truth(kind: str) -> dict[str, list[Row]]:
    """What is planted, by rule."""
    planted: dict[str, list[Row]] = defaultdict(list)
    for row in rows(kind, "truth.csv"):
        planted[row["rule"]].append(row)
    return planted


def clean(kind: str) -> list[str]:
    """Items in which nothing is planted."""
    faulty = {row["item_id"] for planted in truth(kind).values() for row in planted}
    return [item for item in manifest(kind) if item not in faulty]
