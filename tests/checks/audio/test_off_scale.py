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


def test_what_is_no_factor_is_said_otherwise() -> None:
    measured = pd.DataFrame(
        {
            "scale": [1.0, 128.0, 32768.0],
            "scale_centre": [0.0, 128.0, 32768.0],
            "stray": [1e9, None, None],
            "peak_dbfs": -6.0,
            "snr_db": 30.0,
        },
        index=list("abc"),
    )
    found = off_scale(measured)
    assert found["flagged"].all()
    assert found["how"].tolist() == [
        "a few samples reach 1e+09 times full scale, and no other does: they are damaged",
        *(
            f"swings around {centre}, as if unsigned integers of {bits} bits were not brought to -1 to 1: "
            f"subtract {centre} and divide by it"
            for centre, bits in ((128, 8), (32768, 16))
        ),
    ]
