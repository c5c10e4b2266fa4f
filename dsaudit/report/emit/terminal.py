"""The run on a terminal: errors and three more headlines, a small matrix, the findings by check, and what to type
next."""

from __future__ import annotations

import io
import shlex
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from dsaudit.report.say.agreement import agreement_sentences, agreement_title
from dsaudit.report.say.causes import told_causes
from dsaudit.report.say.external import held_out
from dsaudit.report.say.headline import ORDER
from dsaudit.report.say.learning_curve import more_labels
from dsaudit.report.say.next_hour import best_step, pace, steps_of
from dsaudit.report.say.place import from_here, named_run, to_judge_labels
from dsaudit.report.say.reviewed import in_one_line, reviewed
from dsaudit.report.say.search import search_of
from dsaudit.report.say.semi_supervised import said_of as semi_supervised_said
from dsaudit.report.say.semi_supervised import table_of
from dsaudit.report.say.summary import summary
from dsaudit.report.say.training import most_confused, training_of
from dsaudit.report.say.unlabelled import said_of
from dsaudit.report.say.words import count, figure, interval, percent, shown, sparkline
from dsaudit.report.view import SETTLED, RunView, skipped_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.kind import Nouns
    from dsaudit.report.say.headline import Headline
    from dsaudit.report.say.summary import Summary
    from dsaudit.store.schema.metrics import BaselineFigures, NextHour

