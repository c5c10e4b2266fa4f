"""What goes out to other tools: one format per file.

A module here is a format of its own name, ``-`` for ``_``. It has ``FILE``, the usual name of what it writes,
``WHOLE``, whether that is the whole set unless fewer items are asked for, rather than what is worth a review, and
``write(out)``.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dsaudit.relabel.exchange.outgoing import Outgoing, Written

FORMATS = ("csv", *sorted({m.name.replace("_", "-") for m in iter_modules(__path__)} - {"csv"}))
"""Names of the formats, the usual one first."""


def format_of(name: str) -> Any:
    """The module of a format."""
    return import_module(f"{__name__}.{name.replace('-', '_')}")


def write(name: str, out: Outgoing) -> Written:
    """Write items in a format."""
    written: Written = format_of(name).write(out)
    return written
