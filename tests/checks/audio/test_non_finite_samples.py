from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.non_finite_samples import non_finite_samples


def test_one_sample_is_enough() -> None:
    found = non_finite_samples(pd.DataFrame({"n_nonfinite": [1, 0, None]}, index=list("abc")))
    assert found["flagged"].to_dict() == {"a": True, "b": False}
    assert non_finite_samples.severity == "error"
