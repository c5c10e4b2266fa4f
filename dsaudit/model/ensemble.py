"""The fine-tuned networks of all folds as one model: kept in a file, loaded, and used to predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from dsaudit.errors import RunError
from dsaudit.model.checkpoint import save_tensors
from dsaudit.model.device import one_thread_each, pick_device
from dsaudit.model.finetune import predict
from dsaudit.model.inputs import frames_of
from dsaudit.model.network import Block, Network
from dsaudit.model.speech import LogMel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from dsaudit.model.crossfit import CrossFit


@dataclass(frozen=True, slots=True)
class NetworkEnsemble:
    """Networks that were fine-tuned on different parts of a dataset; their mean probability predicts.

    Attributes
    ----------
    mel : LogMel
    networks : tuple of Network
    classes : tuple of str, length k
    """

    mel: LogMel
    networks: tuple[Network, ...]
    classes: tuple[str, ...]

    def predict(
        self, uris: Sequence[str], read: Callable[[Path], npt.NDArray[np.float32]], *, device: str = "auto"
    ) -> npt.NDArray[np.float32]:
        """Predicted probabilities, float32 (n, k), of recordings; rows of NaN for those that cannot be read.

        ``read`` gives the waveform of a path, float32 (samples,), mono at 16 kHz, full scale = 1.
        """
        where = pick_device(device)
        frames = frames_of(uris, read, self.mel, device=where)
        rows = np.flatnonzero(frames.steps[0] > 0)
        probs = np.full((len(uris), len(self.classes)), np.nan, dtype=np.float32)
        with one_thread_each():  # sums in the same order, however many cores there are
            found = [predict(network.to(where), frames, rows, device=where) for network in self.networks]
        probs[rows] = np.mean(found, axis=0)
        return probs


def save_networks(path: Path, made: CrossFit) -> None:
    """Write tensors and plain values; the file opens with ``torch.load(weights_only=True)``."""
    first = made.networks[0]
    save_tensors(
        path,
        {
            "classes": list(made.predictions.classes),
            "mel": made.mel.cpu().state_dict(),
            "blocks": [block.shape for block in first.blocks],
            "groups": list(first.groups),
            "taps": list(first.taps),
            "pretrained": first.pretrained,
            "networks": [network.state_dict() for network in made.networks],
        },
    )


def load_networks(path: Path) -> NetworkEnsemble:
    """The model that ``save_networks`` wrote. Nothing but tensors and plain values is ever unpickled.

    Raises
    ------
    RunError
        There is no such file, or it is damaged.
    """
    try:
        kept = torch.load(path, weights_only=True, map_location="cpu")
        networks = []
        for state in kept["networks"]:
            network = Network(
                [Block.of(shape) for shape in kept["blocks"]],
                groups=tuple(kept["groups"]),
                taps=tuple(kept["taps"]),
                n_classes=len(kept["classes"]),
                pretrained=bool(kept["pretrained"]),
            )
            network.load_state_dict(state)
            networks.append(network.eval())
        mel = LogMel(kept["mel"]["kernel"], kept["mel"]["filters"])
    except Exception as error:  # damage shows in many ways
        raise RunError(f"{path} cannot be read as a fine-tuned model", hint="make one with: dsaudit train") from error
    return NetworkEnsemble(mel.eval(), tuple(networks), tuple(kept["classes"]))
