"""dsaudit apply RUN_OR_DATASET."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsaudit.cli import options as o
from dsaudit.report.say.words import shown

if TYPE_CHECKING:
    from dsaudit.relabel.apply.apply import Applied

_WIDTH = 100
_LISTED = 12


def apply(
    where: Annotated[str, typer.Argument(metavar="RUN_OR_DATASET", help="A run, or a dataset that was audited.")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The new manifest: .csv, .tsv, .jsonl or .parquet. [<name>.corrected.<suffix> beside the data]",
        ),
    ] = None,
    tree: Annotated[
        str | None, typer.Option(metavar="DIR", help="Make a new folder tree <split>/<label>/<name> there.")
    ] = None,
    link: Annotated[
        str, typer.Option(metavar="HOW", help="Into the tree by copy, hardlink, symlink or relative-symlink.")
    ] = "copy",
    disputed: Annotated[
        str, typer.Option(metavar="WHAT", help="Items that people disagree on: leave their label, or exclude them.")
    ] = "leave",
    prelabels: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="P",
            help="Take a model's label for items without one, where it is surely so likely.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Repair only what these rules found. [every item]")
    ] = None,
    accept_repairs: Annotated[
        float | None,
        typer.Option(metavar="P", help="Take repairs of values that are right with this probability, 0 to 1, unseen."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result; never your own files.")] = False,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
    repairs: dict[str, Any],
) -> None:
    """Write your dataset as people's decisions leave it, into new files."""
    from dsaudit.cli.render import bars
    from dsaudit.relabel.apply.apply import apply_decisions
    from dsaudit.store.files import to_json

    done = apply_decisions(
        where,
        output=output,
        tree=tree,
        link=link,  # type: ignore[arg-type]  # refused there
        disputed=disputed,  # type: ignore[arg-type]
        prelabels=prelabels,
        repairs=repairs,
        only=only or (),
        accept_repairs=accept_repairs,
        dry_run=dry_run,
        force=force,
        progress=bars(),
        **settings,
    )
    if format == "json":
        typer.echo(to_json(described(done)))
        return
    for line in lines_of(done):
        typer.echo(line if line.lstrip().startswith(_WHOLE) else _cut(line, _WIDTH))


_WHOLE = ("written", "tree", "next", "then", "would", "dsaudit")
"""Lines with paths and commands, which people copy: never cut."""


def described(done: Applied) -> dict[str, Any]:
    """Everything about an apply, for ``--format json``."""
    from dsaudit.dataset.inline import readable
    from dsaudit.media.personal import covered
    from dsaudit.report.emit.json import place_of_run
    from dsaudit.store.run import Run

    lines = done.plan.lines
    return {
        "run": place_of_run(Run(done.run)) if done.run else None,
        "source": done.source,
        "dry_run": done.dry_run,
        "manifest": done.manifest,
        "tree": done.tree,
        "root": done.root,
        "counts": done.plan.counts,
        "n_items": len(lines),
        "n_kept": len(done.kept),
        "n_gone": done.plan.n_gone,
        "label_changes": [
            {"given_label": a, "corrected_label": b, "n": n, "by": by} for a, b, n, by in done.plan.label_changes
        ],
        "exclusions": [{"rule": why, "n": n, "by": by} for why, n, by in done.plan.exclusions],
        "items": [
            {
                "item_id": x.item_id,
                "fate": x.fate,
                "given_label": x.given_label,
                "corrected_label": x.corrected_label,
                "excluded": x.excluded,
                "decided_by": x.decided_by,
                "reason": x.reason,
            }
            for x in lines
            if x.fate != "undecided"
        ],
        "values": [
            {"item_id": x.item_id, "field": x.field, "old": x.old, "new": x.new, "why": x.why, "who": x.who}
            for x in done.changes
        ],
        "changes": done.changes_list,
        "pool": done.pool and {"manifest": done.pool.manifest, "n": done.pool.n},
        "n_to_repair": done.n_to_repair,
        "repairs": done.grown.repairs,
        "rewritten": [
            {"item_id": i, "before": covered(readable(x.before)), "after": covered(readable(x.after))}
            for i, x in done.rewritten.items()
        ],
        "problems": [{"item_id": item_id, "problem": problem} for item_id, problem in done.grown.problems],
        "n_copied_instead": done.grown.n_copied_instead,
        "n_cut": done.grown.n_cut,
        "notes": done.notes,
    }


