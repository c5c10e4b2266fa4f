"""The findings of a run, and the verdict on it, in a format for people or programs: one format per file.

A module here is a format of its own name. It has ``SUFFIX``, the suffix that its files usually have or an empty text,
and ``render(run, verdict)``, where the verdict is None for a run that no policy was applied to.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePath
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsaudit.report.view import RunView
    from dsaudit.types import GateVerdict

FORMATS = ("text", "json", *sorted({m.name for m in iter_modules(__path__)} - {"text", "json"}))
"""Names of the formats, those that are asked for most first."""


def render(name: str, run: RunView, verdict: GateVerdict | None = None) -> str:
    """The run in a format."""
    text: str = import_module(f"{__name__}.{name}").render(run, verdict)
    return text


def outputs(entries: Iterable[str]) -> dict[str, str]:
    """Files to write with the format of each, from ``FILE`` or ``FORMAT=FILE``.

    Raises
    ------
    UsageError
        The suffix says nothing of the format.

    Examples
    --------
    >>> outputs(["found.sarif", "gitlab=quality.json"])
    {'found.sarif': 'sarif', 'quality.json': 'gitlab'}
    """
    found = {}
    for entry in entries:
        name, equals, file = entry.partition("=")
        if not equals or name not in FORMATS:
            suffix = PurePath(entry).suffix.lower()
            fits = [f for f in FORMATS if suffix and suffix == import_module(f"{__name__}.{f}").SUFFIX]
            if not fits:
                hint = f"as in: --output {FORMATS[-1]}=FILE; formats: {', '.join(FORMATS)}"
                raise UsageError(f"--output {entry!r} does not say which format", hint=hint)
            name, file = fits[0], entry
        if not file:
            raise UsageError(f"--output {entry!r} names no file", hint="as in: --output findings.sarif")
        found[file] = name
    return found
