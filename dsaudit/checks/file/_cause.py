"""What is wrong with a file, as its reader said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


def causes(table: DataFrame, usual: str) -> list[str]:
    """``error`` of each item without the file's name before it; ``usual`` where nothing is said."""
    found = []
    for item, text in zip(table.index, table["error"], strict=True):
        said = text if isinstance(text, str) else ""
        if said:  # few items have one
            name = str(item).rstrip("/").rpartition("/")[2]
            said = said.removeprefix(f"{name}: ")
        found.append(said or usual)
    return found
