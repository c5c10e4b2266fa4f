"""Axes in words, and on the page beside the map."""

from __future__ import annotations

from dataclasses import replace

from dsaudit.media import kind_for
from dsaudit.report.emit.html import render_report
from dsaudit.report.say.axes import axes_title, told_axes, told_category_axes
from dsaudit.store.schema.metrics import AxisNumber, AxisWord, CategoryAxis, EmbeddingAxes, EmbeddingAxis
from dsaudit.types import Estimate
from report.make_run import make_run, previewer

AXIS = EmbeddingAxis(
    number=2,
    share=0.12,
    same=0.97,
    low=("a.wav",),
    high=("b.wav",),
    numbers=(
        AxisNumber("duration_s", Estimate(0.8, 0.7, 0.9)),
        AxisNumber("loudest_rms_dbfs", Estimate(-0.5, -0.6, -0.4)),
        AxisNumber("snr_db", Estimate(0.4, 0.31, 0.5)),
    ),
    words=(
        AxisWord("label", "go", "low", 0.6, 0.05, Estimate(-0.7, -0.8, -0.6)),
        AxisWord("container", "wav", "high", 0.6, 0.05, Estimate(0.7, 0.6, 0.8)),
    ),
)


def test_an_axis_is_named_by_its_two_ends():
    audio = kind_for("audio").appearance
    (told,) = told_axes(EmbeddingAxes(400, 0, (AXIS,)), audio)
    assert told.ends == (
        "short, loud, stand out little from the noise, `go`",
        "long, quiet, more SNR, container `wav`",
    )
    assert told.rows[1] == ("loudest RMS", "−0.50\u00a0(−0.60 to −0.40)")
    bare = replace(AXIS, numbers=(), words=())
    assert "no name" in axes_title(EmbeddingAxes(400, 0, (bare,)), audio)
    assert axes_title(EmbeddingAxes(400, 2, ()), audio) == "No single axis sets clips apart"


def test_the_page_shows_the_ends_of_an_axis_and_what_was_left_out(tmp_path):
    run = make_run(tmp_path)
    ids = tuple(map(str, run.items.index if run.items.index.name == "item_id" else run.items["item_id"]))
    hostile = replace(AXIS.words[0], word="<b>go</b>")
    axis = replace(AXIS, low=ids[:2], high=ids[2:4], words=(hostile,))
    run.metrics = replace(run.metrics, axes=EmbeddingAxes(len(ids), 1, (axis,)))
    html = render_report(run, previews=previewer()).decode()
    part = html.split('id="sec-axes"')[1].split("</section>")[0]
    assert "1 more carries as much" in part
    assert "&lt;b&gt;go" in part
    assert part.count("data-items=") == 2
    assert '"axis:0":["The two ends of axis 2: first the low one",4,' in html


def test_axes_of_categories_are_told_by_their_values_and_the_class_that_rises(tmp_path):
    found = CategoryAxis("town", 9, 0.42, 0.93, ("Bern", "<i>Ulm</i>"), ("Graz",), "yes", 0.9)
    told, plain = told_category_axes((found, replace(found, label=None, label_coefficient=None)))
    assert (told.ends, told.rising) == (("`Bern`, `<i>Ulm</i>`", "`Graz`"), "`yes`")
    assert told.figures.startswith(plain.figures)
    assert plain.rising == ""
    run = make_run(tmp_path)
    run.metrics = replace(run.metrics, category_axes=(found,))
    part = render_report(run, previews=previewer()).decode().split('id="sec-categories"')[1].split("</section>")[0]
    assert "&lt;i&gt;Ulm" in part
    assert "at the second end" in part
