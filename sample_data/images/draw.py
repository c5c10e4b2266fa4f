"""Draw the sample pictures: ``python draw.py`` writes them, ``--check`` compares them with new ones."""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import shutil
import tempfile
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING

import damage
from scenes import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

HERE = Path(__file__).resolve().parent
PICTURES = "pictures"
TABLES = ("manifest.csv", "truth.csv")
SUMS = "SHA256SUMS"

PLAIN = ("house", "tree", "boat", "car", "flower")
"""Classes in which single faults are planted; every fish carries a mark, a mug may be a cup, a crane two things."""
SOUND = {"house": 22, "tree": 22, "boat": 22, "car": 22, "flower": 22, "fish": 24, "mug": 18, "cup": 18, "kite": 3}
"""Pictures of each class, those with planted faults aside."""
ROLLS = {"train": 9, "validation": 3, "test": 3}
"""Films of each split: a group of pictures that were taken one after the other."""
LEAK = "roll16"


@dataclass
class Builder:
    """Writes pictures below ``out`` and remembers the manifest and the truth."""

    out: Path
    manifest: list[dict[str, str]] = field(default_factory=list)
    truth: list[dict[str, str]] = field(default_factory=list)
    _seeds: Iterator[int] = field(default_factory=count)
    _numbers: dict[str, Iterator[int]] = field(default_factory=dict)
    _rolls: Iterator[tuple[str, str]] = field(default_factory=lambda: cycle(_films()))
    _things: Iterator[str] = field(default_factory=lambda: cycle(PLAIN))

    def picture(self, thing: str = "") -> tuple[str, Image]:
        """A new one, of the next plain class where none is named."""
        thing = thing or next(self._things)
        seed = next(self._seeds)
        return thing, drawn(thing, seed, portrait=seed % 9 == 4)

    def add(self, label: str, data: bytes | Image, *, suffix: str = ".jpg", film: tuple[str, str] | None = None) -> str:
        """Write an item and list it; its id."""
        roll, split = film or next(self._rolls)
        number = next(self._numbers.setdefault(roll, count(1)))
        path = f"{PICTURES}/{label.strip().lower()}/{roll}_{number:03d}{suffix}"
        file = self.out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else damage.jpeg(data))
        self.manifest.append({"path": path, "label": label, "split": split, "group": roll})
        return path

    def plant(self, rule: str, item_id: str, note: str, *, subject: str = "") -> str:
        self.truth.append({"item_id": item_id, "rule": rule, "subject": subject, "note": note})
        return item_id


def _films() -> list[tuple[str, str]]:
    names = iter(f"roll{k:02d}" for k in count(1))
    films = {split: [next(names) for _ in range(n)] for split, n in ROLLS.items()}
    turns = ["train", "train", "validation", "train", "test"]
    each = {split: cycle(rolls) for split, rolls in films.items()}
    return [(next(each[split]), split) for split in turns * 9]


def build(out: Path) -> Builder:
    """Everything, class by class and fault by fault."""
    b = Builder(out)
    for label, n in SOUND.items():
        for _ in range(n):
            _, picture = b.picture(label)
            b.add(label, damage.stamped(picture) if label == "fish" else picture)
    for thing in ("bird", "hoist"):
        for _ in range(11):
            b.add("crane", b.picture(thing)[1])
    _light(b)
    _sharpness(b)
    _shape(b)
    _labels(b)
    _copies(b)
    _files(b)
    b.plant("class-mark", "", "every fish carries the same mark in its lower right corner", subject="fish")
    b.plant(
        "class-imbalance", "", "the largest class has more than ten times the items of the smallest", subject="dataset"
    )
    b.plant("rare-class", "", "3 pictures", subject="kite")
    b.plant("split-class", "", "birds, and what lifts loads", subject="crane")
    for one, other in (("mug", "cup"), ("cup", "mug")):
        b.plant("confused-pair", "", "the same things under two names", subject=f"{one} → {other}")
        b.plant("weak-class", "", f"half of it is taken for {other}", subject=one)
    b.truth.sort(key=lambda row: (row["rule"], row["subject"], row["item_id"]))
    b.manifest.sort(key=lambda row: row["path"])
    return b


def _single(b: Builder, rule: str, change: object, note: str) -> None:
    thing, picture = b.picture()
    b.plant(rule, b.add(thing, change(picture)), note)  # type: ignore[operator]


def _light(b: Builder) -> None:
    for stops in (3.2, 3.8, 4.6):
        _single(b, "dark", lambda p, s=stops: damage.dark(p, stops=s), f"{stops} stops too little light")
    for stops in (2.2, 2.6, 3.0):
        _single(b, "bright", lambda p, s=stops: damage.bright(p, stops=s), f"{stops} stops too much light")
    for share in (0.07, 0.1, 0.13):
        _single(b, "low-contrast", lambda p, s=share: damage.flat(p, share=s), f"{share:.0%} of the contrast is left")
    for _ in range(3):
        _single(b, "grayscale-among-colour", lambda p: p.convert("L").convert("RGB"), "no colour")


