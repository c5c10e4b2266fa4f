from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.off_scale import off_scale


def test_the_likely_factor_is_named() -> None:
    measured = pd.DataFrame(
        {
            "scale": [32768.0, 3.0, 1.05, 1.0, 2.0**-15, 2.0**-15, None],
            "peak_dbfs": [-6.02, 9.54, 0.42, -6.0, -6.02, -6.02, None],
            "snr_db": [30.0, 30.0, 30.0, 30.0, 30.0, 2.0, None],
        },
        index=list("abcdefg"),
    )
    found = off_scale(measured)
    assert found["flagged"].to_dict() == dict.fromkeys("ab", True) | dict.fromkeys("cd", False) | {
        "e": True,
        "f": False,
    }
    said = {k: off_scale.message.format(**row) for k, row in found.to_dict("index").items()}
    assert said["a"] == "peaks at 16385 times full scale, as if integers were not divided by 32768: divide by it"
    assert said["b"] == "peaks at 3.00 times full scale: divide by that, or it is clipped as integers"
    assert said["e"] == "peaks at 0.000015 of full scale, as if divided by 32768 twice: multiply by 32768"
