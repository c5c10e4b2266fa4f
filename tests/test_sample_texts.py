"""The sample texts are sound wherever the truth names no fault, and faulty where it does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict

from samples import HOMES, clean, manifest, truth

MANIFEST, TRUTH = manifest("text"), truth("text")


def test_can_be_written_again() -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, str(HOMES["text"] / "write.py"), "--check"], check=True, env=environment)


def test_clean_texts_are_sound_and_all_different() -> None:
    sound = [MANIFEST[item]["text"] for item in clean("text")]
    assert len(sound) >= 280
    assert len(set(sound)) == len(sound)
    assert all(text.isascii() and 20 <= len(text) <= 400 and text[-1] in ".?!n" for text in sound)


def test_planted_faults_are_in_the_texts() -> None:
    def each(rule: str) -> list[str]:
        return [MANIFEST[row["item_id"]]["text"] for row in TRUTH[rule]]

    assert all("Ã" in text or "â€" in text for text in each("mojibake"))
    assert {len(text) for text in each("cut-text")} == {150}
    assert all("<" in t or "&" in t or "http" in t for t in each("markup"))
    assert all(any("а" <= c <= "я" for c in text) for text in each("look-alikes"))
    assert not any(text.strip() for text in each("empty"))
    copies = defaultdict(list)
    for row in TRUTH["leaked-duplicate"]:
        copies[row["subject"]].append(MANIFEST[row["item_id"]])
    assert len(copies) == 3
    assert all(a["text"] == b["text"] and {a["split"], b["split"]} == {"train", "test"} for a, b in copies.values())
