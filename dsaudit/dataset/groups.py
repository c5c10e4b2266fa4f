"""What must not be torn apart between folds: speakers and other groups, read from identifiers."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from dsaudit.dataset.names import counted, told_apart
from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOHASH = re.compile(r"(?:^|[/_])([^/_]+)_nohash_[^/]*$")
_MIN_SHARE = 0.5
_NEARLY = 0.9
"""Share of a class in one group from which on what is left is too little to learn it from."""

_THING = (
    r"(?:speaker|spkr?|spk|subject|user|client|person|patient|participant|actor|singer|group|source|session|recording|"
    r"identity|name|value|id)s?"
)
_NONE = (
    r"(?:unknown|unk|unspecified|undefined|unidentified|unnamed|unassigned|unavailable|unlabell?ed|anonymous|anonymized|"
    r"anonymised|anon|missing|empty|blank|none|null|nil|nan|na|n a|tbd|todo|not (?:\w+|yet \w+)|no (?:data|info|value))"
)
_PLACEHOLDER = re.compile(
    rf"(?:{_THING} )*(?:{_NONE}(?: {_THING})*|no {_THING}(?: {_THING})*(?: given)?)|(?:{_THING} )?-1(?:\.0)?"
)
"""What stands for no group, in plain words."""
_SOURCES, _FOLDS = frozenset({"source", "source_id", "sources"}), 5
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_MOST_TOLD = 3

SPEAKER_IN_NAME = "speaker in the file name"
_HOLDERS = ("speaker", "person", "patient", "subject", "source", "session", "device", "camera", "microphone", "site")
"""Names of columns that say in a word what a group is."""
_HOLDER = re.compile(r"^(\w+) in (?:the|each) |^column '(\w+)'$")


def holder_of(group_source: str) -> str:
    """What a group is, in a word.

    >>> holder_of("column 'speaker_id'"), holder_of("speaker in the file name"), holder_of("pattern 'x'")
    ('speaker', 'speaker', 'group')
    """
    found = _HOLDER.match(group_source)
    if found is None:
        return "group"
    column = (found[2] or "").lower().removesuffix("_id")
    return found[1] or (column if column in _HOLDERS else "group")


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
    words = Counter(group for group in groups if group is not None)
    none = {word for word in words if is_placeholder(word)}
    if not none:
        return list(groups), []
    stands_for_none: Counter[str] = Counter()
    for word in filter(none.__contains__, words):
        stands_for_none[word.strip().casefold()] += words[word]
    told = ", ".join(f"{word!r} ({counted(n, 'item')})" for word, n in stands_for_none.most_common())
    return [None if group in none else group for group in groups], [f"no {what} is what stands for none: {told}"]


def is_placeholder(word: str) -> bool:
    """Whether a word stands for none, whatever brackets or what it is of stand around it.

    Examples
    --------
    >>> [is_placeholder(word) for word in ("<unk>", "speaker_unknown", "Not specified", "N/A", "-1", "?", "-")]
    [True, True, True, True, True, True, True]
    >>> [is_placeholder(word) for word in ("anna", "unknown_7", "speaker-1", "s-1", "Nadia")]
    [False, False, False, False, False]
    """
    plain = _plain(word)
    if all(unicodedata.category(c)[0] in "PZC" or c in "<>=~+|^`" for c in plain):
        return True
    if not re.search(r"[^\W\d]", plain):
        return plain in ("-1", "-1.0")
    spelled = re.sub(r"[^\w-]+|_|-(?!\d)|(?<=[^\W_])-(?=\d)", " ", plain)
    return _PLACEHOLDER.fullmatch(" ".join(spelled.split())) is not None


def one_spelling(groups: Sequence[str | None]) -> tuple[list[str | None], list[str]]:
    """Groups without differences that nobody means: outer and doubled blanks, marks without width, case, Unicode form.

    The most frequent spelling is kept, of several as frequent the plainest one.

    Examples
    --------
    >>> one_spelling(["anna", "anna", "Anna ", "ben"])
    (['anna', 'anna', 'anna', 'ben'], ["1 group is spelt in several ways, read as one: 'anna', 'Anna '"])
    """
    counts = Counter(group for group in groups if group is not None)
    alike: dict[str, list[str]] = {}
    for group in sorted(
        counts, key=lambda group: (-counts[group], group != unicodedata.normalize("NFC", group.strip()), group)
    ):
        alike.setdefault(_plain(group) or group, []).append(group)
    several = [spellings for spellings in alike.values() if len(spellings) > 1]
    if not several:
        return list(groups), []
    kept = {group: spellings[0] for spellings in several for group in spellings}
    told = "; ".join(", ".join(map(told_apart, spellings[:4])) for spellings in several[:_MOST_TOLD])
    more = f"; and {len(several) - _MOST_TOLD} more" if len(several) > _MOST_TOLD else ""
    is_spelt = (
        "is spelt in several ways, read as one" if len(several) == 1 else "are spelt in several ways each, read as one"
    )
    note = f"{counted(len(several), 'group')} {is_spelt}: {told}{more}"
    return [None if group is None else kept.get(group, group) for group in groups], [note]


def _plain(word: str) -> str:
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFKC", word)).casefold().split())


def cost(groups: Sequence[str | None], labels: Sequence[str | None]) -> str:
    """What holding these groups together would cost, in words; empty where it is affordable.

    A class that lies in one group alone can be held out or learned from, not both; nor is there enough to learn from
    where nearly all of it does.

    Examples
    --------
    >>> cost(["web", "web", "tv", "tv"], ["yes", "yes", "no", "no"])
    'all 2 classes have one value each, so none could be learned'
    >>> cost(["ann", "bob", "ann", "bob"], ["yes", "yes", "no", "no"])
    ''
    """
    sizes = Counter(label for label in labels if label is not None)
    held = Counter(
        (label, k if group is None else group) for k, (group, label) in enumerate(zip(groups, labels, strict=True))
    )
    largest: dict[str | None, int] = {}
    for (label, _), n in held.items():
        largest[label] = max(n, largest.get(label, 0))
    classes = [label for label, n in sizes.items() if n > 1]
    alone = sum(1 for label in classes if sizes[label] == largest[label])
    nearly = sum(1 for label in classes if _NEARLY * sizes[label] <= largest[label] < sizes[label])
    if len(set(groups)) == 1 and groups[0] is not None:
        return "it has one value throughout"
    if 2 * (alone + nearly) <= len(classes):
        return ""
    if nearly:
        return f"{alone + nearly} of {len(classes)} classes have nearly all one value each and could not be learned"
    if alone == len(classes):
        return f"all {alone} classes have one value each, so none could be learned"
    return f"{alone} of {len(classes)} classes have one value each and could not be learned"


def few_sources(column: str, groups: Sequence[str | None]) -> int:
    """How many sources a column tells apart, where these are fewer than folds; 0 where they are enough, or no sources.

    A speaker or a patient is held out even where there are two of them: a model knows them again.

    Examples
    --------
    >>> few_sources("source", ["web", "old-db", "web"]), few_sources("speaker", ["ann", "bob"])
    (2, 0)
    """
    n = len(set(groups) - {None})
    return n if column.casefold() in _SOURCES and n < _FOLDS else 0


def _part(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    if match.re.groups:
        return next((g for g in match.groups() if g), None)
    return match[0] or None
