"""How a text is written: fillers in its place, shouting, repeats."""

from __future__ import annotations

import re

_LINK = re.compile(r"\b(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w@])@\w+")
_BRACKETED = re.compile(
    r"[\[<({]{1,2}\s*(?:deleted|removed|redacted|no (?:text|content|comment|title|data|body)|empty|blank|placeholder"
    r"|missing|null|none|n/?a|your text here|insert [\w ]{1,20}|text|user|url|image|photo|media omitted)"
    r"(?: by (?:user|author|moderator|admin))?\s*[\]>)}]{1,2}",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(?:lorem ipsum\b.*|(?:this is (?:an? |only a )?)?(?:test|testing|dummy|sample|example|placeholder)"
    r"(?: (?:test|text|message|data|entry|string|comment|post|record))*(?: ?\d{1,3})?|(?:test )+test|test(?:ing)? 1 2 3"
    r"|n/a|#n/a|#value!|#ref!|undefined|nan|\(null\)|tbd|tba|(?:to ?do|fixme)(?:[: ].{0,20})?|foo(?: ?bar)?(?: ?baz)?"
    r"|asdf+\w{0,6}"
    r"|(?:asd){2,}\w*|qwert[yz]\w{0,6}|abc ?123|blah(?: blah)*|x{3,}|\?{3,}|no (?:text|comment|content|data)"
    r"|not (?:available|applicable)|(?:type|enter|insert|your) (?:your )?(?:text|message|comment) here"
    r"|deleted user)[.!…]*",
    re.IGNORECASE | re.DOTALL,
)
_MISSING = frozenset({"n/a", "#n/a", "nan", "(null)", "not available", "not applicable"})
_LOREM = re.compile(r"\blorem ipsum\b|\bdolor sit amet\b|\bconsectetur adipi", re.IGNORECASE)
_RUN = re.compile(r"([^\W\d_])\1{3,}", re.IGNORECASE)
_SIGN_RUN = re.compile(r"([!?.,;:~*#=_/\\|+-])\1{5,}|[!?]{5,}|(\S{1,3})\2{5,}")
_WORD_RUN = re.compile(r"\b(\w+)(?:[\s,.!]+\1\b){3,}", re.IGNORECASE)
_ROMAN = re.compile(r"[ivxlcdmw]+", re.IGNORECASE)


def placeholder(text: str) -> str | None:
    """The filler that stands where a text should be; None where there is none.

    Examples
    --------
    >>> placeholder(" [deleted] "), placeholder("asdf"), placeholder("Lorem ipsum dolor sit amet")
    ('[deleted]', 'asdf', 'lorem ipsum')
    >>> placeholder("the test went well"), placeholder("None of it")
    (None, None)
    """
    plain = " ".join(text.split())
    if _LOREM.search(plain):
        return "lorem ipsum"
    if len(plain) <= 60 and (_BRACKETED.fullmatch(plain) or _PLACEHOLDER.fullmatch(plain)):
        return plain
    return None


def stands_for_missing(filler: str) -> bool:
    """Whether a filler is what programs write for a missing value: a word like others where that is an empty cell.

    >>> stands_for_missing("N/A"), stands_for_missing("asdf")
    (True, False)
    """
    return filler.strip(" .").casefold() in _MISSING


def capital_share(text: str) -> float:
    """Share of capitals among the letters that have them; NaN of fewer than ten such letters or one word.

    >>> capital_share("WHERE IS MY CARD"), capital_share("OK")
    (1.0, nan)
    """
    plain = _NAME.sub(" ", _LINK.sub(" ", text))
    large = sum(map(str.isupper, plain))
    cased = large + sum(map(str.islower, plain))
    if cased < 10 or sum(any(map(str.isalpha, word)) for word in plain.split()) < 2:
        return float("nan")
    return large / cased


def repeated(text: str) -> str | None:
    """The letter, sign or word that a text repeats without need; None where it does not.

    Examples
    --------
    >>> repeated("sooooo good"), repeated("why!!!!!!!!"), repeated("no no no no no")
    ('sooooo', '!!!!!!!!', 'no no no no no')
    >>> repeated("www.example.org, agreed, page xiii"), repeated("wait...")
    (None, None)
    """
    plain = _LINK.sub(" ", text)
    for found in _RUN.finditer(plain):
        word = _around(plain, found)
        if not _ROMAN.fullmatch(word):
            return _short(word)
    found_sign = _SIGN_RUN.search(plain)
    if found_sign and not set(found_sign[0]) <= set("=-_*#.~ 0123456789"):
        return _short(found_sign[0])
    found_word = _WORD_RUN.search(plain)
    return _short(found_word[0]) if found_word and not found_word[1].isdigit() else None


def _around(text: str, found: re.Match[str]) -> str:
    start, end = found.span()
    while start and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end]


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"
