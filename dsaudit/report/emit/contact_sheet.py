"""Contact sheet: a random sample of every class to look at and listen to, before any check."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dsaudit.media import kind_for, page_of
from dsaudit.report.emit.html import CAP_BYTES
from dsaudit.report.page import page
from dsaudit.report.page.budget import fill_shelf
from dsaudit.report.page.payload import relative_address

if TYPE_CHECKING:
    from dsaudit.media.previews import Previewer
    from dsaudit.report.page.budget import Shelf
    from dsaudit.types import Dataset

_SCRIPTS = ("core.js", "sheet.js")
_MAX_CLASSES = 400


def render_sheet(
    dataset: Dataset,
    *,
    previews: Previewer,
    n_per_class: int = 12,
    seed: int = 0,
    cap_bytes: int = CAP_BYTES,
    page_dir: Path | None = None,
) -> bytes:
    """Render a seeded random sample per class as one self-contained page.

    Parameters
    ----------
    dataset : Dataset
    previews : Previewer
    n_per_class : int
        Items drawn from each class, and from the unlabelled ones.
    seed : int
    cap_bytes : int
        The page never is larger: items beyond come as pictures, then as links.
    page_dir : Path, optional
        Folder the page will be written to, for links to the originals. Default: the dataset's root.

    Returns
    -------
    bytes
        UTF-8 HTML, the same bytes for the same dataset, seed and number.
    """
    groups = _draw(dataset, n_per_class, seed)
    # One of each class in turn: when room runs out, every class has been heard.
    depth = max((len(g["ids"]) for g in groups), default=0)
    order = [g["ids"][k] for k in range(depth) for g in groups if k < len(g["ids"])]
    uris = dataset.items["uri"]
    paths = {i: Path(str(uris.loc[i])) for i in order}
    folder = page_dir or dataset.root
    bare = _render(dataset, groups, paths, folder=folder, shelf=None, cap_bytes=cap_bytes, seed=seed)
    room = cap_bytes - len(bare) - 100 * len(order) - 1000
    if room < 0:
        raise ValueError(f"a contact sheet of {len(order):,} items does not fit into {cap_bytes:,} bytes")
    shelf = fill_shelf(order, paths, previews=previews, budget=room, overhead=page.BLOCK_OVERHEAD)
    full = _render(dataset, groups, paths, folder=folder, shelf=shelf, cap_bytes=cap_bytes, seed=seed)
    if len(full) > cap_bytes:
        raise AssertionError(f"contact sheet of {len(full):,} bytes is over its cap of {cap_bytes:,}")
    return full


def _draw(dataset: Dataset, n_per_class: int, seed: int) -> list[dict[str, Any]]:
    labels = dataset.items["label"]
    groups: list[dict[str, Any]] = []
    for name in (*dataset.classes[:_MAX_CLASSES], None):
        ids = [str(i) for i in labels.index[labels.isna() if name is None else labels == name]]
        if ids:
            drawn = random.Random(f"{seed}:{name}").sample(ids, min(n_per_class, len(ids)))
            groups.append({"label": name, "n": len(ids), "ids": drawn})
    return groups


def _render(
    dataset: Dataset,
    groups: list[dict[str, Any]],
    paths: dict[str, Path],
    *,
    folder: Path,
    shelf: Shelf | None,
    cap_bytes: int,
    seed: int,
) -> bytes:
    nouns = kind_for(dataset.modality).nouns
    order = list(paths)
    position = {item: k for k, item in enumerate(order)}
    label_code = {g["label"]: k for k, g in enumerate(groups) if g["label"] is not None}
    given = {i: label_code.get(g["label"], -1) for g in groups for i in g["ids"]}
    data = {
        "items": {"id": order, "given": [given[i] for i in order], "split": [-1] * len(order)},
        "labels": [g["label"] for g in groups if g["label"] is not None],
        "splits": [],
        "base": relative_address(dataset.root, folder),
        "elsewhere": {
            k: relative_address(paths[i], folder) for k, i in enumerate(order) if paths[i] != dataset.root / i
        },
        "marks": {},
        "typical": {},
        "noun": nouns.words,
        "failed": {str(position[i]): reason[:80] for i, reason in (shelf.failed.items() if shelf else ())},
        "groups": [[position[i] for i in g["ids"]] for g in groups],
    }
    return page.page(
        "sheet.html.j2",
        scripts=_SCRIPTS,
        kind_page=page_of(dataset.modality),
        data=data,
        plots=False,
        context={
            "name": dataset.root.name or "dataset",
            "nouns": nouns,
            "n_items": len(dataset.items),
            "n_classes": len(dataset.classes),
            "n_left_out": max(0, len(dataset.classes) - _MAX_CLASSES),
            "groups": groups,
            "notes": dataset.notes,
            "seed": seed,
            "blocks": [(position[i], Markup(text)) for i, text in shelf.blocks.items()] if shelf else [],
            "shelf": shelf,
            "cap_mib": cap_bytes / 2**20,
        },
    ).encode("utf-8", "replace")
