"""Class shares that are known of a set, as a file tells them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def read_prior(path: Path) -> dict[str, float]:
    """Shares by class from a JSON object, or a CSV file of a class and a share or count in each row.

    Raises
    ------
    UsageError
        It is neither.
    """
    hint = "a row for each class, as in: stop,0.7"
    try:
        text = path.expanduser().read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--prior {path} cannot be read: {error}", hint=hint) from error
    try:
        if text.lstrip().startswith("{"):
            return {str(name): float(share) for name, share in json.loads(text).items()}
        rows = [row for row in csv.reader(text.splitlines()) if row]
        if rows and not _is_number(rows[0][-1]):
            rows = rows[1:]
        return {name.strip(): float(share) for name, share in rows}
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"--prior {path} holds no shares of classes: {error}", hint=hint) from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
