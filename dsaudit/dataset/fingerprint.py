"""Identity of a dataset's content, wherever it lies and in whatever order it was listed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("label", "split", "group", "content_hash")
_ROWS_AT_ONCE = 65_536


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
    order = np.argsort(items.index.astype(str).to_numpy(dtype=object), kind="stable")
    columns = [name for name in _COLUMNS if name in items]
    digest = hashlib.blake2b(digest_size=16)
    for start in range(0, len(items), _ROWS_AT_ONCE):
        rows = items.iloc[order[start : start + _ROWS_AT_ONCE]]
        known = {name: rows[name].tolist() for name in columns}
        for row in zip(rows.index.tolist(), *(known.get(name, [None] * len(rows)) for name in _COLUMNS), strict=True):
            # json keeps None and "" apart, and no value can run into the next.
            digest.update(json.dumps([v if isinstance(v, str) else None for v in row]).encode())
            digest.update(b"\n")
    return digest.hexdigest()
