from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from rich.text import Text

from dsaudit.report.terminal import print_baseline, render_terminal
from report.make_run import HOSTILE, WORDS, clean_run, empty_run, make_run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("width", [40, 60, 80, 100, 250])
@pytest.mark.parametrize("classes", [("a", "b", "c"), WORDS, HOSTILE, tuple(f"class {k}" for k in range(200))])
def test_no_line_is_wider_than_the_window(tmp_path: Path, width: int, classes: tuple[str, ...]) -> None:
    run = make_run(tmp_path, n=600, classes=classes)
    lines = render_terminal(run, width=width).splitlines()
    wide = [line for line in lines if Text(line).cell_len > min(width, 100) and not line.startswith(("Report", "Next"))]
    assert wide == []


def test_it_says_what_to_do_first_and_next(tmp_path: Path) -> None:
    text = render_terminal(make_run(tmp_path, n=1730, classes=WORDS))
    assert "1,730 clips need a look" in text
    assert "\n1  ▲" in text
    assert "given ↓  heard as →" in text
    assert "report.html" in text
    assert "Next     dsaudit relabel" in text
    assert "or       dsaudit rule" in text


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
    run.meta["sampled_from"] = 40_000
    assert "sample of 40,000" in render_terminal(run)
