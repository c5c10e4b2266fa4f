"""What is kept of a crash."""

from __future__ import annotations

import platform
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def write_crash_log(arguments: Sequence[str]) -> Path:
    """Write the traceback now being handled to a file of its own and return its path."""
    from dsaudit import __version__
    from dsaudit.settings import shown

    with tempfile.NamedTemporaryFile(
        "w", prefix="dsaudit-crash-", suffix=".log", delete=False, encoding="utf-8", errors="backslashreplace"
    ) as log:
        log.write(f"dsaudit {__version__}, Python {platform.python_version()}, {platform.platform()}\n")
        log.write(f"arguments: {[shown(a) for a in arguments]!r}\n\n{shown(traceback.format_exc())}")
    return Path(log.name)
