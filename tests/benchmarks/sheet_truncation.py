"""Contact sheets to judge truncation by eye, blind: N random flagged and N random unflagged clips, shuffled.

    python -m tests.benchmarks.sheet_truncation RUN FOLDER [-n 40] [--seed 0]

RUN is an audit's folder. Each clip: its number and label, the waveform (scaled to its own peak) over the
spectrogram (0 to 8 kHz, 70 dB under its loudest), and the waveform of the outermost 80 ms at both ends, each scaled to
half of the clip's peak; ticks every 100 ms (10 ms at the ends). ``key.csv`` says which clip it was and what was
flagged: write the verdicts before opening it.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image, ImageDraw

from dsaudit.store.run import Run

WIDTH, WAVE, SPECTRUM, ENDS, TEXT = 480, 70, 110, 50, 14
COLUMNS, ROWS = 3, 6
CODES = {"start": "AUD003", "end": "AUD004"}


def wave(draw: ImageDraw.ImageDraw, x: np.ndarray, box: tuple[int, int, int, int], scale: float, ticks: int) -> None:
    left, top, width, height = box
    edges = np.linspace(0, len(x), width + 1).astype(int)
    for i in range(width):
        part = np.clip(x[edges[i] : max(edges[i + 1], edges[i] + 1)] / scale, -1, 1)
        middle = top + height / 2
        draw.line(
            (left + i, middle - part.max() * height / 2, left + i, middle - part.min() * height / 2),
            fill=(30, 60, 130),
        )
    for k in range(1, ticks):
        draw.line((left + k * width // ticks, top + height - 4, left + k * width // ticks, top + height), fill="black")


def panel(path: Path, title: str) -> Image.Image:
    x, rate = soundfile.read(path, dtype="float32", always_2d=True)
    x = x.mean(axis=1)
    image = Image.new("RGB", (WIDTH, TEXT + WAVE + SPECTRUM + ENDS), "white")
    draw = ImageDraw.Draw(image)
    draw.text((3, 1), title, fill="black")
    peak, end, half = max(float(np.abs(x).max()), 1e-6), round(0.08 * rate), WIDTH // 2 - 4
    wave(draw, x, (0, TEXT, WIDTH, WAVE), peak, max(1, round(10 * len(x) / rate)))
    n = round(0.016 * rate)
    starts = np.linspace(0, max(len(x) - n, 0), WIDTH).astype(int)
    frames = np.stack([np.pad(x[s : s + n], (0, n - len(x[s : s + n]))) for s in starts]) * np.hanning(n)
    level = 20 * np.log10(np.abs(np.fft.rfft(frames, 512 * (1 + n // 513))) + 1e-7)
    level = level[:, : int(2 * (level.shape[1] - 1) * min(8000, rate / 2) / rate)]
    gray = np.clip((level - level.max() + 70) / 70, 0, 1)
    picture = Image.fromarray((255 - 255 * gray.T[::-1]).astype(np.uint8)).resize((WIDTH, SPECTRUM))
    image.paste(picture.convert("RGB"), (0, TEXT + WAVE))
    below = TEXT + WAVE + SPECTRUM
    wave(draw, x[:end], (0, below, half, ENDS), peak / 2, 8)
    wave(draw, x[-end:], (WIDTH - half, below, half, ENDS), peak / 2, 8)
    draw.rectangle((0, 0, WIDTH - 1, below + ENDS - 1), outline=(160, 160, 160))
    return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("-n", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    run, rng = Run.open(arguments.run), np.random.default_rng(arguments.seed)
    found = {side: set(run.findings.query("code == @code")["subject"]) for side, code in CODES.items()}
    items = run.items[~run.items["label"].astype(str).str.startswith("_")]
    either = items.index.isin(found["start"] | found["end"])
    drawn = [
        item for part in (items.index[either], items.index[~either]) for item in rng.permutation(part)[: arguments.n]
    ]
    drawn = rng.permutation(np.array(drawn, dtype=object)).tolist()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with (arguments.folder / "key.csv").open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["number", "item", "start", "end"])
        out.writerows([n, item, *(int(item in found[side]) for side in CODES)] for n, item in enumerate(drawn, 1))
    source = Path(run.meta.source_path)
    panels = [panel(source / item, f"{n}  {items['label'][item]}") for n, item in enumerate(drawn, 1)]
    for page in range(0, len(panels), COLUMNS * ROWS):
        part = panels[page : page + COLUMNS * ROWS]
        width, height = part[0].size
        image = Image.new("RGB", (COLUMNS * width, -(-len(part) // COLUMNS) * height), "white")
        for i, one in enumerate(part):
            image.paste(one, (i % COLUMNS * width, i // COLUMNS * height))
        image.save(arguments.folder / f"sheet-{page // (COLUMNS * ROWS) + 1}.png")
    print(f"{len(drawn)} of {len(items)} clips drawn; {int(either.sum())} are flagged")


if __name__ == "__main__":
    main()
