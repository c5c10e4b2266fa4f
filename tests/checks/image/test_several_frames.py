from __future__ import annotations

import pandas as pd

from dsaudit.checks.image.several_frames import several_frames


def test_two_are_several() -> None:
    found = several_frames(pd.DataFrame({"n_frames": [1, 2, None]}, index=list("abc")))
    assert found["flagged"].to_dict() == {"a": False, "b": True}
    assert several_frames.severity == "info"
