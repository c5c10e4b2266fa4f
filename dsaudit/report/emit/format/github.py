"""Annotations of a GitHub workflow: one command a line on its output.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions. GitHub shows ten
of each level in a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.report.say.location import Locations
from dsaudit.report.say.share import shortened
from dsaudit.report.say.verdict import found_text, open_rows, verdict_line
from dsaudit.report.say.words import count, shown

if TYPE_CHECKING:
    from dsaudit.report.view import RunView
    from dsaudit.types import GateVerdict

SUFFIX = ""
_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}
_MOST = 9
"""Of each level: one more line tells the rest."""


def render(run: RunView, verdict: GateVerdict | None) -> str:
    """The limits that decided, then the worst findings of each level, every rule among them."""
    lines, rows, places = [], open_rows(run, verdict), Locations.of(run)
    if verdict is not None:
        level = {"pass": "notice", "fail": "error", "inconclusive": "warning"}[verdict.outcome]
        reasons = [f"{one.name} {one.limit}: {found_text(one)}" for one in verdict.reasons]
        lines.append(_command(level, "\n".join([verdict_line(verdict), *reasons]), title="dsaudit gate"))
    for severity, level in _LEVELS.items():
        own = [row for row in rows if row.severity == severity]
        chosen, left_out = shortened(own, _MOST - sum(line.startswith(f"::{level} ") for line in lines))
        for row in chosen:
            text = f"{shown(row.subject)}: {shown(row.message)}"
            lines.append(_command(level, text, file=places.path(row), line="1", title=f"{row.code} {row.name}"))
        if left_out:
            rest = ", ".join(f"{code} {count(n)}" for code, n in left_out.items())
            lines.append(_command(level, f"not shown here: {rest}", title="dsaudit"))
    return "".join(f"{line}\n" for line in lines)


def _command(level: str, text: str, **properties: str) -> str:
    told = ",".join(f"{name}={_escaped(shown(value), within=True)}" for name, value in properties.items())
    return f"::{level} {told}::{_escaped(text)}"


def _escaped(text: str, *, within: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if within else text
