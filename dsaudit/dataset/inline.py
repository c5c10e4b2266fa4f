"""Items without a file: their text travels in their address, ``data:,Is%20it%20open`` (RFC 2397)."""

from __future__ import annotations

import os
from urllib.parse import quote, unquote

_PREFIX = "data:,"


def inline_uri(text: str) -> str:
    """Address that holds ``text``: without ``/`` and ``.``, so that as a path it is one name without a suffix.

    Examples
    --------
    >>> inline_uri("Is it open?")
    'data:,Is%20it%20open%3F'
    """
    return _PREFIX + quote(text, safe="", errors="surrogatepass").replace(".", "%2E")


def is_inline(uri: str | os.PathLike[str]) -> bool:
    """Whether an address holds a text, and is no path of a file.

    Examples
    --------
    >>> is_inline("data:,yes"), is_inline("/words/yes.wav")
    (True, False)
    """
    return os.fspath(uri).startswith(_PREFIX)


def inline_text(uri: str | os.PathLike[str]) -> str | None:
    """Text of an address that holds one; None for the path of a file.

    Examples
    --------
    >>> inline_text("data:,Is%20it%20open%3F"), inline_text("/words/yes.wav")
    ('Is it open?', None)
    """
    address = os.fspath(uri)
    return unquote(address[len(_PREFIX) :], errors="surrogatepass") if address.startswith(_PREFIX) else None