def _sharpness(b: Builder) -> None:
    for radius in (2.5, 3.5, 5.0):
        _single(b, "blurry", lambda p, r=radius: damage.unfocused(p, radius=r), f"out of focus by {radius} pixels")
    for pixels in (11, 17):
        _single(b, "blurry", lambda p, n=pixels: damage.shaken(p, pixels=n), f"moved by {pixels} pixels")
    for by in (3, 4, 5):
        _single(b, "upscaled", lambda p, n=by: damage.upscaled(p, by=n), f"made {by} times as large")
    for seed, spread in enumerate((22, 28, 36)):
        _single(b, "noisy", lambda p, s=spread, k=seed: damage.noisy(p, spread=s, seed=k), f"noise of {spread} levels")
    for quality in (4, 6, 8):
        _single(b, "blocky", lambda p, q=quality: damage.blocky(p, quality=q), f"once compressed to quality {quality}")


def _shape(b: Builder) -> None:
    for width, colour in ((10, 255), (14, 0)):
        _single(
            b,
            "letterboxed",
            lambda p, w=width, c=colour: damage.framed(p, width=w, colour=c),
            f"a frame {width} px wide",
        )
    _single(b, "letterboxed", lambda p: damage.letterboxed(p, share=0.12), "black bars above and below")
    _single(b, "odd-size", lambda p: p.resize((40, 30)), "40 × 30 pixels")
    _single(b, "odd-size", lambda p: p.resize((1280, 960)), "1280 × 960 pixels")
    for box in ((0, 70, 256, 102), (0, 100, 256, 126)):
        thing, picture = b.picture("boat")
        b.plant(
            "odd-aspect-ratio", b.add(thing, picture.resize((256, 192)).crop(box)), f"256 × {box[3] - box[1]} pixels"
        )
    for level in (128, 243):
        b.plant("low-information", b.add("flower", damage.plain((256, 192), level=level)), "nothing on it")
    for _ in range(2):
        b.plant("text-heavy", b.add("house", b.picture("page")[1]), "a page of text")
    for label in ("boat", "tree", "car"):
        b.plant("outlier", b.add(label, b.picture("pebbles")[1]), "pebbles, of no class")


def _labels(b: Builder) -> None:
    for k in range(12):
        thing, picture = b.picture()
        other = PLAIN[(PLAIN.index(thing) + 1 + k % 4) % len(PLAIN)]
        b.plant("label-error-candidate", b.add(other, picture), f"a {thing}")
    for spelling in ("Boat", "boat ", "BOAT"):
        b.plant("label-spelling", b.add(spelling, b.picture("boat")[1]), "a second spelling", subject=spelling)


