from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.dead_channel import dead_channel


def test_the_channel_is_named() -> None:
    measured = pd.DataFrame({"channel_gap_db": [90.0, 20.0, None], "faintest_channel": [2, 1, None]}, index=list("abc"))
    found = dead_channel(measured)
    assert found["flagged"].to_dict() == {"a": True, "b": False}
    assert dead_channel.message.format(**found.loc["a"]) == "channel 2 is dead: 90 dB below the loudest"
