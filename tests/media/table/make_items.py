"""Rows of a table that the laws of rules are tried on: as files, which no row is, so that each cannot be read."""

from __future__ import annotations

from pathlib import Path


def write_item(stem: Path, k: int) -> Path:
    """The k-th row, as JSON."""
    path = stem.with_suffix(".json")
    path.write_text(f'{{"town":"Bern","size":{k}}}', encoding="utf-8")
    return path
