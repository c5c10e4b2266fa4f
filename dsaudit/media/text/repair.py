"""Mended copies of texts: encoding, markup, white space and Unicode, personal data."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.media.personal import in_words, personal_data, redacted
from dsaudit.media.text.encoding import mended
from dsaudit.media.text.hidden import without_hidden
from dsaudit.media.text.markup import leftovers

if TYPE_CHECKING:
    from collections.abc import Callable


_LOST = "\ufffd"


@dataclass(frozen=True, slots=True)
class TextRepairs:
    """What is to be done to texts, in this order.

    Attributes
    ----------
    mend_encoding : bool
        UTF-8 that was read as something else becomes what it was.
    strip_markup : bool
        Tags, entities, Markdown and forum markup give way to the words they stand around; a text about markup is left
        alone, and so are web addresses.
    plain_characters : bool
        Unicode in its composed form (NFC), no characters that nobody sees and nobody needs, one blank for any white
        space within a line, at most one empty line.
    redact : bool
        Tags such as ``[e-mail]`` in the place of personal data, see ``dsaudit.media.personal``.
    """

    mend_encoding: bool = False
    strip_markup: bool = False
    plain_characters: bool = False
    redact: bool = False

    def __bool__(self) -> bool:
        return self.mend_encoding or self.strip_markup or self.plain_characters or self.redact


def repaired(text: str, repairs: TextRepairs) -> tuple[str, tuple[str, ...]]:
    """The text mended, and what was done, in words; nothing where nothing was needed.

    Examples
    --------
    >>> repaired("<b>Itâ€™s</b> me@example.com", TextRepairs(mend_encoding=True, strip_markup=True, redact=True))
    ('It’s [e-mail]', ('encoding mended', 'markup stripped', 'personal data replaced: 1 e-mail address'))
    """
    done = []
    steps: tuple[tuple[bool, Callable[[str], str], str], ...] = (
        (repairs.mend_encoding, mended, "encoding mended"),
        (repairs.strip_markup, stripped, "markup stripped"),
        (repairs.plain_characters, plainly, "white space and Unicode made one"),
    )
    for asked, change, said in steps:
        if asked and (new := change(text)) != text:
            lost = f": what {_LOST} stands for is lost" if change is mended and _LOST in new else ""
            text = new
            done.append(said + lost)
    if repairs.redact and (found := personal_data(text)):
        text = redacted(text)
        done.append(f"personal data replaced: {in_words(found)}")
    return text, tuple(done)


_UNSEEN = re.compile(r"<!--.*?-->|<!DOCTYPE[^>]*>|<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(
    r"\s*</?(?:br|p|div|li|ul|ol|tr|table|h[1-6]|hr|section|article|blockquote|pre)\b[^<>]*>\s*", re.IGNORECASE
)
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>")
_MARKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*(?:\s\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"\[\[(?:[^\[\]\n|]*\|)?([^\[\]\n]+)\]\]"), r"\1"),
    (re.compile(r"\[/?(?:b|i|u|url|quote|img|code)(?:=[^\]]*)?\]", re.IGNORECASE), ""),
    (re.compile(r"(?<![*\w])\*\*(?=\S)([^*\n]+)(?<=\S)\*\*(?![*\w])"), r"\1"),
    (re.compile(r"(?<![_\w])__(?=\S)(?!\w+__)([^_\n]+)(?<=\S)__(?![_\w])"), r"\1"),  # no name such as __init__
    (re.compile(r"^(?:#{1,6} |```\w*$)", re.MULTILINE), ""),
)
_NO_AMPERSAND = re.compile(r"(?<![&\w#;])(amp|quot|lt|gt|apos|nbsp|#\d{2,4}|#[xX][0-9a-fA-F]{2,4});")


def stripped(text: str) -> str:
    """A text without its markup; as it is where it is about markup or has none.

    Examples
    --------
    >>> stripped("<p>AT&amp;T<br/>**rose**, see [the chart](https://example.com/c)</p>")
    'AT&T\\nrose, see the chart'
    >>> stripped("In HTML write &amp; for an ampersand")
    'In HTML write &amp; for an ampersand'
    """
    if leftovers(text) is None:
        return text
    text = _TAG.sub("", _BREAK.sub("\n", _UNSEEN.sub("", text)))
    text = html.unescape(html.unescape(_NO_AMPERSAND.sub(r"&\1;", text)))
    for mark, instead in _MARKS:
        text = mark.sub(instead, text)
    return "\n".join(line for line in (" ".join(part.split()) for part in text.split("\n")) if line)


def plainly(text: str) -> str:
    r"""A text in one form of Unicode, without what nobody sees, with one kind of white space.

    Examples
    --------
    >>> plainly(" cafe\u0301\u00a0 au\u200b lait \r\n\n\n\nplease ")
    'café au lait\n\nplease'
    """
    text = without_hidden(unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
