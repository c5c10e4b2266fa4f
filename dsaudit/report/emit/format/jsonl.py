"""One line of JSON for each finding, for programs that read line by line; what is gone has the state ``fixed``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from dsaudit.report.say.verdict import stated_rows
from dsaudit.store.files import to_json

if TYPE_CHECKING:
    from dsaudit.report.view import RunView
    from dsaudit.types import GateVerdict

SUFFIX = ".jsonl"


def render(run: RunView, verdict: GateVerdict | None) -> str:
    """Lines in the order of severity and score, ASCII alone."""
    lines = [to_json(asdict(row), indent=None) for row in stated_rows(run, verdict)]
    for code, subject in verdict.fixed if verdict else ():
        lines.append(to_json({"code": code, "subject": subject, "state": "fixed"}, indent=None))
    return "".join(line.encode("utf-8", "backslashreplace").decode("utf-8") + "\n" for line in lines)
