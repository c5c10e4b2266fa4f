"""What the user brought along instead of having it made: written to files, and refused before any work."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.model.cost import costs_of
from dsaudit.dataset.external import read_external
from dsaudit.errors import UsageError
from dsaudit.evidence.encoder import encoder_of
from dsaudit.evidence.fine_tuning import check_training
from dsaudit.store.files import digest, write_atomic, writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsaudit.dataset.external import External
    from dsaudit.kind import Kind
    from dsaudit.settings import Settings
    from dsaudit.types import Dataset


def filed(settings: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Settings whose arrays and tables are written to files, so that a run names what it rests on, to be read again.

    Parameters
    ----------
    settings : mapping
        ``pred_probs`` and ``embeddings`` may be arrays (n, d) in the order of the items, or DataFrames whose index or
        ``item_id`` column names them.
    folder : Path
        Made where there is something to write; a file's name tells its content.

    Raises
    ------
    UsageError
        Something else than numbers.
    StoreError
        The files cannot be written.
    """
    made = dict(settings)
    for name in ("pred_probs", "embeddings"):
        suffix, content = _as_file(settings.get(name), name)
        if not suffix:
            continue
        made[name] = path = folder / f"{name}-{digest(content)[:12]}{suffix}"
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_atomic(path, partial(Path.write_bytes, data=content))
    return made


def _as_file(value: Any, name: str) -> tuple[str, bytes]:
    """Suffix and content of the file that holds an array or a table; empty for anything else."""
    content = io.BytesIO()
    if hasattr(value, "to_parquet"):
        try:
            value.rename(columns=str).to_parquet(content)
        except Exception as error:  # what cannot be a column of Parquet is refused in many ways
            raise UsageError(f"{name} cannot be written to a file: {error}", hint="give numbers and ids") from error
        return ".parquet", content.getvalue()
    if not hasattr(value, "__array__"):
        return "", b""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{name} holds {array.dtype}, not numbers", hint="give an array of floats")
    np.save(content, array)
    return ".npy", content.getvalue()


def external_for(dataset: Dataset, settings: Settings, kind: Kind) -> External:
    """What the user brought along for a dataset; refuses what cannot be followed before any work is done.

    Raises
    ------
    UsageError
        Settings that contradict each other, costs of what is no class, an encoder that is not there or for another kind
        of item.
    DatasetError
        A file that cannot be used.
    """
    encoder = settings.encoder
    if encoder and encoder != "none":
        if settings.embeddings:
            raise UsageError("both an encoder and embeddings are given", hint="keep one of --encoder and --embeddings")
        encoder_of(kind, encoder, device=settings.device)
    check_training(settings, kind)
    if settings.in_sample and not settings.pred_probs:
        raise UsageError("in_sample is said of no probabilities", hint="--in-sample belongs to --pred-probs FILE")
    idle = [n for n in ("quality", "head", "training", "tune") if settings.sources.get(n) == "flag"]
    if settings.pred_probs and idle:
        raise UsageError(
            f"pred_probs are given, so that nothing is trained and {idle[0]} has no use",
            hint=f"keep one of --pred-probs and --{idle[0]}",
        )
    found = read_external(
        dataset,
        embeddings=settings.embeddings,
        pred_probs=settings.pred_probs,
        id_columns=(settings.id_column, settings.path_column),
        parts=(settings.label_column, settings.split_column, settings.group_column, settings.text_column),
        in_sample=settings.in_sample,
    )
    own = () if found.pred_probs is None else tuple(map(str, found.pred_probs.table))
    costs_of(settings.costs, own, dataset.classes)  # refused here, before any work
    return found
