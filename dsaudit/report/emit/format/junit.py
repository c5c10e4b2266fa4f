"""JUnit XML: a test case for every limit of the policy, and for every rule in every split."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dsaudit.report.say.verdict import found_text, open_rows
from dsaudit.report.say.words import count, shown
from dsaudit.types import SEVERITIES

if TYPE_CHECKING:
    from dsaudit.report.view import RunView
    from dsaudit.store.schema.run import RuleRecord
    from dsaudit.types import Finding, GateVerdict, LimitJudged

SUFFIX = ".xml"
_MOST = 20
_WHOLE = "all"
"""Where there are no splits, and of findings that are about no item."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(run: RunView, verdict: GateVerdict | None) -> str:
    """A finding as severe as ``fail_on`` fails its test case; a limit that could not be judged is an error."""
    root = Element("testsuites", name="dsaudit")
    if verdict is not None:
        gate = SubElement(root, "testsuite", name="gate")
        for limit in verdict.limits:
            _limit(gate, limit)
    items = run.items
    split = {} if items is None else {str(i): s for i, s in items["split"].items() if isinstance(s, str)}
    found: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for row in open_rows(run, verdict):
        found[row.code, next((split[i] for i in row.item_ids if i in split), _WHOLE)].append(row)
    fail_on = str(run.meta.settings["fail_on"].value) if "fail_on" in run.meta.settings else "error"
    severe = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    for rule in run.rules:
        suite = next((s for s in root if s.get("name") == _family(rule)), None)
        if suite is None:
            suite = SubElement(root, "testsuite", name=_family(rule))
        places = sorted({*split.values(), *(place for code, place in found if code == rule.code)}) or [_WHOLE]
        for place in places if rule.scope in ("item", "set") and rule.outcome == "ran" else [_WHOLE]:
            _case(suite, rule, place, found.get((rule.code, place), []), fails=rule.severity in severe)
    for suite in root:
        cases = [child for case in suite for child in case]
        suite.set("tests", str(len(suite)))
        for word, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(word, str(sum(child.tag == tag for child in cases)))
    for word in ("tests", "failures", "errors", "skipped"):
        root.set(word, str(sum(int(suite.get(word, "0")) for suite in root)))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _family(rule: RuleRecord) -> str:
    return rule.code.rstrip("0123456789")


def _limit(suite: Element, one: LimitJudged) -> None:
    case = SubElement(suite, "testcase", classname="gate", name=_legal(f"{one.name} {one.limit}"))
    said = _legal(f"{found_text(one)} ({one.source})")
    if one.outcome != "pass":
        SubElement(case, "failure" if one.outcome == "fail" else "error", message=said, type=one.outcome)


def _case(suite: Element, rule: RuleRecord, place: str, rows: list[Finding], *, fails: bool) -> None:
    case = SubElement(suite, "testcase", classname=f"{rule.code} {rule.name}", name=_legal(place))
    if rule.outcome != "ran":
        tag = "skipped" if rule.outcome == "skipped" else "error"
        SubElement(case, tag, message=_legal(rule.reason or rule.outcome))
        return
    if not rows:
        return
    n = len(rows)
    lines = [f"{shown(row.subject)}: {shown(row.message)}" for row in rows[:_MOST]]
    lines += [f"and {count(n - _MOST)} more"] if n > _MOST else []
    said = f"{count(n)} finding{'' if n == 1 else 's'}: {rule.summary}"
    told = SubElement(case, "failure", message=_legal(said), type=rule.severity) if fails else None
    (SubElement(case, "system-out") if told is None else told).text = _legal("\n".join([said, *lines]))


def _legal(text: str) -> str:
    return _NOT_XML.sub("�", shown(text) if "\n" not in text else text)
