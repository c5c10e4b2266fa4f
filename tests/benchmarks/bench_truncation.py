"""Cut words found by their edges and by what of their class's course is missing: recall and false alarms by recipe.

    python -m tests.benchmarks.bench_truncation [--data ../shared/data] [--draws 6] [--fit]

A set is judged as an audit judges it: all clips of its classes, about a third of the clean ones replaced by cut ones,
the others as they were found, drawn several times; nothing is told of what was planted. False alarms are
counted on clean clips (``defects.is_clean``) left whole, at either end; recall at the cut end.

What was seen: the weights of the two rules (``--fit``) and the settings of ``dsaudit/analysis/course.py`` come from
five words of ``speech_commands`` (``TUNED``) cut by recipe T, as they are and over the line of
``defects.over_a_line``; the origin was chosen with the figures of the unseen words in view. The trees that judge the
edges come from ``speech_commands_v1_mini`` and ``custom_commands`` by ``defects.develop``, a third of them
over that line: for these two sets that part was seen. Unseen: the other words, the other recipes, the telephone.

======= =========================================================================================================
recipe  a cut at 25, 40 or 60 % of the word (T: anywhere from 20 to 65 %), fade of 0, 1 or 4 ms (T: 0 to 8), half of
        the time in a pause if it falls there (T: never)
======= =========================================================================================================
edge    the file ends at the cut
zero    digital silence in place of what was cut
repeat  the clip's quietest 60 ms in its place, repeated back and forth
grain   grains of 30 ms from the clip's quietest 120 ms, faded into each other
T       edge, zero, or noise with the spectrum and level of the clip's quietest 60 ms (phase)
======= =========================================================================================================

Telephone: 8 kHz, 300 to 3400 Hz, line noise of any tilt at 14 to 32 dB, hum, breath, clicks, mu-law; the line is put on
after the cut, so that its noise goes on over it.
"""

from __future__ import annotations

import argparse
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import soxr
from scipy.signal import butter, sosfiltfilt

from dsaudit.analysis.course import missing_parts
from dsaudit.checks.audio import _truncation
from dsaudit.media.audio.media import AudioMedia
from tests import defects

TUNED = ("yes", "stop", "left", "up", "go")
SHARE = 1 / 3
SIDES = ("start", "end")
Planted = list[tuple[str, str, float, np.ndarray]]


@dataclass
class Clip:
    label: str
    speaker: str
    clean: bool
    rate: int
    found: np.ndarray
    """As it was, or over the line."""
    planted: Planted
    """Recipe, side, fraction and samples."""


def grains(x: np.ndarray, rate: int, n: int, rng: np.random.Generator) -> np.ndarray:
    width = int(0.12 * rate)
    at = int(np.convolve(x.astype(float) ** 2, np.ones(width), "valid").argmin())
    piece, grain = x[at : at + width], int(0.03 * rate)
    taper, out = np.sqrt(np.hanning(grain + 1)[:-1]), np.zeros(n + 2 * grain)
    for start in range(0, n + grain, grain // 2):
        first = rng.integers(0, len(piece) - grain)
        out[start : start + grain] += piece[first : first + grain] * taper
    return out[grain // 2 : grain // 2 + n].astype(np.float32)


FILL = {
    "zero": lambda x, rate, n, rng: np.zeros(n, np.float32),
    "repeat": lambda x, rate, n, rng: np.resize(defects.background(x, rate), n),
    "grain": grains,
    "phase": defects.like_background,
}


def cut(
    x: np.ndarray, rate: int, side: str, how: str, rng: np.random.Generator, *, tuning: bool
) -> tuple[float, np.ndarray]:
    fraction = float(rng.uniform(0.2, 0.65)) if tuning else float(rng.choice([0.25, 0.4, 0.6]))
    fade = int((rng.uniform(0, 8) if tuning else float(rng.choice([0, 1, 4]))) / 1e3 * rate)
    first, last = defects.extent(x, rate)
    n = int(fraction * (last - first))
    at = first + n if side == "start" else last - n
    if tuning or rng.random() < 0.5:
        at = defects.cut_at(x, rate, side, fraction)
    kept = (x[at:] if side == "start" else x[:at][::-1]).copy()
    if how != "edge":
        kept[:fade] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / max(fade, 1)))[: len(kept)].astype(np.float32)
        kept = np.concatenate((FILL[how](x, rate, len(x) - len(kept), rng), kept))
    return fraction, kept if side == "start" else kept[::-1]


