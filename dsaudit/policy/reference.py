"""Findings of another time, which a run's are compared with: of a run, or of a file that was written from one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.errors import RunError
from dsaudit.types import SARIF_FINGERPRINT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsaudit.store.run import Run

_HINT = "give a run, a dataset that was audited, a file of --output, or a git revision"


@dataclass(frozen=True, slots=True)
class Reference:
    """What was found before.

    Attributes
    ----------
    name : str
        How it was named.
    found : mapping of str to (str, str)
        Fingerprint to code and subject.
    ran : frozenset of str or None
        Codes of the rules that looked; None: not known.
    contents : frozenset of str or None
        Content hashes of the items that were looked at; None: not known.
    """

    name: str
    found: Mapping[str, tuple[str, str]]
    ran: frozenset[str] | None = None
    contents: frozenset[str] | None = None


def of_run(run: Run, *, name: str) -> Reference:
    """What a run found."""
    table = run.findings
    rows = zip(table["fingerprint"], table["code"], table["subject"], strict=True)
    ran = frozenset(rule.code for rule in run.rules if rule.outcome == "ran")
    contents = frozenset(run.items["content_hash"].dropna())
    return Reference(name, {str(print_): (str(code), str(subject)) for print_, code, subject in rows}, ran, contents)


def of_file(path: Path, *, name: str) -> Reference:
    """What a file lists: of ``--format json``, ``jsonl`` or ``sarif``, or accepted findings.

    Raises
    ------
    RunError
        It is none of them.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        try:
            told = json.loads(text)
        except ValueError:
            told = [json.loads(line) for line in text.splitlines() if line.strip()]
        return Reference(name, dict(_listed(told)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{path} lists no findings of dsaudit: {error}", hint=_HINT) from error


def _listed(told: Any) -> Iterable[tuple[str, tuple[str, str]]]:
    if isinstance(told, dict) and "runs" in told:
        for result in (result for run in told["runs"] for result in run["results"]):
            if result.get("baselineState") != "absent":
                subject = result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
                yield result["partialFingerprints"][SARIF_FINGERPRINT], (result["ruleId"], subject)
        return
    rows = told["findings"] if isinstance(told, dict) and "findings" in told else told
    for row in [rows] if isinstance(rows, dict) else rows:
        if row.get("state") != "fixed":
            yield row["fingerprint"], (row["code"], row.get("subject", ""))
