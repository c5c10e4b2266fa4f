"""One group's items are faulty: is the group the first statement, with its fault named? Twenty planted sets.

    python -m tests.benchmarks.bench_culprit [--data ../shared/data] [--only NAME] [--seed 0]

Every set is audited as a user would, and what its terminal, its JSON and its page say is read. Groups are made of
what lies there: several people of ``speech_commands`` are one speaker, sources of sounds one device; photographs,
questions and digits are dealt to shops, annotators and (in their order, as they were written) writers. One group is
then spoilt, wholly or in part. Sounds are judged by the encoder that comes along; of photographs, texts and digits
embeddings are brought: edges of pictures and singular vectors of words.

A set counts where the first headline and the first cause both name the group and the words of its fault. Where the
model does not err on the group more than on the others there is no cause of errors, and the headline counts alone.
The last rows are clean: no group may be named.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import soundfile
import soxr
from PIL import Image as Pictures

import dsaudit
from dsaudit.report.emit.html import render_report
from dsaudit.report.emit.json import render_json
from dsaudit.report.emit.terminal import render_terminal
from tests.defects import extent

Samples = npt.NDArray[np.float32]
Spoil = Callable[[Samples, int, np.random.Generator], tuple[Samples, int]]
CULPRIT = "g07"


@dataclass(frozen=True, slots=True)
class Planted:
    """A set, what is spoilt in it, and the words by which its fault may be named."""

    name: str
    items: pd.DataFrame
    modality: str
    words: str
    embeddings: pd.DataFrame | None = None
    clean: bool = False


def inside(x: Samples, rate: int, rng: np.random.Generator) -> tuple[Samples, int]:
    first, last = extent(x, rate)
    return x[first + int((last - first) * rng.uniform(0.35, 0.65)) :], rate


def early(x: Samples, rate: int, rng: np.random.Generator) -> tuple[Samples, int]:
    first, last = extent(x, rate)
    return x[: last - int((last - first) * rng.uniform(0.4, 0.7))], rate


def noisy(x: Samples, rate: int, rng: np.random.Generator) -> tuple[Samples, int]:
    level = float(np.sqrt((x**2).mean())) * 10 ** (rng.uniform(0, 6) / 20)
    mixed = x + rng.normal(0, level, len(x)).astype(np.float32)
    return mixed * min(1.0, 0.95 / float(np.abs(mixed).max())), rate


def quiet(x: Samples, rate: int, rng: np.random.Generator) -> tuple[Samples, int]:
    return x * np.float32(10 ** (-rng.uniform(38, 50) / 20)), rate


def low_rate(x: Samples, rate: int, rng: np.random.Generator) -> tuple[Samples, int]:
    return soxr.resample(x, rate, 4_000), 4_000


def misread_rate(x: Samples, rate: int, rng: np.random.Generator) -> tuple[Samples, int]:
    return x, rate // 2  # the header says half of what it was


def clipped(x: Samples, rate: int, rng: np.random.Generator) -> tuple[Samples, int]:
    return np.clip(x / max(float(np.abs(x).max()), 1e-6) * 12, -1, 1).astype(np.float32), rate


def speech(data: Path, n: int, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Words by speakers: each of about ten made of several people, the culprit of ``share`` of the clips."""
    table = pd.read_csv(data / "speech_commands" / "labels.csv").dropna(subset="speaker")
    table = table[~table["label"].str.startswith("_")]
    people = rng.permutation(sorted(table["speaker"].unique()))
    sizes = table["speaker"].value_counts()
    table = table[table["speaker"].isin(people[np.cumsum(sizes[people].to_numpy()) <= n])]
    people = [p for p in people if p in set(table["speaker"])]
    taken = np.cumsum(sizes[people].to_numpy())
    own = {p for p, t in zip(people, taken, strict=True) if t <= share * len(table)}
    others = [p for p in people if p not in own]
    group = dict.fromkeys(own, CULPRIT) | {p: f"g{10 + k % 9}" for k, p in enumerate(others)}
    uri = [str(data / "speech_commands" / p) for p in table["path"]]
    return pd.DataFrame({"path": uri, "label": table["label"], "speaker": table["speaker"].map(group)})


