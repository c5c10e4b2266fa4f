"""What one reading of a picture costs: images a second against plain Pillow in the same run, and the peak of memory.

Plain Pillow opens, converts to RGB and resizes to 224 px, as a loader does. Speed is per second of processor time;
rounds alternate between the ways and the median counts. Memory is that of a process of its own for each picture, beyond
what it takes before it opens a large one (Linux).

    python -m tests.benchmarks.bench_image_scan [--data ../shared/data/clothing] [--rounds 5]
"""

from __future__ import annotations

import argparse
import hashlib
import io
import statistics
import tempfile
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from dsaudit.errors import ItemError
from dsaudit.media.file import opened_file
from dsaudit.media.image import decode
from dsaudit.media.image.media import MEDIA

if TYPE_CHECKING:
    from collections.abc import Callable

MEGA = 10**6


def plain(path: Path) -> None:
    with Image.open(path) as image:
        image.convert("RGB").resize((224, 224))


def decoded(path: Path) -> decode.Decoded:
    with opened_file(path, hashed=False) as file:
        return decode.decoded(file)


def drafted(path: Path) -> None:
    """What a decode at reduced size would cost, and no pixel of the whole."""
    with Image.open(path) as image:
        image.draft("RGB", (512, 512))
        np.asarray(decode.at_most(image.convert("RGB"), 512))


def all_hashed(path: Path) -> None:
    hashlib.blake2b(np.ascontiguousarray(np.asarray(decoded(path).full)).data)


def all_summed(path: Path) -> None:
    zlib.crc32(decoded(path).full.tobytes())


WAYS: dict[str, Callable[[Path], Any]] = {
    "Pillow: open, convert, resize": plain,
    "reduced decode alone": drafted,
    "decode (full and small)": decoded,
    "decode, checksum of all pixels": all_summed,
    "decode, hash of all pixels": all_hashed,
    "all measures": MEDIA.measure,
    "all measures, network input, preview": lambda path: MEDIA.read_once(path, taken=True, preview=True),
}


def photo(width: int, height: int, seed: int = 0) -> Image.Image:
    """Soft patches with grain, drawn in strips."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(20, 236, (height // 60 + 2, width // 60 + 2, 3), dtype=np.uint8))
    image = coarse.resize((width, height), Image.Resampling.BICUBIC)
    for top in range(0, height, 512):
        box = (0, top, width, min(height, top + 512))
        pixels = np.asarray(image.crop(box), dtype=np.int16)
        grain = rng.integers(-12, 13, (*pixels.shape[:2], 1), dtype=np.int16)
        image.paste(Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8)), box[:2])
    return image


def saved(folder: Path, name: str, image: Image.Image, n: int, **options: Any) -> list[Path]:
    data = io.BytesIO()
    image.save(data, name.rpartition(".")[2].upper().replace("JPG", "JPEG"), **options)
    paths = [folder / f"{k}-{name}" for k in range(n)]
    for path in paths:
        path.write_bytes(data.getvalue())
    return paths


def rates(paths: list[Path], rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    for way in WAYS.values():
        way(paths[0])
    for _ in range(rounds):
        for name, way in WAYS.items():
            start = time.process_time()
            for path in paths:
                way(path)
            found[name].append(len(paths) / (time.process_time() - start))
    return found


def high_water_mb() -> float:
    """Of this process alone: what ``getrusage`` tells is at least its parent's."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def peak(path: Path) -> tuple[float, str]:
    """Megabytes beyond those before, and what came of it."""
    MEDIA.read_once(Path(path).parent / "0-first.jpg", taken=True, preview=True)
    before = high_water_mb()
    start = time.process_time()
    try:
        measured = MEDIA.read_once(path, taken=True, preview=True).measured
        words = measured["shortfall"] or "read"
    except ItemError as error:
        words = error.status
    took = time.process_time() - start
    return high_water_mb() - before, f"{words}, {took:.1f} s"


def print_memory(folder: Path) -> None:
    saved(folder, "first.jpg", photo(200, 150), 1)
    large, largest = photo(5700, 4200), photo(9600, 6400)
    cases = {
        "24 MP JPEG": saved(folder, "a.jpg", large, 1, quality=90),
        "24 MP progressive JPEG": saved(folder, "b.jpg", large, 1, quality=90, progressive=True),
        "61 MP JPEG": saved(folder, "c.jpg", largest, 1, quality=90),
        "61 MP progressive JPEG": saved(folder, "d.jpg", largest, 1, quality=90, progressive=True),
        "61 MP PNG": saved(folder, "e.png", largest, 1, compress_level=1),
        "61 MP RGBA PNG": saved(folder, "f.png", largest.convert("RGBA"), 1, compress_level=1),
        "61 MP 16-bit PNG": saved(
            folder,
            "g.png",
            Image.fromarray(np.asarray(largest.convert("L")).astype(np.uint16) * 16),
            1,
            compress_level=1,
        ),
        "81 MP PNG of one bit": saved(folder, "h.png", Image.new("1", (9000, 9000)), 1),
    }
    del large, largest
    for name, (path,) in cases.items():
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            n_mb, words = pool.submit(peak, path).result()
        print(f"  {name:26} {n_mb:6.0f} MB   {words}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data" / "clothing")
    parser.add_argument("--rounds", type=int, default=5, help="0: memory only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sets = {"clothing (400 px JPEG)": sorted(arguments.data.rglob("*.jpg"))[:100]}
        sets["1.9 MP JPEG"] = saved(folder, "m.jpg", photo(1600, 1200), 8, quality=90)
        sets["12 MP JPEG"] = saved(folder, "l.jpg", photo(4000, 3000), 2, quality=90)
        sets["1.9 MP PNG"] = saved(folder, "m.png", photo(1600, 1200), 4)
        for title, paths in sets.items():
            if not paths or not arguments.rounds:
                continue
            found = rates(paths, arguments.rounds)
            base = found["Pillow: open, convert, resize"]
            print(title)
            for name, values in found.items():
                ratio = statistics.median(v / b for v, b in zip(values, base, strict=True))
                print(f"  {name:38} {statistics.median(values):8.1f} images/s   {ratio:5.2f} × plain Pillow")
        print("memory beyond an idle worker")
        print_memory(folder)


if __name__ == "__main__":
    main()
