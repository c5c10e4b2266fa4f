"""A comparison of two runs for people: as text for a terminal and as one self-contained page."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dsaudit.dataset.inline import addresses
from dsaudit.media import page_of
from dsaudit.report.emit.html import CAP_BYTES
from dsaudit.report.page import page
from dsaudit.report.page.budget import within_cap
from dsaudit.report.page.payload import relative_address
from dsaudit.report.say.words import brief_name, count, figure, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.comparison.comparison import Comparison, Moved
    from dsaudit.comparison.score import ClassChange, Score
    from dsaudit.kind import Nouns
    from dsaudit.media.previews import Previewer
    from dsaudit.report.page.budget import Shelf
    from dsaudit.report.view import RunView

MAX_WIDTH = 100
MAX_MATRIX = 30
"""Classes above which the difference of the confusions is shown as a list of pairs only."""
_MAX_CARDS = 400
_LISTED = 10
_SCRIPTS = ("core.js", "comparison.js")
_SIGN = {"improved": "✓", "worse": "▲", "no significant change": "●", "inconclusive": "●", "refused": "■"}
_COLOUR = {
    "improved": "good",
    "worse": "error",
    "no significant change": "info",
    "inconclusive": "warning",
    "refused": "warning",
}


def comparison_text(comparison: Comparison, *, width: int = MAX_WIDTH) -> str:
    """The comparison in at most ``min(width, 100)`` columns, plain text; ends with a newline."""
    wide = max(40, min(width, MAX_WIDTH))
    nouns = comparison.kind.nouns
    lines: list[str] = []

    def say(text: str, indent: str = "", first: str | None = None) -> None:
        begin = indent if first is None else first
        lines.extend(textwrap.wrap(shown(text), wide, initial_indent=begin, subsequent_indent=indent))

    verdict = comparison.verdict
    say(f"{_SIGN[verdict.outcome]} {verdict.outcome.upper()}: {verdict.statement}", "  ", "")
    lines.append("")
    for said in changes_in_words(comparison, nouns):
        say(said, "  ")
    if comparison.original is not None and comparison.corrected is not None:
        say(f"{how_in_words(comparison, nouns)}.", "  ")
        lines += ["", *_score_lines(comparison.original, comparison.corrected)]
        lines += _cost_lines(comparison.original, comparison.corrected)
        lines += _class_lines(comparison.original, comparison.corrected, wide)
        for heading, moved in (("Fixed", comparison.fixed), ("Broken", comparison.broken)):
            lines += _moved_lines(heading, moved, wide, comparison.judged_by, nouns)
    if verdict.reasons or comparison.notes:
        lines.append("")
    for reason in (*verdict.reasons, *(_sentence(n) for n in comparison.notes)):
        say(f"{reason}.", "  ", "* ")
    if verdict.hint:
        lines.append("")
        say(f"Next: {verdict.hint}", "      ")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")


def changes_in_words(comparison: Comparison, nouns: Nouns) -> list[str]:
    """What happened between the runs, in one or two sentences."""
    c = comparison.changes
    parts = [
        f"{count(n)} {words}"
        for n, words in (
            (c.n_relabelled, "relabelled"),
            (c.n_missing, "taken out"),
            (c.n_repaired, "with other bytes"),
            (c.n_added, "added"),
            (c.n_confirmed, "confirmed"),
            (c.n_unsure, "left unsure"),
            (c.n_renamed, "renamed"),
        )
        if n
    ]
    before = nouns.some(comparison.before.n_items)
    between = "the same items and labels" if not parts else ", ".join(parts)
    who = f", decided by {', '.join(c.people)}" if c.people else ""
    return [f"From {before} to {count(comparison.after.n_items)}: {between}{who}."]


def how_in_words(comparison: Comparison, nouns: Nouns) -> str:
    """How the two models were judged, in one sentence without its full stop."""
    n = comparison.original.n if comparison.original is not None else 0
    groups = f" of {count(comparison.n_units)} groups" if comparison.n_units < n else ""
    return (
        f"Two models, trained on {count(comparison.before.n_train)} and {count(comparison.after.n_train)} "
        f"{nouns.many}, judged on the same {nouns.some(n)}{groups}: {comparison.how}"
    )


def _points(value: float) -> str:
    text = f"{100 * value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def _p(value: float) -> str:
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"


def _score_lines(original: Score, corrected: Score) -> list[str]:
    lines = [
        f"  {'right by the':<22}{'BEFORE':>8}{'AFTER':>9}{'change':>9}   {'95 %':<15}{'fixed':>6}{'broken':>8}{'p':>9}"
    ]
    for s in (original, corrected):
        d = s.difference
        ends = f"{_points(d.low)} to {_points(d.high)}"
        lines.append(
            f"  {s.labels + ' labels':<22}{100 * s.before.value:>7.1f}%{100 * s.after.value:>8.1f}%"
            f"{_points(d.value):>9}   {ends:<15}{s.n_fixed:>6,}{s.n_broken:>8,}{_p(s.p.exact):>9}"
        )
    return lines


def _cost_lines(original: Score, corrected: Score) -> list[str]:
    return [
        f"  {'expected cost':<22}{figure(c.before.value):>8}{figure(c.after.value):>9}"
        f"{_signed(c.difference.value):>9}   "
        f"{_signed(c.difference.low)} to {_signed(c.difference.high)}, by the {s.labels} labels"
        for s in (original, corrected)
        if (c := s.cost) is not None
    ]


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + figure(value)


def _class_lines(original: Score, corrected: Score, wide: int) -> list[str]:
    told = [(s, c) for s in (original, corrected) for c in s.per_class if c.significant]
    n = len(original.per_class)
    if not told:
        return ["", f"  No single class changed significantly (Holm's correction for {n} classes)."]
    lines = ["", f"  Classes that changed significantly, of {n} (share found; Holm's correction):"]
    for s, c in told[:_LISTED]:
        line = (
            f"    {_cut(c.label, 24)}: {100 * c.before:.1f} → {100 * c.after:.1f} %, {_points(c.difference.value)} "
            f"({_points(c.difference.low)} to {_points(c.difference.high)}), n {c.n:,}, by the {s.labels} labels"
        )
        lines.append(_cut(line, wide))
    return lines


def _cut(name: str, width: int) -> str:
    """A name made safe to show, in at most ``width`` characters."""
    text = shown(name)
    return text if len(text) <= width else text[: width - 1] + "…"


def _moved_lines(heading: str, moved: Sequence[Moved], wide: int, judged_by: str, nouns: Nouns) -> list[str]:
    if not moved:
        return ["", f"  {heading}: nothing."]
    lines = ["", f"  {heading}: {nouns.some(len(moved))}, by the {judged_by} labels"]
    part = max(6, wide // 7)
    heard = nouns.taken.split()[0]
    for m in moved[:_LISTED]:
        label = _cut(m.corrected_label, part)
        if m.corrected_label != m.given_label:
            label = f"{_cut(m.given_label, part)} ⇒ {label}"
        tail = f"  {label}: {heard} {_cut(m.before, part)}, now {_cut(m.after, part)}"
        room = max(8, min(40, wide - 4 - len(tail)))
        lines.append(_cut(f"    {brief_name(m.item_id, room):<{room}}{tail}", wide))
    if len(moved) > _LISTED:
        lines.append(_cut(f"    and {len(moved) - _LISTED:,} more: see --output compare.html or --format json", wide))
    return lines


def render_comparison(
    comparison: Comparison,
    *,
    before: RunView | None = None,
    previews: Previewer | None = None,
    cap_bytes: int = CAP_BYTES,
    page_dir: Path | None = None,
) -> bytes:
    """Render a comparison as one self-contained page.

    Parameters
    ----------
    before : RunView, optional
        The run BEFORE: where its recordings lie. Without it the page has no players.
    previews, cap_bytes, page_dir
        As for ``render_report``.

    Returns
    -------
    bytes
        UTF-8 HTML, the same bytes for the same comparison, never more than ``cap_bytes``.

    Raises
    ------
    ValueError
        Where the page does not fit even without pictures and sound.
    """
    moved = _in_turn(comparison.fixed, comparison.broken)[:_MAX_CARDS]
    items = before.items if before is not None else None
    uris = {} if items is None else addresses(items).to_dict()
    known = {} if items is None else {m.item_id: Path(str(uris.get(m.item_id))) for m in moved}
    folder = page_dir or Path()
    root = Path(before.meta.root) if before is not None else Path()
    return within_cap(
        lambda shelf: _render(comparison, moved, known, root, folder, shelf, cap_bytes),
        [m.item_id for m in moved],
        known,
        previews=previews,
        cap_bytes=cap_bytes,
        overhead=page.BLOCK_OVERHEAD,
    )


def _in_turn(fixed: Sequence[Moved], broken: Sequence[Moved]) -> list[Moved]:
    """One broken, one fixed, so that a cap leaves some of each; broken ones first, they are fewer and tell more."""
    both: list[Moved] = []
    for k in range(max(len(fixed), len(broken))):
        both += [*broken[k : k + 1], *fixed[k : k + 1]]
    return both


def _render(
    comparison: Comparison,
    moved: Sequence[Moved],
    paths: dict[str, Path],
    root: Path,
    folder: Path,
    shelf: Shelf | None,
    cap_bytes: int,
) -> bytes:
    nouns = comparison.kind.nouns
    labels = sorted({x for m in moved for x in (m.given_label, m.corrected_label, m.before, m.after)})
    code = {label: k for k, label in enumerate(labels)}
    ids = [m.item_id for m in moved]
    position = {item: k for k, item in enumerate(ids)}
    fixed = {m.item_id for m in comparison.fixed}
    data = {
        "items": {
            "id": ids,
            "given": [code[m.given_label] for m in moved],
            "corrected": [code[m.corrected_label] for m in moved],
            "before": [code[m.before] for m in moved],
            "after": [code[m.after] for m in moved],
            "split": [-1] * len(ids),
        },
        "fixed": [k for k, i in enumerate(ids) if i in fixed],
        "broken": [k for k, i in enumerate(ids) if i not in fixed],
        "labels": labels,
        "splits": [],
        "base": relative_address(root, folder) if paths else "",
        "elsewhere": {position[i]: relative_address(p, folder) for i, p in paths.items() if p != root / i},
        "playable": bool(paths),
        "marks": {},
        "noun": nouns.words,
        "failed": {str(position[i]): reason[:80] for i, reason in (shelf.failed.items() if shelf else ())},
    }
    judge = comparison.corrected if comparison.judged_by == "corrected" else comparison.original
    html = page.page(
        "comparison.html.j2",
        scripts=_SCRIPTS,
        kind_page=page_of(comparison.kind.name),
        data=data,
        plots=False,
        context={
            "c": comparison,
            "nouns": nouns,
            "sign": _SIGN[comparison.verdict.outcome],
            "colour": _COLOUR[comparison.verdict.outcome],
            "title": _title(comparison),
            "changes": changes_in_words(comparison, nouns),
            "how": how_in_words(comparison, nouns) if comparison.original else "",
            "scores": [s for s in (comparison.original, comparison.corrected) if s is not None],
            "classes": _classes(comparison),
            "matrix": _matrix(comparison, judge) if judge else None,
            "points": _points,
            "p_value": _p,
            "n_shown": len(moved),
            "blocks": [(position[i], Markup(text)) for i, text in shelf.blocks.items()] if shelf else [],
            "shelf": shelf,
            "cap_mib": cap_bytes / 2**20,
        },
    )
    return html.encode("utf-8", "replace")


def _title(comparison: Comparison) -> str:
    outcome = comparison.verdict.outcome
    if outcome == "refused":
        return "No improvement can be claimed" if comparison.original else "These runs cannot be compared"
    if outcome == "inconclusive":
        return "Too few items to tell"
    judged = next((s for s in (comparison.original, comparison.corrected) if s and s.direction), comparison.original)
    assert judged is not None
    change = _points(judged.difference.value)
    if outcome == "no significant change":
        return f"No significant change: {change} points"
    by = f" by the {judged.labels} labels" if comparison.relabelled and comparison.relabelled.n else ""
    return f"{'Better' if outcome == 'improved' else 'Worse'}{by}: {change} points"


def _classes(comparison: Comparison) -> list[tuple[ClassChange, ClassChange | None]]:
    """Each class by the original labels, and by the corrected ones, in the order of the first."""
    if comparison.original is None or comparison.corrected is None:
        return []
    corrected = {c.label: c for c in comparison.corrected.per_class}
    return [(c, corrected.get(c.label)) for c in comparison.original.per_class]


def _matrix(comparison: Comparison, judge: Score) -> dict[str, Any]:
    """Confusions after minus before, and the cells that changed most."""
    change = judge.confusion_after - judge.confusion_before
    names = comparison.classes
    cells = [
        (names[g], names[p], int(judge.confusion_before[g, p]), int(judge.confusion_after[g, p]), int(change[g, p]))
        for g in range(len(names))
        for p in range(len(names))
        if g != p and change[g, p]
    ]
    occurs = [k for k in range(len(names)) if judge.confusion_before[k].any() or judge.confusion_before[:, k].any()]
    return {
        "labels": judge.labels,
        "names": [names[k] for k in occurs] if len(occurs) <= MAX_MATRIX else [],
        "rows": [
            [(int(judge.confusion_before[g, p]), int(judge.confusion_after[g, p]), int(change[g, p])) for p in occurs]
            for g in occurs
        ],
        "most": max((abs(c[4]) for c in cells), default=1),
        "pairs": sorted(cells, key=lambda c: (-abs(c[4]), c[0], c[1]))[:20],
        "n_pairs": len(cells),
        "fewer": sum(c[4] for c in cells),
    }
