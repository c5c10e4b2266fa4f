"""The Fourier transform of SciPy, loaded when it is first used: that takes a third of a second, and where nothing is
measured anew nobody needs it."""

from __future__ import annotations

from typing import Any


def rfft(x: Any, *args: Any, **more: Any) -> Any:
    """See ``scipy.fft.rfft``."""
    from scipy.fft import rfft

    return rfft(x, *args, **more)


def irfft(x: Any, *args: Any, **more: Any) -> Any:
    """See ``scipy.fft.irfft``."""
    from scipy.fft import irfft

    return irfft(x, *args, **more)


def fast_length(n: int) -> int:
    """The least length from ``n`` on that is quick to transform."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(n, real=True))
