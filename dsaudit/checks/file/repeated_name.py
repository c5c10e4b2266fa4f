"""FIL008 repeated-name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.dataset.member import member_of, without_place
from dsaudit.dataset.segment import file_and_segment
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "FIL008",
    message="{n} files in {file} are called so",
    headline=("the name of {flagged} comes again in its shard", "the names of {flagged} come again in their shards"),
    since="0.1.0",
)
def repeated_name(items: DataFrame) -> DataFrame:
    """A shard holds several files of one name.

    What it does
    ------------
    Reports items inside a tar or another container whose name another item in it has, too.

    Why is this bad?
    ----------------
    Whoever unpacks the shard keeps only the last of them, WebDataset stops there, and a label beside them may be meant
    for any.

    What to do
    ----------
    Write the shard again with a key of its own for every sample.

    Options
    -------
    No options.

    Limits
    ------
    Names are compared within one shard: samples of one key in two shards are told apart by them.

    References
    ----------
    https://github.com/webdataset/webdataset
    """
    parted = [file_and_segment(uri) if isinstance(uri, str) else ("", None) for uri in items["uri"]]
    members = [member_of(path) for path, _ in parted]
    names = [path if member is None else without_place(path) for member, (path, _) in zip(members, parted, strict=True)]
    places: dict[str, set[int]] = {}
    for member, name in zip(members, names, strict=True):
        if member is not None:
            places.setdefault(name, set()).add(member.at)
    n = [len(places.get(name, ())) for name in names]
    files = ["" if member is None else member.container.rpartition("/")[2] for member in members]
    table = items[[]].assign(n=n, file=files, score=[1.0 / max(k, 1) for k in n], flagged=[k > 1 for k in n])
    return table.iloc[[k for k, member in enumerate(members) if member is not None]]
