"""Too short to be judged by anything but its length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from fabric import word

from dsaudit import audit


def test_some_samples_are_too_short_and_a_constant_is_no_clipping(tmp_path: Path) -> None:
    root = tmp_path / "data"
    for label in ("yes", "no"):
        (root / label).mkdir(parents=True)
        for k in range(6):
            soundfile.write(root / label / f"{k}.wav", word(k + 10 * (label == "no")), 16_000)
    for n in (1, 2, 3, 5):
        soundfile.write(root / "yes" / f"short{n}.wav", np.full(n, 0.3 if n % 2 else 0.0), 16_000)
    soundfile.write(root / "yes" / "constant.wav", np.full(16_000, 0.3), 16_000)
    found = audit(root, out=tmp_path / "out", jobs=1, select=["AUD"], report=False).findings
    codes = {str(item): set(rows["code"]) for item, rows in found.assign(at=found["item_ids"].str[0]).groupby("at")}
    assert {codes[f"yes/short{n}.wav"] == {"AUD010"} for n in (1, 2, 3, 5)} == {True}
    assert codes["yes/constant.wav"] == {"AUD001", "AUD006"}
