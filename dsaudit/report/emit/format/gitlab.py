"""A code quality report of GitLab: findings as a list of JSON objects.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. GitLab compares the fingerprints of two
branches by itself.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dsaudit.report.say.location import Locations
from dsaudit.report.say.share import shortened
from dsaudit.report.say.verdict import open_rows
from dsaudit.report.say.words import shown
from dsaudit.store.files import digest, to_json

if TYPE_CHECKING:
    from dsaudit.report.view import RunView
    from dsaudit.types import GateVerdict

SUFFIX = ""
_SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}
_MOST = 5_000


def render(run: RunView, verdict: GateVerdict | None) -> str:
    """Findings that count; of very many the first of every rule."""
    places, seen, found = Locations.of(run), Counter[str](), []
    for row in shortened(open_rows(run, verdict), _MOST)[0]:
        again = seen[row.fingerprint]
        seen[row.fingerprint] += 1
        found.append(
            {
                "check_name": f"{row.code} {row.name}",
                "description": f"{shown(row.subject)}: {shown(row.message)}",
                # a report may have each but once, and files of the same bytes share theirs
                "fingerprint": digest(row.fingerprint, again) if again else row.fingerprint,
                "severity": _SEVERITIES[row.severity],
                "location": {"path": places.path(row), "lines": {"begin": 1}},
            }
        )
    return to_json(found).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"
