"""Log-mel statistics: what is left of the sound encoder when no pretrained weights are installed."""

from __future__ import annotations

import numpy as np
import torch

WINDOW = 512
HOP = 160
N_MELS = 64
N_SEGMENTS = 6


class LogMelStatistics(torch.nn.Module):
    """Mean and standard deviation over time of 64 log-mel bands, and their means over six equal segments."""

    window: torch.Tensor
    filters: torch.Tensor

    def __init__(self, sample_rate_hz: int = 16_000) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(WINDOW))
        self.register_buffer("filters", mel_filters(N_MELS, n_bins=WINDOW // 2 + 1, sample_rate_hz=sample_rate_hz))

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        """Vector (512,) of one waveform (samples,), at least ``WINDOW`` long, full scale = 1."""
        spectrum = torch.stft(waveform, WINDOW, HOP, window=self.window, center=False, return_complex=True)
        mel = 10.0 * torch.log10((self.filters @ spectrum.abs().square()).clamp_min(1e-10))
        mel = torch.maximum(mel, mel.amax() - 80.0) / 10.0
        segments = torch.nn.functional.adaptive_avg_pool1d(mel[None], N_SEGMENTS)[0]
        return torch.cat([mel.mean(1), mel.std(1, correction=0), segments.T.flatten()])


def mel_filters(n_mels: int, *, n_bins: int, sample_rate_hz: int) -> torch.Tensor:
    """Triangular filters (n_mels, n_bins), equally spaced on the HTK mel scale from 60 Hz to the Nyquist rate."""
    import librosa

    # of equal area, made as high as each other: asked for at once librosa compiles for half a minute at first use
    rate, top = sample_rate_hz, sample_rate_hz / 2
    n_fft = 2 * (n_bins - 1)
    filters = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=60.0, fmax=top, htk=True, norm="slaney")
    edges = librosa.mel_frequencies(n_mels + 2, fmin=60.0, fmax=top, htk=True)
    return torch.from_numpy(np.asarray(filters * ((edges[2:] - edges[:-2]) / 2.0)[:, None], dtype=np.float32))
