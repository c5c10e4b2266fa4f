"""One JSON document: of the run, with the verdict where a policy was applied."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from dsaudit.report.emit.json import render_json
from dsaudit.store.files import to_json

if TYPE_CHECKING:
    from dsaudit.report.view import RunView
    from dsaudit.types import GateVerdict

SUFFIX = ".json"


def render(run: RunView, verdict: GateVerdict | None) -> str:
    """The document of the run; ``verdict`` holds ``outcome``, ``limits``, ``states``, ``accepted`` and so on."""
    text = render_json(run, placed=True)
    if verdict is None:
        return text
    document = json.loads(text)
    for row in document["findings"]:
        state = verdict.states.get(row["fingerprint"], row["state"])
        row["state"] = state if state == "ignored" or verdict.against else row["state"]
    states = {"states": dict(verdict.states)}
    return to_json({**document, "verdict": {**asdict(verdict), "exit_code": verdict.exit_code, **states}}) + "\n"
