"""A text as people are shown it: not endless, and without the personal data that it may hold."""

from __future__ import annotations

from dsaudit.media.personal import redacted

MOST_CHARACTERS = 8_000


def shown(text: str) -> str:
    """The first 8,000 characters, with tags in the place of personal data.

    >>> shown("ask ann@example.org")
    'ask [e-mail]'
    >>> len(shown("a long story " * 1_000))
    8002
    """
    if len(text) <= MOST_CHARACTERS:
        return redacted(text)
    # what stands across the cut is covered before it is cut
    return redacted(text[: MOST_CHARACTERS + 200])[:MOST_CHARACTERS] + " …"
