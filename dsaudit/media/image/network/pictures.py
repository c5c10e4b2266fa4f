"""Pretrained image models by their name in timm, as encoders."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

BATCH = 32


class TimmEncoder:
    """Pooled features before the classifier of a timm model, ``num_classes=0``.

    Parameters
    ----------
    model : str
        Name of a model with pretrained weights, or a folder that timm saved one in. timm fetches weights that are not
        on this machine.
    device : str

    Raises
    ------
    UsageError
        There is no such model, or its weights cannot be had.

    References
    ----------
    R. Wightman, "PyTorch Image Models", 2019, doi 10.5281/zenodo.4414861.
    """

    def __init__(self, model: str, *, device: str = "auto") -> None:
        import torch

        from dsaudit.model.device import pick_device

        timm: Any = import_module("timm")
        self.name = f"timm:{model}"
        self.version = str(timm.__version__)
        self.notes: tuple[str, ...] = ()
        self._torch = torch
        self._device = pick_device(device)
        try:
            name = f"local-dir:{model}" if Path(model).is_dir() else model
            network = timm.create_model(name, pretrained=True, num_classes=0)
        except Exception as error:  # unknown name, no weights, no network: each its own exception
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise UsageError(
                f"timm cannot make {model!r}: {line}", hint="names: python -c 'import timm; print(timm.list_models())'"
            ) from error
        self._network: Any = network.eval().to(self._device)
        config = timm.data.resolve_model_data_config(network)
        self._transform: Any = timm.data.create_transform(**config, is_training=False)
        self.dim = int(getattr(network, "num_features", 0))

    def encode(self, images: Sequence[Any]) -> npt.NDArray[np.float32]:
        """Vectors of RGB pictures (``PIL.Image``), float32 (n, dim)."""
        rows = []
        for begin in range(0, len(images), BATCH):
            batch = self._torch.stack([self._transform(image) for image in images[begin : begin + BATCH]])
            with self._torch.inference_mode():
                rows.append(self._network(batch.to(self._device)).float().cpu().numpy())
        if not rows:
            return np.zeros((0, self.dim), dtype=np.float32)
        vectors = np.concatenate(rows).astype(np.float32)
        self.dim = vectors.shape[1]  # some models pool to more than they say
        return vectors
