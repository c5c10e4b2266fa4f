"""Items without a file: their text travels in their address, ``data:,Is%20it%20open`` (RFC 2397)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_PREFIX = "data:,"
_PLAIN = '",:{}[]'
"""Signs that stand for themselves: rows of tables are full of them."""
PART = "\x1e"
"""Stands between the texts of an item that is several, such as a question and its answer: ASCII's record separator."""


def inline_uri(text: str) -> str:
    """Address that holds ``text``: without ``/`` and ``.``, so that as a path it is one name without a suffix.

    Examples
    --------
    >>> inline_uri("Is it open?")
    'data:,Is%20it%20open%3F'
    """
    return _PREFIX + quote(text, safe=_PLAIN, errors="surrogatepass").replace(".", "%2E")


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
    if not address.startswith(_PREFIX):
        return None
    # these are nearly all there are: unquoting takes ten times as long
    text = address[len(_PREFIX) :].replace("%2E", ".").replace("%20", " ")
    return unquote(text, errors="surrogatepass") if "%" in text else text


def joined(texts: Sequence[str]) -> str:
    """Several texts that are one item.

    Examples
    --------
    >>> parts(joined(["Is it open?", "Yes."]))
    ('Is it open?', 'Yes.')
    """
    return PART.join(text.replace(PART, " ") for text in texts)


def parts(text: str) -> tuple[str, ...]:
    """The texts that an item is: nearly always one."""
    return tuple(text.split(PART))


def readable(text: str) -> str:
    """An item's texts under one another, as people read them."""
    return text.replace(PART, "\n\n")


def with_texts(items: pd.DataFrame) -> pd.DataFrame:
    """Items as people are given them: a text stands in a column ``text``, and its ``uri`` is None.

    Examples
    --------
    >>> import pandas as pd
    >>> with_texts(pd.DataFrame({"uri": ["data:,Is%20it%20open%3F"], "label": ["ask"]})).to_dict("records")
    [{'uri': None, 'label': 'ask', 'text': 'Is it open?'}]
    """
    texts = [inline_text(uri) if isinstance(uri, str) else None for uri in items["uri"]]
    if all(text is None for text in texts):
        return items
    uris = [uri if text is None else None for uri, text in zip(items["uri"], texts, strict=True)]
    told = {"uri": uris, "text": texts}
    return items.assign(**{name: _objects(values, items.index) for name, values in told.items()})


def addresses(items: pd.DataFrame) -> pd.Series[Any]:
    """What opens each item of a table that ``with_texts`` may have made: the path of its file, or its text in one.

    Examples
    --------
    >>> import pandas as pd
    >>> addresses(pd.DataFrame({"uri": [None], "text": ["Is it open?"]})).tolist()
    ['data:,Is%20it%20open%3F']
    """
    if "text" not in items:
        return items["uri"]
    pairs = zip(items["uri"], items["text"], strict=True)
    return _objects([inline_uri(text) if isinstance(text, str) else uri for uri, text in pairs], items.index)


def hashes_of(tables: Sequence[pd.DataFrame], uris: Sequence[str]) -> dict[str, str | None]:
    """Content hashes by address, for some of the ``addresses`` of tables of items.

    Examples
    --------
    >>> import pandas as pd
    >>> hashes_of([pd.DataFrame({"uri": [None], "text": ["so?"], "content_hash": ["h"]})], ["data:,so%3F", "a.wav"])
    {'data:,so%3F': 'h'}
    """
    asked = {text: uri for uri in uris if (text := inline_text(uri)) is not None}
    found: dict[str, str | None] = {}
    for table in tables:
        for name, named in (("uri", dict(zip(uris, uris, strict=True))), ("text", asked)):
            if named and name in table:
                there = table.loc[table[name].isin(list(named)).to_numpy(), [name, "content_hash"]]
                found |= {named[cell]: key for cell, key in there.itertuples(index=False)}
    return found


def _objects(values: list[str | None], index: pd.Index[Any]) -> pd.Series[Any]:
    import pandas as pd

    return pd.Series(values, index=index, dtype=object)
