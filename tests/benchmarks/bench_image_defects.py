"""Recall per planted fault and recipe, false alarms on untouched pictures, and CleanVision on the same files.

    python -m tests.benchmarks.bench_image_defects [--data ../shared/data/clothing] [--pictures 100]
        [--half kept] [--recipes B,C] [--rival /opt/rivals/bin/python] [--sets]

Thresholds were chosen on recipe A and the half of the photographs called ``seen`` (``planted_images.half``). Each
fault is planted into ``--pictures`` photographs of the half, which are judged among the untouched of that half, as
many at a time as make one picture in five; the corners that fall short are printed first. ``--sets`` draws sets of
other kinds and counts what is said of them: pages, things on white ground, scenes at night, pictures with little in
focus, soft grey ones, drawings and thumbnails.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from dsaudit import catalogue
from dsaudit.errors import ItemError
from dsaudit.media.image.media import MEDIA
from tests.benchmarks.bench_defects import interval
from tests.benchmarks.planted_images import RECIPES, SETS, half, written

RULES = [r for r in catalogue.rules() if r.code.startswith("IMG") and r.code < "IMG014"]
FOUND_BY = {"dark": "dark", "bright": "bright", "blur": "blurry", "noise": "noisy", "blocks": "blocky"}
RIVAL = {"dark": "is_dark_issue", "bright": "is_light_issue", "blur": "is_blurry_issue"}
TARGET, MOST_FALSE = 0.95, 0.02

CLEANVISION = """
import contextlib, io, json, resource, sys
from cleanvision import Imagelab
def cpu():
    return sum(getattr(resource.getrusage(who), part) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
               for part in ("ru_utime", "ru_stime"))
paths, issues = json.load(sys.stdin)
began = cpu()
with contextlib.redirect_stdout(io.StringIO()):
    lab = Imagelab(filepaths=paths)
    lab.find_issues({name: {} for name in issues} if issues else None, n_jobs=1, verbose=False)
