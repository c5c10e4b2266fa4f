"""Four people who label a part of the clips: one swaps two words, and two words nobody can tell apart."""

from __future__ import annotations

import hashlib

PEOPLE = ("ana", "ben", "cem", "dee")
ODD_ONE = "dee"
SWAPS = {"yes": "no", "no": "yes"}
ALIKE = ("for", "four")
WORDS = ("yes", "no", "stop", "left", *ALIKE)
PER_WORD = 24


def annotated(manifest: list[dict[str, str]]) -> list[dict[str, str]]:
    """What each of them says of the first clips of each word: ``item_id``, ``annotator``, ``label``."""
    rows = []
    for word in WORDS:
        items = sorted(row["path"] for row in manifest if row["label"] == word)[:PER_WORD]
        rows += [
            {"item_id": item, "annotator": who, "label": said(who, item, word)} for item in items for who in PEOPLE
        ]
    return sorted(rows, key=lambda row: (row["item_id"], row["annotator"]))


def said(who: str, item: str, word: str) -> str:
    """One person's label: a coin toss between the words alike, a slip now and then, else the given one."""
    chance = int.from_bytes(hashlib.sha256(f"{who}/{item}".encode()).digest()[:4], "big") / 2**32
    if word in ALIKE:
        return ALIKE[int(chance * 2)]
    if chance < 0.03:
        return WORDS[int(chance / 0.03 * 4)]
    return SWAPS.get(word, word) if who == ODD_ONE else word
