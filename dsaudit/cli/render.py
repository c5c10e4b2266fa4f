"""What the terminal shows: bars on stderr, the run on stdout."""

from __future__ import annotations

import contextlib
import math
import os
import shlex
import shutil
import sys
import time
from typing import TYPE_CHECKING

import typer

from dsaudit.report.say.words import count, figure, percent, shown, sparkline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rich.console import Console, RenderableType
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    from dsaudit.dataset.inspection import Inspection
    from dsaudit.engine.progress import Progress
    from dsaudit.store.run import Run
    from dsaudit.store.status import Status
    from dsaudit.types import Epoch, GateVerdict


_HEAD, _NAMED = 9, 12
"""Columns of what stands before a line, and classes that are named."""
_UNITS = {"baseline": "fold", "judging": "check", "searching": "trial"}
"""What stages count that do not count items."""


class Lines:
    """A line on stderr for each stage that is done, each epoch and each note: where nothing can move."""

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """Told when it is done."""
        started, done = time.monotonic(), 0

        def count(n: int) -> None:
            nonlocal done
            done += n

        yield count
        unit = f" {_UNITS[name]}{'' if done == 1 else 's'}" if name in _UNITS else ""
        counted = f"{done:,}{unit} in " if total or done else ""
        self.note(f"{name}: {counted}{time.monotonic() - started:.1f} s")

    def note(self, text: str) -> None:
        """One line on stderr."""
        typer.echo(text, err=True)

    def epoch(self, epoch: Epoch) -> None:
        """One line."""
        self.note(epoch_line(epoch))


