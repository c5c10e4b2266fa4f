from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from dsaudit.media import kind_for
from dsaudit.report.draw.figures import hero_bar, histogram, histograms, interval_bar, reliability
from dsaudit.store.schema.metrics import Distribution, Histogram
from dsaudit.types import Estimate

AUDIO = kind_for("audio")
STATS = Distribution(-38.25, -30.0, -20.123, -10.0, -1.0, Histogram((-40, -20, 0), (3, 5)))


def test_a_histogram_says_its_numbers_in_words() -> None:
    drawn = histogram("loudest_rms_dbfs", STATS, AUDIO)
    assert "loudest RMS" in drawn
    assert "median −20.1, nine in ten between −30 and −10" in drawn


def test_measurements_that_never_vary_are_named_not_drawn() -> None:
    main, others, constant = histograms(
        {"sample_rate_hz": replace(STATS, min=16000, max=16000), "snr_db": STATS, "cliff_db": STATS}, AUDIO
    )
    assert (len(main), len(others)) == (1, 1)
    assert constant == ["sample rate 16,000 Hz"]


def test_nothing_to_draw_draws_nothing() -> None:
    assert histogram("x", replace(STATS, histogram=Histogram((0, 1), (0,))), AUDIO) == ""
    assert reliability([]) == ""
    assert interval_bar(None) == interval_bar(Estimate(math.nan, math.nan, math.nan)) == ""


def test_column_names_cannot_inject_markup() -> None:
    assert "<script>" not in histogram("<script>", STATS, AUDIO)


@pytest.mark.parametrize(
    ("ends", "of", "range_", "labels"),
    [
        ((36, 13, 76), 247, (13.2, 63.8), ["13", "76"]),  # the line ends at 1.3 times the upper end
        ((36, 13, 76), 80, (16.2, 78.8), ["13", "76"]),  # or at all there are
        ((500, 498, 503), 4000, (76.2, 0.8), ["498", "503"]),
        ((5, math.nan, math.nan), 60, (76.9, 0.0), ["5", "5"]),
    ],
)
def test_the_hero_is_drawn_with_its_interval(ends, of, range_, labels) -> None:
    drawn = hero_bar(Estimate(*ends), of)
    left, width = re.search(r'class="range" style="left:([\d.]+)%;width:([\d.]+)%', drawn).groups()
    assert (float(left), float(width)) == pytest.approx(range_, abs=0.11)
    assert re.findall(r">(\d+)</span>", drawn) == labels
