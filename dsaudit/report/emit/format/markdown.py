"""Markdown for a comment on a pull request: the verdict, its limits, and the findings that count, rule by rule."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from dsaudit.report.say.verdict import MARKS, counted, found_text, open_rows, verdict_line
from dsaudit.report.say.words import brief_name, count, sentence, shown

if TYPE_CHECKING:
    from dsaudit.report.view import RunView
    from dsaudit.types import Finding, GateVerdict

SUFFIX = ".md"
_RULES, _EXAMPLES, _MESSAGE, _NAME = 8, 3, 140, 60
_MEANT = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@$-])")
MARK = "<!-- dsaudit -->"
"""First line, by which the comment of the last run is found again."""


def render(run: RunView, verdict: GateVerdict | None) -> str:
    """A few thousand characters, however much was found."""
    nouns, rows = run.kind.nouns, open_rows(run, verdict)
    title = f"dsaudit: {verdict_line(verdict)}" if verdict else "dsaudit"
    lines = [MARK, f"### {_plain(title)}", "", f"{nouns.some(run.meta.n_items)}, {_some(len(rows))} to look at.", ""]
    if verdict is not None:
        lines += ["| | limit | found | source |", "| --- | --- | --- | --- |"]
        for one in verdict.limits:
            source = brief_name(one.source, _NAME)
            cells = (_code(f"{one.name} {one.limit}"), _plain(found_text(one)), _plain(source))
            lines.append(f"| {MARKS[one.outcome]} | {' | '.join(cells)} |")
        told = [f"- {_plain(sentence(line))}." for line in counted(run, verdict)]
        lines += ["", *told, ""] if told else [""]
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for row in rows:
        by_rule[row.code].append(row)
    for code, own in list(by_rule.items())[:_RULES]:
        lines += ["<details>", f"<summary>{own[0].severity}: {code} {own[0].name}, {count(len(own))}</summary>", ""]
        for row in own[:_EXAMPLES]:
            message = shown(row.message)
            message = message if len(message) <= _MESSAGE else message[: _MESSAGE - 1] + "…"
            lines.append(f"- {_code(brief_name(row.subject, _NAME))}: {_plain(message)}")
        lines += [f"- and {count(len(own) - _EXAMPLES)} more"] if len(own) > _EXAMPLES else []
        lines += ["", "</details>"]
    if rest := [len(own) for own in list(by_rule.values())[_RULES:]]:
        lines.append(f"{_some(sum(rest))} more of {count(len(rest))} other checks.")
    return "\n".join(lines).rstrip() + "\n"


def _some(n: int) -> str:
    return f"{count(n)} finding{'' if n == 1 else 's'}"


def _plain(text: str) -> str:
    """A text in which nothing is markup, a link or a mention."""
    return _MEANT.sub(r"\\\1", shown(text)).replace("\\@", "@\u200b")


def _code(text: str) -> str:
    """A name as code, within a table too."""
    clean = shown(text).replace("|", "\\|").replace("`", "'")
    return f"`{clean}`" if clean.strip() else "` `"
