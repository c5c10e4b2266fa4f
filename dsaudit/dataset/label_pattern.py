"""Labels in file names: by a pattern of the user's, and the one to propose where names obviously hold one."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from dsaudit.dataset.groups import parts_by_pattern
from dsaudit.dataset.splits import is_split

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_CLASSES = 500
_SHARE = 0.98
_SEPARATORS = "_-. "
_DEEPEST = 8
_MOST_FIELDS = 4


def labels_from_pattern(pattern: str, ids: Sequence[str]) -> tuple[list[str | None], list[str]]:
    r"""Labels by a regular expression searched in every item id, as for ``groups_from_pattern``.

    Examples
    --------
    >>> labels_from_pattern(r"([^/_]+)_[^/]*$", ["rec/7_jackson_0.wav", "rec/8_jackson_0.wav"])[0]
    ['7', '8']
    """
    return parts_by_pattern(pattern, ids, what="label")


def proposed(paths: Sequence[str]) -> str:
    """One line that names the patterns under which the names tell classes, and groups; empty where none is obvious.

    The last part of a name that is a number only counts. The parts before it are taken apart where they occur in every
    combination, as digit and speaker do; else they are one.

    Examples
    --------
    >>> names = [f"{digit}_{speaker}_{k}.wav" for digit in "789" for speaker in ("ann", "bob") for k in range(3)]
    >>> print(proposed(names))
    the file names may hold the label: --label-pattern '([^/_]+)_[^/]*$' makes 3 classes (7, 8, 9), --label-pattern \
'(?:^|/)[^/_]+_([^/_]+)_[^/]*$' 2 (ann, bob); the other one is then for --group-pattern
    """
    stems = [re.sub(r"\.[^./]*$", "", path.rpartition("/")[2]) for path in paths]
    for mark in _SEPARATORS:
        parts = [stem.split(mark) for stem in stems]
        if sum(len(p) > 1 for p in parts) >= _SHARE * len(parts):
            break
    else:
        return _of_letters(stems)
    own = re.escape(mark) if mark != " " else " "
    word = f"[^/{own if mark == '-' else mark}]+"
    counted_off = sum(p[-1].isdigit() for p in parts) >= _SHARE * len(parts)
    heads = [tuple(p[:-1]) if counted_off else tuple(p) for p in parts]
    widths = {len(h) for h in heads}
    options: list[tuple[str, Counter[str]]] = []
    if len(widths) == 1 and (not counted_off or _crossed(heads)):
        for k in range(min(widths)):
            values = Counter(h[k] for h in heads)
            if _class_like(values):
                before = f"{word}{own}" * k
                after = f"{own}[^/]*$" if k < len(parts[0]) - 1 else r"\.[^./]*$"
                start = "" if k == 0 else "(?:^|/)"
                options.append((f"{start}{before}({word}){after}", values))
    elif counted_off:
        values = Counter(mark.join(h) for h in heads)
        if _class_like(values):
            options.append((rf"([^/]+){own}\d+\.[^./]*$", values))
    return _sentence(options)


def recurring_fields(paths: Sequence[str], folders: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Parts of the file names that take the same values in most folders, as patterns with those values.

    What only counts (a number at the end) is none, nor what tells the folder again.

    Examples
    --------
    >>> names = [f"{who}/{word}_{k}.wav" for who in ("anna", "ben") for word in ("yes", "no") for k in "12"]
    >>> recurring_fields(names, [name.split("/")[0] for name in names])
    [('([^/_]+)_[^/]*$', ['no', 'yes'])]
    """
    stems = [re.sub(r"\.[^./]*$", "", path.rpartition("/")[2]) for path in paths]
    most = _SHARE * len(stems)
    mark = next((mark for mark in _SEPARATORS if sum(mark in stem for stem in stems) >= most), None)
    if mark is None:
        numbered = sum(bool(re.fullmatch(r"[^\d]+\d+", stem)) for stem in stems) >= most
        named = not any(stem.isdigit() for stem in stems)
        patterns = [r"([^/\d]+)\d+\.[^./]*$"] if numbered else [r"([^/]+)\.[^./]*$"] if named else []
    else:
        own = re.escape(mark) if mark != " " else " "
        word = f"[^/{own if mark == '-' else mark}]+"
        ends_in_number = sum(stem.rpartition(mark)[2].isdigit() for stem in stems) >= most
        width, n = Counter(stem.count(mark) for stem in stems).most_common(1)[0]
        if n >= most:
            ends = [f"{own}[^/]*$"] * width + [r"\.[^./]*$"]
            starts = [f"(?:^|/){f'{word}{own}' * k}" if k else "" for k in range(width + 1)]
            patterns = [f"{start}({word}){end}" for start, end in zip(starts, ends, strict=True)]
            patterns = patterns[: width + (not ends_in_number)]
        else:
            patterns = [rf"([^/]+){own}\d+\.[^./]*$"] if ends_in_number else []
    found = []
    for pattern in patterns:
        if (values := _recurring(pattern, paths, folders)) is not None:
            found.append((pattern, values))
    return found


