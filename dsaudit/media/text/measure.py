"""What is measured of a text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

from dsaudit.dataset.inline import readable
from dsaudit.media.personal import in_words, personal_data
from dsaudit.media.text.candidate import passages, sketches
from dsaudit.media.text.encoding import mix_up
from dsaudit.media.text.hidden import hidden_characters
from dsaudit.media.text.markup import leftovers, n_addresses
from dsaudit.media.text.normal import plain, seen
from dsaudit.media.text.pair import pair
from dsaudit.media.text.script import look_alikes
from dsaudit.media.text.wording import capital_share, placeholder, repeated

if TYPE_CHECKING:
    from dsaudit.media.base import Measured

_BROKEN = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u2022\u2026\u2030\u20ac\u2122]+|\ufffd"
)
"""UTF-8 that was read as Latin-1 or Windows-1252, and what stands for bytes that could not be read."""
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAME = re.compile(r"(?<!\w)@\w+")
_STAND_IN = re.compile(
    r"[\[<({]\W{0,3}(?:deleted|removed|redacted|no[ _]?text|empty|blank|none|null|missing|unknown|image|photo|video|gif"
    r"|media|sticker|attachment|link|url|user|name)(?: (?:omitted|removed|deleted|attached))?\W{0,3}[\]>)}]",
    re.IGNORECASE,
)
_EMPTY_WORDS = frozenset(
    {"test", "testing", "test test", "testtest", "asdf", "asdfasdf", "qwerty", "lorem ipsum", "xxx", "tbd", "todo"}
)
_LOOKED_AT = 50_000
"""Characters of a text in which something odd is looked for."""
_COMPARED = 500_000
"""Characters up to which a text is looked at for copies that are written otherwise."""
_LONG = re.compile(r"\S{500}")
"""Of what has no blanks for so long nothing is looked for as a whole: it would take time in its square."""
_SYMBOLS = ("So", "Sk", "Cn", "Co")


def measured(text: str) -> Measured:
    """Everything that is measured of a text that a reader sees something of.

    Returns
    -------
    dict
        ``n_characters``, ``n_words`` (parted by white space), ``broken_share`` (of the characters: those that a
        wrong encoding leaves, such as ``Ã¼`` and ``�``, 0 to 1), ``n_letters``, ``nothing_but`` (``words_left``),
        ``sample_hash`` (of the text as a reader sees it; None where no word is in it, for then it is no copy of
        anything), ``plain_hash`` (of its plain form, see ``normal.plain``), ``sketch`` and ``passages`` (see
        ``candidate``), ``perceptual_hash`` (empty), ``halves`` and ``pair_hash`` (see ``pair.pair``).
    """
    looked_at = _LONG.sub(r"\g<0> ", text[:_LOOKED_AT])
    n_letters, left = words_left(looked_at)
    words, whole = n_letters > 0, seen(text)
    bare = (plain(text) if len(text) <= _COMPARED else whole) if words else ""
    return {
        "n_characters": len(text),
        "n_words": len(text.split()),
        "broken_share": sum(map(len, _BROKEN.findall(text))) / max(1, len(text)),
        "n_letters": n_letters,
        "nothing_but": left,
        "sample_hash": hashed(whole) if words else None,
        "plain_hash": hashed(bare) if words else "",
        "sketch": sketches([bare])[0],
        "passages": passages(bare),
        "perceptual_hash": "",
        **dict(zip(("halves", "pair_hash"), pair(text[:_COMPARED]), strict=True)),
        **characters(readable(looked_at)),
    }


def characters(text: str) -> Measured:
    """What is odd about the characters of a text and what it holds beside words, each in words, None where nothing is.

    Returns
    -------
    dict
        ``mix_up`` (see ``encoding.mix_up``), ``hidden`` (characters nobody sees), ``look_alikes`` (words with letters
        of another script), ``markup`` (what stayed of it), ``n_links``, ``placeholder``, ``repeated``,
        ``capital_share`` (0 to 1; NaN of few letters) and ``personal`` (kinds and numbers of personal data).
    """
    return {
        "mix_up": mix_up(text),
        "hidden": hidden_characters(text)[1],
        "look_alikes": look_alikes(text),
        "markup": leftovers(text),
        "n_links": n_addresses(text),
        "placeholder": placeholder(text),
        "repeated": repeated(text),
        "capital_share": capital_share(text),
        "personal": in_words(personal_data(text)) or None,
    }


def words_left(text: str) -> tuple[int, str]:
    """Letters of the words beside links, names and what stands in for a text; where there are none, what the text is.

    One letter of an alphabet is no word.

    Returns
    -------
    (int, str)
        The second is empty where there are words.

    Examples
    --------
    >>> words_left("no"), words_left("不"), words_left("👍🏽"), words_left("@you www.a.org")
    ((2, ''), (1, ''), (0, 'emoji'), (0, 'links and names'))
    """
    shown = seen(text)
    if shown.casefold().strip(" .!") in _EMPTY_WORDS or (bare := _STAND_IN.sub(" ", shown)).isspace() or not bare:
        return 0, "a placeholder"
    parts = {"links": _LINK, "addresses": _ADDRESS, "names": _NAME}
    found = []
    for name, pattern in parts.items():
        bare, n = pattern.subn(" ", bare)
        if n:
            found.append(name)
    n_letters = sum(map(str.isalpha, bare))
    alone = n_letters == 1 and any(c.isalpha() and ord(c) < 0x0900 for c in bare)
    if n_letters and not alone:
        return n_letters, ""
    if n_letters:
        found.append("one letter")
    if any(map(str.isdigit, bare)):
        found.append("digits")
    if any(unicodedata.category(c) in _SYMBOLS for c in bare):
        found.append("emoji")
    return 0, " and ".join(found) or "punctuation"


def hashed(text: str) -> str:
    """Identity of a text as stored, 32 hexadecimal digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
