"""Personal data in a text: found by form and check digits, counted, and covered wherever a text is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_E_MAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b")
_DIGITS = re.compile(r"(?<![\w.,+-])\d(?:[ -]?\d){11,18}(?![\w-]|[.,]\d)")
_PHONE = re.compile(
    r"(?<![\w.,/+-])(?:\+\d{1,3}[\s./-]?(?:\(0?\d{1,4}\)[\s./-]?)?\d(?:[\s./-]?\d){5,12}"
    r"|00[1-9]\d(?:[\s./-]?\d){6,12}"
    r"|\(\d{3}\)\s?\d{3}[\s.-]\d{4}|(?:1[\s.-])?[2-9]\d{2}([.-])\d{3}\1\d{4}|[2-9]\d{2} \d{3}[ -]\d{4}"
    r"|\(?0[1-9]\d{0,3}\)?[\s/-]\d(?:[\s/-]?\d){4,9}|0[1-9]\d{8,9}|0\d(?:[ .]\d\d){4})(?![\w/]|[.,-]\d)"
)
_CALLED = re.compile(
    r"\b(?:phone|tel|telephone|mobile|cell|call(?: me)?(?: at| on)?|whatsapp|fax|sms|text me(?: at| on)?)"
    r"(?: (?:no|number|nr|is))?[.:]? ?#?(\d[\d -]{5,13}\d)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[./ -](?:0?[1-9]|1[0-2])[./ -](?:19|20)\d\d|(?:19|20)\d\d[./ -]\d\d?[./ -]\d\d?"
)
_IBAN_LENGTH = {"AT": 20, "BE": 16, "CH": 21, "DE": 22, "DK": 18, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "IE": 22}
_IBAN_LENGTH |= {"IT": 27, "LU": 20, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "SE": 24}
KINDS = {
    "e-mail": ("e-mail address", "e-mail addresses"),
    "iban": ("IBAN", "IBANs"),
    "card": ("card number", "card numbers"),
    "phone": ("phone number", "phone numbers"),
}
"""What is looked for, by the tag that takes its place: for one and for several."""


def personal_data(text: str) -> dict[str, int]:
    """How many pieces of each kind a text holds, by tag.

    Examples
    --------
    >>> personal_data("mail me at ann@example.org or +44 20 7946 0958")
    {'e-mail': 1, 'phone': 1}
    >>> personal_data("card 4111 1111 1111 1111, not 4111 1111 1111 1112; GB82 WEST 1234 5698 7654 32")
    {'iban': 1, 'card': 1}
    """
    found: dict[str, int] = {}
    for _, _, kind in _spans(text):
        found[kind] = found.get(kind, 0) + 1
    return {kind: found[kind] for kind in KINDS if kind in found}


def in_words(found: dict[str, int]) -> str:
    """``1 e-mail address, 2 phone numbers``.

    >>> in_words({"e-mail": 1, "phone": 2})
    '1 e-mail address, 2 phone numbers'
    """
    return ", ".join(f"{n} {KINDS[kind][n > 1]}" for kind, n in found.items())


def redacted(text: str) -> str:
    """The text with a tag in the place of every piece of personal data.

    >>> redacted("ask ann@example.org about DE89 3704 0044 0532 0130 00")
    'ask [e-mail] about [iban]'
    """
    parts, at = [], 0
    for start, end, kind in sorted(_spans(text)):
        parts += [text[at:start], f"[{kind}]"]
        at = end
    return "".join([*parts, text[at:]])


def covered(text: str) -> str:
    """The text with a dot in the place of every letter and digit of personal data, so that one sees where it stands.

    >>> covered("ask ann@example.org or +44 20 7946 0958")
    'ask •••@•••••••.••• or +•• •• •••• ••••'
    """
    parts, at = [], 0
    for start, end, _ in sorted(_spans(text)):
        parts += [text[at:start], *("•" if sign.isalnum() else sign for sign in text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def _spans(text: str) -> list[tuple[int, int, str]]:
    """Start, end and kind of each piece; none overlaps another."""
    if "@" not in text and not any(map(str.isdigit, text)):
        return []
    taken: list[tuple[int, int, str]] = []
    for start, end, kind in _candidates(text):
        if all(end <= a or start >= b for a, b, _ in taken):
            taken.append((start, end, kind))
    return taken


def _candidates(text: str) -> Iterator[tuple[int, int, str]]:
    """The surest first: what has check digits before what only looks like it."""
    for match in _E_MAIL.finditer(text):
        yield *match.span(), "e-mail"
    for match in _IBAN.finditer(text):
        if length := _iban_length(match[0]):
            yield match.start(), match.start() + length, "iban"
    for match in _DIGITS.finditer(text):
        if _is_card("".join(filter(str.isdigit, match[0]))):
            yield *match.span(), "card"
    for match in _PHONE.finditer(text):
        if not _DATE.fullmatch(match[0].strip()) and 7 <= sum(map(str.isdigit, match[0])) <= 15:
            yield *match.span(), "phone"
    for match in _CALLED.finditer(text):
        if 7 <= sum(map(str.isdigit, match[1])) <= 13 and not _DATE.fullmatch(match[1]):
            yield *match.span(1), "phone"


def _is_card(digits: str) -> bool:
    """Whether digits begin and end as those of a payment card do (Luhn's check digit).

    >>> _is_card("4111111111111111"), _is_card("4111111111111112"), _is_card("0000000000000000")
    (True, False, False)
    """
    if not (13 <= len(digits) <= 19 and digits[0] in "3456" and len(set(digits)) > 1):
        return False
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(d), 10)) for d in even)) % 10 == 0


def _iban_length(text: str) -> int:
    """How many characters of a text are an IBAN that its check digits hold for (ISO 13616, mod 97); 0: none."""
    least = _IBAN_LENGTH.get(text[:2], 15)
    ends = [k + 1 for k, sign in enumerate(text) if sign.isalnum()]
    for n in range(min(len(ends), 34), least - 1, -1):
        plain = "".join(filter(str.isalnum, text[: ends[n - 1]]))
        if int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1:
            return ends[n - 1] if n == _IBAN_LENGTH.get(text[:2], n) else 0
    return 0
