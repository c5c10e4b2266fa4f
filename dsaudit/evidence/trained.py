"""A trained model on other items than those it learned from."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.dataset.inline import addresses
from dsaudit.errors import RunError
from dsaudit.evidence.encoder import encoder_of
from dsaudit.kind import named
from dsaudit.media import kind_for, media_for
from dsaudit.media.base import attempted

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.kind import Kind
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
    from dsaudit.model.archive import load_values

    folder = run.path / "model"
    if not folder.is_dir():
        raise RunError(f"{run.path} keeps no model", hint="make one with: dsaudit train DATASET")
    made = _by_networks if (folder / "networks.pt").is_file() else _by_head
    if made is _by_head and "members" in load_values(run.path)[0]:
        made = _by_contest
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


def _by_contest(run: Run, uris: pd.Series, device: str) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
    """Fits the heads again that did best, see ``dsaudit.evidence.contest``."""
    from dsaudit.model.archive import folds_kept, load_values
    from dsaudit.model.head import train_head

    values, seed = load_values(run.path)
    table, kind = run.predictions, kind_for(run.kind.name)
    items = _taken(kind, addresses(run.items).reindex(table.index))
    if len(items) < len(table):
        raise RunError(f"{run.path} lacks {kind.nouns.many} that its model learned from", hint="train again")
    encode, heads, _ = named(kind.heads).enter(list(items.values()))
    inputs, folds = pd.DataFrame(encode(list(items.values())), index=table.index), folds_kept(table)
    fitted = [
        train_head(inputs, table["given"], folds, head=heads[n], device="cpu", seed=seed) for n in values["members"]
    ]
    asked = _taken(kind, uris)
    probs = np.full((len(uris), len(folds.classes)), np.nan, dtype=np.float32)
    if asked:
        given = encode(list(asked.values()))
        probs[list(asked)] = np.mean([head.predict(given) for head in fitted], axis=0)
    return folds.classes, probs


def _taken(kind: Kind, uris: pd.Series) -> dict[int, Any]:
    """What can be read, as the kind reads it, by position."""
    read = media_for(kind.name).read
    made = {k: attempted(partial(read, Path(str(uri)))) for k, uri in enumerate(uris)}
    return {k: item for k, item in made.items() if item is not None}
