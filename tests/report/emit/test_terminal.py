from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from rich.text import Text

from dsaudit.media import kind_for
from dsaudit.report.emit.terminal import matrix_lines, print_baseline, render_terminal
from dsaudit.report.say.headline import ORDER, headlines
from dsaudit.store.schema.run import NotDone
from report.make_run import HOSTILE, WORDS, clean_run, empty_run, make_run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("width", [40, 60, 80, 100, 250])
@pytest.mark.parametrize("classes", [("a", "b", "c"), WORDS, HOSTILE, tuple(f"class {k}" for k in range(200))])
def test_no_line_is_wider_than_the_window(tmp_path: Path, width: int, classes: tuple[str, ...]) -> None:
    run = make_run(tmp_path, n=600, classes=classes)
    lines = render_terminal(run, width=width).splitlines()
    wide = [
        line
        for line in lines
        if Text(line).cell_len > min(width, 100) and not line.startswith(("Report", "Next", "or "))
    ]
    assert wide == []


def test_it_says_what_to_do_first_and_next(tmp_path: Path) -> None:
    text = render_terminal(make_run(tmp_path, n=1730, classes=WORDS))
    assert "1,730 clips need a look" in text
    assert "\n1  ■" in text  # an error, whatever it is worth
    assert "\n3  ▲" in text
    assert "given ↓  heard as →" in text
    assert "report.html" in text
    assert "Next     dsaudit relabel" in text
    assert "or       dsaudit rule" in text


def test_the_checks_stand_in_the_order_of_the_headlines(tmp_path: Path) -> None:
    run = make_run(tmp_path, n=1730, classes=WORDS)
    lines = render_terminal(run).splitlines()
    codes = [line.split()[1] for line in lines if line[:1] in "■▲●" and line[2:5].isupper()]
    assert codes == list(dict.fromkeys(h.code for h in headlines(run) if h.code in codes))
    assert run.findings is not None
    assert set(codes) == set(run.findings["code"])
    assert ORDER in " ".join(lines)


def test_plain_text_holds_no_colour_codes_and_colour_does(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert "\x1b" not in render_terminal(run)
    assert "\x1b[" in render_terminal(run, color=True)


def test_names_cannot_command_the_terminal(tmp_path: Path) -> None:
    run = make_run(tmp_path, classes=("\x1b[2Jgone", "[bold]b[/bold]", "c"))
    text = render_terminal(run)
    assert "\x1b" not in text
    assert "[bold]b[/bold]" in text


def test_many_classes_show_the_most_confused_ones(tmp_path: Path) -> None:
    text = render_terminal(make_run(tmp_path, n=4000, classes=[f"class {k}" for k in range(200)]))
    assert "most confused of 200 classes" in text


def test_clean_and_empty_are_said(tmp_path: Path) -> None:
    assert "Nothing to repair was found" in render_terminal(clean_run(tmp_path))
    assert "dsaudit audit DIR" in render_terminal(empty_run(tmp_path))


def test_the_baseline_alone(tmp_path: Path) -> None:
    def text(run: object) -> str:
        buffer = io.StringIO()
        print_baseline(run, Console(file=buffer, width=100))  # type: ignore[arg-type]
        return buffer.getvalue()

    assert "macro F1" in text(make_run(tmp_path))
    assert "No baseline was trained: there are no labelled items" in text(empty_run(tmp_path))


def test_a_sampled_run_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.meta = replace(run.meta, sampled_from=40_000)
    assert "sample of 40,000" in render_terminal(run)


def test_columns_have_numbers_where_their_names_could_not_be_told_apart() -> None:
    names = [f"card_payment_{word}_was_charged" for word in ("cash", "fee", "top_up")]
    counts = [[7, 2, 0], [1, 8, 0], [0, 0, 9]]
    lines = [line.plain for line in matrix_lines(names, counts, width=60, title="given")]
    assert lines[1].split() == ["1", "2", "3", "found"]
    assert [line.split()[:2] for line in lines[2:]] == [[name, str(k)] for k, name in enumerate(names, 1)]
    assert all(len(line) <= 60 for line in lines)
    short = [line.plain for line in matrix_lines(["off", "up"], [[7, 2], [1, 8]], width=40, title="given")]
    assert short[1].split() == ["off", "up", "found"]


def test_what_was_not_done_for_one_reason_is_said_once(tmp_path: Path) -> None:
    run = clean_run(tmp_path)
    skipped = tuple(NotDone(what, "no encoder of texts is built in") for what in ("embedding", "map"))
    run.meta = replace(run.meta, skipped=skipped)
    text = render_terminal(run)
    assert "not done: embedding, map: no encoder of texts is built in" in text
    assert text.count("no encoder") == 1


def test_what_would_judge_the_labels_of_texts_comes_next(tmp_path: Path) -> None:
    run = clean_run(tmp_path)
    run.meta = replace(run.meta, kind=replace(kind_for("text").appearance, encoder_hint="sentence-transformers:NAME"))
    run.metrics = replace(run.metrics, baseline=None)
    assert "--encoder sentence-transformers:NAME" in render_terminal(run)
