from __future__ import annotations

from dsaudit.report.figures import histogram, histograms, interval_bar, reliability

STATS = {"min": -38.25, "p5": -30.0, "median": -20.123, "p95": -10.0, "max": -1.0}
BINS = {"histogram": {"edges": [-40, -20, 0], "counts": [3, 5]}}


def test_a_histogram_says_its_numbers_in_words() -> None:
    drawn = histogram("loudest_rms_dbfs", STATS | BINS)
    assert "loudest RMS" in drawn
    assert "median −20.1, nine in ten between −30 and −10" in drawn


def test_measurements_that_never_vary_are_named_not_drawn() -> None:
    main, others, constant = histograms(
        {"sample_rate_hz": {"min": 16000, "max": 16000, **BINS}, "snr_db": STATS | BINS, "cliff_db": STATS | BINS}
    )
    assert (len(main), len(others)) == (1, 1)
    assert constant == ["sample rate 16,000 Hz"]


def test_nothing_to_draw_draws_nothing() -> None:
    assert histogram("x", {"histogram": {"edges": [], "counts": []}}) == ""
    assert reliability([]) == ""
    assert interval_bar(None) == interval_bar({"value": None}) == interval_bar({"value": float("nan")}) == ""


def test_column_names_cannot_inject_markup() -> None:
    assert "<script>" not in histogram("<script>", STATS | BINS)
