"""Copies of pictures: recall per edit, false pairs in a million, speed, and rivals on the same files in the same run.

    python -m tests.benchmarks.bench_image_copies [--data ../shared/data/clothing] [--originals 60]
        [--recipe first|second] [--half report|tune] [--rivals /opt/rivals/bin/python] [--scale]
        [--different [--part 1]]

Thresholds were chosen on the half of the photographs whose names hash to an even number and on drawings (``tune``);
figures are those of the other half (``report``). The second recipe was written down before and never looked at.
A copy is found where it is in one set with its original, as the audit makes them. A false pair is two items of
different families in one set. ``--scale``: time to find candidates among 20,000 and 100,000 items without copies.
``--different``: false pairs among some 2,500 pictures of which no two are the same: all photographs, spectrograms of
recordings of other content, and drawings, pages and soft grey pictures by code, with the bound at 95 %; ``--part``
takes so large a part of each kind, as all take 10 minutes of processor time.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import subprocess
import tempfile
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from scipy import signal, stats

from dsaudit.analysis.space.duplicates import ONE_SCENE, SAME, duplicate_table
from dsaudit.media.image.candidate import candidates
from dsaudit.media.image.media import MEDIA
from tests.benchmarks.planted_images import SETS

FINE = Image.Resampling.BICUBIC


def saved(image, quality, kind="JPEG"):
    data = io.BytesIO()
    image.save(data, kind, quality=quality)
    return Image.open(data).convert("RGB")


def cropped(image, share, at=(0.5, 0.5)):
    width, height = round(image.width * share), round(image.height * share)
    x, y = round((image.width - width) * at[0]), round((image.height - height) * at[1])
    return image.crop((x, y, x + width, y + height))


def sized(image, share):
    return image.resize((max(1, round(image.width * share)), max(1, round(image.height * share))), FINE)


def bannered(image):
    image = image.copy()
    top, size = image.height - image.height // 5, max(10, image.height // 12)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, top, image.width, image.height), fill=(200, 30, 30))
    draw.text((10, top + 8), "SALE 50 % OFF  www.example.org", fill="white", font_size=size)
    return image


def written_on(image):
    image = image.copy()
    draw, (width, height) = ImageDraw.Draw(image), image.size
    words = {"fill": "white", "stroke_width": 2, "stroke_fill": "black", "font_size": max(12, width // 9)}
    draw.text((width * 0.1, height * 0.4), "WHEN YOU SEE IT", **words)
    draw.text((width * 0.2, height * 0.8), "sample text", fill="yellow", font_size=max(10, width // 12))
    return image


def unevenly_framed(image):
    margin = round(0.06 * image.width)
    frame = Image.new("RGB", (image.width + 2 * margin, image.height + 4 * margin), (235, 225, 210))
    frame.paste(image, (margin, margin))
    return frame


def letterboxed(image):
    longer = max(image.size)
    frame = Image.new("RGB", (longer * 5 // 4, longer))
    frame.paste(image, ((frame.width - image.width) // 2, (longer - image.height) // 2))
    return saved(sized(frame, 0.75), 60)


RECIPES = {
    "first": {
        "half size": lambda image: sized(image, 0.5),
        "jpeg 25": lambda image: saved(image, 25),
        "crop 90": lambda image: cropped(image, 0.9),
        "crop 70": lambda image: cropped(image, 0.7),
        "flip": ImageOps.mirror,
        "turned 90": lambda image: image.transpose(Image.Transpose.ROTATE_90),
        "turned by 5": lambda image: image.rotate(5, FINE),
        "banner": bannered,
        "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.4),
        "border": lambda image: ImageOps.expand(image, round(0.1 * min(image.size)), "white"),
    },
    "second": {
        "a third, jpeg 80": lambda image: saved(sized(image, 1 / 3), 80),
        "webp 30": lambda image: saved(image, 30, "WEBP"),
        "corner 80, jpeg 70": lambda image: saved(cropped(image, 0.8, (0, 0)), 70),
        "crop 60, enlarged": lambda image: cropped(image, 0.6, (0.7, 0.4)).resize(image.size, FINE),
        "flip, jpeg 50": lambda image: saved(ImageOps.mirror(image), 50),
        "turned 270, smaller": lambda image: sized(image.transpose(Image.Transpose.ROTATE_270), 2 / 3),
        "turned by 8, white": lambda image: image.rotate(-8, FINE, expand=True, fillcolor="white"),
        "text": written_on,
        "contrast, colour": lambda image: ImageEnhance.Color(ImageEnhance.Contrast(image).enhance(0.7)).enhance(1.5),
        "uneven frame": unevenly_framed,
        "letterbox": letterboxed,
        "grey": lambda image: image.convert("L").convert("RGB"),
    },
}


def written(data: Path, folder: Path, *, half: str, n: int, recipe: str) -> pd.DataFrame:
    """Photographs of one half, and edits of the first of them, by file name: ``family`` and ``edit``."""
    rows = {}
    wanted = 0 if half == "tune" else 1
    chosen = [p for p in sorted(data.rglob("*.jpg")) if hashlib.sha1(p.name.encode()).digest()[0] % 2 == wanted]
    for k, path in enumerate(chosen):
        image = Image.open(path).convert("RGB")
        edits = RECIPES[recipe] if k < n else {}
        for number, (edit, picture) in enumerate({"": lambda same: same, **edits}.items()):
            name = f"{k:03d}-{number:02d}.png"
            picture(image).save(folder / name)
            rows[name] = (k, edit)
    return pd.DataFrame(rows, index=["family", "edit"]).T


def copies(folder: Path, table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, float]]:
    clock, start = {}, time.process_time()
    measured = pd.DataFrame({name: MEDIA.measure(folder / name) for name in table.index}).T
    clock["items measured/s"] = len(table) / (time.process_time() - start)
    start = time.process_time()
    proposed = MEDIA.proposed(measured)
    clock["candidates, s"] = time.process_time() - start
    looks, asked = {}, [0, 0.0]

    def look(k: int):
        if k not in looks:
            looks[k] = MEDIA.look(folder / table.index[k])
        return looks[k]

    def alike(pairs):
        pictures = [(look(a), look(b)) for a, b in pairs.tolist()]
        began = time.process_time()
        told = [MEDIA.likeness(a, b) for a, b in pictures]
        asked[0] += len(told)
        asked[1] += time.process_time() - began
        return np.array([SAME if one.same else ONE_SCENE if one.scene else 0 for one in told], np.int8)

    sets = duplicate_table(
        measured["sample_hash"], measured["perceptual_hash"].fillna(""), proposed=proposed, alike=alike
    )
    clock |= {"candidate pairs": len(proposed), "compared": asked[0], "compared/s": asked[0] / max(asked[1], 1e-9)}
    return sets, clock


def scored(table: pd.DataFrame, pairs: set[tuple[str, str]]) -> dict[str, float]:
    """Recall by edit, and false pairs in a million; ``pairs`` are those that a tool calls copies, sorted."""
    originals = {family: name for name, family in table.loc[table["edit"] == "", "family"].items()}
    found: dict[str, list[bool]] = {}
    for name, family, edit in table[table["edit"] != ""].itertuples():
        found.setdefault(edit, []).append(tuple(sorted((originals[family], name))) in pairs)
    family = table["family"]
    false = sum(family[a] != family[b] for a, b in pairs)
    sizes = family.value_counts().to_numpy()
    unrelated = len(table) * (len(table) - 1) / 2 - (sizes * (sizes - 1) / 2).sum()
    recall = {edit: float(np.mean(hits)) for edit, hits in found.items()}
    figures = {"mean recall": float(np.mean(list(recall.values()))), "false pairs": float(false)}
    return recall | figures | {"false in a million": 1e6 * false / unrelated}


def in_sets(sets: pd.Series) -> set[tuple[str, str]]:
    groups = sets.dropna().groupby(sets.dropna()).groups.values()
    return {pair for members in groups for pair in combinations(sorted(map(str, members)), 2)}


RIVAL = """
import json, sys, time
from pathlib import Path
folder, tool = sys.argv[1:]
start = time.process_time()
if tool == "cleanvision":
    from cleanvision import Imagelab
    lab = Imagelab(data_path=folder)
    lab.find_issues({"exact_duplicates": {}, "near_duplicates": {}}, n_jobs=1, verbose=False)
    sets = [s for kind in ("exact_duplicates", "near_duplicates") for s in lab.info[kind].get("sets", [])]
    pairs = [[Path(a).name, Path(b).name] for s in sets for i, a in enumerate(s) for b in s[i + 1:]]
