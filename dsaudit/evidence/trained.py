"""A trained model on other items than those it learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.errors import RunError
from dsaudit.evidence.encoder import encoder_of
from dsaudit.kind import named
from dsaudit.media import kind_for, media_for

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.store.run import Run


def predicted(run: Run, items: pd.DataFrame, *, device: str = "auto") -> pd.DataFrame:
    """Probability of each class, float32 (n, k), by ``item_id`` and class; NaN for items that cannot be read.

    Parameters
    ----------
    run : Run
        That ``dsaudit train`` left.
    items : DataFrame by ``item_id``
        With ``uri``; of the run's kind of data.

    Raises
    ------
    RunError
        The run keeps no model, or it is damaged.
    """
    folder = run.path / "model"
    if not folder.is_dir():
        raise RunError(f"{run.path} keeps no model", hint="make one with: dsaudit train DATASET")
    made = _by_networks if (folder / "networks.pt").is_file() else _by_head
    classes, probs = made(run, items["uri"], device)
    return pd.DataFrame(probs, index=items.index, columns=list(classes))


def _by_networks(run: Run, uris: pd.Series, device: str) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
    from dsaudit.model.ensemble import load_networks

    model = load_networks(run.path / "model" / "networks.pt", named(kind_for(run.kind.name).tuning))
    return model.classes, model.predict(uris.tolist(), media_for(run.kind.name).read, device=device)


def _by_head(run: Run, uris: pd.Series, device: str) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
    from dsaudit.model.archive import load_encoder, load_head
    from dsaudit.model.embed import embed_items

    kind = kind_for(run.kind.name)
    encoder = load_encoder(run.path, lambda name: encoder_of(kind, name, device=device))
    head = load_head(run.path)
    unknown = pd.Series(np.nan, index=uris.index, dtype=object)
    table = embed_items(uris, content_hashes=unknown, read=media_for(kind.name).read, encoder=encoder)
    probs = np.full((len(uris), len(head.classes)), np.nan, dtype=np.float32)
    probs[uris.index.get_indexer(table.index)] = head.predict(table.to_numpy())
    return head.classes, probs
