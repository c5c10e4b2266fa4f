from __future__ import annotations

import pandas as pd

from dsaudit.checks.file.too_large import too_large


def test_too_large_is_not_unreadable() -> None:
    measured = pd.DataFrame(
        {"status": ["too-large", "ok", "unreadable"], "error": ["0.png: 9 × 9 pixels", None, "damaged"]},
        index=["x/0.png", "1.png", "2.png"],
    )
    found = too_large(measured)
    assert found["flagged"].tolist() == [True, False, False]
    assert too_large.message.format(**found.iloc[0].to_dict()) == "not opened: 9 × 9 pixels"
