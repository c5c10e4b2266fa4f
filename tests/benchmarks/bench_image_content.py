"""What only the whole set tells of pictures: those that lie the wrong way, and classes that a tint gives away.

    python -m tests.benchmarks.bench_image_content [--data ../shared/data/clothing] [--draws 5] [--cache DIR]

``turned``: a share of the photographs of one half (``planted_images.half``) is turned by 90, 180 or 270 degrees; that
half alone is the set. Its cut was chosen on the half called ``seen``, at most 2 % false alarms at every share; ``kept``
is only reported. ``tint``: all pictures of one class in ten are shifted in colour, each class in turn. Its cuts were
chosen with these photographs in view: no half of them is blind.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from dsaudit.analysis.cause.tint import class_tints
from dsaudit.analysis.space.pose import pose_scores, turned
from dsaudit.catalogue import rules
from dsaudit.media.image.encoders import LITE0_POSES
from dsaudit.media.image.media import MEDIA
from tests.benchmarks.bench_defects import interval
from tests.benchmarks.planted_images import half

RULE = {rule.name: rule for rule in rules() if rule.name in ("turned", "class-tint")}
SHARES = (0.0, 0.02, 0.05, 0.15)
BLUES, SKIES = (60, 120, 255), (90, 140, 220)


def shifted(doublings: float):
    """Red over blue by so many doublings more."""
    return lambda x: x * np.array([2 ** (doublings / 2), 1.0, 2 ** (-doublings / 2)])


def washed(share: float, colour: tuple[int, int, int]):
    return lambda x: x * (1 - share) + np.array(colour) * share


def sky(x):
    x = x.copy()
    x[: len(x) // 3] = 0.3 * x[: len(x) // 3] + 0.7 * np.array(SKIES)
    return x


def thing(colour: tuple[int, int, int]):
    """Something of this colour in the middle, as bright as what was there."""

    def fault(x):
        y, z = np.mgrid[: len(x), : len(x)] / len(x) - 0.5
        light = (x @ [0.299, 0.587, 0.114])[..., None] / 150
        return np.where((y**2 + z**2 < 0.14)[..., None], light * np.array(colour), x)

    return fault


TINTS = {
    "red over blue 2^.3": shifted(0.3),
    "red over blue 2^.4": shifted(0.4),
    "blue over red 2^.3": shifted(-0.3),
    "blue over red 2^.4": shifted(-0.4),
    "orange wash 20 %": washed(0.2, (255, 170, 60)),
    "blue wash 20 %": washed(0.2, BLUES),
    "green wash 15 %": washed(0.15, (60, 220, 60)),
    "purple wash 15 %": washed(0.15, (220, 60, 220)),
}
CONTENTS = {"nothing": lambda x: x, "yellow things": thing((230, 190, 40)), "blue things": thing(BLUES), "sky": sky}
"""What a picture shows is no tint."""


def vectors(paths: list[Path], cache: Path | None) -> npt.NDArray[np.float32]:
    kept = None if cache is None else cache / "poses.npy"
    if kept is not None and kept.exists() and len(known := np.load(kept)) == len(paths):
        return known
    encoder = LITE0_POSES()
    parts = []
    for at in range(0, len(paths), 40):
        parts.append(encoder.encode([MEDIA.read(path) for path in paths[at : at + 40]]).reshape(-1, 4, 1280))
        print(f"\r{at} of {len(paths)} in four ways", end="", flush=True)
    print()
    known = np.concatenate(parts).astype(np.float32)
    if kept is not None:
        np.save(kept, known)
    return known


def share(k: int, n: int) -> str:
    low, high = interval(k, n)
    return f"{k / max(n, 1):.3f} [{low:.3f}, {high:.3f}]"


def turned_rows(poses: npt.NDArray[np.float32], labels: npt.NDArray[np.str_], n_draws: int) -> None:
    """Recall, false alarms and what the ranking alone would reach, by share of turned pictures."""
    for planted in SHARES:
        hits, told, right = [], [], []
        for seed in range(n_draws if planted else 1):
            rng = np.random.default_rng(seed)
            turn = np.where(rng.random(len(poses)) < planted, rng.integers(1, 4, len(poses)), 0)
            lying = np.stack([np.roll(each, -by, axis=0) for each, by in zip(poses, turn, strict=True)])
            scores = pose_scores(lying, [str(k) for k in range(len(poses))], n_learned=len(poses), seed=seed)
            pose, p = turned(scores, labels.tolist(), n_learned=len(poses))
            table = pd.DataFrame({"pose": pose, "p_turned": p, "told": float(np.mean(pose == 0))})
            found = RULE["turned"].run(table)
            hits.append(pd.DataFrame({"turn": turn, "flagged": found["flagged"], "p": np.where(pose > 0, p, 0.0)}))
            right += (pose == turn)[(turn > 0) & found["flagged"]].tolist()
            told.append(float(np.mean(pose == 0)))
        table = pd.concat(hits)
        up, down = table[table["turn"] == 0], table[table["turn"] > 0]
        line = f"  {planted:4.0%} turned: false {share(int(up['flagged'].sum()), len(up))}"
        if len(down):
            ranked = (down["p"] > up["p"].quantile(0.98)).mean()
            line += f"  recall {share(int(down['flagged'].sum()), len(down))}, ranking alone at 2 % {ranked:.3f}"
            line += f", right turn {np.mean(right):.3f}"
        print(line, flush=True)


def tint_rows(paths: list[Path], labels: npt.NDArray[np.str_]) -> None:
    pictures = np.stack([MEDIA.layout(path) for path in paths])
    for words, edits in (("tints, found", TINTS), ("no tints, called one", CONTENTS)):
        for name, edit in edits.items():
            found, others = [], []
            for planted in sorted(set(labels)):
                changed = pictures.copy()
                for k in np.flatnonzero(labels == planted):
                    changed[k] = np.clip(edit(pictures[k].astype(np.float64)), 0, 255)
                flagged = RULE["class-tint"].run(class_tints(changed, labels.tolist()))["flagged"]
                found.append(bool(flagged[planted]))
                others.append(int(flagged.drop(planted).sum()))
            print(f"  {words} {name:20} {sum(found)} of {len(found)}; other classes {sum(others)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    data = Path(__file__).parents[3] / "shared" / "data" / "clothing"
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--cache", type=Path, help="folder that keeps the vectors")
    chosen = parser.parse_args()
    paths = sorted(chosen.data.rglob("*.jpg"))
    labels = np.array([path.parent.name for path in paths])
    poses = vectors(paths, chosen.cache)
    halves = np.array([half(path) for path in paths])
    for name, mine in (("seen", halves == "seen"), ("kept", halves == "kept"), ("both", halves != "")):
        print(f"turned, {mine.sum()} photographs, half: {name}")
        turned_rows(poses[mine], labels[mine], chosen.draws)
    print(f"tint of one class of {len(set(labels))}, {len(paths)} photographs")
    tint_rows(paths, labels)


if __name__ == "__main__":
    main()
