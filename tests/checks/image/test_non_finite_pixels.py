from __future__ import annotations

import pandas as pd

from dsaudit.checks.image.non_finite_pixels import non_finite_pixels


def test_one_pixel_is_enough() -> None:
    found = non_finite_pixels(pd.DataFrame({"n_nonfinite": [1, 0, None]}, index=list("abc")))
    assert found["flagged"].to_dict() == {"a": True, "b": False}
    assert non_finite_pixels.severity == "error"