columns = [c for c in lab.issues if c.startswith("is_")]
json.dump({"cpu_s": cpu() - began, "issues": lab.issues[columns].astype(bool).to_dict("index")}, sys.stdout)
"""
APPEARANCE = ["dark", "light", "blurry", "low_information", "odd_aspect_ratio", "odd_size", "grayscale"]


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(paths: list[Path]) -> pd.DataFrame:
    rows: dict[str, Any] = {}
    for path in paths:
        try:
            rows[str(path)] = MEDIA.measure(path)
        except ItemError as error:
            print(f"  not read: {error}")
    return pd.DataFrame.from_dict(rows, orient="index")


def flags(measurements: pd.DataFrame) -> pd.DataFrame:
    tables = {"measurements": measurements, "items": pd.DataFrame({"label": None}, index=measurements.index)}
    found = {}
    for rule in RULES:
        out = rule.run(*(tables[need] for need in rule.needs))
        found[rule.name] = out["flagged"].reindex(measurements.index, fill_value=False).astype(bool)
    return pd.DataFrame(found)


def among(planted: pd.DataFrame, untouched: pd.DataFrame) -> pd.DataFrame:
    """Flags of the planted pictures, a few at a time among the untouched."""
    n = max(1, len(untouched) // 4)
    parts = [flags(pd.concat([planted.iloc[at : at + n], untouched])).iloc[:n] for at in range(0, len(planted), n)]
    return pd.concat(part.iloc[: len(planted) - n * k] for k, part in enumerate(parts))


def rival(python: Path, paths: list[Path], issues: list[str]) -> dict[str, Any] | None:
    if not python.exists():
        print(f"CleanVision is not compared: {python} is not there")
        return None
    text = json.dumps([[str(p) for p in paths], issues])
    done = subprocess.run([python, "-c", CLEANVISION], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        print("CleanVision is not compared:", done.stderr.strip().splitlines()[-1:])
        return None
    return dict(json.loads(done.stdout[done.stdout.index('{"cpu_s"') :]))


def shown(k: int, n: int) -> str:
    low, high = interval(k, n)
    return f"{k / max(n, 1):.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    data = Path(__file__).parents[3] / "shared" / "data" / "clothing"
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--half", default="kept", choices=("seen", "kept", "both"))
    parser.add_argument("--recipes", default="B,C")
    parser.add_argument("--rival", type=Path, default=Path("/opt/rivals/bin/python"))
    parser.add_argument("--sets", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    every = sorted(p for p in arguments.data.rglob("*.jpg"))
    paths = [p for p in every if arguments.half in ("both", half(p))]
    began = cpu_s()
    untouched = measured(paths)
    own_s = (cpu_s() - began) / len(paths)
    print(f"{len(paths)} photographs, half: {arguments.half}")
    hits = flags(untouched)
    exposure = hits[["dark", "bright", "blurry"]].any(axis=1)
    print(f"untouched, dark or bright or blurry: {shown(int(exposure.sum()), len(paths))}")
    for name in hits:
        print(f"  untouched {name:24} {shown(int(hits[name].sum()), len(paths))}")
    for issues, words in ((APPEARANCE, "its seven checks of appearance"), ([], "all its checks, copies too")):
        theirs = rival(arguments.rival, paths, issues)
        if theirs:
            their_s = theirs["cpu_s"] / len(paths)
            ratio = their_s / own_s
            print(
                f"CPU per picture: {own_s * 1e3:.1f} ms; CleanVision, {words}: {their_s * 1e3:.1f} ms ({ratio:.1f} ×)"
            )
            table = pd.DataFrame.from_dict(theirs["issues"], orient="index")
            known = [c for c in RIVAL.values() if c in table]
            print(f"  CleanVision untouched, the same three: {shown(int(table[known].any(axis=1).sum()), len(paths))}")

    rng = np.random.default_rng(arguments.seed)
    chosen = [paths[i] for i in sorted(rng.permutation(len(paths))[: arguments.pictures])]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for recipe in arguments.recipes.split(","):
            for number, (name, fault) in enumerate(RECIPES[recipe].items()):
                meant = FOUND_BY.get(name.replace(",", "-").split("-")[0].split()[0])
                if meant is None:
                    continue
                made = []
                for i, path in enumerate(chosen):
                    with Image.open(path) as image:
                        x = np.asarray(image.convert("RGB"), dtype=np.float64)
                    made.append(Path(folder) / f"{recipe}-{number}-{i}.jpg")
                    written(fault(x, np.random.default_rng((arguments.seed, i))), made[-1])
                found = among(measured(made), untouched)
                k = int(found[meant].sum())
                line = f"{recipe} {name:28} {meant:8} {shown(k, len(made))}"
                key = name.replace(",", "-").split("-")[0].split()[0]
                if key in RIVAL and (theirs := rival(arguments.rival, made, [RIVAL[key].split("_")[1]])):
                    n = sum(bool(row[RIVAL[key]]) for row in theirs["issues"].values())
                    line += f"   CleanVision {n / len(made):.3f}"
                others = {
                    o: round(float(found[o].mean()), 3) for o in found if o != meant and found[o].mean() > MOST_FALSE
                }
                lines.append((k / len(made), line + (f"   also {others}" if others else "")))
                print(".", end="", file=sys.stderr, flush=True)
        print("\nworst first:")
        for recall, line in sorted(lines):
            print("  !" if recall < TARGET else "   ", line)
        for name, draw in SETS.items() if arguments.sets else ():
            made = []
            for i in range(60):
                made.append(Path(folder) / f"{name.replace(' ', '-')}-{i}{'.png' if i % 2 else '.jpg'}")
                written(draw(paths, np.random.default_rng((arguments.seed, i))), made[-1])
            n_flagged = {k: int(v) for k, v in flags(measured(made)).sum().items() if v}
            print(f"set of 60, {name}: {n_flagged or 'nothing said'}")


if __name__ == "__main__":
    main()
