from __future__ import annotations

import pandas as pd

from dsaudit.checks.image.privacy_metadata import privacy_metadata


def test_what_a_file_tells_is_named_and_unread_files_tell_nothing() -> None:
    measured = pd.DataFrame(
        {"status": ["ok", "ok", "unreadable"], "private_metadata": ["where it was taken", None, "a serial number"]},
        index=["a.jpg", "b.jpg", "c.jpg"],
    )
    found = privacy_metadata(measured)
    assert found["flagged"].to_dict() == {"a.jpg": True, "b.jpg": False}
    assert found["score"].tolist() == [0.0, 1.0]