MAX_WIDTH = 100
_BRIEF = 4
"""Headlines that are told where the checks are not listed: with them it is a screen of 24 lines."""
"""What judges the labels of data that no encoder is built in for."""
_SYMBOL = {"error": "■", "warning": "▲", "info": "●"}
_STYLE = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def render_terminal(run: RunView, *, width: int = MAX_WIDTH, color: bool = False) -> str:
    """The summary as text, at most ``min(width, 100)`` columns; colour codes only where ``color``."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=max(40, min(width, MAX_WIDTH)),
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
    )
    print_terminal(run, console)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def print_terminal(run: RunView, console: Console, *, full: bool = True) -> None:
    """Write the summary to a console, laid out for ``min(console.width, 100)`` columns; ``full``: with every check."""
    width = min(console.width, MAX_WIDTH)
    said = summary(run)
    _say(console, Text(shown(said.title), "bold"), width)
    if run.meta.sampled_from:
        _say(console, Text(f"A random sample of {count(run.meta.sampled_from)}, drawn class by class."), width)
    for line in said.short:
        _say(console, Text(shown(line)), width)
    console.print()
    _first(console, said.first if full else said.first[:_BRIEF], width)
    baseline = run.metrics.baseline
    if full and baseline is not None:
        _matrix(console, baseline, width, run.kind.nouns.taken)
        _causes(console, run, width)
    if (curve := run.metrics.learning_curve) is not None:
        _say(console, Text("○ " + shown(more_labels(curve))), width, indent=2)
        if (hour := run.metrics.next_hour) is not None:
            _hour(console, hour, run.kind.nouns, width, full=full)
        console.print()
    if found := run.metrics.unlabelled:
        for line in said_of(found, run.kind.nouns)[: None if full else 1]:
            _say(console, Text("○ " + shown(line)), width, indent=2)
        if not run.metrics.semi_supervised:
            console.print()
    _learners(console, run, width, full=full)
    if full:
        _findings(console, run, said, width)
    else:
        _rest(console, run, said, width)
    _next(console, run, said.first, width)


def _hour(console: Console, found: NextHour, nouns: Nouns, width: int, *, full: bool) -> None:
    """What the next hour is expected to bring; ``full``: by each step."""
    _say(console, Text("○ " + shown(best_step(found, nouns))), width, indent=2)
    if full:
        for what, brings in steps_of(found, nouns):
            console.print(Text(f"    {brings:<24}  ").append(shown(what), "dim"), soft_wrap=True)
        _say(console, Text(f"    {pace(found, nouns)}", "dim"), width, indent=4)


def _learners(console: Console, run: RunView, width: int, *, full: bool) -> None:
    """What learning from items without a label brings; ``full``: by every way to learn from them."""
    found = run.metrics.semi_supervised
    if found is None:
        return
    _say(console, Text("○ " + shown(semi_supervised_said(found, run.kind.nouns))), width, indent=2)
    for name, accuracy, ahead in table_of(found) if full else ():
        console.print(Text(f"    {name:<20}{accuracy:>7}  ").append(ahead, "dim"), soft_wrap=True)
    console.print()


def print_baseline(run: RunView, console: Console) -> None:
    """Write what the baseline achieved, its matrix and its worst pairs; a sentence where there is none."""
    width = min(console.width, MAX_WIDTH)
    baseline = run.metrics.baseline
    if baseline is None:
        reason = next((s.reason for s in skipped_steps(run) if "baseline" in s.what), "")
        _say(console, Text("No baseline was trained" + (f": {shown(reason)}" if reason else "")), width)
        return
    nouns = run.kind.nouns
    n = nouns.some(baseline.n)
    _say(console, Text(f"{n}, each predicted {held_out(baseline).replace(', in', ' in')}", "bold"), width)
    for name, estimate in (
        ("right", baseline.accuracy),
        ("balanced accuracy", baseline.balanced_accuracy),
        ("macro F1", baseline.macro_f1),
    ):
        line = Text(f"  {name:<18}{percent(estimate.value):>7}  ")
        _say(console, line.append(interval(estimate.low, estimate.high), "dim"), width)
    if (cost := baseline.cost) is not None:
        line = Text(f"  {'expected cost':<18}{figure(cost.value):>7}  ")
        _say(console, line.append(f"(95 % {figure(cost.low)}–{figure(cost.high)})", "dim"), width)
    console.print()
    _learners(console, run, width, full=True)
    _training(console, run, width)
    _search(console, run, width)
    _matrix(console, baseline, width, nouns.taken)
    for pair in baseline.confused_pairs[:5]:
        times = "1 time" if pair.count == 1 else f"{count(pair.count)} times"
        said = f"{shown(pair.given)} is {nouns.taken} {shown(pair.predicted)} {times}"
        _say(console, Text(f"  {said} ").append(f"({percent(pair.share_of_given)})", "dim"), width, indent=2)


def _rest(console: Console, run: RunView, said: Summary, width: int) -> None:
    """What else there is, in a line or two, where the checks are not listed."""
    outcomes = Counter(r.outcome for r in run.rules)
    missed = len(run.rules) - outcomes["ran"]
    parts = [f"{count(len(said.first) - _BRIEF)} more to look at"] if len(said.first) > _BRIEF else []
    parts += [f"{outcomes['ran']} of {len(run.rules)} checks ran"] if missed else []
    parts += [f"{count(n)} note{'s' * (n != 1)}"] if (n := len(run.meta.notes)) else []
    _say(console, Text(f"{'; '.join(parts) or f'{len(run.rules)} checks ran'}: all of it with -v", "dim"), width)
    console.print()


def _first(console: Console, first: Sequence[Headline], width: int) -> None:
    """Every error in a line each, then three more with what they rest on."""
    errors = [h for h in first if h.severity == "error"]
    for number, headline in enumerate([*errors, *first[len(errors) : len(errors) + 3]], 1):
        text = Text(f"{number:<2} ", "bold")
        text.append(f"{_SYMBOL.get(headline.severity, '●')} ", _STYLE.get(headline.severity, ""))
        text.append(shown(headline.text))
        _say(console, text, width, indent=5)
        if headline.detail and (number <= 3 or number > len(errors)):
            _say(console, Text("     " + shown(headline.detail), "dim"), width, indent=5)
    if len(first) > 1:
        _say(console, Text(ORDER, "dim"), width)
    if first:
        console.print()


def _causes(console: Console, run: RunView, width: int) -> None:
    """The first three causes of errors."""
    causes = told_causes(run)[:3]
    if causes:
        _say(console, Text("What the model's errors have in common", "bold"), width)
    for cause in causes:
        _say(console, Text("● " + shown(cause.text)), width, indent=2)
        _say(console, Text("  " + shown(cause.detail), "dim"), width, indent=2)
    if causes:
        console.print()


def _training(console: Console, run: RunView, width: int) -> None:
    """One line per figure, as it moved epoch by epoch, and the classes learned last."""
    found = training_of(run.metrics, run.kind.nouns)
    if found is None:
        return
    _say(console, Text(shown(found.title.replace("`", "")), "bold"), width)
    blocks = max(8, min(30, width - 46))
    rows = []
    for name, key in (("loss", "loss"), ("validation loss", "validation_loss"), ("accuracy", "accuracy")):
        values = found.mean(key)
        form = percent if key == "accuracy" else figure
        rows.append((name, sparkline(values, width=blocks), form(values[0]), form(values[-1])))
    for one in found.classes[:5]:
        line = sparkline(one.recall, low=0.0, high=1.0, width=blocks)
        rows.append((f"recall of {shown(one.name)}", line, percent(one.recall[0]), percent(one.recall[-1])))
    label = min(26, width // 3, max(_cells(r[0]) for r in rows))
    wide = max(_cells(r[1]) for r in rows)
    for name, line, first, last in rows:
        text = Text("  " + _fit(name, label) + "  ")
        text.append(line.ljust(wide), "cyan").append(f"  {first:>6} → {last}", "dim")
        console.print(text, soft_wrap=True)
    console.print()


def _search(console: Console, run: RunView, width: int) -> None:
    """The best trials of a search, the best first."""
    found = search_of(run.tuning)
    if found is None:
        return
    _say(console, Text(found.title, "bold"), width)
    _say(console, Text(found.lead, "dim"), width)
    table = [["trial", "round", *(p.name for p in found.parameters), found.metric, "accuracy"]]
    table += [list(row) for row in found.table[:8]]
    wide = [max(map(_cells, column)) for column in zip(*table, strict=True)]
    kept = list(range(len(wide)))
    while sum(wide[k] + 2 for k in kept) > width and len(kept) > 4:
        del kept[-3]  # the least telling of the hyper-parameters gives way
    for n, row in enumerate(table):
        text = Text("  ".join(row[k].rjust(wide[k]) for k in kept), ("dim", "bold", "")[min(n, 2)])
        text.truncate(width)
        console.print(text.append("  ← best", "bold") if n == 1 and text.cell_len + 8 <= width else text)
    console.print()


def _say(console: Console, text: Text, width: int, *, indent: int = 0) -> None:
    for k, line in enumerate(text.wrap(console, width - indent if indent else width)):
        line.rstrip()
        console.print(Text(" " * indent if k else "") + line, soft_wrap=True)


def _matrix(console: Console, baseline: BaselineFigures, width: int, taken: str) -> None:
    confusion, accuracy = baseline.confusion, baseline.accuracy
    if not confusion.classes:
        return
    tail = interval(accuracy.low, accuracy.high)
    right = percent(accuracy.value) + (f" ({tail})" if tail else "")
    title = f"given ↓  {taken} →   right: {right}"
    for line in matrix_lines(confusion.classes, confusion.counts, width=width, title=title, order=confusion.order):
        console.print(line, soft_wrap=True)
    console.print()


def matrix_lines(
    names: Sequence[str],
    counts: Sequence[Sequence[int]],
    *,
    width: int,
    title: str,
    order: Sequence[int] | None = None,
    room: int = 14,
    shaded: bool = False,
    totals: Sequence[int] | None = None,
    n_classes: int | None = None,
) -> list[Text]:
    """A labelled confusion matrix: rows given, columns predicted, and the share of each row that was found.

    Parameters
    ----------
    names : sequence of k str
    counts : k sequences of k int
    width : int
        Columns of the terminal that it may take.
    title : str
        First line; what is left out is added to it.
    order : sequence of int, optional
        Order of the classes.
    room : int
        Most classes shown; where there are more, or the width does not hold them, the most confused ones.
    shaded : bool
        Colour behind the confusions, by their share of the row, and a ``▸`` before the three worst, so that
        they are seen without colour too.
    totals : sequence of k int, optional
        Items of each row, where ``counts`` leaves some out.
    n_classes : int, optional
        Classes there are, where ``names`` leaves some out.
    """
    label, cell, shown_order = _laid_out(names, counts, width=width, order=order, room=room, shaded=shaded)
    heads = _heads([shown(names[k]) for k in shown_order], cell - 1)
    cut = any(_cells(h) < min(5, _cells(shown(names[k]))) for h, k in zip(heads, shown_order, strict=True))
    numbers = [""] * len(shown_order)
    if cut or len(set(heads)) < len(heads):
        # a column whose name is cut beyond telling has its row's number instead, and the rows get more room
        heads = [str(k) for k in range(1, len(shown_order) + 1)]
        numbers = [f" {k:>2}" for k in range(1, len(shown_order) + 1)]
        cell = max(3, len(str(max(map(max, counts)))) + 1 + shaded)
        widest = max(_cells(shown(names[k])) for k in shown_order)
        label = max(min(label, widest), min(widest, 32, width - 11 - len(shown_order) * cell))
    if len(shown_order) < (n_classes or len(names)):
        title += f"; the {len(shown_order)} most confused of {n_classes or len(names)} classes"
    lines = [Text(title, "dim")]
    if lines[0].cell_len > width:
        lines = list(lines[0].wrap(Console(width=width), width))
    head = Text(" " * (label + len(numbers[0])))
    for name in heads:
        head.append(" " * (cell - _cells(name)) + name, "dim")
    lines.append(head.append("  found".rjust(8), "dim"))
    off = sorted((-counts[g][p], g, p) for g in shown_order for p in shown_order if g != p and counts[g][p] > 1)
    worst = {(g, p) for _, g, p in off[:3]} if shaded else set()
    rows = _heads([shown(names[k]) for k in shown_order], label)
    for g, name, number in zip(shown_order, rows, numbers, strict=True):
        total = sum(counts[g]) if totals is None else totals[g]
        line = Text(_fit(name, label)).append(number, "dim")
        for p in shown_order:
            n = counts[g][p]
            mark = "▸" if (g, p) in worst else ""
            style = "dim" if g == p or not n else _shade(n / total, behind=shaded)
            text = mark + (str(n) if n else "·")
            line.append(" ").append(text.rjust(cell - 1), f"{style} bold" if mark else style)
        lines.append(line.append(percent(counts[g][g] / total if total else None).rjust(8)))
    return lines


def _laid_out(
    names: Sequence[str],
    counts: Sequence[Sequence[int]],
    *,
    width: int,
    order: Sequence[int] | None,
    room: int,
    shaded: bool,
) -> tuple[int, int, list[int]]:
    """Width of the rows' names, width of a cell with the space before it, and the classes shown, in their order."""
    label = min(14, max(_cells(shown(n)) for n in names))
    longest = min(label + 1, 10, max(5, (width - label - 8) // len(names)))
    cell = max(longest, len(str(max(max(row) for row in counts))) + 1 + shaded)
    chosen = set(most_confused(counts, min(room, max(2, (width - label - 8) // cell))))
    return label, cell, [k for k in order or range(len(names)) if k in chosen]


def _shade(share: float, *, behind: bool) -> str:
    """Style of a confusion by its share of the row: louder from 3 and from 10 %."""
    if not behind:
        return "bold red" if share >= 0.1 else "yellow" if share >= 0.03 else ""
    # Okabe & Ito's orange and vermilion with black on them read on dark and on light terminals
    steps = ((0.3, "black on #ff7043"), (0.1, "black on #e08214"), (0.03, "black on #b58a2a"), (0.01, "#c08a00"))
    return next((style for least, style in steps if share >= least), "")


def _heads(names: Sequence[str], width: int) -> list[str]:
    """Names cut to ``width`` cells, at their end or, where that makes two alike, at their start."""
    cut = [_fit(n, width).strip() for n in names]
    if len(set(cut)) == len(cut):
        return cut
    return [n if _cells(n) <= width else "…" + n[-(width - 1) :] for n in names]


def _findings(console: Console, run: RunView, said: Summary, width: int) -> None:
    open_rows = [r for r in said.rows if r.state not in SETTLED]
    tally = Counter(r.code for r in open_rows)
    if tally:
        rules = {r.code: r for r in run.rules}
        first = {r.code: r for r in reversed(open_rows)}
        names = max(_cells(r.name) for r in first.values())
        digits = max(len(count(n)) for n in tally.values())
        for code in tally:
            severity = first[code].severity
            summary = (rules[code].summary if code in rules else first[code].message).rstrip(".")
            line = Text(f"{_SYMBOL.get(severity, '●')} {code}  ", _STYLE.get(severity, ""))
            line.append(first[code].name.ljust(names) + "  ", "not bold default")
            line.append(count(tally[code]).rjust(digits), "bold default")
            line.append("  " + shown(summary), "dim default")
            line.truncate(width, overflow="ellipsis")
            console.print(line, soft_wrap=True)
    outcomes = Counter(r.outcome for r in run.rules)
    clean = sum(r.outcome == "ran" and r.code not in tally for r in run.rules)
    parts = [f"✓ {clean} of {outcomes['ran']} checks that ran found nothing"] if clean else []
    if missed := sum(outcomes[w] for w in ("skipped", "crashed")):
        parts.append(f"not looked at: {missed} of {len(run.rules)} checks did not run")
    if parts:
        _say(console, Text("; ".join(parts), "dim"), width)
    if found := reviewed(run.meta, run.rules, run.kind.nouns):
        _say(console, Text("✓ " + shown(in_one_line(found)), "dim"), width, indent=2)
    if people := run.metrics.agreement:
        nouns = run.kind.nouns
        words = [agreement_title(people, nouns) + ".", *agreement_sentences(people, nouns)]
        _say(console, Text("● " + shown(" ".join(words)), "dim"), width, indent=2)
    reasons: dict[str, list[str]] = {}
    for skipped in skipped_steps(run):
        reasons.setdefault(shown(skipped.reason), []).append(skipped.what)
    for reason, steps in list(reasons.items())[:4]:
        _say(console, Text(f"  not done: {', '.join(steps)}: {reason}", "dim"), width, indent=2)
    console.print()


def _next(console: Console, run: RunView, said: Sequence[Headline], width: int) -> None:
    asked = run.meta.settings.get("report")
    drawn = asked is None or asked.value
    place = ("Report   ", run.path / "report.html") if drawn else ("Run      ", run.path)
    console.print(Text(place[0]) + Text(from_here(place[1]), "bold"), soft_wrap=True)
    if said:
        first, audited = said[0], from_here(named_run(run))
        decide = f"{run.kind.nouns.examine} and decide"
        what = f"{decide}: the first of these" if first.asks else "what to do about it"
        if first.finding:
            what = "puts all of these labels right, and dsaudit undo takes it back"
        steps = [(first.command(audited), what)]
        if first.finding and first.asks:
            steps.append((replace(first, finding="").command(audited), f"{decide}: the first of these"))
        if any(h.asks for h in said[1:]):
            steps.append((f"dsaudit relabel {shlex.quote(audited)}", f"{decide}: all of them, the likeliest first"))
        if first.asks and first.code:
            steps.append((f"dsaudit rule {first.code}", "what it means"))
        wide = max(_cells(command) for command, _ in steps)
        for k, (command, why) in enumerate(steps):
            line = f"{'or       ' if k else 'Next     '}{command}"
            tail = " " * (wide - _cells(command)) + f"  {why}"
            console.print(Text(line + tail if _cells(line + tail) <= width else line), soft_wrap=True)
    elif command := to_judge_labels(run, from_here(Path(run.meta.source_path or "DATA"))):
        console.print(Text(f"Next     {command}"), soft_wrap=True)
        _say(
            console,
            Text("         judges the labels, too; or bring --embeddings, --pred-probs", "dim"),
            width,
            indent=9,
        )
    elif not run.meta.n_items:
        console.print(
            Text("Next     dsaudit audit DIR     with a folder or manifest of labelled items"), soft_wrap=True
        )


def _cells(text: str) -> int:
    return Text(text).cell_len


def _fit(text: str, width: int) -> str:
    """Cut or padded to ``width`` cells."""
    found = Text(text)
    found.truncate(width, overflow="ellipsis", pad=True)
    return found.plain
