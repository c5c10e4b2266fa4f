"""Identity of a dataset's content, wherever it lies and in whatever order it was listed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("label", "split", "group", "content_hash")


def fingerprint(items: pd.DataFrame) -> str:
    """Hash of the items' ids, labels, splits, groups and, once measured, contents.

    Parameters
    ----------
    items : DataFrame, index ``item_id``
        As in ``Dataset.items``. Row order and ``uri`` do not matter: a copy elsewhere is the same dataset.

    Returns
    -------
    str
        32 hexadecimal digits (BLAKE2b, 128 bits).

    Examples
    --------
    >>> import pandas as pd
    >>> items = pd.DataFrame({"label": ["no", "yes"]}, index=["x", "y"])
    >>> fingerprint(items) == fingerprint(items[::-1]), fingerprint(items) == fingerprint(items.replace("no", "yes"))
    (True, False)
    """
    columns = [items[name] if name in items else [None] * len(items) for name in _COLUMNS]
    digest = hashlib.blake2b(digest_size=16)
    for row in sorted(zip(items.index, *columns, strict=True), key=lambda row: str(row[0])):
        # json keeps None and "" apart, and no value can run into the next.
        digest.update(json.dumps([v if isinstance(v, str) else None for v in row]).encode())
        digest.update(b"\n")
    return digest.hexdigest()