def lines_of(done: Applied) -> list[str]:
    """An apply as text for people."""
    counts = done.plan.counts
    labels = {x.item_id for x in done.plan.lines if x.fate not in ("undecided", "changed", "prelabelled")}
    people = {p for x in done.plan.lines if x.item_id in labels and x.decided_by for p in x.decided_by.split(", ")}
    for one in done.of_item.values():
        people |= {a for r in one.fields.values() for a in r.actors} | ({one.whole.actor} if one.whole else set())
    n_decided = len(labels | {i for i, one in done.of_item.items() if one.fields or one.whole})
    out = [
        f"{done.source.name if done.source else 'DataFrame'}: {_counted(len(done.plan.lines), 'item')},"
        f" {n_decided:,} decided" + (f" by {_counted(len(people), 'person', 'people')}" if people else "")
    ]
    changes = [(f"{a} -> {b}", n, by) for a, b, n, by in done.plan.label_changes]
    if labels or not (done.n_to_repair or done.changes or done.of_item):
        out += _table(f"labels corrected: {counts['relabelled']:,}", changes)
        out += _table(f"excluded: {counts['excluded']:,}", done.plan.exclusions)
        out += ["", f"confirmed as they are: {counts['confirmed']:,}"]
    out += _values(done)
    if counts["prelabelled"]:
        out.append(f"labelled by the model, and by nobody else: {counts['prelabelled']:,}{_some(done, 'prelabelled')}")
    if counts["disputed"]:
        fate = (
            "excluded" if any(x.fate == "disputed" and x.excluded for x in done.plan.lines) else "left with their label"
        )
        out.append(f"disputed, {fate}: {counts['disputed']:,}{_some(done, 'disputed')}")
    if counts["unsure"]:
        out.append(f"unsure, left as they are: {counts['unsure']:,}{_some(done, 'unsure')}")
    if counts["changed"]:
        out.append(f"changed since they were decided, so not applied: {counts['changed']:,}{_some(done, 'changed')}")
    if done.plan.n_gone:
        out.append(f"decided, but no longer in the data: {done.plan.n_gone:,}")
    out += _repairs(done)
    out += [f"note: {note}" for note in done.notes]
    return [*out, "", *_written(done)]


def _values(done: Applied) -> list[str]:
    """What becomes of values of fields."""
    rulings = [r for one in done.of_item.values() for r in one.fields.values()]
    if not rulings and not done.changes:
        return []
    kinds = Counter((f"{x.field}: {_value(x.old)} -> {_value(x.new)}", x.who) for x in done.changes)
    rows: dict[str, dict[str, int]] = {}
    for (what, who), n in kinds.most_common():
        rows.setdefault(what, {})[who] = n
    out = _table(f"values corrected: {len(done.changes):,}", [(w, sum(by.values()), by) for w, by in rows.items()])
    kept = sum(not r.corrected and not r.disputed for r in rulings)
    out += ["", f"values confirmed as they are: {kept:,}"]
    if n := sum(r.disputed for r in rulings):
        out.append(f"values disputed, left as they are: {n:,}")
    if n := sum(len(one.changed) for one in done.of_item.values()):
        out.append(f"values changed since they were decided, so not applied: {n:,}")
    return out


def _value(text: str | None) -> str:
    from dsaudit.media.personal import covered

    return "(nothing)" if text is None else covered(text)


def _table(title: str, rows: list[tuple[str, int, dict[str, int]]]) -> list[str]:
    if not rows:
        return ["", title]
    width = min(max(len(shown(what)) for what, _, _ in rows[:_LISTED]), 48)
    out = ["", title]
    for what, n, by in rows[:_LISTED]:
        names = ", ".join(f"{name} {k:,}" if len(by) > 1 else name for name, k in by.items())
        out.append(f"  {_cut(shown(what), width):<{width}}  {n:>6,}  (by {names})")
    if len(rows) > _LISTED:
        out.append(f"  and {len(rows) - _LISTED:,} more kinds: {sum(n for _, n, _ in rows[_LISTED:]):,}")
    return out


def _some(done: Applied, fate: str) -> str:
    ids = [x.item_id for x in done.plan.lines if x.fate == fate]
    return " (" + ", ".join(shown(i) for i in ids[:3]) + (", …)" if len(ids) > 3 else ")")