def sounds(data: Path, share: float, rng: np.random.Generator) -> pd.DataFrame:
    table = pd.read_csv(data / "esc10" / "labels.csv")
    sources = rng.permutation(sorted(table["freesound_id"].unique()))
    cut = int(share * len(sources))
    group = {s: CULPRIT if k < cut else f"g{10 + k % 5}" for k, s in enumerate(sources)}
    uri = [str(data / "esc10" / p) for p in table["path"]]
    return pd.DataFrame({"path": uri, "label": table["label"], "device": table["freesound_id"].map(group)})


def spoilt_sound(items: pd.DataFrame, spoil: Spoil, part: float, folder: Path, rng: np.random.Generator) -> None:
    """Write the spoilt part of the culprit's clips into ``folder`` and put them in place of the clips as they were."""
    holder = str(items.columns[-1])
    own = items.index[items[holder] == CULPRIT]
    for k in rng.choice(own, round(part * len(own)), replace=False):
        x, rate = soundfile.read(items.at[k, "path"], dtype="float32", always_2d=True)
        made, new = spoil(x[:, 0], rate, rng)
        place = folder / f"{k}.wav"
        soundfile.write(place, made, new)
        items.at[k, "path"] = str(place)


def edges(image: Pictures.Image) -> npt.NDArray[np.float32]:
    """Directions of edges in 6 × 6 places, as strong as they are: what is dark or blurred has few."""
    grey = np.asarray(image.convert("L").resize((96, 96)), dtype=np.float32) / 255
    down, across = np.gradient(grey)
    strong, way = np.hypot(down, across), ((np.arctan2(down, across) % np.pi) / np.pi * 9).astype(int) % 9
    blocks = [(slice(i, i + 16), slice(j, j + 16)) for i in range(0, 96, 16) for j in range(0, 96, 16)]
    return np.concatenate([np.bincount(way[b].ravel(), strong[b].ravel(), 9) for b in blocks]).astype(np.float32)


def pixels(images: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    from sklearn.decomposition import PCA

    flat = np.stack([i.ravel() for i in images])
    return PCA(min(48, len(flat) - 1), random_state=0).fit_transform(flat).astype(np.float32)


def picture_set(
    pictures: list[tuple[str, npt.NDArray[np.uint8]]],
    groups: list[str],
    spoil: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]],
    part: float,
    folder: Path,
    rng: np.random.Generator,
    column: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:

    rows, small = [], []
    for k, ((label, picture), group) in enumerate(zip(pictures, groups, strict=True)):
        seen = spoil(picture) if group == CULPRIT and rng.random() < part else picture
        place = folder / f"{k:05d}.png"
        image = Pictures.fromarray(seen)
        image.save(place)
        rows.append({"path": str(place), "label": label, column: group})
        small.append(edges(image))
    items = pd.DataFrame(rows)
    return items, pd.DataFrame(pixels(small), index=items["path"])


def clothes(data: Path, rng: np.random.Generator) -> tuple[list[tuple[str, npt.NDArray[np.uint8]]], list[str]]:

    table = pd.read_csv(data / "clothing" / "labels.csv")
    table = table[table["label"].isin(["pants", "shoes", "hat"])]
    found = []
    for path, label in zip(table["path"], table["label"], strict=True):
        with Pictures.open(data / "clothing" / path) as image:
            found.append((label, np.asarray(image.convert("RGB").resize((96, 96)))))
    return found, [CULPRIT if d < 0.2 else f"g{10 + int(d * 20)}" for d in rng.random(len(found))]


