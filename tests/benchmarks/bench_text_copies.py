"""Copies of texts: recall and precision of planted ones, and time, beside datasketch's MinHash on the same files.

    python -m tests.benchmarks.bench_text_copies [--data ../shared/data] [--rival /opt/rivals/bin/python]
        [--many 200000]

Into one text of five of each set a copy is planted: a slip of the hand, a filler, other punctuation, a word of little
weight less, a sentence around it. Copies that the sets hold of themselves count as false, for both alike. The rival is
run at a row of thresholds: the line to compare with is the one whose precision is ours or, where none is as good, its
best. Times are processor seconds of finding the pairs, once for each program; ``--many`` takes the set again with
other numbers in it until it has so many texts, and says peak memory.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.media.text.candidate import candidates, passages, sketches
from dsaudit.media.text.likeness import likeness, look
from dsaudit.media.text.normal import plain

RIVAL = """
import json, sys, time
from datasketch import MinHash, MinHashLSH
texts, thresholds = json.load(sys.stdin)
def shingles(text):
    text = " ".join(text.lower().split())
    return [text[k : k + 3].encode() for k in range(max(1, len(text) - 2))]
began = time.process_time()
hashes = MinHash.bulk([shingles(t) for t in texts], num_perm=128)
made = time.process_time() - began
out = {}
for threshold in thresholds:
    began = time.process_time()
    index, pairs = MinHashLSH(threshold=threshold, num_perm=128), []
    for k, one in enumerate(hashes):
        pairs += [(other, k) for other in index.query(one) if hashes[other].jaccard(one) >= threshold]
        index.insert(k, one)
    out[threshold] = (made + time.process_time() - began, pairs)
json.dump(out, sys.stdout)
"""


def edited(text: str, rng: random.Random) -> str:
    words = text.split()
    kind = rng.randrange(5)
    long = max(range(len(words)), key=lambda k: len(words[k]))
    if kind == 0 and len(words[long]) >= 5:
        at = rng.randrange(1, len(words[long]) - 2)
        word = words[long]
        words[long] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return " ".join(words)
    light = [k for k, word in enumerate(words) if word.lower() in ("a", "the", "just", "please", "so", "very")]
    if kind == 1 and light:
        return " ".join(word for k, word in enumerate(words) if k != rng.choice(light))
    if kind == 2:
        return text.upper().rstrip(".?!") + rng.choice(["!", "..", "?!", ""])
    if kind == 3 and len(words) >= 6:
        return f"Forwarded: {text.rstrip('.?! ')}. Thank you."
    words.insert(rng.randrange(len(words) + 1), rng.choice(["please", "really", "just", "actually", "hello"]))
    return " ".join(words)


def texts_of(path: Path) -> list[str]:
    table = pd.read_csv(path, keep_default_na=False)
    column = max(table.columns, key=lambda name: table[name].nunique())
    bare = table[column].map(plain)
    return [" ".join(t.split()) for t in table[column][~bare.duplicated() & (table[column].str.split().str.len() >= 4)]]


def ours(texts: list[str]) -> tuple[float, set[tuple[int, int]]]:
    began = time.process_time()
    bare = [plain(text) for text in texts]
    asked = candidates(sketches(bare), [passages(text) for text in bare])
    looks = {k: look(texts[k], bare[k]) for k in np.unique(asked).tolist()}
    found = {(min(a, b), max(a, b)) for a, b in asked.tolist() if likeness(looks[a], looks[b]).same}
    return time.process_time() - began, found


def said(name: str, cpu_s: float, found: set[tuple[int, int]], planted: set[tuple[int, int]]) -> None:
    recall, precision = len(found & planted) / len(planted), len(found & planted) / max(1, len(found))
    print(f"  {name:24} recall {recall:.3f}  precision {precision:.3f}  {cpu_s:6.1f} CPU s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rival", default="")
    parser.add_argument("--many", type=int, default=0)
    args = parser.parse_args()
    train, test = (pd.read_csv(args.data / "banking77" / f"{part}.csv")["text"] for part in ("train", "test"))
    known = {" ".join(text.split()).casefold() for text in train}
    again = [k for k, text in enumerate(test) if " ".join(text.split()).casefold() in known]
    both = [*train, *test]
    found_by_plain = {plain(text) for text in train}
    hit = sum(plain(test[k]) in found_by_plain for k in again)
    print(f"banking77: {len(again)} test texts stand in train but for case and blanks; {hit} of them found")
    for name in ("banking77/train.csv", "clinc150/labels.csv"):
        rng = random.Random(7)
        whole = texts_of(args.data / name)
        some = rng.sample(range(len(whole)), len(whole) // 5)
        texts = [*whole, *(edited(whole[k], rng) for k in some)]
        planted = {(k, len(whole) + at) for at, k in enumerate(some)}
        print(f"{name}: {len(texts):,} texts, {len(planted):,} copies")
        cpu_s, found = ours(texts)
        said("dsaudit", cpu_s, found, planted)
        if args.rival:
            thresholds = [0.5, 0.6, 0.7, 0.8, 0.9]
            run = subprocess.run(
                [args.rival, "-c", RIVAL],
                input=json.dumps([texts, thresholds]),
                text=True,
                capture_output=True,
                check=True,
            )
            for threshold, (took, pairs) in json.loads(run.stdout).items():
                said(f"datasketch {threshold}", took, {(a, b) for a, b in pairs}, planted)
    if args.many:
        rng = random.Random(9)
        stock = [*dict.fromkeys(both)]
        words = sorted({word for text in stock for word in text.split()})
        texts = []
        while len(texts) < args.many:
            own = rng.choice(stock).split()
            for _ in range(3):
                own[rng.randrange(len(own))] = rng.choice(words)
            texts.append(" ".join(own))
        cpu_s, found = ours(texts)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{len(texts):,} texts: {cpu_s:.1f} CPU s, {peak:.2f} GiB at most, {len(found):,} pairs")


if __name__ == "__main__":
    main()
