"""Contact sheets to judge truncation by eye: N random flagged and N random unflagged clips.

    python -m tests.benchmarks.sheet_truncation FOLDER [--data ../shared/data/speech_commands] [-n 40] [--seed 0]

Each clip: its number and name, the judged certainties, the waveform (each scaled to its own peak) over the
spectrogram (0 to 8 kHz, 70 dB under its loudest). A red line marks a judged cut inside the file, a red bar one at
its edge. ``key.csv`` lists what was drawn, so that a person can note a verdict beside it.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image, ImageDraw

from dsaudit.media.audio.media import AudioMedia
from tests.benchmarks.bench_defects import audio_rules, flags

WIDTH, WAVE, SPECTRUM, TEXT = 480, 90, 120, 26
COLUMNS = 4


def panel(path: Path, title: str, marks: list[float]) -> Image.Image:
    x, rate = soundfile.read(path, dtype="float32", always_2d=True)
    x = x.mean(axis=1)
    image = Image.new("RGB", (WIDTH, WAVE + SPECTRUM + TEXT), "white")
    draw = ImageDraw.Draw(image)
    draw.text((3, 1), title, fill="black")
    edges = np.linspace(0, len(x), WIDTH + 1).astype(int)
    peak = max(float(np.abs(x).max()), 1e-6)
    for i in range(WIDTH):
        part = x[edges[i] : max(edges[i + 1], edges[i] + 1)]
        middle = TEXT + WAVE / 2
        draw.line(
            (i, middle - part.max() / peak * WAVE / 2, i, middle - part.min() / peak * WAVE / 2), fill=(30, 60, 130)
        )
    n = round(0.016 * rate)
    starts = np.linspace(0, max(len(x) - n, 0), WIDTH).astype(int)
    frames = np.stack([np.pad(x[s : s + n], (0, n - len(x[s : s + n]))) for s in starts]) * np.hanning(n)
    level = 20 * np.log10(np.abs(np.fft.rfft(frames, 512)) + 1e-7)
    level = level[:, : int(512 * min(8000, rate / 2) / rate)]
    gray = np.clip((level - level.max() + 70) / 70, 0, 1)
    picture = Image.fromarray((255 - 255 * gray.T[::-1]).astype(np.uint8)).resize((WIDTH, SPECTRUM))
    image.paste(picture.convert("RGB"), (0, TEXT + WAVE))
    for mark in marks:
        at = round(mark * rate / len(x) * (WIDTH - 1))
        width = 4 if mark in (0.0, len(x) / rate) else 1
        draw.line((at, TEXT, at, TEXT + WAVE + SPECTRUM), fill=(220, 0, 0), width=width)
    draw.rectangle((0, 0, WIDTH - 1, WAVE + SPECTRUM + TEXT - 1), outline=(160, 160, 160))
    return image


def sheet(folder: Path, name: str, panels: list[Image.Image], per_page: int = 20) -> None:
    for page in range(0, len(panels), per_page):
        part = panels[page : page + per_page]
        rows = -(-len(part) // COLUMNS)
        width, height = part[0].size
        image = Image.new("RGB", (COLUMNS * width, rows * height), "white")
        for i, one in enumerate(part):
            image.paste(one, (i % COLUMNS * width, i // COLUMNS * height))
        image.save(folder / f"{name}-{page // per_page + 1}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data" / "speech_commands")
    parser.add_argument("-n", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    import pandas as pd

    media, rules = AudioMedia(), audio_rules()
    paths = {str(p.relative_to(arguments.data)): p for p in sorted(arguments.data.glob("*/*.wav"))}
    table = pd.DataFrame.from_dict({name: media.measure(path) for name, path in paths.items()}, orient="index")
    hit = {side: flags(rules[f"truncated-{side}"], table) for side in ("start", "end")}
    either = hit["start"] | hit["end"]
    rng = np.random.default_rng(arguments.seed)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with (arguments.folder / "key.csv").open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["sheet", "number", "item", "start", "end", "start_cut", "end_cut", "verdict"])
        for name, chosen in (("flagged", table.index[either]), ("unflagged", table.index[~either])):
            panels = []
            drawn = sorted(rng.permutation(len(chosen))[: arguments.n])
            for number, item in enumerate((chosen[i] for i in drawn), 1):
                row = table.loc[item]
                marks = [row.start_pad_ms / 1e3] if hit["start"][item] else []
                marks += [row.duration_s - row.end_pad_ms / 1e3] if hit["end"][item] else []
                title = f"{number}  {item}   start {row.start_cut:.2f}  end {row.end_cut:.2f}"
                panels.append(panel(paths[item], title, marks))
                out.writerow([name, number, item, hit["start"][item], hit["end"][item], row.start_cut, row.end_cut, ""])
            sheet(arguments.folder, name, panels)
    print(f"{either.sum()} of {len(table)} flagged: start {hit['start'].sum()}, end {hit['end'].sum()}")


if __name__ == "__main__":
    main()