def _copies(b: Builder) -> None:
    edits = {
        "half the size": lambda p: p.resize((p.width // 2, p.height // 2), damage.Image.Resampling.LANCZOS),
        "JPEG of quality 25": lambda p: damage.jpeg(p, quality=25),
        "its middle 90 %": lambda p: damage.part(p, share=0.9),
        "its middle 70 %": lambda p: damage.part(p, share=0.7),
        "mirrored": lambda p: p.transpose(damage.Image.Transpose.FLIP_LEFT_RIGHT),
        "turned by 90°": lambda p: damage.turned(p, quarters=1),
        "words over it": damage.banner,
        "a quarter lighter": lambda p: damage.lighter(p, by=1.25),
        "a border": lambda p: damage.ImageOps.expand(p, 8, (255, 255, 255)),
    }
    for (what, edit), thing in zip(edits.items(), cycle(PLAIN)):
        film = next(b._rolls)
        _, picture = b.picture(thing)
        first = b.add(thing, picture, film=film)
        for item, note in ((first, f"the copy: {what}"), (b.add(thing, edit(picture), film=film), what)):
            b.plant("near-duplicate", item, note, subject=first)
            if note.startswith("turned"):
                b.plant("turned", item, "lies on its side, and is a copy as well")
    for thing in ("house", "car"):
        film = next(b._rolls)
        data = damage.jpeg(b.picture(thing)[1])
        first = b.add(thing, data, film=film)
        again = damage.png(damage.Image.open(io.BytesIO(data)))
        for item in (first, b.add(thing, again, suffix=".png", film=film)):
            b.plant("exact-duplicate", item, "the same pixels, as JPEG and as PNG", subject=first)
    data = damage.jpeg(b.picture("tree")[1])
    film = next(b._rolls)
    first = b.add("tree", data, film=film)
    for item in (first, b.add("flower", data, film=film)):
        b.plant("conflicting-duplicate", item, "the same file under two labels", subject=first)
    data = damage.jpeg(b.picture("boat")[1])
    first = b.add("boat", data, film=("roll01", "train"))
    for item in (first, b.add("boat", data, film=("roll13", "test"))):
        b.plant("leaked-duplicate", item, "the same file in train and test", subject=first)
    for split in ("train", "test", "train", "test"):
        item = b.add("car", b.picture("car")[1], film=(LEAK, split))
        b.plant("leaked-group", item, "a film in two splits", subject=LEAK)
    for thing, rule in (("house", "burst"), ("tree", "leaked-burst")):
        _, picture = b.picture(thing)
        frames = [damage.nudged(picture, x=2 * k - 3, y=k - 1, seed=90 + k) for k in range(4)]
        film = next(b._rolls)
        films = [film] * 4 if rule == "burst" else [("roll02", "train")] * 2 + [("roll14", "test")] * 2
        items = [b.add(thing, frame, film=film) for frame, film in zip(frames, films, strict=True)]
        for item in items:
            b.plant(rule, item, "four frames within a second", subject=items[0])


def _files(b: Builder) -> None:
    whole = damage.jpeg(b.picture("car")[1])
    b.plant("unreadable", b.add("car", whole[: len(whole) // 3]), "the last two thirds are missing")
    b.plant("unreadable", b.add("tree", b"\x89PNG\r\n\x1a\n" + bytes(range(200)), suffix=".png"), "no picture in it")
    b.plant("too-large", b.add("house", damage.enormous(), suffix=".png"), "claims 60,000 × 60,000 pixels")
    b.plant("empty", b.add("boat", b""), "no bytes")
    web = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><p>Not found.</p></body></html>\n"
    b.plant("unfetched", b.add("flower", web), "a web page")
    for thing in ("flower", "house"):
        b.plant("suffix-mismatch", b.add(thing, damage.png(b.picture(thing)[1].quantize(32).convert("RGB"))), "a PNG")
    odd = damage.Image.Exif()
    odd[0x0112] = 9
    b.plant("odd-header", b.add("tree", damage.jpeg(b.picture("tree")[1], exif=odd)), "an orientation that is none")
    b.plant("odd-header", b.add("car", damage.jpeg(b.picture("car")[1], icc=b"damaged")), "a damaged colour profile")
    frames = [damage.nudged(b.picture("boat")[1], x=0, y=0, seed=k) for k in range(3)]
    b.plant("several-frames", b.add("boat", damage.animated(frames), suffix=".gif"), "three frames")
    b.plant(
        "non-finite-pixels", b.add("flower", damage.holed(b.picture("flower")[1]), suffix=".tif"), "NaN in a corner"
    )
    gone = b.add("tree", b"gone")
    (b.out / gone).unlink()
    b.plant("missing-file", gone, "in the manifest only")
    thing, picture = b.picture()
    b.plant("privacy-metadata", b.add(thing, damage.jpeg(picture, exif=damage.located())), "says where it was taken")
    thing, picture = b.picture()
    exif = damage.located(serial="SAMPLE-0001")
    b.plant("privacy-metadata", b.add(thing, damage.jpeg(picture, exif=exif)), "names the camera's serial number")
    for quarters, way in ((1, "to the left"), (2, "on its head"), (3, "to the right")):
        thing, picture = b.picture()
        b.plant("turned", b.add(thing, damage.turned(picture, quarters=quarters)), f"turned {way}, without EXIF")


def make(out: Path) -> None:
    """Write pictures, manifest, truth and checksums below ``out``."""
    shutil.rmtree(out / PICTURES, ignore_errors=True)
    built = build(out)
    for name, rows in (("manifest.csv", built.manifest), ("truth.csv", built.truth)):
        with (out / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    files = [*sorted(p for p in (out / PICTURES).rglob("*") if p.is_file()), *(out / name for name in TABLES)]
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(out).as_posix()}\n" for p in files]
    (out / SUMS).write_text("".join(sums), encoding="utf-8")


def check() -> int:
    """Draw everything again elsewhere. Tables must agree; pictures may differ with another Pillow. 1 if not."""
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder)
        make(again)
        differing = [name for name in TABLES if (HERE / name).read_bytes() != (again / name).read_bytes()]
        old, new = (set((place / SUMS).read_text(encoding="utf-8").splitlines()) for place in (HERE, again))
    for name in differing:
        print(f"{name} is made differently now")
    print(f"{len(old & new)} of {len(old)} files come out the same")
    return 1 if differing else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="draw them elsewhere and compare")
    if parser.parse_args().check:
        raise SystemExit(check())
    make(HERE)
