"""A labelling guide: by class what is typical, what lies at its border and what is none, and what is to be decided."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dsaudit.dataset.inline import addresses
from dsaudit.media import page_of
from dsaudit.report.emit.html import CAP_BYTES
from dsaudit.report.page import page
from dsaudit.report.page.budget import fill_shelf
from dsaudit.report.page.payload import item_path, relative_address, typical_of
from dsaudit.report.say.pilot import told_change, warnings
from dsaudit.report.say.words import shown
from dsaudit.report.view import doubtful

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.media.previews import Previewer
    from dsaudit.report.page.budget import Shelf
    from dsaudit.report.view import RunView
    from dsaudit.store.schema.pilot import Pilot, RoundFigures

_SCRIPTS = ("core.js", "guide.js")
_EACH, _PAIRS, _MOST_CLASSES = 6, 12, 200
_TYPICAL, _BORDER, _WRONG = "Typical", "At the border", "Not this"

Example = tuple[str, str]
"""Item id, and what is said of it; names in backticks."""


def render_guide(
    run: RunView,
    pilot: Pilot | None,
    *,
    previews: Previewer | None,
    cap_bytes: int = CAP_BYTES,
    page_dir: Path | None = None,
) -> bytes:
    """Render a labelling guide as one self-contained page with a section per class.

    Parameters
    ----------
    run : RunView
    pilot : Pilot or None
        What people said to the question; without it the guide goes by labels and model alone, and says so.
    previews : Previewer or None
        None renders without pictures and sound.
    cap_bytes : int
        The page never is larger: examples beyond come as pictures, then as links.
    page_dir : Path, optional
        Folder the page will be written to, for links to the originals. Default: the run folder.

    Returns
    -------
    bytes
        UTF-8 HTML, the same bytes for the same run and answers.
    """
    last = next((one for one in reversed(pilot.rounds) if one.people), None) if pilot else None
    classes = _classes(run, last)
    sections = [(name, _examples(run, name, last)) for name in classes[:_MOST_CLASSES]]
    pairs = _pairs(run, last)
    groups = [rows for _, parts in sections for _, rows in parts] + [rows for *_, rows in pairs]
    # one of each in turn: when room runs out, every class has been seen
    depth = max(map(len, groups), default=0)
    order = list(dict.fromkeys(rows[k][0] for k in range(depth) for rows in groups if k < len(rows)))
    place = {item: k for k, item in enumerate(order)}
    items = run.items.reindex(order) if run.items is not None else None
    uris = addresses(items).tolist() if items is not None and order else []
    root, folder = Path(run.meta.root), page_dir or run.path
    paths = {i: item_path(root, i, uri) for i, uri in zip(order, uris, strict=True)}
    data = {
        "items": {"id": order, "given": [-1] * len(order), "split": [-1] * len(order)},
        "labels": [],
        "splits": [],
        "base": relative_address(root, folder),
        "elsewhere": {k: relative_address(p, folder) for k, (i, p) in enumerate(paths.items()) if p != root / i},
        "marks": {},
        "typical": {},
        "noun": run.kind.nouns.words,
        "groups": [[place[item] for item, _ in rows] for rows in groups],
        "captions": [[said for _, said in rows] for rows in groups],
    }
    facts = {
        "run": run.meta,
        "name": run.meta.name,
        "nouns": run.kind.nouns,
        "last": last,
        "n_rounds": len(pilot.rounds) if pilot else 0,
        "change": told_change(pilot.changes[-1], run.kind.nouns) if pilot and pilot.changes else "",
        "warnings": warnings(last) if last else [],
        "sections": _numbered(sections),
        "pairs": [(*pair[:-1], len(groups) - len(pairs) + k) for k, pair in enumerate(pairs)],
        "n_left_out": max(0, len(classes) - _MOST_CLASSES),
    }

    def render(shelf: Shelf | None) -> bytes:
        failed = {} if shelf is None else {str(place[i]): reason[:80] for i, reason in shelf.failed.items()}
        blocks = [(place[i], Markup(text)) for i, text in shelf.blocks.items()] if shelf else []
        return page.page(
            "guide.html.j2",
            scripts=_SCRIPTS,
            kind_page=page_of(run.kind.name),
            data=data | {"failed": failed},
            plots=False,
            context=facts | {"blocks": blocks, "shelf": shelf},
        ).encode("utf-8", "replace")

    bare = render(None)
    room = cap_bytes - len(bare) - 100 * len(order) - 1000
    if previews is None:
        return bare
    if room < 0:
        raise ValueError(f"a guide with {len(order):,} examples does not fit into {cap_bytes:,} bytes")
    return render(fill_shelf(order, paths, previews=previews, budget=room, overhead=page.BLOCK_OVERHEAD))


def _classes(run: RunView, last: RoundFigures | None) -> list[str]:
    answered = {c.label for c in last.classes} if last else set()
    if last is not None and last.asked.answers:
        return [*last.asked.answers, *sorted(answered - set(last.asked.answers))]
    labels = set() if run.items is None else set(run.items["label"].dropna().astype(str))
    return sorted(labels | answered)


def _examples(run: RunView, name: str, last: RoundFigures | None) -> list[tuple[str, list[Example]]]:
    """Parts of a class: their headings and examples, without those that have none."""
    by_class = last is None or not last.asked.answers
    agreed = {voice.who: voice.answer for voice in last.consensus} if last else {}
    why = {one.item_id: one.why for one in last.asked.items} if last else {}
    given = {} if run.items is None else run.items["label"].to_dict()
    typical = [(i, "all agree") for i in sorted(agreed, key=lambda i: why.get(i) != "typical") if agreed[i] == name]
    border = [
        (split.item_id, " · ".join(f"{shown(voice.who)} `{shown(voice.answer)}`" for voice in split.said))
        for split in (last.splits if last else ())
        if any(voice.answer == name for voice in split.said)
    ]
    wrong: list[Example] = []
    if by_class:
        wrong = [
            (i, f"labelled `{shown(name)}`; people say `{shown(answer)}`")
            for i, answer in agreed.items()
            if given.get(i) == name and answer != name
        ]
        said = set(agreed) | {split.item_id for split in (last.splits if last else ())}
        typical += [
            (i, "typical to the model") for i in typical_of(run).get(name, ()) if i not in said and given.get(i) == name
        ]
        table = doubtful(run)
        if table is not None:
            for row in table[~table.index.isin(list(said))].to_dict("index").items():
                item, found = str(row[0]), row[1]
                if given.get(item) != name or not found["suggestion"]:
                    continue
                other = shown(found["suggestion"])
                if found["kind"] == "ambiguous":
                    border.append((item, f"`{other}` fits it as well, to the model"))
                elif found["kind"] == "wrong":
                    wrong.append((item, f"labelled `{shown(name)}`; probably `{other}`: not confirmed"))
    parts = ((_TYPICAL, typical), (_BORDER, border), (_WRONG, wrong))
    return [(heading, rows[:_EACH]) for heading, rows in parts if rows]


def _pairs(run: RunView, last: RoundFigures | None) -> list[tuple[str, str, str, list[Example]]]:
    """Answers that are confused: both, how often and by whom, and items to decide by."""
    nouns = run.kind.nouns
    found: dict[tuple[str, str], tuple[str, list[Example]]] = {}
    for pair in last.agreement.pairs if last and last.agreement else ():
        own = [s for s in last.splits if {pair.a, pair.b} <= {v.answer for v in s.said}] if last else []
        rows = [(s.item_id, " · ".join(f"{shown(v.who)} `{shown(v.answer)}`" for v in s.said)) for s in own]
        found[pair.a, pair.b] = (f"people differ on {nouns.some(pair.n_items)}", rows)
    baseline = run.metrics.baseline
    if baseline is not None and (last is None or not last.asked.answers):
        times: Counter[tuple[str, str]] = Counter()
        rows_of: dict[tuple[str, str], list[Example]] = {}
        for one in baseline.confused_pairs:
            a, b = sorted((one.given, one.predicted))
            times[a, b] += one.count
            said = f"labelled `{shown(one.given)}`, {nouns.taken} `{shown(one.predicted)}`"
            rows_of.setdefault((a, b), []).extend((i, said) for i in one.item_ids)
        for key, n in times.most_common():
            said = f"the model takes {nouns.some(n)} of one for the other"
            if key in found:
                found[key] = (f"{found[key][0]}; {said}", found[key][1])
            elif n > 1:
                found[key] = (said, rows_of[key])
    return [(a, b, said, rows[:_EACH]) for (a, b), (said, rows) in list(found.items())[:_PAIRS]]


def _numbered(sections: Sequence[tuple[str, list[tuple[str, list[Example]]]]]) -> list[tuple[str, list[Any]]]:
    """Sections with the number of each part's group."""
    number = 0
    out: list[tuple[str, list[Any]]] = []
    for name, parts in sections:
        out.append((name, [(heading, number + k) for k, (heading, _) in enumerate(parts)]))
        number += len(parts)
    return out
