from __future__ import annotations

import math
from dataclasses import replace

from dsaudit.media import kind_for
from dsaudit.report.draw.figures import histogram, histograms, interval_bar, reliability
from dsaudit.report.draw.matrix import ROOM, small_matrix
from dsaudit.store.schema.metrics import Confusion, Distribution, Histogram
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


def test_the_small_matrix_names_rows_and_columns_and_opens_the_items() -> None:
    svg = small_matrix(Confusion(("off", "up"), ((9, 3), (1, 7)), order=(1, 0)), taken="heard as")
    assert "heard as →" in svg
    assert svg.index(">up<") < svg.index(">off<")  # in the order of the matrix
    assert 'href="#cell=off,up"' in svg
    assert "off predicted as up: 3, 25\u00a0% of the row" in svg
    assert svg.count("<a ") == 2  # what agrees is no link


def test_long_names_give_columns_numbers_and_many_classes_leave_the_least_confused_out() -> None:
    names = tuple(f"wrong_exchange_rate_for_cash_withdrawal_{k}" for k in range(40))
    counts = tuple(tuple(5 if g == p else int(p == g + 1) * (g % 7) for p in range(40)) for g in range(40))
    svg = small_matrix(Confusion(names, counts, tuple(range(40))), taken="read as")
    assert svg.count('text-anchor="end"') == 1 + ROOM
    assert ">12<" in svg
    assert "withdrawal_5  " in svg or "withdrawal_6  " in svg  # the end, which tells them apart


def test_the_small_matrix_is_empty_without_two_classes_and_safe_with_any_name() -> None:
    assert small_matrix(Confusion((), (), ()), taken="seen as") == ""
    assert small_matrix(Confusion(("a",), ((3,),), (0,)), taken="seen as") == ""
    svg = small_matrix(Confusion(("<b>", "b"), ((1, 1), (0, 2)), (0, 1)), taken="seen as")
    assert "<b>" not in svg
