"""The Google speech embedding as a plain torch module, so that it runs on any device and can be fine-tuned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import leaky_relu, max_pool2d

from dsaudit.errors import MissingExtraError
from dsaudit.media.audio.encoders import SPEECH

if TYPE_CHECKING:
    from pathlib import Path

HOP = 160
WINDOW = 512
MIN_SAMPLES = 75 * HOP + WINDOW
"""Shortest waveform that gives one embedding step of 76 log-mel frames: 782 ms at 16 kHz."""

POOLS = {2: (2, 2), 6: (1, 2), 10: (2, 2), 14: (1, 2), 18: (2, 2)}
"""Max pooling after these convolutions, (time, frequency)."""


class LogMel(torch.nn.Module):
    """Log-mel frames as the embedding was trained on: (batch, samples) to (batch, frames, 32).

    25 ms steps of 10 ms at 16 kHz; dB relative to int16 steps, floored 80 dB below the item's loudest
    band, then divided by 10 and shifted by 2.
    """

    kernel: torch.Tensor
    filters: torch.Tensor

    def __init__(self, kernel: torch.Tensor, filters: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("kernel", kernel)
        self.register_buffer("filters", filters)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        """Frames of float32 waveforms (batch, samples), full scale = 1."""
        frames = (waveform * 32767.0).unfold(1, WINDOW, HOP)
        spectrum = frames @ self.kernel
        half = spectrum.shape[-1] // 2
        power = spectrum[..., :half].square() + spectrum[..., half:].square()
        mel = 10.0 * torch.log10((power @ self.filters).clamp_min(1e-10))
        return torch.maximum(mel, mel.amax((1, 2), keepdim=True) - 80.0) / 10.0 + 2.0


class SpeechEmbedding(torch.nn.Module):
    """Twenty convolutions over log-mel frames: (batch, frames ≥ 76, 32) to (batch, steps of 80 ms, 96).

    Convolutional in time without padding, so a step depends on its own 775 ms only.
    """

    def __init__(self, convolutions: list[torch.nn.Conv2d]) -> None:
        super().__init__()
        self.convolutions = torch.nn.ModuleList(convolutions)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        """Embedding steps of log-mel frames, float32."""
        return self.layers(mel, ())[-1]

    def layers(self, mel: torch.Tensor, wanted: tuple[int, ...]) -> list[torch.Tensor]:
        """Outputs (batch, time, channels · bands) of the ``wanted`` convolutions, after pooling, then of the last."""
        hidden = mel[:, None]
        last = len(self.convolutions) - 1
        found = []
        for index, convolution in enumerate(self.convolutions):
            hidden = convolution(hidden)
            if index < last:
                hidden = leaky_relu(hidden, 0.2).clamp_min(-0.4)
            if index in POOLS:
                hidden = max_pool2d(hidden, POOLS[index])
            if index in wanted or index == last:
                found.append(hidden.transpose(1, 2).flatten(2))
        return found


def load_speech() -> tuple[LogMel, SpeechEmbedding]:
    """Both modules with their trained weights, in evaluation mode on the CPU.

    Raises
    ------
    MissingExtraError
        The package is not installed, or a file is not the one that was measured.
    """
    state = SPEECH.check()
    if not state.ok:
        raise MissingExtraError(f"the speech embedding cannot be loaded: {state.detail}", hint=SPEECH.pip_line)
    mel_path, embedding_path = SPEECH.paths()
    arrays, _ = _read(mel_path)
    kernel = torch.cat([arrays["0.stft.conv_real.weight"], arrays["0.stft.conv_imag.weight"]])
    mel = LogMel(kernel[:, 0].T.contiguous(), arrays["1.melW"])

    arrays, graph = _read(embedding_path)
    convolutions = [_convolution(node, arrays) for node in graph.node if node.op_type == "Conv"]
    return mel.eval(), SpeechEmbedding(convolutions).eval()


def _read(path: Path) -> tuple[dict[str, torch.Tensor], Any]:
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    return {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in graph.initializer}, graph


def _convolution(node: Any, arrays: dict[str, torch.Tensor]) -> torch.nn.Conv2d:
    weight = arrays[node.input[1]]
    has_bias = len(node.input) > 2
    pads = next((list(attribute.ints) for attribute in node.attribute if attribute.name == "pads"), [0, 0])
    out_channels, in_channels, height, width = weight.shape
    convolution = torch.nn.Conv2d(in_channels, out_channels, (height, width), padding=(pads[0], pads[1]), bias=has_bias)
    with torch.no_grad():
        convolution.weight.copy_(weight)
        if has_bias and convolution.bias is not None:
            convolution.bias.copy_(arrays[node.input[2]])
    return convolution
