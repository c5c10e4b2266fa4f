"""Pictures embedded per second by ``efficientnet-lite0`` and by a plain PyTorch loop over the same files, in one run.

    python -m tests.benchmarks.bench_image_encoder [FOLDER] [N]

The plain loop is what one writes first: open, resize, normalise, the published model's ``extract_features`` and its
mean, a picture at a time, with all of PyTorch's threads and with one. Of each: pictures per second by the clock and
milliseconds of processor per picture, which a busy machine changes less. Reading is in all. The vectors are compared
on the same pictures.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

from dsaudit.media.image.encoders import LITE0
from dsaudit.media.image.media import MEDIA
from dsaudit.media.image.network.encoders import Lite0Encoder
from dsaudit.media.image.network.square import normalised, squared


def published():
    with contextlib.redirect_stdout(io.StringIO()):
        model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(torch.load(LITE0.paths()[0], weights_only=True))
    return model.eval()


def plain(files):
    model, rows = published(), []
    with torch.inference_mode():
        for file in files:
            square = squared(Image.open(file).convert("RGB"), 224)[None].copy()
            pictures = normalised(torch.from_numpy(square)).contiguous()
            rows.append(model.extract_features(pictures).mean((2, 3))[0].numpy())
    return np.stack(rows)


def ours(files):
    return Lite0Encoder(device="cpu").encode([MEDIA.read(file) for file in files])


def timed(name, function, files):
    function(files[:2])
    wall, cpu = time.perf_counter(), time.process_time()
    rows = function(files)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{name:22} {len(files) / wall:7.1f} pictures/s {1000 * cpu / len(files):7.1f} ms of processor each")
    return rows, wall, cpu


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/clothing")
    files = sorted(folder.rglob("*.jpg"))[: int(sys.argv[2]) if len(sys.argv) > 2 else 200]
    if not files:
        sys.exit(f"no JPEG below {folder}: name a folder of pictures")
    timed("plain, all threads", plain, files)
    torch.set_num_threads(1)
    their_rows, their_wall, their_cpu = timed("plain, one thread", plain, files)
    _, our_wall, our_cpu = timed("efficientnet-lite0", ours, files)
    print(f"against one thread {their_wall / our_wall:.1f} times by the clock, {their_cpu / our_cpu:.1f} by processor")
    rows = Lite0Encoder(device="cpu").encode([Image.open(file).convert("RGB") for file in files])
    print(f"largest difference of a number {np.abs(their_rows - rows).max():.1e}")


if __name__ == "__main__":
    main()