def stored(x: np.ndarray) -> np.ndarray:
    return (np.rint(np.clip(x, -1, 1) * 32767) / 32768).astype(np.float32)


def another_line(x: np.ndarray, rate: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    x, rate = defects.over_a_line(x, rate, rng)
    return stored(x if rate == 8000 else soxr.resample(x, rate, 8000)), 8000


def loud(x: np.ndarray) -> float:
    return float(np.sqrt(np.sort(x.astype(float) ** 2)[-len(x) // 5 :].mean()) + 1e-9)


def telephone(x: np.ndarray, rate: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    y = sosfiltfilt(butter(4, (300, 3400), "band", fs=8000, output="sos"), soxr.resample(x, rate, 8000).astype(float))
    y *= 10 ** (rng.uniform(-30, -16) / 20) / loud(y)
    n, level = len(y), loud(y)
    line = sosfiltfilt(
        butter(4, (250, 3500), "band", fs=8000, output="sos"), defects.coloured(rng, n, rng.uniform(0, 1.5))
    )
    y += line / line.std() * level * 10 ** (-rng.uniform(14, 32) / 20)
    if rng.random() < 0.3:
        hum = np.sin(2 * np.pi * rng.choice([50, 60, 100, 120]) * np.arange(n) / 8000)
        y += hum * level * 10 ** (-rng.uniform(20, 35) / 20)
    if rng.random() < 0.35:
        width = min(n, int(rng.uniform(0.08, 0.25) * 8000))
        at = int(rng.choice([0, n - width, rng.integers(0, n - width + 1)]))
        breath = defects.coloured(rng, width, 0.5) * np.hanning(width)
        y[at : at + width] += breath * level * 10 ** (-rng.uniform(10, 22) / 20)
    for _ in range(rng.poisson(0.5)):
        at, width = rng.integers(0, n - 30), rng.integers(2, 16)
        y[at : at + width] += rng.standard_normal(width) * level * 10 ** (rng.uniform(-10, 4) / 20)
    y = np.clip(y, -1, 1)
    law = np.rint(127 * np.sign(y) * np.log1p(255 * np.abs(y)) / np.log(256)) / 127
    return stored(np.sign(law) * (256 ** np.abs(law) - 1) / 255), 8000


def clips(
    folder: Path, hows: tuple[str, ...], *, words: tuple[str, ...] = (), tuning: bool = False, line=None
) -> list[Clip]:
    found = []
    for path in sorted(folder.glob("*/*.wav")):
        label = path.parent.name
        if label.startswith("_") or (words and label not in words):
            continue
        x, rate = soundfile.read(path, dtype="float32", always_2d=True)
        x, rng = x.mean(axis=1), np.random.default_rng(zlib.crc32(path.name.encode()))
        put = line or (lambda x, rate, rng: (stored(x), rate))
        clean, planted = defects.is_clean(x, rate), []
        for side, how in [(side, how) for side in SIDES for how in hows] * clean:
            fraction, made = cut(x, rate, side, how, rng, tuning=tuning)
            planted.append((how, side, fraction, put(made, rate, rng)[0]))
        whole, rate = put(x, rate, rng)
        found.append(Clip(label, path.name[:8], bool(clean), rate, whole, planted))
    return found


def measured(samples: list[tuple[np.ndarray, int]]) -> list[tuple[dict[str, object], np.ndarray]]:
    media, found = AudioMedia(), []
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(samples), 500):
            paths = []
            for k, (x, rate) in enumerate(samples[start : start + 500]):
                paths.append(Path(folder) / f"{k}.wav")
                soundfile.write(paths[-1], x, rate, subtype="PCM_16")
            found += [(one.measured, one.course) for one in media.read_batch(paths)]
    return found


def judged(set_: list[Clip], draws: int) -> pd.DataFrame:
    """A row per draw, clip and side: what was planted, what was measured and compared."""
    drawn = []
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        drawn.append([int(rng.integers(len(c.planted))) if c.planted and rng.random() < SHARE else None for c in set_])
    flat = sorted({pair for chosen in drawn for pair in enumerate(chosen)}, key=str)
    facts = measured([(set_[k].found if j is None else set_[k].planted[j][3], set_[k].rate) for k, j in flat])
    place = {pair: row for row, pair in enumerate(flat)}
    rows = []
    for draw, chosen in enumerate(drawn):
        own = [facts[place[k, j]] for k, j in enumerate(chosen)]
        compared = missing_parts([c for _, c in own], [c.label for c in set_], [c.speaker for c in set_], seed=draw)
        for k, (clip, j, (facts_of, _)) in enumerate(zip(set_, chosen, own, strict=True)):
            how, at, fraction = clip.planted[j][:3] if j is not None else ("", "", 0.0)
            for side in SIDES:
                lacks = {
                    n: compared.at[k, f"{side}_{n}"] if k in compared.index else np.nan
                    for n in ("gain", "typical", "share", "frames")
                }
                edges = {n: facts_of[f"{side}_{n}"] for n in ("cut", "pad_ms", "step_db", "level_db")}
                rows.append(
                    {
                        "draw": draw,
                        "clip": k,
                        "label": clip.label,
                        "clean": clip.clean,
                        "how": how,
                        "at": at,
                        "fraction": fraction,
                        "side": side,
                        "snr_db": facts_of["snr_db"],
                        "speech_share": facts_of["speech_share"],
                        **lacks,
                        **edges,
                    }
                )
    return pd.DataFrame(rows)


def flagged(table: pd.DataFrame, *, edges_alone: bool = False) -> pd.Series:
    hit = pd.Series(False, index=table.index)
    for side in SIDES:
        own = table[table["side"] == side]
        lacks = own[["gain", "typical", "share", "frames"]].dropna().add_prefix(f"{side}_")
        far = "end" if side == "start" else "start"
        there = table[table["side"] == far].set_index(["draw", "clip"])[["pad_ms", "level_db"]].add_prefix(f"{far}_")
        facts = own[["cut", "pad_ms", "step_db", "level_db"]].add_prefix(f"{side}_")
        facts = facts.join(own[["draw", "clip", "snr_db", "speech_share"]]).join(there, on=["draw", "clip"])
        found = _truncation.truncation_table(
            facts, pd.DataFrame() if edges_alone else lacks, side, max_cut=0.5, min_snr_db=6.0, min_speech_share=0.1
        )
        hit[found.index] = found["flagged"]
    return hit


def report(name: str, table: pd.DataFrame) -> None:
    for words, hit in (("edges and course", flagged(table)), ("edges alone", flagged(table, edges_alone=True))):
        table = table.assign(hit=hit)
        whole = table[table["clean"] & (table["how"] == "")].groupby(["draw", "clip"])["hit"].max()
        made = table[(table["how"] != "") & (table["side"] == table["at"])]
        cells = made.groupby(["how", "at"])["hit"].mean()
        clip = table.groupby(["draw", "clip"]).agg(hit=("hit", "max"), how=("how", "max"), clean=("clean", "max"))
        known = clip[clip["clean"] & clip["hit"]]
        figures = {
            "false": whole.mean(),
            "all": made["hit"].mean(),
            "own noise": made["hit"][made["how"].isin(["repeat", "grain", "phase"])].mean(),
            "lowest cell": cells.min(),
            "of what it flags cut": (known["how"] != "").mean(),
        }
        told = "  ".join(f"{what} {value:.3f}" for what, value in figures.items())
        print(f"{name:24s} {words:16s} {len(made)} cut, {len(whole)} whole  {told}")
        print("   ", "  ".join(f"{how} {side} {value:.3f}" for (how, side), value in cells.items()), flush=True)
    table = table.assign(hit=flagged(table))
    made = table[(table["how"] != "") & (table["side"] == table["at"])]
    by = {word: f"{found:.2f}" for word, found in made.groupby("label")["hit"].mean().sort_values().items()}
    print(
        "    lowest words:",
        dict(list(by.items())[:6]),
        " by fraction:",
        made.groupby(made["fraction"].round(1))["hit"].mean().round(2).to_dict(),
    )
    whole = table[table["clean"] & (table["how"] == "")].groupby("label")["hit"].mean()
    print(
        "    false alarms per end:",
        {word: round(float(whole[word]), 4) for word in ("on", "off", "up") if word in whole},
        flush=True,
    )


def fit(tables: dict[str, pd.DataFrame]) -> None:
    """Print the weights of ``_truncation``: 1 % false alarms on whole clips, over the line too."""
    from sklearn.linear_model import LogisticRegression

    def evidence(t: pd.DataFrame) -> np.ndarray:
        return _truncation.evidence_of_a_cut(t["cut"].fillna(0.0), t["gain"], t["typical"], t["share"])

    def highest(t: pd.DataFrame, slope: float, false: float) -> float:
        own = t[t["clean"] & (t["how"] == "")]
        odds = evidence(own) @ model.coef_[0] - slope * _truncation.noise_of(own["snr_db"])
        return float(
            np.quantile(pd.Series(odds).groupby([own["draw"].to_numpy(), own["clip"].to_numpy()]).max(), 1 - false)
        )

    tables = {name: t[t["gain"].notna()] for name, t in tables.items()}
    both = pd.concat(tables.values())
    both = both[((both["how"] == "") & both["clean"]) | (both["at"] == both["side"])]
    y = (both["how"] != "").to_numpy()
    model = LogisticRegression(max_iter=5000).fit(evidence(both), y, np.where(y, 1.0, 3.0))
    slopes = np.arange(0.0, 4.0, 0.1)
    clean, line = tables
    slope = min(slopes, key=lambda s: abs(highest(tables[line], s, 0.01) - highest(tables[clean], s, 0.01)))
    print(
        "WEIGHTS",
        model.coef_[0].round(2).tolist(),
        "ORIGIN",
        round(-highest(tables[clean], slope, 0.01), 2),
        "PER_NOISE",
        round(float(slope), 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument("--fit", action="store_true", help="print new weights, from what is seen alone")
    arguments = parser.parse_args()
    commands, hows = arguments.data / "speech_commands", ("edge", "zero", "repeat", "grain")
    others = tuple(
        sorted(p.name for p in commands.iterdir() if p.is_dir() and p.name not in TUNED and p.name[0] != "_")
    )
    seen = {
        "seen words, T": clips(commands, ("edge", "zero", "phase"), words=TUNED, tuning=True),
        "seen words, T, a line": clips(
            commands, ("edge", "zero", "phase"), words=TUNED, tuning=True, line=another_line
        ),
    }
    if arguments.fit:
        fit({name: judged(set_, arguments.draws) for name, set_ in seen.items()})
        return
    for name, set_ in seen.items():
        report(name, judged(set_, arguments.draws))
    report("seen words, unseen cuts", judged(clips(commands, hows, words=TUNED), arguments.draws))
    report("unseen words and cuts", judged(clips(commands, hows, words=others), arguments.draws))
    report("v1_mini", judged(clips(arguments.data / "speech_commands_v1_mini", hows), arguments.draws))
    report("custom_commands", judged(clips(arguments.data / "custom_commands", hows), arguments.draws))
    report("telephone", judged(clips(commands, ("edge", "zero", "grain"), line=telephone), arguments.draws))


if __name__ == "__main__":
    main()
