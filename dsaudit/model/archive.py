"""A head on disk: the linear probe as tensors, every other head as what it takes to fit it again.

scikit-learn stores models by pickling, and a pickle runs code when it is opened. So a forest or boosted trees
are kept as their name, values and seed; the run folder beside them has the embeddings, labels and folds they
were trained on, and fitting again gives the same head.

Layout of ``<run>/model``::

    head.json    name, values, seed, device
    probe.pt     tensors of the linear probe, where that is the head
    encoder.pt   which encoder made the vectors, and what it learned from the set
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dsaudit.errors import RunError
from dsaudit.store.files import read_parquet, to_json, write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from dsaudit.model.encoder import LazyEncoder
    from dsaudit.model.folds import Folds
    from dsaudit.model.head import Fitted


def save_head(
    folder: Path,
    embeddings: pd.DataFrame,
    *,
    labels: pd.Series,
    folds: Folds,
    values: Mapping[str, Any],
    device: str = "auto",
    seed: int = 0,
) -> str:
    """Write the head into an existing folder; the linear probe is trained on every labelled item first.

    ``values`` are its name under ``head``, and what was given or found for it.

    Returns
    -------
    str
        What the reader should know; empty where the head itself is stored.

    Raises
    ------
    UsageError
        There is no such head or value.
    """
    from dsaudit.model.head import train_head
    from dsaudit.model.heads import head_of
    from dsaudit.model.probe import Probe

    head = head_of(values)
    save_values(folder, values, device=device, seed=seed)
    if values["head"] != "linear":
        return (
            f"the head {values['head']} is kept as its settings: a scikit-learn model cannot be stored without "
            "unpickling code; dsaudit.model.archive.load_head fits it again from this run, the same"
        )
    fitted = train_head(embeddings, labels, folds, head=head, device=device, seed=seed)
    assert isinstance(fitted, Probe)
    write_atomic(folder / "probe.pt", fitted.save)
    return ""


def save_learner(
    folder: Path,
    embeddings: pd.DataFrame,
    *,
    labels: pd.Series,
    folds: Folds,
    name: str,
    learned_from: pd.Index,
    device: str = "auto",
    seed: int = 0,
) -> str:
    """Write one of ``dsaudit.model.semi_supervised.LEARNERS``, trained on every item; see ``save_head``.

    What it learned is kept as a linear probe where it is one.
    """
    from dsaudit.model.head import train_head
    from dsaudit.model.probe import Probe
    from dsaudit.model.semi_supervised import LEARNERS

    fitted = train_head(
        embeddings, labels, folds, head=LEARNERS[name], learned_from=learned_from, device=device, seed=seed
    )
    if isinstance(fitted, Probe):
        save_values(folder, {"head": "linear", "learned_by": name}, device=device, seed=seed)
        write_atomic(folder / "probe.pt", fitted.save)
        return ""
    save_values(folder, {"head": name, "learned_from": sorted(map(str, learned_from))}, device=device, seed=seed)
    return f"the model, {name}, is kept as its settings; dsaudit.predict fits it again from this run, the same"


def save_values(folder: Path, values: Mapping[str, Any], *, device: str, seed: int) -> None:
    """Write what it takes to fit a head again, beside the tables of its run."""
    text = to_json({"values": dict(values), "device": device, "seed": seed}) + "\n"
    write_atomic(folder / "head.json", lambda p: p.write_text(text, encoding="utf-8"))


def load_values(run: Path) -> tuple[dict[str, Any], int]:
    """The values and the seed that ``save_values`` wrote for a run.

    Raises
    ------
    RunError
        The run keeps no head.
    """
    path = run / "model" / "head.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return dict(kept["values"]), int(kept["seed"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} cannot be read: {error}", hint="make a model with: dsaudit train DATASET") from error


def folds_kept(predictions: pd.DataFrame) -> Folds:
    """The folds of a run, out of its table of predictions."""
    from dsaudit.model.folds import Folds

    classes = tuple(str(c).removeprefix("p:") for c in predictions.columns if str(c).startswith("p:"))
    fold = predictions["fold"].sort_index()
    return Folds(fold=fold, n_folds=int(fold.max()) + 1, classes=classes)


def save_encoder(folder: Path, encoder: LazyEncoder) -> None:
    """Write which encoder makes the vectors that the head takes; one that fits on the set has learned from it."""
    from dsaudit.model.checkpoint import save_tensors

    kept = {"name": encoder.name, "version": encoder.version, "learned": _tensors(encoder.learned())}
    write_atomic(folder / "encoder.pt", lambda p: save_tensors(p, kept))


def load_encoder(run: Path, choose: Callable[[str], LazyEncoder]) -> LazyEncoder:
    """The encoder of a run folder's head, as it was when the head was trained.

    Parameters
    ----------
    choose : callable
        The encoder of a name, see ``dsaudit.model.encoder.choose_encoder``.

    Raises
    ------
    RunError
        The run keeps none, it is another version today, or what it learned could not be kept.
    """
    import torch

    path = run / "model" / "encoder.pt"
    try:
        kept = torch.load(path, weights_only=True, map_location="cpu")
        name, version, learned = kept["name"], kept["version"], kept["learned"]
    except Exception as error:  # damage shows in many ways
        raise RunError(
            f"{run} keeps no encoder, as where vectors were brought along",
            hint="make a model with: dsaudit train DATASET",
        ) from error
    encoder = choose(name)
    if (encoder.name, encoder.version) != (name, version):
        now = f"{encoder.name}-{encoder.version}"
        raise RunError(f"{run} was made with the encoder {name}-{version}, here it is {now}", hint="train again")
    if encoder.fits:
        if learned is None:
            raise RunError(f"the encoder {name} cannot tell what it learned from the set", hint="choose another one")
        encoder.restore(_arrays(learned))
    return encoder


def _tensors(value: Any) -> Any:
    import numpy as np
    import torch

    if isinstance(value, dict):
        return {key: _tensors(one) for key, one in value.items()}
    return torch.from_numpy(np.ascontiguousarray(value)) if isinstance(value, np.ndarray) else value


def _arrays(value: Any) -> Any:
    import torch

    if isinstance(value, dict):
        return {key: _arrays(one) for key, one in value.items()}
    return value.numpy() if isinstance(value, torch.Tensor) else value


def load_head(run: Path, *, device: str = "cpu") -> Fitted:
    """The head of a run folder, ready to predict: the linear probe as stored, another one fitted again.

    Nothing but tensors, tables and plain values is ever unpickled.

    Raises
    ------
    RunError
        The run keeps no head, or its tables are missing or damaged.
    """
    import pandas as pd

    from dsaudit.model.head import train_head
    from dsaudit.model.heads import head_of
    from dsaudit.model.probe import Probe
    from dsaudit.model.semi_supervised import LEARNERS

    values, seed = load_values(run)
    if values.get("head") == "linear":
        return Probe.load(run / "model" / "probe.pt", device=device)
    embeddings, predictions = (read_parquet(run / f"{name}.parquet") for name in ("embeddings", "predictions"))
    if embeddings is None or predictions is None:
        raise RunError(f"{run} lacks its embeddings or predictions, or they are damaged", hint="train again")
    given, folds = predictions["given"], folds_kept(predictions)
    among = pd.Index(values["learned_from"]) if "learned_from" in values else None
    head = head_of(values) if among is None else LEARNERS[values["head"]]
    return train_head(embeddings, given, folds, head=head, learned_from=among, device=device, seed=seed)
