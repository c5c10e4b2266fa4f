"""How long work says how far it is, without knowing who listens."""

from __future__ import annotations

import contextlib
import sys
import time
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dsaudit.types import Epoch


class Progress(Protocol):
    """Shows stages of work. The command line draws bars; a library call is silent."""

    def stage(self, name: str, total: int) -> contextlib.AbstractContextManager[Callable[[int], None]]:
        """A stage of ``total`` steps; the callable says how many more are done."""
        ...

    def note(self, text: str) -> None:
        """One line worth seeing while the work goes on."""
        ...

    def epoch(self, epoch: Epoch) -> None:
        """Training has come this far."""
        ...


class Silent:
    """Says nothing."""

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """Nothing is shown."""
        yield lambda n: None

    def note(self, text: str) -> None:
        """Nothing is shown."""

    def epoch(self, epoch: Epoch) -> None:
        """Nothing is shown."""


class Notebook:
    """Bars in the output of a notebook's cell, drawn anew a few times a second."""

    def __init__(self) -> None:
        self._html = import_module("IPython.display").HTML
        self._display = import_module("IPython.display").display
        self._training = ""

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar with its name, how much is done and how long it took."""
        started = drawn = time.monotonic()
        done = 0
        handle = self._display(self._html(_bar(name, 0, total, "")), display_id=True)

        def tick(n: int) -> None:
            nonlocal done, drawn
            done += n
            if time.monotonic() - drawn >= _BETWEEN_S:
                drawn = time.monotonic()
                handle.update(self._html(_bar(name, done, total, self._training)))

        try:
            yield tick
        finally:
            self._training = ""
            handle.update(self._html(_bar(name, done, total, f"{time.monotonic() - started:.1f} s")))

    def note(self, text: str) -> None:
        """A line of its own."""
        self._display(self._html(f"<div>{escape(text)}</div>"))

    def epoch(self, epoch: Epoch) -> None:
        """Said beside the bar when it is drawn next."""
        self._training = (
            f"fold {epoch.fold + 1} of {epoch.n_folds}, epoch {epoch.epoch + 1} of {epoch.n_epochs}, "
            f"accuracy {epoch.accuracy:.3f}"
        )


_BETWEEN_S = 0.2


def _bar(name: str, done: int, total: int, beside: str) -> str:
    amount = f"{done:,} of {total:,}" if total else ""
    value = f' value="{min(done, total)}" max="{total}"' if total else ' value="1" max="1"' if beside else ""
    return f"<div><progress{value}></progress> {escape(name)} {amount} {escape(beside)}</div>"


def here() -> Progress:
    """Bars where the caller is a notebook, else silence.

    >>> type(here()).__name__
    'Silent'
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return Notebook() if getattr(shell, "kernel", None) is not None else Silent()
