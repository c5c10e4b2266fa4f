from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image

import dsaudit
from dsaudit.checks.image.class_mark import class_mark

if TYPE_CHECKING:
    from pathlib import Path


def _marks(**columns: list[float]) -> pd.DataFrame:
    n = len(columns["auc"])
    table = pd.DataFrame(
        {
            "auc_error": [0.02] * n,
            "own_share": [0.95] * n,
            "others_share": [0.02] * n,
            "where": ["top left"] * n,
            **columns,
        }
    )
    table[["left", "top", "right", "bottom"]] = [0.0, 0.0, 0.2, 0.2]
    return table.assign(item_ids=[["x"]] * n).set_axis(list("abc")[:n])


def test_a_class_is_flagged_where_one_place_tells_it_far_better_than_others() -> None:
    found = class_mark(_marks(auc=[0.97, 0.97, 0.86], lead=[4.0, 1.5, 4.0]))
    assert found["flagged"].tolist() == [True, False, False]
    said = class_mark.message.format(subject="a", **found.loc["a"].to_dict())
    assert said.startswith("something top left of the picture stands on 95% of a and 2% of the rest")


def test_it_is_found_in_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for k in range(48):
        pixels = (rng.uniform(60, 190) + rng.normal(0, 25, (64, 80))).clip(0, 255).astype(np.uint8)
        if k % 2 and k != 5:
            pixels[52:60, 62:76] = 255
        path = tmp_path / "data" / ("clinic" if k % 2 else "ward") / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    run = dsaudit.audit(tmp_path / "data", out=tmp_path / "out", select=["IMG050"], report=False)
    [finding] = run.findings[run.findings["code"] == "IMG050"].to_dict("records")
    assert finding["subject"] == "clinic"
    assert "bottom right" in finding["message"]
    assert len(finding["item_ids"]) == 23
