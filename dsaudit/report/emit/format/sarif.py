"""SARIF 2.1.0, as code scanning of GitHub and others reads it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/. GitHub takes 25,000 results and shows 5,000: no more are listed, shared
among the rules, and how many of which rule are left out is told among the notifications.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsaudit.report.say.location import Locations
from dsaudit.report.say.share import shortened
from dsaudit.report.say.verdict import stated_rows
from dsaudit.report.say.words import count, shown
from dsaudit.store.files import to_json
from dsaudit.types import SARIF_FINGERPRINT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsaudit.report.view import RunView
    from dsaudit.store.schema.run import RuleRecord
    from dsaudit.types import Accepted, Finding, GateVerdict

SUFFIX = ".sarif"
_MOST, _MOST_RELATED, _MOST_GONE = 5_000, 5, 500
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(run: RunView, verdict: GateVerdict | None) -> str:
    """One run of the tool, with every rule that was asked for."""
    rows, left_out = shortened(stated_rows(run, verdict), _MOST)
    places = Locations.of(run)
    numbers = {rule.code: k for k, rule in enumerate(run.rules)}
    accepted = {one.fingerprint: one for one in verdict.accepted} if verdict else {}
    results = [_result(row, numbers, places, accepted) for row in rows]
    for code, subject in (verdict.fixed if verdict else ())[:_MOST_GONE]:
        results.append(_gone(code, subject, numbers, places))
    told = [_notification(f"{count(n)} more findings of {code} are not listed", code) for code, n in left_out.items()]
    told += [
        _notification(f"{rule.code} {rule.name} did not run: {shown(rule.reason)}", rule.code)
        for rule in run.rules
        if rule.outcome != "ran"
    ]
    invocation: dict[str, Any] = {"executionSuccessful": True, "toolExecutionNotifications": told}
    if verdict is not None:
        invocation["exitCode"] = verdict.exit_code
    driver = {
        "name": "dsaudit",
        "semanticVersion": run.meta.dsaudit_version,
        "rules": [_rule(rule) for rule in run.rules],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": f"dsaudit/{places.source}/"},
                "invocations": [invocation],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return to_json(document).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def _rule(rule: RuleRecord) -> dict[str, Any]:
    doc = [f"{heading}\n{text}" for heading, text in rule.doc.items()]
    markdown = [f"**{heading}**\n\n{text}" for heading, text in rule.doc.items()]
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.doc.get("What it does", rule.summary)},
        "help": {"text": "\n\n".join(doc) or rule.summary, "markdown": "\n\n".join(markdown) or rule.summary},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.code.rstrip("0123456789"), rule.scope], "name": rule.name},
    }


def _result(
    row: Finding, numbers: Mapping[str, int], places: Locations, accepted: Mapping[str, Accepted]
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": row.code,
        "ruleIndex": numbers[row.code],
        "level": _LEVELS[row.severity],
        "message": {"text": f"{shown(row.subject)}: {shown(row.message)}"},
        "locations": [_location(places.uri(row), row.subject)],
        "partialFingerprints": {SARIF_FINGERPRINT: row.fingerprint, "primaryLocationLineHash": f"{row.fingerprint}:1"},
        "baselineState": "unchanged" if row.state == "known" else "new",
        "rank": round(100 * (1 - row.score), 1),
    }
    if related := _others(row, places):
        result["relatedLocations"] = related
    if row.state == "ignored":
        one = accepted.get(row.fingerprint)
        result["suppressions"] = [{"kind": "external", **({"justification": one.reason} if one else {})}]
    return result


def _others(row: Finding, places: Locations) -> list[dict[str, Any]]:
    """The first other items of a set."""
    files: Iterable[str] = row.item_ids[1 : 1 + _MOST_RELATED] if row.scope == "set" else ()
    return [_location(places.uri_of(item), item) for item in files]


def _gone(code: str, subject: str, numbers: Mapping[str, int], places: Locations) -> dict[str, Any]:
    return {
        "ruleId": code,
        "ruleIndex": numbers[code],
        "message": {"text": f"{shown(subject)}: no longer found"},
        "locations": [_location(places.uri_of(subject), subject)],
        "baselineState": "absent",
    }


def _location(uri: str, subject: str) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 1},
        },
        "logicalLocations": [{"fullyQualifiedName": shown(subject)}],
    }


def _notification(text: str, code: str) -> dict[str, Any]:
    return {"level": "note", "message": {"text": text}, "associatedRule": {"id": code}}