class Bars:
    """One line per stage on a terminal's stderr, with rate and time left, and training as it goes.

    Everything that moves shares one live region: a stage within a stage is a line more, training is drawn below.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: RichProgress | None = None
        self._folds: dict[int, list[Epoch]] = {}  # some folds are trained side by side
        self._epochs: list[Epoch] = []
        self._done = 0
        self._matrix: list[Text] = []
        self._at = 0.0

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar for one stage; it stays as a line when the stage is done."""
        with self._region() as progress:
            task = progress.add_task(name, total=max(total, 1), counted=total > 0)
            yield lambda n: progress.advance(task, n)
            progress.update(task, total=total or 1, completed=total or 1)
            self._folds_done(sorted(self._folds))
            self._epochs, self._done = [], 0

    @contextlib.contextmanager
    def _region(self) -> Iterator[RichProgress]:
        """The live region, opened by the outermost stage."""
        if self._progress is not None:
            yield self._progress
            return
        from rich.live import Live

        self._progress = _progress(self._console)
        try:
            with Live(get_renderable=self._frame, console=self._console, refresh_per_second=4):
                yield self._progress
        finally:
            self._progress, self._epochs, self._folds = None, [], {}

    def _frame(self) -> RenderableType:
        from rich.console import Group

        # drawn by another thread, so each is looked up once
        progress, epochs = self._progress, self._epochs
        parts: list[RenderableType] = [progress] if progress is not None else []
        if epochs:
            waited = time.monotonic() - self._at
            parts.append(training_frame(epochs, width=self._console.width, waited_s=waited, done=self._done))
            parts += self._matrix
        return Group(*parts)

    def note(self, text: str) -> None:
        """One line on stderr."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def epoch(self, epoch: Epoch) -> None:
        """Training as it goes: figures and the confusion matrix of the last epoch; one line where nothing moves."""
        if self._progress is None:
            self.note(epoch_line(epoch))
            return
        if (before := self._folds.get(epoch.fold)) and before[-1].epoch >= epoch.epoch:
            self._folds_done([epoch.fold])  # another training
        taken = len(self._progress.tasks) + len(_filled(_figures(epoch, 0.0), self._console.width))
        # drawn once, not with every frame: with many classes that takes a while
        self._matrix = epoch_matrix(epoch, width=self._console.width, height=self._console.height - taken - 3)
        self._folds.setdefault(epoch.fold, []).append(epoch)
        self._epochs = self._folds[epoch.fold]
        self._done = sum(map(len, self._folds.values()))
        self._at = time.monotonic()

    def _folds_done(self, folds: Iterable[int]) -> None:
        """Leave one line for each of these folds whose training was drawn."""
        for fold in folds:
            epochs = self._folds.pop(fold)
            last = epochs[-1]
            curve = sparkline([e.accuracy for e in epochs], low=0.0, high=1.0, width=20)
            self.note(
                f"fold {last.fold + 1} of {last.n_folds}: accuracy {percent(last.accuracy)} "
                f"after {last.epoch + 1} epoch{'s' if last.epoch else ''}  {curve}"
            )


def epoch_line(epoch: Epoch) -> str:
    """One epoch as one line of text."""
    return f"fold {epoch.fold + 1} of {epoch.n_folds}, epoch {epoch.epoch + 1} of {epoch.n_epochs}: " + ", ".join(
        _figures(epoch, epoch.seconds_left)
    )


def training_frame(
    epochs: Sequence[Epoch], *, width: int, waited_s: float = 0.0, done: int | None = None
) -> RenderableType:
    """What is drawn while a fold is trained, above the matrix: how far, the figures, accuracy by epoch.

    Parameters
    ----------
    epochs : sequence of Epoch
        Of the fold in training, the last one now.
    width : int
        Columns of the terminal.
    waited_s : float
        Since the last epoch ended; taken off the time left.
    done : int, optional
        Epochs of all folds so far, where folds are trained side by side; else the folds before this one are done.
    """
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    last = epochs[-1]
    bar = Table.grid(padding=(0, 1), expand=True)
    bar.add_column(no_wrap=True)
    bar.add_column(ratio=1)
    bar.add_row(
        f"fold {last.fold + 1} of {last.n_folds}, epoch {last.epoch + 1} of {last.n_epochs}",
        ProgressBar(total=last.n_folds * last.n_epochs, completed=done or last.fold * last.n_epochs + last.epoch + 1),
    )
    lines = [Text(line) for line in _filled(_figures(last, max(0.0, last.seconds_left - waited_s)), width)]
    curve = sparkline([e.accuracy for e in epochs], low=0.0, high=1.0, width=max(8, width - 24))
    lines.append(Text("accuracy by epoch  ", "dim").append(curve, "not dim cyan"))
    return Group(bar, *lines)


def epoch_matrix(epoch: Epoch, *, width: int, height: int) -> list[Text]:
    """The confusion matrix of an epoch on the validation part, in at most ``height`` lines.

    Classes that do not fit are left out, the least confused first; empty where nothing was judged.
    """
    from rich.text import Text

    from dsaudit.report.emit.terminal import matrix_lines

    if not epoch.classes or not any(map(any, epoch.confusion)):
        return []
    title = f"validation part, epoch {epoch.epoch + 1}: given ↓  predicted →"
    room = max(2, min(20, height - 4))
    names = [epoch.classes[k] for k in epoch.shown] or epoch.classes
    totals = [epoch.of[k] for k in epoch.shown] or None
    n_classes = len(epoch.classes)
    return [
        Text(),
        *matrix_lines(
            names,
            epoch.confusion,
            width=width,
            title=title,
            room=room,
            shaded=True,
            totals=totals,
            n_classes=n_classes,
        ),
    ]


def _figures(epoch: Epoch, seconds_left: float) -> list[str]:
    return [
        f"accuracy {percent(epoch.accuracy)}",
        f"loss {figure(epoch.loss)}",
        f"validation loss {figure(epoch.validation_loss)}",
        f"learning rate {epoch.learning_rate:.2g}",
        f"{epoch.items_per_s:,.0f}/s",
        f"{_duration(seconds_left)} left",
    ]


def _filled(parts: Sequence[str], width: int) -> list[str]:
    """Parts joined into as few lines as hold them, none broken."""
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 2 + len(part) <= width:
            lines[-1] += "  " + part
        else:
            lines.append(part)
    return lines


def status_lines(status: Status) -> list[str]:
    """How far a run is, in lines."""
    how = {
        "running": f"under way for {_duration(time.time() - status.began)}",
        "elsewhere": f"on another machine, last told {_duration(time.time() - status.told)} ago",
        "ended": f"its process is gone, last told {_duration(time.time() - status.told)} ago; the same command goes on "
        "with what is kept",
    }
    lines = [f"{status.source}: {how[status.state]} (process {status.process}, engine {status.engine})"]
    lines += [f"  {name:<22} {seconds:,.1f} s" for name, seconds in (status.stages or {}).items()]
    if not status.stage:
        return lines
    counted = f"{status.done:,} of {status.total:,}, " if status.total else ""
    until = time.time() if status.state == "running" else status.told
    line = f"  {status.stage:<22} {counted}for {_duration(until - status.stage_began)}"
    if status.total and status.per_s:
        left = (status.total - status.done) / status.per_s
        line += f", {status.per_s:,.1f}/s, {_duration(left)} left"
    return [*lines, line]


def _duration(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _progress(console: Console) -> RichProgress:
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    narrow = console.width < 80

    class Count(ProgressColumn):
        def render(self, task: Task) -> Text:
            if not task.fields["counted"]:
                return Text(" " * (0 if narrow else 19))
            done, total = f"{task.completed:,.0f}", f"{task.total or 0:,.0f}"
            return Text(f"{done}/{total}" if narrow else f"{done:>9}/{total:<9}")

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            digits = 0 if not speed or speed >= 10 else 1 if speed >= 1 else 2
            return Text((f"{speed:,.{digits}f}/s" if speed and task.fields["counted"] else "").rjust(8))

    columns = (
        TextColumn("{task.description:<11}" if narrow else "{task.description:<22}"),
        BarColumn(bar_width=None),
        Count(),
        *(() if narrow else (Rate(),)),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    return Progress(*columns, console=console, expand=True)


def width() -> int:
    """Columns that output for people may take: those of the terminal, at most 100."""
    return min(shutil.get_terminal_size((100, 24)).columns, 100)


def bars() -> Progress:
    """Progress for a person at a terminal; lines where there is none."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return Lines()
    from rich.console import Console

    return Bars(Console(file=sys.stderr, width=width(), highlight=False))


