from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from report.make_run import HOSTILE, WORDS
from report.make_training import epochs_of
from rich.console import Console
from rich.text import Text

from dsaudit.cli import render
from dsaudit.cli.render import Bars, epoch_line, epoch_matrix, training_frame

MANY = tuple(f"class number {k}" for k in range(60))


def console(*, width: int = 100, height: int = 40, terminal: bool = True, **options: object) -> Console:
    return Console(file=io.StringIO(), width=width, height=height, force_terminal=terminal, **options)  # type: ignore[arg-type]


def drawn(target: Console, n_epochs: int, classes: tuple[str, ...]) -> list[str]:
    epochs = epochs_of(classes, n_epochs=8)[:n_epochs]
    target.print(training_frame(epochs, width=target.width))
    for line in epoch_matrix(epochs[-1], width=target.width, height=target.height - 6):
        target.print(line, soft_wrap=True)
    return [Text.from_ansi(line).plain.rstrip() for line in target.file.getvalue().splitlines()]  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("classes", [("a", "b", "c"), WORDS, HOSTILE, MANY])
def test_the_frame_fits_the_window(width: int, classes: tuple[str, ...]) -> None:
    lines = drawn(console(width=width, height=24), 5, classes)
    assert [line for line in lines if Text(line).cell_len > width] == []
    assert len(lines) <= 24


def test_rows_and_columns_are_labelled_and_hold_the_counts() -> None:
    epochs = epochs_of(WORDS, n_epochs=8)
    lines = drawn(console(), 5, WORDS)
    at = next(k for k, line in enumerate(lines) if line.lstrip().startswith("yes"))
    assert lines[at].split()[:4] == ["yes", "no", "up", "down"]
    assert "epoch 5: given ↓  predicted →" in lines[at - 1]
    for row, name in enumerate(WORDS):
        cells = lines[at + 1 + row].replace("▸", "").split()
        assert cells[0] == name
        counts = [0 if c == "·" else int(c) for c in cells[1 : 1 + len(WORDS)]]
        assert counts == list(epochs[4].confusion[row])


def test_the_worst_confusions_are_marked_without_colour() -> None:
    epochs = epochs_of(WORDS, n_epochs=8)
    text = "\n".join(drawn(console(no_color=True), 5, WORDS))
    marked = sorted(int(n) for n in re.findall(r"▸(\d+)", text))
    off = sorted(n for g, row in enumerate(epochs[4].confusion) for p, n in enumerate(row) if g != p)
    assert marked == off[-3:]


def test_many_classes_leave_the_least_confused_out_and_say_so() -> None:
    text = " ".join(" ".join(drawn(console(), 5, MANY)).split())
    said = re.search(r"the (\d+) most confused of 60 classes", text)
    assert said is not None
    assert int(said.group(1)) <= 20


def test_no_colour_means_none() -> None:
    plain, coloured = console(no_color=True), console(color_system="truecolor")
    for target in (plain, coloured):
        drawn(target, 5, WORDS)
    assert not re.search(r"\x1b\[[\d;]*(?:3[1-7]|4[0-7]|[34]8;)", plain.file.getvalue())  # type: ignore[attr-defined]
    assert "\x1b[" in coloured.file.getvalue()  # type: ignore[attr-defined]


def test_without_a_terminal_every_epoch_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    bars = render.bars()
    epochs = epochs_of(WORDS, n_epochs=3)
    with bars.stage("baseline", 2) as tick:
        for epoch in epochs:
            bars.epoch(epoch)
        tick(2)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:-1] == [epoch_line(e) for e in epochs]
    assert lines[0].startswith("fold 1 of 2, epoch 1 of 3: accuracy ")
    assert "1,234/s" in lines[0]
    assert lines[0].endswith("20 s left")
    assert lines[-1].startswith("baseline: 2 folds in ")


def test_a_stage_within_a_stage_and_training_share_the_screen() -> None:
    target = console()
    bars = Bars(target)
    with bars.stage("judging", 2) as outer:
        with bars.stage("baseline", 2) as tick:
            for epoch in epochs_of(WORDS, n_epochs=3):
                bars.epoch(epoch)
            bars.note("a note while training")
            tick(2)
        outer(2)
    said = Text.from_ansi(target.file.getvalue()).plain  # type: ignore[attr-defined]
    for part in ("judging", "baseline", "fold 1 of 2: accuracy ", "fold 2 of 2: accuracy ", "a note while training"):
        assert part in said
    with bars.stage("writing", 0):  # the region is free again
        pass
    assert "writing" in target.file.getvalue()  # type: ignore[attr-defined]


def test_folds_trained_side_by_side_have_a_line_each_with_all_their_epochs() -> None:
    target = console()
    bars = Bars(target)
    epochs = epochs_of(WORDS, n_epochs=3)
    assert {e.fold for e in epochs} == {0, 1}
    with bars.stage("fine-tuning", 0):
        for epoch in sorted(epochs, key=lambda e: (e.epoch, -e.fold)):
            bars.epoch(epoch)
    said = Text.from_ansi(target.file.getvalue()).plain  # type: ignore[attr-defined]
    lines = [line.strip() for line in said.splitlines() if " after " in line]
    assert [line.split(":")[0] for line in lines] == ["fold 1 of 2", "fold 2 of 2"]
    assert all("after 3 epochs" in line and len(line.split()[-1]) == 3 for line in lines)


def test_the_region_is_freed_when_training_fails() -> None:
    target = console()
    bars = Bars(target)

    def fail() -> None:
        with bars.stage("baseline", 2):
            bars.epoch(epochs_of(WORDS, n_epochs=1)[0])
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        fail()
    with bars.stage("writing", 1) as tick:
        tick(1)
    assert "\x1b[?25h" in target.file.getvalue()  # type: ignore[attr-defined]  # the cursor is back


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5.0, "5 s left"), (192.0, "3 min 12 s left"), (7260.0, "2 h 01 min left"), (float("nan"), "? left")],
)
def test_time_left_in_words(seconds: float, said: str) -> None:
    epoch = replace(epochs_of(("a", "b"), n_epochs=1)[0], seconds_left=seconds)
    assert epoch_line(epoch).endswith(said)


def test_an_epoch_of_some_classes_says_of_how_many_and_counts_the_others() -> None:
    some = replace(
        epochs_of(("a", "b"), n_epochs=1)[0],
        classes=tuple(f"class {k}" for k in range(100)),
        confusion=((6, 2), (1, 3)),
        shown=(7, 9),
        right=tuple(range(100)),
        of=tuple([10] * 100),
    )
    lines = [line.plain for line in epoch_matrix(some, width=60, height=30)]
    text = " ".join(" ".join(lines).split())
    assert "the 2 most confused of 100 classes" in text
    assert next(line for line in lines if line.startswith("class 7")).split()[-2:] == ["60", "%"]
