from __future__ import annotations

import pandas as pd

from dsaudit.checks.image.odd_header import odd_header


def test_what_is_odd_is_named() -> None:
    measured = pd.DataFrame(
        {"status": ["ok", "ok", "unreadable"], "header_fault": ["its tag is 9", None, None]}, index=list("abc")
    )
    found = odd_header(measured)
    assert found["flagged"].to_dict() == {"a": True, "b": False}
    assert odd_header.message.format(**found.loc["a"].to_dict()) == "its tag is 9"
