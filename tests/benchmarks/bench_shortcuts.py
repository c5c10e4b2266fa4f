"""Planted shortcuts: which are found, by which measurement, and what is said of sets as they are.

    python tests/benchmarks/bench_shortcuts.py [--data ../shared/data] [--seeds 5]

One class of ``speech_commands`` is altered, all of its clips or half of them: stored at 8 kHz; 12 dB louder;
100 ms of its own background longer; stored as 24 bits; from one source. A class drawn by the seed; the others
stay as they are, so whatever is said of them is a false finding.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import soxr

sys.path.insert(0, str(Path(__file__).parents[1]))

import defects

from dsaudit.checks.balance.shortcut import shortcut
from dsaudit.media.audio.media import AudioMedia
from dsaudit.media.scan import measure_items
from dsaudit.store.cache import Cache

EXPECTED = {
    "8 kHz": {"sample_rate_hz", "bandwidth_hz", "bytes_per_s"},
    "+12 dB": {"loudest_rms_dbfs", "peak_dbfs", "noise_floor_dbfs"},
    "+100 ms": {"duration_s"},
    "24 bit": {"subtype", "bytes_per_s"},
    "one source": {"group", "source"},
}
SETS = ("speech_commands", "speech_commands_v1_mini", "custom_commands", "esc10")


def table_of(root: Path) -> pd.DataFrame:
    table = pd.read_csv(root / "labels.csv", dtype=str)
    table = table.set_index(next(c for c in ("path", "file", table.columns[0]) if c in table.columns))
    group = next((c for c in ("speaker", "freesound_id", "group") if c in table.columns), None)
    table.index.name = "item_id"
    table["group"] = table[group] if group else None
    table["uri"] = [str((root / name).absolute()) for name in table.index]
    return table[["label", "group", "uri"]].astype(object).where(lambda t: t.notna(), None)


def write(kind: str, source: Path, target: Path) -> None:
    x, rate = soundfile.read(source, dtype="float32")
    subtype = "PCM_16"
    if kind == "8 kHz":
        x, rate = soxr.resample(x, rate, 8_000), 8_000
    elif kind == "+12 dB":
        x = np.clip(x * 10 ** (12 / 20), -1, 1)
    elif kind == "+100 ms":
        x = np.concatenate([x, np.resize(defects.background(x, rate), rate // 10)])
    elif kind == "24 bit":
        subtype = "PCM_24"
    soundfile.write(target, x, rate, subtype=subtype)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        cache = Cache(scratch / "cache")

        def measured(table: pd.DataFrame) -> pd.DataFrame:
            return measure_items(table, AudioMedia(), cache=cache, jobs=1)

        tables = {name: table_of(arguments.data / name) for name in SETS}
        raw = {name: measured(table) for name, table in tables.items()}
        for name in SETS:
            frame = shortcut(tables[name], raw[name])
            said = frame[frame["flagged"]][["measurement", "auc"]].to_dict("index")
            print(f"{name} as it is: {len(frame)} classes, {len(said)} said to be told: {said}", flush=True)
        table, base = tables["speech_commands"], raw["speech_commands"]
        words = sorted(c for c in table["label"].unique() if not c.startswith("_"))
        rows = []
        for seed in range(arguments.seeds):
            for number, (kind, expected) in enumerate(EXPECTED.items()):
                for share in (1.0, 0.5):
                    rng = np.random.default_rng((seed, number))
                    word = str(rng.choice(words))
                    own = table.index[table["label"] == word]
                    chosen = sorted(rng.choice(own, round(share * len(own)), replace=False))
                    items, now = table.copy(), base
                    if kind == "one source":
                        items.loc[chosen, "group"] = "studio"
                    else:
                        place = scratch / f"{seed} {kind} {share}"
                        place.mkdir()
                        for k, item in enumerate(chosen):
                            write(kind, Path(table.at[item, "uri"]), place / f"{k}.wav")
                        uris = [str(place / f"{k}.wav") for k in range(len(chosen))]
                        fresh = measured(pd.DataFrame({"uri": uris}, index=pd.Index(chosen, name="item_id")))
                        now = pd.concat([base.drop(index=chosen), fresh]).reindex(table.index)
                    frame = shortcut(items, now)
                    said = frame[frame["flagged"]]
                    named = set()
                    if word in said.index:
                        named = {said.at[word, "measurement"], *str(said.at[word, "also"]).split(", ")}
                    rows.append(
                        {
                            "kind": kind,
                            "share": share,
                            "found": bool(named & expected),
                            "first": said.at[word, "measurement"] if word in said.index else "",
                            "auc": frame.at[word, "auc"],
                            "others said": len(said.index.difference([word])),
                        }
                    )
                    print(rows[-1], flush=True)
        summary = pd.DataFrame(rows).groupby(["kind", "share"])
        print(summary.agg({"found": "mean", "auc": "mean", "others said": "sum", "first": "max"}).round(3).to_string())


if __name__ == "__main__":
    main()
