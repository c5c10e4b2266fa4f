from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.inverted_channel import inverted_channel


def test_the_channels_are_named() -> None:
    measured = pd.DataFrame(
        {"channel_correlation": [-1.0, -0.5, 1.0, None], "channel_pair": ["2 is channel 1"] * 3 + [None]},
        index=list("abcd"),
    )
    found = inverted_channel(measured)
    assert found["flagged"].to_dict() == {"a": True, "b": False, "c": False}
    said = inverted_channel.message.format(**found.loc["a"])
    assert said == "channel 2 is channel 1 upside down (correlation -1.00)"
