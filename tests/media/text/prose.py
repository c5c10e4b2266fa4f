"""English sentences to plant faults in: those of the documentation of rules about one set."""

from __future__ import annotations

import re
from functools import cache

from dsaudit import catalogue


@cache
def sentences() -> tuple[str, ...]:
    """Some hundred different sentences of 30 to 200 characters."""
    rules = [rule for rule in catalogue.rules() if not rule.of_two_sets]
    text = " ".join(" ".join(r.doc[s].split()) for r in rules for s in ("What it does", "Why is this bad?"))
    found = re.split(r"(?<=[.!?])\s+(?=[A-Z])", text)
    return tuple(dict.fromkeys(s for s in found if 30 <= len(s) <= 200 and s.isascii() and "`" not in s))