def place_near(source: str) -> dict[str, str | None] | None:
    """Where the newest run of a dataset is, for JSON; None where it has none."""
    from dsaudit.api import open_run
    from dsaudit.errors import DsauditError
    from dsaudit.report.emit.json import place_of_run

    try:
        return place_of_run(open_run(source))
    except DsauditError:
        return None


def show_run(run: Run, format: str, verdict: GateVerdict | None = None, *, full: bool = False) -> None:
    """The run on stdout, with the verdict where there is one; ``full``: with every check."""
    from dsaudit.report.emit.format import render

    if format == "text" and verdict is None:
        from dsaudit.report.emit.terminal import print_terminal

        print_terminal(run, _stdout(), full=full)
    else:
        typer.echo(render(format, run, verdict), nl=False)


def write_outputs(run: Run, files: Mapping[str, str], verdict: GateVerdict | None = None) -> None:
    """Write the run into files, each in its format; on GitHub its summary of the step, too."""
    import os
    from pathlib import Path

    from dsaudit.report.emit.format import render
    from dsaudit.store.files import write_new

    for name, format in files.items():
        text = render(format, run, verdict)
        write_new(Path(name).expanduser(), text.encode("utf-8", "backslashreplace"), force=True)
    if verdict is not None and (page := os.environ.get("GITHUB_STEP_SUMMARY")):
        with contextlib.suppress(OSError), Path(page).open("a", encoding="utf-8") as summary:
            summary.write(render("markdown", run, verdict))


def show_baseline(run: Run, format: str) -> None:
    """The baseline of the run alone."""
    if format == "json":
        from dsaudit.report.emit.json import place_of_run
        from dsaudit.store.files import to_json
        from dsaudit.store.schema.shape import plain

        typer.echo(to_json({**plain(run.metrics.baseline), "run": place_of_run(run)}))
        return
    from dsaudit.report.emit.terminal import print_baseline

    print_baseline(run, _stdout())
    typer.echo(f"\nModel    {run.path / 'model'}")


def _stdout() -> Console:
    from rich.console import Console

    return Console(width=width(), highlight=False)


def show_inspection(found: Inspection, *, written: str | None) -> None:
    """How a dataset was understood, for people."""
    from rich.text import Text

    console = _stdout()

    def say(head: str, text: str, style: str = "") -> None:
        for k, line in enumerate(Text(shown(text)).wrap(console, console.width - _HEAD) or [Text()]):
            console.print(Text(("" if k else head).ljust(_HEAD), "bold") + Text(line.plain, style), soft_wrap=True)

    say("Dataset", f"{found.dataset}: {_items(found.n_items)} of kind {found.modality}")
    say("Layout", found.layout)
    labels = f"{_tally(found.classes, 'class', 'classes')}" if found.classes else "none"
    if len(found.classes) > 1 and set(found.classes.values()) == {1}:
        labels += ", each of one item"
    if len(found.classes) == 1 and found.n_items > 1:
        labels += ", which holds everything"
    say("Labels", labels + (f"; {_items(found.n_unlabelled)} without one" if found.n_unlabelled else ""))
    say("Splits", _tally(found.splits, "split", "splits") if found.splits else "none")
    without = f"; {_items(found.n_without_group)} without one" if found.n_without_group else ""
    say("Groups", f"{count(found.n_groups)} by {found.group_source}{without}" if found.n_groups else "none")
    for k, column in enumerate(found.columns):
        role = f"{column.role}, {column.why}" if column.role else f"not used: {column.why}"
        say("" if k else "Columns", f"{column.name or '(no name)'}: {role}", "" if column.role else "dim")
    for k, guess in enumerate(found.guesses):
        say("" if k else "Guessed", guess.said)
    for k, note in enumerate(found.notes):
        say("" if k else "Notes", note)
    for k, item in enumerate(found.examples):
        parts = (item.text, item.label or "unlabelled", item.split, item.group)
        say("" if k else "Items", "  ".join([item.item_id, *(part for part in parts if part)]))
    place = shlex.quote(found.dataset)
    if written:
        say("Written", f"{written}: whatever is read beside it is read so, and nothing is guessed")
    steps = [f"dsaudit audit {place}"]
    if found.guesses and not written:
        steps.append(f"dsaudit inspect {place} --write dsaudit.toml")
    for k, step in enumerate(steps):  # a command is copied: it is not broken
        console.print(Text(("or" if k else "Next").ljust(_HEAD), "bold").append(step, "not bold"), soft_wrap=True)


def _items(n: int) -> str:
    return f"{count(n)} item" + "s" * (n != 1)


def _tally(counts: Mapping[str, int], noun: str, nouns: str) -> str:
    """``12 classes: yes 150, no 150 …``, the largest first."""
    named = ", ".join(f"{_spelt(name)} {count(n)}" for name, n in list(counts.items())[:_NAMED])
    return f"{len(counts):,} {noun if len(counts) == 1 else nouns}: {named}{' …' if len(counts) > _NAMED else ''}"


def _spelt(name: str) -> str:
    from dsaudit.dataset.names import told_apart

    return name if name.isascii() else told_apart(name)[1:-1]
