from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image

import dsaudit
from dsaudit.checks.image.class_tint import class_tint

if TYPE_CHECKING:
    from pathlib import Path


def test_a_class_is_flagged_where_its_tint_is_far_and_sure() -> None:
    table = pd.DataFrame(
        {"tint": [1.3, 1.02, 1.3], "tint_lead": [5.0, 9.0, 2.0], "tint_colour": "warm"}, index=list("abc")
    )
    found = class_tint(table)
    assert found["flagged"].tolist() == [True, False, False]
    said = class_tint.message.format(subject="a", **found.loc["a"].to_dict())
    assert said.startswith("pictures of a have a warm tint all over, 30% further than those of other classes")


def test_it_is_found_in_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for k in range(100):
        pixels = rng.uniform(70, 190) * rng.normal(1, 0.05, 3) + rng.normal(0, 25, (48, 48, 1))
        if k % 5 == 2:
            pixels = pixels * [1.0, 1.0, 0.7]
        path = tmp_path / "data" / f"class {k % 5}" / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    run = dsaudit.audit(tmp_path / "data", out=tmp_path / "out", select=["IMG051"], report=False)
    [finding] = run.findings[run.findings["code"] == "IMG051"].to_dict("records")
    assert finding["subject"] == "class 2"
    assert "a warm tint" in finding["message"]