def digits(n: int) -> tuple[list[tuple[str, npt.NDArray[np.uint8]]], list[str]]:
    from sklearn.datasets import load_digits

    stored = load_digits()
    found = [
        (
            f"digit {y}",
            np.asarray(Pictures.fromarray((x * 15.9).astype(np.uint8)).resize((48, 48), Pictures.Resampling.BICUBIC)),
        )
        for x, y in zip(stored.images[:n], stored.target[:n], strict=True)
    ]
    return found, [CULPRIT if k // 60 == 7 else f"g{20 + k // 60}" for k in range(n)]


def texts(data: Path, name: str, n_classes: int, n: int, rng: np.random.Generator) -> pd.DataFrame:
    if name == "banking77":
        table = pd.read_csv(data / name / "train.csv").rename(columns={"category": "label"})
    else:
        table = pd.read_csv(data / name / "labels.csv")
        table = table[table["split"].eq("train")]
    chosen = rng.choice(sorted(table["label"].unique()), n_classes, replace=False)
    table = table[table["label"].isin(chosen)].drop_duplicates("text")
    table = table.sample(min(n, len(table)), random_state=0).reset_index(drop=True)
    table["annotator"] = [CULPRIT if d < 0.15 else f"g{10 + int(d * 12)}" for d in rng.random(len(table))]
    return table


def word_vectors(said: pd.Series) -> npt.NDArray[np.float32]:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    counts = TfidfVectorizer(min_df=2, sublinear_tf=True).fit_transform(said)
    return TruncatedSVD(48, random_state=0).fit_transform(counts).astype(np.float32)


def mojibake(text: str) -> str:
    odd = str.maketrans("aeiou", "âéïøü")
    return text.translate(odd).encode("utf-8").decode("latin-1")


def text_set(table: pd.DataFrame, spoil: Callable[[str], str], part: float, rng: np.random.Generator) -> pd.DataFrame:
    table = table.copy()
    for k in table.index[table["annotator"] == CULPRIT]:
        if rng.random() < part:
            table.at[k, "text"] = spoil(table.at[k, "text"])
    return table[["text", "label", "annotator"]]


STARTS, ENDS = "start in the middle|from the very start|almost no quiet|seem cut", "end in the middle|to the very end"
LENGTH = "|odd length|are short|duration"
SOUNDS: tuple[tuple[str, int, float, Spoil, float, str], ...] = (
    ("start inside, half", 900, 0.25, inside, 0.48, STARTS + LENGTH),
    ("start inside, all", 600, 0.12, inside, 1.0, STARTS + LENGTH),
    ("start inside, small", 500, 0.06, inside, 0.9, STARTS + LENGTH),
    ("end early, most", 700, 0.2, early, 0.8, ENDS + LENGTH),
    ("end early, small", 450, 0.08, early, 1.0, ENDS + LENGTH),
    ("noise, all", 600, 0.15, noisy, 1.0, "noise|SNR|noisy"),
    ("noise, half", 900, 0.2, noisy, 0.5, "noise|SNR|noisy"),
    ("quiet", 600, 0.12, quiet, 1.0, "quiet|RMS|silent|silence"),
    ("stored at 4 kHz", 500, 0.1, low_rate, 1.0, "rate|muffled|bandwidth"),
    ("rate misread", 600, 0.1, misread_rate, 1.0, "rate|length|muffled|bandwidth|long"),
    ("clipped", 500, 0.12, clipped, 1.0, "clipped|loud"),
)


def sets(data: Path, scratch: Path, seed: int) -> Iterator[Planted]:
    """The twenty, and three clean ones."""
    number = 0

    def fresh() -> tuple[np.random.Generator, Path]:
        nonlocal number
        number += 1
        folder = scratch / f"{number:02d}"
        folder.mkdir()
        return np.random.default_rng((seed, number)), folder

    for name, n, share, spoil, part, words in SOUNDS:
        rng, folder = fresh()
        items = speech(data, n, share, rng)
        spoilt_sound(items, spoil, part, folder, rng)
        yield Planted(f"words: {name}", items, "audio", words)
    for name, spoil, words in (("noise", noisy, "noise|SNR|noisy"), ("quiet", quiet, "quiet|RMS|silent|silence")):
        rng, folder = fresh()
        items = sounds(data, 0.2, rng)
        spoilt_sound(items, spoil, 1.0, folder, rng)
        yield Planted(f"sounds: {name}", items, "audio", words)
    dark = lambda p: (p * 0.08).astype(np.uint8)  # noqa: E731
    for what, base, column in (("clothes", clothes, "shop"), ("digits", digits, "writer")):
        for name, words in (("dark", "dark|brightness"), ("blurred", "blurred|sharpness|detail")):
            rng, folder = fresh()
            pictures, groups = base(data, rng) if base is clothes else digits(1200)  # type: ignore[operator]
            spoil_picture = dark if name == "dark" else blurred
            items, vectors = picture_set(pictures, groups, spoil_picture, 0.9, folder, rng, column)
            yield Planted(f"{what}: {name}", items, "image", words, vectors)
    for corpus, name, make, words in (
        ("banking77", "cut", lambda t: t[: max(4, len(t) // 4)], "short|characters|words|length"),
        ("clinc150", "cut", lambda t: t[: max(4, len(t) // 4)], "short|characters|words|length"),
        ("banking77", "mojibake", mojibake, "broken|garbled|encoding|mojibake|characters"),
    ):
        rng, _ = fresh()
        items = text_set(texts(data, corpus, 10, 900, rng), make, 0.85, rng)
        vectors = pd.DataFrame(word_vectors(items["text"]))
        yield Planted(f"{corpus}: {name}", items, "text", words, vectors)
    for n in (600, 900):
        rng, _ = fresh()
        yield Planted(f"words: clean {n}", speech(data, n, 0.15, rng), "audio", "", clean=True)
    rng, folder = fresh()
    pictures, groups = digits(1200)
    items, vectors = picture_set(pictures, groups, dark, 0.0, folder, rng, "writer")
    yield Planted("digits: clean", items, "image", "", vectors, clean=True)


def blurred(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from PIL import ImageFilter

    return np.asarray(Pictures.fromarray(picture).filter(ImageFilter.GaussianBlur(6)))


def judge(planted: Planted, out: Path) -> dict[str, object]:
    """What is said first, and whether it is right."""
    vectors = planted.embeddings
    holder = str(planted.items.columns[-1])
    run = dsaudit.audit(
        planted.items.reset_index(drop=True),
        out=out,
        modality=planted.modality,
        group_column=holder,
        report=False,
        **({} if vectors is None else {"embeddings": vectors.to_numpy()}),
    )
    document = json.loads(render_json(run))
    terminal = render_terminal(run, width=100)
    html = render_report(run, previews=None, cap_bytes=2**24, page_dir=out).decode()
    baseline = run.metrics.baseline
    wrong = {g.group: (g.n_wrong, g.n) for g in baseline.groups} if baseline else {}
    first = document["headlines"][0] if document["headlines"] else {"text": "", "detail": ""}
    cause = document["causes"][0]["text"] if document["causes"] else ""
    said = f"{first['text']}. {first['detail']}"
    fault = re.compile(planted.words or "$^", re.IGNORECASE)
    named = f"`{CULPRIT}`"
    told = terminal.split("What the model's errors have in common")[-1] if cause else ""
    listed = re.findall(r'<a class="say"[^>]*>(.*?)</a>', html.split('id="sec-causes"')[-1]) if cause else []
    return {
        "set": planted.name,
        "n": len(planted.items),
        "own": int((planted.items[holder] == CULPRIT).sum()),
        "wrong": wrong.get(CULPRIT, (0, 0)),
        "headline": named in said and bool(fault.search(said)),
        "cause": named in cause and bool(fault.search(cause)) if cause else None,
        "terminal": not cause or CULPRIT in " ".join(told.split("●")[1].split()) if cause else None,
        "page": CULPRIT in listed[0] if listed else None,
        "said": said,
        "first cause": cause,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for k, planted in enumerate(sets(arguments.data.absolute(), Path(folder), arguments.seed)):
            if arguments.only and not re.search(arguments.only, planted.name):
                continue
            row = judge(planted, Path(folder) / f"out-{k}")
            rows.append(row | {"clean": planted.clean})
            line = io.StringIO()
            print(*(f"{name} {row[name]}" for name in list(row)[:8]), sep="  ", file=line)
            print(line.getvalue(), f"    {row['said']}\n    {row['first cause']}", sep="", flush=True)
    table = pd.DataFrame(rows)
    planted_rows = table[~table["clean"]]
    print(f"\n{len(planted_rows)} planted sets")
    print(f"first headline names group and fault: {int(planted_rows['headline'].sum())}")
    caused = planted_rows[planted_rows["cause"].notna()]
    print(f"first cause does: {int(caused['cause'].sum())} of {len(caused)} with causes")
    clean = table[table["clean"]]
    named = [s for s in clean["said"] if re.search(r"`g\d\d`", s)]
    print(f"clean sets whose first headline names a group: {len(named)} of {len(clean)}")


if __name__ == "__main__":
    main()