def _recurring(pattern: str, paths: Sequence[str], folders: Sequence[str]) -> list[str] | None:
    within: dict[str, set[str]] = {}
    for path, folder in zip(paths, folders, strict=True):
        if (match := re.search(pattern, path)) is not None:
            within.setdefault(match[1], set()).add(folder)
    n_folders = len(set(folders))
    often = sum(2 * len(held) >= n_folders for held in within.values() if len(held) > 1)
    few = 2 <= len(within) <= min(_MOST_CLASSES, len(paths) // 2)
    return sorted(within) if few and often >= 0.6 * len(within) else None


def folder_pattern(paths: Sequence[str], values: Sequence[str | None]) -> str:
    """The pattern that finds a folder's name in every path; empty where there is none.

    Examples
    --------
    >>> folder_pattern(["data/anna/yes/1.wav", "data/ben/no/1.wav"], ["anna", "ben"])
    '^[^/]+/([^/]+)/'
    """
    pairs = [(path, value) for path, value in zip(paths, values, strict=True) if value is not None]
    counts = [f"(?:[^/]+/){{{n}}}" if n > 1 else "[^/]+/" * n for n in range(_DEEPEST)]
    for pattern in [*(f"^{n}([^/]+)/" for n in counts), *(f"([^/]+)/{n}[^/]+$" for n in counts)]:
        if all((match := re.search(pattern, path)) is not None and match[1] == value for path, value in pairs):
            return pattern
    return ""


def fields_sentence(fields: Sequence[tuple[str, Sequence[str]]], what: str = "--label-pattern") -> str:
    """``--label-pattern 'P' makes 8 classes (01, 02, 03, …), 'Q' 2 (01, 02)``."""
    told = []
    for pattern, values in fields[:_MOST_FIELDS]:
        option = f"{what} '{pattern}'"
        names = ", ".join(values[:3]) + (", …" if len(values) > 3 else "")
        told.append(f"{option} makes {len(values)} {'groups' if 'group' in what else 'classes'} ({names})")
    return " or ".join(told)


def _of_letters(stems: Sequence[str]) -> str:
    """Names such as ``dog12``."""
    heads = [m[1] if (m := re.fullmatch(r"(\D+)\d+", stem)) else None for stem in stems]
    values = Counter(h for h in heads if h is not None)
    if heads.count(None) <= (1 - _SHARE) * len(heads) and _class_like(values):
        return _sentence([(r"([^/\d]+)\d+\.[^./]*$", values)])
    return ""


def _class_like(values: Counter[str]) -> bool:
    n = sum(values.values())
    if all(map(is_split, values)):
        return False
    return 2 <= len(values) <= min(_MOST_CLASSES, n // 3) and sum(1 for v in values.values() if v > 1) >= 0.8 * len(
        values
    )


def _crossed(heads: Sequence[tuple[str, ...]]) -> bool:
    """Whether the parts occur in most of their combinations, so that each says something of its own."""
    if len(heads[0]) == 1:
        return True
    possible = 1
    for k in range(len(heads[0])):
        possible *= len({h[k] for h in heads})
    return 2 * len(set(heads)) >= possible


def _sentence(options: Sequence[tuple[str, Counter[str]]]) -> str:
    if not options:
        return ""
    shown: list[str] = []
    for pattern, values in options[:_MOST_FIELDS]:
        names = sorted(values)
        more = ", …" if len(names) > 3 else ""
        classes = f"makes {len(names)} classes" if not shown else f"{len(names)}"
        shown.append(f"--label-pattern '{pattern}' {classes} ({', '.join(names[:3])}{more})")
    text = f"the file names may hold the label: {', '.join(shown)}"
    others = "the other one is then" if len(shown) == 2 else "one of the others may be"
    return text + (f"; {others} for --group-pattern" if len(shown) > 1 else "")