else:
    if tool == "phash":  # the module that holds it imports torchvision, of which it uses nothing
        from unittest import mock
        parts = ("", ".models", ".models.vision_transformer", ".transforms")
        sys.modules |= {"torchvision" + part: mock.MagicMock() for part in parts}
    from imagededup.methods import CNN, PHash
    method = PHash(verbose=False) if tool == "phash" else CNN(verbose=False)
    found = method.find_duplicates(image_dir=folder)
    pairs = [[a, b] for a, others in found.items() for b in others]
print("RESULT" + json.dumps({"pairs": pairs, "s": time.process_time() - start}))
"""


def rival(python: str, folder: Path, tool: str) -> tuple[set[tuple[str, str]], float] | str:
    done = subprocess.run([python, "-c", RIVAL, str(folder), tool], capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if not lines:
        return (done.stderr.strip().splitlines() or ["no answer"])[-1]
    answer = json.loads(lines[-1][6:])
    return {tuple(sorted(pair)) for pair in answer["pairs"]}, answer["s"]


def spectrogram(path: Path) -> Image.Image:
    """Of a recording, 224 × 224, loud is bright; silence has the grain of its noise."""
    samples, rate = soundfile.read(path, always_2d=True)
    wave = samples.mean(axis=1)
    _, _, power = signal.spectrogram(wave, rate, nperseg=min(512, len(wave)), noverlap=min(512, len(wave)) // 2)
    level = 10 * np.log10(power + 1e-12)
    grey = np.clip((level - level.max() + 80) / 80, 0, 1)[::-1] * 255
    return Image.fromarray(grey.astype(np.uint8)).resize((224, 224), FINE)


def different(data: Path, folder: Path, part: float) -> pd.DataFrame:
    """Pictures of which no two are the same: recordings that others repeat byte for byte are left out."""
    photographs = sorted((data / "clothing").rglob("*.jpg"))
    recordings = sorted((data / "esc10").rglob("*.ogg")) + sorted((data / "speech_commands").rglob("*.wav"))[::2]
    recordings = list({hashlib.sha1(path.read_bytes()).digest(): path for path in recordings}.values())
    photographs, recordings = (every[: round(part * len(every))] for every in (photographs, recordings))
    kinds: list[str] = []

    def keep(kind: str, image: Image.Image) -> None:
        image.save(folder / f"{len(kinds):04d}.png", compress_level=1)
        kinds.append(kind)

    for path in photographs:
        keep("photograph", Image.open(path).convert("RGB"))
    for path in recordings:
        keep("spectrogram", spectrogram(path))
    for name, n in (("drawings", 600), ("pages", 300), ("soft and grey", 300)):
        for k in range(round(part * n)):
            drawn = SETS[name](photographs, np.random.default_rng((7, k)))
            keep(name, Image.fromarray(drawn.clip(0, 255).astype(np.uint8)))
    names = [f"{k:04d}.png" for k in range(len(kinds))]
    return pd.DataFrame({"family": range(len(kinds)), "edit": "", "kind": kinds}, index=names)


def show_different(data: Path, folder: Path, part: float) -> None:
    table = different(data, folder, part)
    counts = ", ".join(f"{n} {kind}" for kind, n in table["kind"].value_counts().items())
    print(f"{len(table)} different pictures: {counts}", flush=True)
    sets, clock = copies(folder, table)
    show("  speed, 1 process", clock)
    n_pairs = len(table) * (len(table) - 1) // 2
    for column in ("near_set", "scene_set"):
        false = in_sets(sets[column])
        most = stats.chi2.ppf(0.95, 2 * len(false) + 2) / 2  # of a Poisson count, one-sided
        kinds = table["kind"].loc[[a for a, _ in false]].value_counts().to_dict()
        print(
            f"  {column}: {len(false)} of {n_pairs:,} pairs, {1e6 * len(false) / n_pairs:.2f} in a million, at most "
            f"{1e6 * most / n_pairs:.2f} (95 %)  {kinds}  {sorted(false)[:6]}",
            flush=True,
        )


def show(name: str, figures: dict[str, float], rest: str = "") -> None:
    print(f"{name:24}" + "  ".join(f"{key} {value:.3g}" for key, value in figures.items()), rest, flush=True)


def scale() -> None:
    """Candidates among items that share nothing but chance: words as unlike as those of photographs."""
    rng = np.random.default_rng(0)
    for n in (20_000, 100_000):
        marks = [rng.bytes(9 * 84).hex() for _ in range(n)]
        hashes = [rng.bytes(32).hex() for _ in range(n)]
        start = time.process_time()
        found = candidates(hashes, marks)
        print(f"{n:,} items: {len(found):,} candidate pairs in {time.process_time() - start:.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/clothing"))
    parser.add_argument("--originals", type=int, default=60)
    parser.add_argument("--recipe", choices=RECIPES, default="first")
    parser.add_argument("--half", choices=("report", "tune"), default="report")
    parser.add_argument("--rivals", help="python that has imagededup and cleanvision")
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--different", action="store_true")
    parser.add_argument("--part", type=float, default=1.0, help="of each kind of different pictures, 0 to 1")
    chosen = parser.parse_args()
    if chosen.scale:
        scale()
        return
    if chosen.different:
        with tempfile.TemporaryDirectory() as folder:
            show_different(chosen.data.parent, Path(folder), chosen.part)
        return
    with tempfile.TemporaryDirectory() as folder:
        table = written(chosen.data, Path(folder), half=chosen.half, n=chosen.originals, recipe=chosen.recipe)
        print(f"{len(table)} pictures, {chosen.originals} families, recipe {chosen.recipe}, half {chosen.half}")
        sets, clock = copies(Path(folder), table)
        show("dsaudit", scored(table, in_sets(sets["near_set"])))
        show(
            "  frames of one scene", {"of different families": scored(table, in_sets(sets["scene_set"]))["false pairs"]}
        )
        show("  speed, 1 process", clock)
        for tool in ("phash", "cnn", "cleanvision") if chosen.rivals else ():
            answer = rival(chosen.rivals, Path(folder), tool)
            if isinstance(answer, str):
                print(f"{tool:24}did not run: {answer}")
            else:
                show(tool, scored(table, answer[0]), f"{len(table) / answer[1]:.1f} images/s")


if __name__ == "__main__":
    main()
