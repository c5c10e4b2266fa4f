"""Recall per planted defect and recipe, false alarms on clean clips, and the rival in the same run (B7).

    python -m tests.benchmarks.bench_defects [--data ../shared/data] [--clips 300] [--rival]

Recipes and the meaning of a clean clip: ``tests/defects.py``. Every planted clip is written to a WAV file, read back
and measured like any other; the set it is judged in is the planted clips among the clean ones.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

import dsaudit.checks.audio
from dsaudit.media.audio.media import AudioMedia
from dsaudit.rule import Rule
from tests import defects


def audio_rules() -> dict[str, Rule]:
    found = {}
    for module in pkgutil.iter_modules(dsaudit.checks.audio.__path__):
        for value in vars(importlib.import_module(f"dsaudit.checks.audio.{module.name}")).values():
            if isinstance(value, Rule):
                found[value.name] = value
    return found


def flags(rule: Rule, measurements: pd.DataFrame) -> pd.Series:
    measurements = measurements.assign(status="ok")
    items = pd.DataFrame({"label": None}, index=measurements.index)
    tables = {"measurements": measurements, "items": items, "courses": pd.DataFrame()}  # the edges alone
    out = rule.run(*(tables[name] for name in rule.needs))
    return out["flagged"].reindex(measurements.index, fill_value=False).astype(bool)


def interval(k: int, n: int) -> tuple[float, float]:
    """Wilson interval at 95 %."""
    if not n:
        return 0.0, 1.0
    z, p = 1.96, k / n
    middle, half = p + z * z / 2 / n, z * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def rival_failures(path: Path) -> set[str]:
    from audio_qa import check_file

    return {c["check"] for c in check_file(str(path))["checks"] if not c.get("passed")}


RIVAL = {
    "cut": {"silence", "duration"},
    "qui": {"loudness"},
    "sil": {"silence", "loudness", "background_noise"},
    "noi": {"background_noise"},
    "cli": {"clipping"},
    "dc": set(),
    "0.3": {"duration"},
    "ups": {"upsampling", "sample_rate"},
}
"""Which of the rival's checks could mean a defect; a failure that clean clips have too counts all the same."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("--clips", type=int, default=300, help="clean clips to plant into")
    parser.add_argument("--rival", type=int, default=0, help="clips per defect for audio_qa.check_file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only defects whose name contains this")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    media, rules = AudioMedia(), audio_rules()
    rng = np.random.default_rng(arguments.seed)
    clean: dict[str, tuple[np.ndarray, int]] = {}
    for path in sorted((arguments.data / "speech_commands").glob("*/*.wav")):
        if path.parent.name != "_silence_":
            x, rate = soundfile.read(path, dtype="float32")
            if defects.is_clean(x, rate):
                clean[str(path)] = (x, rate)
    base = pd.DataFrame.from_dict({name: media.measure(Path(name)) for name in clean}, orient="index")
    print(f"{len(clean)} clean clips")
    figures: dict[str, object] = {"clean": len(clean)}
    truncated = flags(rules["truncated-start"], base) | flags(rules["truncated-end"], base)
    for name, hit in [*((n, flags(r, base)) for n, r in sorted(rules.items())), ("either truncation", truncated)]:
        k = int(hit.sum())
        low, high = interval(k, len(base))
        figures[f"false {name}"] = k
        print(f"  false alarms {name:26} {k:4d}  {k / len(base):.4f}  95 % [{low:.4f}, {high:.4f}]")

    names = list(clean)
    chosen = [names[i] for i in sorted(rng.permutation(len(names))[: arguments.clips])]
    with tempfile.TemporaryDirectory() as folder:
        for recipe, planted in defects.SCORED.items():
            for defect in planted:
                if arguments.only not in defect.name:
                    continue
                rows, rival = {}, []
                for i, name in enumerate(chosen):
                    x, rate = clean[name]
                    made = defect.make(x, rate, np.random.default_rng((arguments.seed, i)))
                    path = Path(folder) / f"{i}.wav"
                    soundfile.write(path, made, rate, subtype=defect.subtype)
                    rows[f"planted {i}"] = media.measure(path)
                    if i < arguments.rival:
                        rival.append(bool(rival_failures(path) & RIVAL[defect.name[: 2 if defect.name == "dc" else 3]]))
                table = pd.concat([pd.DataFrame.from_dict(rows, orient="index"), base])
                hit = np.any([flags(rules[r], table).to_numpy()[: len(rows)] for r in defect.rules], axis=0)
                k = int(hit.sum())
                low, high = interval(k, len(rows))
                figures[f"{recipe} {defect.name}"] = [k, len(rows)]
                line = f"{recipe} {defect.name:22} {k:4d}/{len(rows)}  {k / len(rows):.3f}  [{low:.3f}, {high:.3f}]"
                print(line + (f"   rival {np.mean(rival):.2f} of {len(rival)}" if rival else ""), flush=True)
    for recipe in defects.SCORED:
        for kind in ("edge", "pad"):
            pairs = [v for n, v in figures.items() if n.startswith(f"{recipe} cut-") and f" {kind} " in n]
            if pairs:
                k, n = np.sum(pairs, axis=0)
                print(f"{recipe} all cuts, {kind}: {k}/{n} {k / n:.3f}")
    if arguments.rival:
        wrong = np.mean([bool(rival_failures(Path(n))) for n in chosen[: arguments.rival]])
        print(f"rival: clean clips with any failed check {wrong:.3f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
