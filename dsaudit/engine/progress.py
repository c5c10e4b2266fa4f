"""How long work says how far it is, without knowing who listens."""

from __future__ import annotations

import contextlib
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
