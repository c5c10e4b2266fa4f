"""What must not be torn apart between folds: speakers and other groups, read from identifiers."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from dsaudit.dataset.names import counted
from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOHASH = re.compile(r"(?:^|[/_])([^/_]+)_nohash_[^/]*$")
_MIN_SHARE = 0.5

_PLACEHOLDERS = frozenset(
    {"unknown", "unk", "undefined", "unspecified", "anonymous", "not available", "missing", "empty", "-", "_", "--"}
    | {"n/a", "n.a.", "na", "#n/a", "<na>", "nan", "none", "null", "nil", "?", "-1", "-1.0"}
)

SPEAKER_IN_NAME = "speaker in the file name"


def groups_from_names(ids: Sequence[str]) -> list[str | None] | None:
    """Speakers by Speech Commands' convention: the word before ``_nohash_`` in the file name.

    Returns
    -------
    list of (str or None), or None
        None where fewer than half of the names follow the convention.

    Examples
    --------
    >>> groups_from_names(["yes/0a7c_nohash_0.wav", "no/0a7c_nohash_1.wav"])
    ['0a7c', '0a7c']
    """
    groups = [m[1] if (m := _NOHASH.search(item_id)) else None for item_id in ids]
    matched = len(groups) - groups.count(None)
    return groups if matched and matched >= _MIN_SHARE * len(groups) else None


def groups_from_pattern(pattern: str, ids: Sequence[str]) -> tuple[list[str | None], list[str]]:
    r"""Groups by a regular expression searched in every item id.

    Parameters
    ----------
    pattern : str
        The first capturing group that took part is the group's name; the whole match where there is none.
    ids : sequence of str

    Returns
    -------
    groups : list of (str or None)
    notes : list of str

    Raises
    ------
    UsageError
        The pattern is no regular expression, or matches no item at all.

    Examples
    --------
    >>> groups_from_pattern(r"speaker(\d+)", ["yes/speaker7-1.wav", "no/speaker8-1.wav"])[0]
    ['7', '8']
    """
    return parts_by_pattern(pattern, ids, what="group")


def parts_by_pattern(pattern: str, ids: Sequence[str], *, what: str) -> tuple[list[str | None], list[str]]:
    """The part of every item id that a pattern captures; ``what`` it is, for messages. See ``groups_from_pattern``."""
    try:
        regex = re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"{what} pattern {pattern!r} is not a regular expression: {error}",
            hint="for the part of the file name before the first underscore: '([^/_]+)_[^/]*$'",
        ) from error
    parts = [_part(regex.search(item_id)) for item_id in ids]
    missing = parts.count(None)
    if ids and missing == len(parts):
        raise UsageError(
            f"{what} pattern {pattern!r} matches none of the {len(ids)} items",
            hint=f"it is searched in paths such as {ids[0]!r}",
        )
    notes = [f"{what} pattern {pattern!r} matches all but {missing} of {len(ids)} items"] if missing else []
    return parts, notes


def without_placeholders(groups: Sequence[str | None], *, what: str = "group") -> tuple[list[str | None], list[str]]:
    """Groups, or splits, without what stands for none: unknown, ``-``, N/A, -1, nan; and a note of how many there were.

    Examples
    --------
    >>> without_placeholders(["ann", "Unknown", "unknown", "-1"])
    (['ann', None, None, None], ["no group is what stands for none: 'unknown' (2 items), '-1' (1 item)"])
    """
    stands_for_none = Counter(
        word for group in groups if group is not None and (word := group.strip().casefold()) in _PLACEHOLDERS
    )
    if not stands_for_none:
        return list(groups), []
    words = ", ".join(f"{word!r} ({counted(n, 'item')})" for word, n in stands_for_none.most_common())
    kept = [None if group is None or group.strip().casefold() in stands_for_none else group for group in groups]
    return kept, [f"no {what} is what stands for none: {words}"]


def cost(groups: Sequence[str | None], labels: Sequence[str | None]) -> str:
    """What holding these groups together would cost, in words; empty where it is affordable.

    A class that lies in one group alone can be held out or learned from, not both.

    Examples
    --------
    >>> cost(["web", "web", "tv", "tv"], ["yes", "yes", "no", "no"])
    'all 2 classes have one value each, so none could be learned'
    >>> cost(["ann", "bob", "ann", "bob"], ["yes", "yes", "no", "no"])
    ''
    """
    sizes = Counter(label for label in labels if label is not None)
    held = {(label, k if group is None else group) for k, (group, label) in enumerate(zip(groups, labels, strict=True))}
    spread = Counter(label for label, _ in held)
    classes = [label for label, n in sizes.items() if n > 1]
    alone = sum(1 for label in classes if spread[label] == 1)
    if len(set(groups)) == 1 and groups[0] is not None:
        return "it has one value throughout"
    if 2 * alone <= len(classes):
        return ""
    if alone == len(classes):
        return f"all {alone} classes have one value each, so none could be learned"
    return f"{alone} of {len(classes)} classes have one value each and could not be learned"


def _part(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    if match.re.groups:
        return next((g for g in match.groups() if g), None)
    return match[0] or None
