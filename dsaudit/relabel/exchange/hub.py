"""What folders that ``datasets.load_dataset`` reads have in common.

Formats: https://huggingface.co/docs/datasets/repository_structure and https://huggingface.co/docs/datasets/audio_dataset
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.names import counted
from dsaudit.media import media_for
from dsaudit.relabel.apply.plan import Line
from dsaudit.relabel.apply.tree import Grown, check_tree, grow, mark, new_tree
from dsaudit.store.files import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from dsaudit.relabel.exchange.outgoing import Outgoing
    from dsaudit.relabel.exchange.review_item import ReviewItem

_ODD = re.compile(r"\W+", re.ASCII)
_CLASSES = ("label", "given_label", "predicted_label")
_ONLY, _REST = "train", "unsplit"
"""What a split is called where there are none, and that of items without one where there are some."""


@contextmanager
def new_folder(out: Outgoing) -> Iterator[Path]:
    """The folder to fill, which is there in the end or not at all.

    Raises
    ------
    UsageError, StoreError
        It would lie in the data, or something is there.
    """
    files = [item.uri for item in out.items if item.text is None]
    told = out.run.meta.source_path
    check_tree(out.path.absolute(), source=Path(told) if told else None, uris=files, force=out.force)
    with new_tree(out.path.absolute()) as folder, writing(folder):
        yield folder
        mark(folder, {"run": out.run.id})


def by_split(items: Sequence[ReviewItem]) -> dict[str, list[int]]:
    """Places of the items of each split, by a name that ``datasets`` takes."""
    found: dict[str, list[int]] = defaultdict(list)
    rest = _REST if any(item.split for item in items) else _ONLY
    for place, item in enumerate(items):
        found[_ODD.sub("_", item.split or rest).strip("_") or rest].append(place)
    return dict(sorted(found.items()))


def lines_of(items: Sequence[ReviewItem]) -> list[Line]:
    """The items as they are put into a folder, label by label."""
    return [Line(item.item_id, item.uri, item.label, item.label) for item in items]


def copied(out: Outgoing, folder: Path, items: Sequence[ReviewItem]) -> Grown:
    """Copies of the files of items, or of the stretches of files that they are, in folders of their labels."""
    return grow(folder, lines_of(items), media=media_for(out.kind.name))


def describe(folder: Path, files: Mapping[str, str]) -> None:
    """Write the page from which ``datasets`` reads which files each split has."""
    told = [f"  - split: {split}\n    path: {json.dumps(path)}\n" for split, path in files.items()]
    text = f"---\nconfigs:\n- config_name: default\n  data_files:\n{''.join(told)}---\n"
    (folder / "README.md").write_text(text, encoding="utf-8")


def said_of(out: Outgoing, problems: Sequence[tuple[str, str]]) -> list[str]:
    """What there is now, what was left out, and how it is loaded."""
    lines = [f"{len(out.items):,} items  {out.path}"]
    if problems:
        lines.append(f"not whole  {counted(len(problems), 'item')}, such as {problems[0][0]}: {problems[0][1]}")
    return [*lines, f"load       datasets.load_dataset({json.dumps(str(out.path))})"]


def value_of(kind: Any) -> dict[str, Any]:
    """The feature of a column of plain values, by its Arrow type.

    Examples
    --------
    >>> import pyarrow as pa
    >>> value_of(pa.float64()), value_of(pa.string())
    ({'dtype': 'float64', '_type': 'Value'}, {'dtype': 'string', '_type': 'Value'})
    """
    return {"dtype": {"double": "float64", "float": "float32"}.get(str(kind), str(kind)), "_type": "Value"}


def typed(columns: dict[str, list[Any]], out: Outgoing) -> tuple[pa.Table, dict[str, Any]]:
    """The columns as a table, labels as numbers of classes, and their features by name."""
    import pyarrow as pa

    arrays, features = {}, {}
    labels = [label for name in _CLASSES for label in columns.get(name, ()) if label is not None]
    names = [*out.run.meta.classes, *sorted(set(labels) - set(out.run.meta.classes))]
    number = {name: k for k, name in enumerate(names)}
    for name, cells in columns.items():
        if name in _CLASSES and names:
            arrays[name] = pa.array([None if cell is None else number[cell] for cell in cells], pa.int64())
            features[name] = {"names": names, "_type": "ClassLabel"}
        else:
            arrays[name] = array_of(cells)
            features[name] = value_of(arrays[name].type)
    return pa.table(arrays), features


def array_of(cells: Sequence[Any]) -> pa.Array:
    """Cells as a column of one type: texts, where they are of several."""
    import pyarrow as pa

    try:
        array = pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        array = pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array


def with_features(table: pa.Table, features: Mapping[str, Any]) -> pa.Table:
    """The table with its features where ``datasets`` looks for them."""
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
