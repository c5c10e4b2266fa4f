"""Items that are several texts, such as a question and its answer: halves that are the same, or stand the other way."""

from __future__ import annotations

import hashlib

from dsaudit.dataset.inline import parts
from dsaudit.media.text.normal import plain


def pair(text: str) -> tuple[str | None, str | None]:
    """What is said of an item's halves, and their identity in either order; both None of an item that is one text.

    Returns
    -------
    (str or None, str or None)
        ``the same`` where the halves are but for case, punctuation and the like; and a hash that both orders share with
        ``<`` or ``>`` behind it for the order, None where the halves are the same or one is empty.

    Examples
    --------
    >>> from dsaudit.dataset.inline import PART
    >>> pair("one text"), pair(PART.join(["It rains.", "it rains"]))
    ((None, None), ('the same', None))
    >>> one, other = pair(PART.join(["a b", "c d"]))[1], pair(PART.join(["c d", "a b"]))[1]
    >>> one[:-1] == other[:-1], one[-1], other[-1]
    (True, '<', '>')
    """
    halves = [plain(half) for half in parts(text)]
    if len(halves) != 2 or not all(halves):
        return None, None
    if halves[0] == halves[1]:
        return "the same", None
    both = "\x1e".join(sorted(halves)).encode("utf-8", "surrogatepass")
    return None, hashlib.blake2b(both, digest_size=8).hexdigest() + ("<" if halves[0] < halves[1] else ">")
