from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.checks.audio.mixed_sample_rate import mixed_sample_rate


def tables(rates: list[float], labels: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    index = pd.Index([f"{i:03d}.wav" for i in range(len(rates))], name="item_id")
    return pd.DataFrame({"label": labels}, index=index), pd.DataFrame({"sample_rate_hz": rates}, index=index)


def said(rates: list[float], labels: list[str]) -> str:
    found = mixed_sample_rate(*tables(rates, labels))
    row = found.iloc[0]
    return mixed_sample_rate.message.format(**row) if row["flagged"] else ""


def test_half_and_half_is_said_of_the_set() -> None:
    rates = [48_000.0] * 53 + [44_100.0] * 47
    assert said(rates, ["on", "off"] * 50) == "53% of the clips at 48,000 Hz and 47% of the clips at 44,100 Hz"


def test_classes_of_one_rate_are_named() -> None:
    rates = [48_000.0] * 53 + [44_100.0] * 47
    labels = ["up"] * 15 + ["on", "off"] * 35 + ["down"] * 15
    assert said(rates, labels).endswith("; of one rate alone, which gives the class away: `down`, `up`")
    assert said(rates, ["up"] * 3 + ["on", "off"] * 48 + ["on"]).endswith("44,100 Hz")  # three may be so by chance


@pytest.mark.parametrize("rates", [[16_000.0] * 20, [16_000.0] * 18 + [8_000.0] * 2, [float("nan")] * 4])
def test_a_usual_rate_is_not_mixed(rates: list[float]) -> None:
    found = mixed_sample_rate(*tables(rates, ["on"] * len(rates)))
    assert not found["flagged"].any()
