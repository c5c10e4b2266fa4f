"""What the terminal shows: bars on stderr, the run on stdout."""

from __future__ import annotations

import contextlib
import shutil
import sys
from typing import TYPE_CHECKING

import typer

from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from dsaudit.engine.progress import Progress
    from dsaudit.store import Run


def check_format(format: str, *more: str) -> None:
    """Refuse an output format that does not exist.

    Raises
    ------
    UsageError
    """
    known = ("text", "json", *more)
    if format not in known:
        raise UsageError(f"--format {format!r} is not known", hint=f"choose from: {', '.join(known)}")


class Bars:
    """One line per stage on stderr, with rate and time left; plain lines where stderr is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar for one stage; it stays as a line when the stage is done."""
        import time

        from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
        from rich.text import Text

        class Rate(ProgressColumn):
            def render(self, task: object) -> Text:
                speed = getattr(task, "finished_speed", None) or getattr(task, "speed", None)
                return Text(f"{speed:,.0f}/s" if speed else "")

        started = time.monotonic()
        done = 0
        if not self._console.is_terminal:

            def count(n: int) -> None:
                nonlocal done
                done += n

            yield count
            counted = f"{done:,} in " if total or done else ""
            self._console.print(f"{name}: {counted}{time.monotonic() - started:.1f} s", highlight=False)
            return
        columns = (
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=None),
            TextColumn("{task.completed:>9,.0f}/{task.total:<9,.0f}"),
            Rate(),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        with Progress(*columns, console=self._console, expand=True) as progress:
            task = progress.add_task(name, total=max(total, 1))
            yield lambda n: progress.advance(task, n)
            if total:
                progress.update(task, completed=total)

    def note(self, text: str) -> None:
        """One line on stderr."""
        self._console.print(text, highlight=False, markup=False)


def bars() -> Progress:
    """Progress for a person at a terminal."""
    from rich.console import Console

    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    return Bars(Console(file=sys.stderr, width=width, highlight=False))


def show_run(run: Run, format: str) -> None:
    """The run on stdout: as text for people, or as one JSON document."""
    if format == "json":
        from dsaudit.report.json import render_json

        typer.echo(render_json(run))
        return
    from dsaudit.report.terminal import print_terminal

    print_terminal(run, _stdout())


def show_baseline(run: Run, format: str) -> None:
    """The baseline of the run alone."""
    if format == "json":
        from dsaudit.files import to_json

        typer.echo(to_json(run.metrics["baseline"]))
        return
    from dsaudit.report.terminal import print_baseline

    print_baseline(run, _stdout())
    typer.echo(f"\nModel    {run.path / 'model'}")


def _stdout() -> Console:
    from rich.console import Console

    return Console(width=min(shutil.get_terminal_size((100, 24)).columns, 100), highlight=False)
