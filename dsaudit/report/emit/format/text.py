"""For people: the verdict with every limit where a policy was applied, else the summary of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.report.say.place import from_here, named_run
from dsaudit.report.say.verdict import MARKS, are_open, counted, found_text, open_rows, verdict_line
from dsaudit.report.say.words import count, shown

if TYPE_CHECKING:
    from dsaudit.report.view import RunView
    from dsaudit.types import GateVerdict

SUFFIX = ".txt"
_MOST, _WIDTH = 8, 100


def render(run: RunView, verdict: GateVerdict | None) -> str:
    """The verdict, every limit with its source, and the first findings that count."""
    if verdict is None:
        from dsaudit.report.emit.terminal import render_terminal  # brings rich along

        return render_terminal(run)
    lines = [f"dsaudit gate: {verdict_line(verdict)}", ""]
    table = [
        (f"{MARKS[one.outcome]} {shown(one.name)} {one.limit}", found_text(one), f"({shown(one.source)})")
        for one in verdict.limits
    ]
    first = min(48, max((len(row[0]) for row in table), default=0))
    for limit, found, source in table:
        lines += [f"{limit:<{first}}  {found}  {source}".rstrip()]
    told = counted(run, verdict)
    lines += ["", *told] if told else []
    passed = verdict.outcome == "pass"
    rows = [] if passed else open_rows(run, verdict, most=_MOST)
    n_rows = 0 if passed else int(are_open(run, verdict).sum())
    lines += [""] if rows else []
    for row in rows:
        line = f"  {row.code} {shown(row.subject)}: {shown(row.message)}"
        lines.append(line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…")
    if n_rows > len(rows):
        lines.append(f"  and {count(n_rows - len(rows))} more")
    report = run.path / "report.html"
    place = ("Report", report) if report.is_file() else ("Run", run.path)
    lines += ["", f"{place[0]:<8} {from_here(place[1])}"]
    if rows:
        lines.append(f"Next     dsaudit relabel {from_here(named_run(run))}    decide")
        lines.append(f"or       dsaudit accept {from_here(named_run(run))} {rows[0].code} --reason …    let it be")
    return "\n".join(lines) + "\n"