def _repairs(done: Applied) -> list[str]:
    out = []
    if done.n_to_repair and done.dry_run and not done.rewritten:
        out.append(f"to be repaired: {_counted(done.n_to_repair, 'item')}")
    elif done.n_to_repair:
        said = "would be repaired" if done.dry_run else "repaired"
        out.append(f"{said}: {len(done.grown.repairs):,} of {_counted(done.n_to_repair, 'item')}, the others need none")
        out += _before_and_after(done)
    kinds: dict[str, list[str]] = {}
    for item_id, problem in done.grown.problems:
        kinds.setdefault(problem, []).append(item_id)
    ranked = sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0]))
    for problem, ids in ranked[:_LISTED]:
        out.append(f"  {len(ids):,} {shown(problem)} ({shown(ids[0])}{', …' if len(ids) > 1 else ''})")
    if len(ranked) > _LISTED:
        out.append(
            f"  and {sum(len(ids) for _, ids in ranked[_LISTED:]):,} other remarks; --format json has all of them"
        )
    if done.grown.n_cut:
        out.append(f"cut out of their files, into files of their own: {_counted(done.grown.n_cut, 'item')}")
    if done.grown.n_copied_instead:
        out.append(f"copied, for no such link reaches them: {done.grown.n_copied_instead:,}")
    return out


_EXAMPLES = 3


def _before_and_after(done: Applied) -> list[str]:
    """Some examples of each repair of items that are words: the part that changes, as it is and as it will be."""
    from dsaudit.dataset.inline import readable
    from dsaudit.media.personal import covered

    kinds: dict[str, list[tuple[str, str, str]]] = {}
    for item_id, one in done.rewritten.items():
        for what in one.done:
            texts = covered(readable(one.before)), covered(readable(one.after))
            kinds.setdefault(what.partition(":")[0], []).append((item_id, *texts))
    out = []
    for what, found in sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0])):
        out.append(f"  {what}: {len(found):,}")
        # what was done to an item alone shows best what it is
        for item_id, before, after in sorted(found, key=lambda x: len(done.rewritten[x[0]].done))[:_EXAMPLES]:
            old, new = _excerpts(shown(_marked(before, after)), shown(after))
            name = _cut(shown(item_id), 20)
            out += [f"    {name}  - {old}", f"    {'':<{len(name)}}  + {new}"]
    return out


def _marked(before: str, after: str) -> str:
    """A text with the characters without width named that it is about to lose."""
    lost = {c for c in set(before) - set(after) if unicodedata.category(c) == "Cf"}
    return "".join(f"‹U+{ord(c):04X}›" if c in lost else c for c in before)


def _excerpts(before: str, after: str, width: int = 68, lead: int = 18) -> tuple[str, str]:
    """Both texts from a little before they part, as far as there is room."""
    same = next(
        (k for k, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    start = max(0, same - lead) if max(len(before), len(after)) > width else 0
    dots = "…" if start else ""
    old, new = (_cut(dots + text[start:], width) for text in (before, after))
    return old, new


def _written(done: Applied) -> list[str]:
    would = "would be " if done.dry_run else ""
    out = []
    if done.manifest:
        out.append(f"{would}written  {done.manifest}")
    if done.changes_list:
        out.append(f"{would}written  {done.changes_list}")
    if done.pool and done.pool.manifest:
        out.append(f"{would}written  {done.pool.manifest} ({_counted(done.pool.n, 'item')} of the pool)")
    elif done.pool:
        out.append(f"pool     {_counted(done.pool.n, 'item')} with a label now, in no tree: --output FILE lists them")
    n_placed = len(done.kept) if done.dry_run else len(done.grown.paths)
    if done.tree:
        out.append(
            f"{would}tree     {done.tree} ({_counted(n_placed, 'file')})".replace(
                "tree     ", "made " if would else "tree     "
            )
        )
    if done.dry_run:
        return [*out, "dry run: nothing was written"]
    target = done.manifest or (done.tree and next(iter(sorted(done.tree.glob("manifest.*"))), done.tree))
    root = f" --root {_shell(done.root)}" if done.root else ""
    out.append(f"next     dsaudit audit {_shell(target)}{root}")
    if done.source:
        out.append(f"then     dsaudit compare {_shell(_before(done) or done.source)} {_shell(target)}")
    return out


def _before(done: Applied) -> object:
    """The run that the result is to be compared with: the last one with a model that decisions had not changed."""
    from dsaudit.errors import RunError
    from dsaudit.store.run import Run

    if done.run is None:
        return None
    run = Run(done.run)
    try:
        if run.meta.review is None and run.holds("embeddings"):
            return run.path
        earlier = run.before_decisions()
        return earlier.path if run.meta.review or earlier.holds("embeddings") else run.path
    except RunError:
        return run.path


def _shell(path: object) -> str:
    import os
    import shlex
    from pathlib import Path

    text = str(path)
    relative = os.path.relpath(text) if not str(Path(text).anchor).strip("/") or os.name == "posix" else text
    return shlex.quote(relative if len(relative) < len(text) else text)


def _counted(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
