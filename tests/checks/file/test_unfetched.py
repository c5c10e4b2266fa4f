from __future__ import annotations

import pandas as pd

from dsaudit.checks.file.unfetched import unfetched


def test_one_finding_that_says_what_to_run() -> None:
    measured = pd.DataFrame(
        {"status": ["not-fetched", "ok", "unreadable"], "error": ["run `git lfs pull`", None, "damaged"]},
        index=["a.wav", "b.wav", "c.wav"],
    )
    found = unfetched(measured)
    assert found["flagged"].tolist() == [True, False, False]
    assert unfetched.message.format(**found.iloc[0].to_dict()) == "run `git lfs pull`"
