"""Markup that stayed in a text, told from a text about markup."""

from __future__ import annotations

import re

_SIGNS = r"amp|lt|gt|quot|apos|nbsp|ndash|mdash|hellip|rsquo|lsquo|rdquo|ldquo|copy|reg|trade|euro|pound|middot|bull"
_LETTERS = r"[aeiouyncAEIOUYNC](?:acute|grave|circ|uml|tilde|cedil|slash|ring)|szlig|oslash|aring|aelig"
_ENTITY = re.compile(rf"&(?:amp;)*(?:{_SIGNS}|{_LETTERS}|#\d{{1,6}}|#[xX][0-9a-fA-F]{{1,5}});")
_LOST_AMPERSAND = re.compile(
    r"(?<![&\w#])(?:(?:amp|quot|lt|gt|apos|nbsp);|#(?:3[489]|6[02]|160|82\d\d|[xX](?:2[267]|3[cCeE]|[aA]0|20\d\d));(?=\S))"
    r"|(?<=\s)\s#(?:3[489]|6[02]|[xX](?:2[267]|3[cCeE]));"
)
"""The number of an issue looks the same, unless a word or the blank that was an ampersand stands beside it."""
_NAMES = (
    r"a|abbr|article|b|big|blockquote|body|br|button|center|cite|code|dd|del|div|dl|dt|em|figure|font|footer|form|h[1-6]"
    r"|head|header|hr|html|i|iframe|img|input|ins|label|li|link|meta|nav|ol|option|p|pre|s|script|section|select|small"
    r"|span|strike|strong|style|sub|sup|table|tbody|td|textarea|th|thead|title|tr|tt|u|ul|video"
)
_TAG = re.compile(rf"<(/?)({_NAMES})((?:\s+[^<>]*)?)/?>|<!--.*?-->|<!DOCTYPE[^>]*>", re.IGNORECASE | re.DOTALL)
_VOID = {"br", "hr", "img", "input", "p", "li", "meta", "link"}
_MARKDOWN = (
    re.compile(r"!?\[[^\]\n]{1,200}\]\((?:https?:|/|#|www\.|mailto:)[^)\s]*\)"),
    re.compile(
        r"(?<![*\w])\*\*(?=\S)[^*\n]+(?<=\S)\*\*(?![*\w])|(?<![_\w])__(?=\S)(?![a-z0-9]+__)[^_\n]+(?<=\S)__(?![_\w])"
    ),
    re.compile(r"^#{1,6} \S", re.MULTILINE),
    re.compile(r"^```|^\s*\|.*\|\s*\n\s*\|[-:| ]+\|", re.MULTILINE),
)
"""Small letters between two lines each, `__init__`, are a name in Python."""
_WIKI = re.compile(r"\[\[[^\[\]\n]+\]\]|\{\{[^{}\n]+\}\}|\[/?(?:b|i|u|url|quote|img|code)(?:=[^\]]*)?\]", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_ESCAPED = re.compile(
    r"%(?:20|2[CFfc]|3[ADFadf]|C3%[0-9A-Fa-f]{2})(?=\S*%[0-9A-Fa-f]{2}|\w)"
    r"|\\u(?!d[89a-f])[0-9a-f]{4}|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}"
    r"|\\[nrt](?=\s|\\|[A-Z]|$)"
)
_ABOUT = re.compile(
    r"\b(?:x?html5?|xml|css|javascript|entit(?:y|ies)|ampersand|markup|markdown|attributes?|web ?pages?|browsers?"
    r"|tags?)\b",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"\b(?:use|write|type|insert|put|add|the|an?|tags?|elements?|entity|code|called|named|with|via|of|by|is|means"
    r"|between|inside|and|or|like|as|escape|close|open|opening|closing)[\s\"'`(]*$",
    re.IGNORECASE,
)


def leftovers(text: str) -> str | None:
    """What kinds of markup stayed in a text, in words; None where there is none, or the text is about it.

    Examples
    --------
    >>> leftovers("AT&amp;T rose"), leftovers("<p>rain<br/></p>"), leftovers("Rock  #39;n #39; Roll")
    ('HTML entities', 'HTML tags', 'HTML entities without their ampersand')
    >>> leftovers("In HTML write &amp; for an ampersand"), leftovers("if a < b and b > c then swap")
    (None, None)
    """
    found = []
    if "&" in text and not _mentioned(text, list(_ENTITY.finditer(text))):
        found.append("HTML entities")
    if ";" in text and _LOST_AMPERSAND.search(text):
        found.append("HTML entities without their ampersand")
    if "<" in text and not _mentioned_tags(text):
        found.append("HTML tags")
    if any(one.search(text) for one in _MARKDOWN):
        found.append("Markdown")
    if ("[" in text or "{{" in text) and _WIKI.search(text):
        found.append("wiki or forum markup")
    if ("%" in text or "\\" in text) and _ESCAPED.search(text):
        found.append("escaped characters")
    return ", ".join(found) or None


def n_addresses(text: str) -> int:
    """How many web addresses a text holds.

    >>> n_addresses("see https://example.org/a and www.example.com")
    2
    """
    return len(_ADDRESS.findall(text)) if "/" in text or "www." in text.lower() else 0


def _mentioned(text: str, entities: list[re.Match[str]]) -> bool:
    """Whether every entity is spoken of rather than left over: it stands alone where a text names or is about such."""
    return all(_stands_alone(text, match) and _introduced(text, match) for match in entities)


def _mentioned_tags(text: str) -> bool:
    tags = list(_TAG.finditer(text))
    if not tags:
        return True
    closed = {match[2].lower() for match in tags if match[1]}
    for match in tags:
        name, attributes = (match[2] or "").lower(), (match[3] or "").strip(" /")
        paired = name in closed and name in {m[2].lower() for m in tags if m[2] and not m[1]}
        if attributes or not name or not _stands_alone(text, match) or not _introduced(text, match):
            # <b>bold</b> within a sentence about HTML is an example
            if not (paired and not attributes and _about(text, tags) and not _wraps(text, tags)):
                return False
        elif name in _VOID and not _about(text, tags):
            return False
    return True


def _wraps(text: str, tags: list[re.Match[str]]) -> bool:
    return tags[0].start() == 0 and tags[-1].end() == len(text.rstrip())


def _about(text: str, marks: list[re.Match[str]]) -> bool:
    for match in reversed(marks):
        text = text[: match.start()] + " " + text[match.end() :]
    return bool(_ABOUT.search(text))


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    return (not before or before in " \n\t\"'`(“‘") and (not after or after in " \n\t\"'`).,:;!?”’")


def _introduced(text: str, match: re.Match[str]) -> bool:
    return bool(_INTRODUCED.search(text[: match.start()])) or _about(text, [match])
