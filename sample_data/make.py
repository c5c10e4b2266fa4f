"""Make the sample data: ``python sample_data/make.py`` writes them, ``--check`` makes them again and compares."""

from __future__ import annotations

import argparse
import csv
import hashlib
import shutil
import tempfile
from pathlib import Path

from files import table
from people import annotated
from plan import CLIPS, Builder, build

HERE = Path(__file__).resolve().parent
LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}
TABLES = ("manifest.csv", "truth.csv", "annotations.csv")
SUMS = "SHA256SUMS"


def make(out: Path) -> None:
    """Write clips, lists, manifest, truth and checksums below ``out``."""
    clips = out / CLIPS
    if clips.exists():
        shutil.rmtree(clips)
    built = build(out)
    (out / "manifest.csv").write_text(table(built.manifest), encoding="utf-8")
    (out / "truth.csv").write_text(table(built.truth), encoding="utf-8")
    (out / "annotations.csv").write_text(table(annotated(built.manifest)), encoding="utf-8")
    for split, name in LISTS.items():
        (clips / name).write_text(_listed(built, split), encoding="utf-8")
    files = [*sorted(p for p in clips.rglob("*") if p.is_file()), *(out / name for name in TABLES)]
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(out).as_posix()}\n" for p in files]
    (out / SUMS).write_text("".join(sums), encoding="utf-8")


def check() -> int:
    """Make everything again elsewhere. Tables must agree; clips may differ with another espeak-ng. 1 if not."""
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder)
        make(again)
        differing = [name for name in TABLES if _rows(HERE / name) != _rows(again / name)]
        old, new = (set((place / SUMS).read_text(encoding="utf-8").splitlines()) for place in (HERE, again))
    for name in differing:
        print(f"{name} is made differently now")
    print(f"{len(old & new)} of {len(old)} files come out the same")
    return 1 if differing else 0


def _listed(built: Builder, split: str) -> str:
    paths = (row["path"].removeprefix(f"{CLIPS}/") for row in built.manifest if row["split"] == split)
    return "".join(f"{path}\n" for path in paths)


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="make the data elsewhere and compare")
    if parser.parse_args().check:
        raise SystemExit(check())
    make(HERE)
