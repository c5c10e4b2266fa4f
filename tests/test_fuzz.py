"""Whatever a file holds, reading it ends well or in one line of ours: hundreds of damaged ones of each format."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import random
import shutil
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from fabric_ledger import decision

from dsaudit.dataset.annotations import read_annotations
from dsaudit.dataset.open import open_dataset
from dsaudit.errors import DsauditError
from dsaudit.evidence.external import external_for
from dsaudit.media import kind_for
from dsaudit.media.recognise import recognised_modality
from dsaudit.relabel.exchange.labelstudio import annotations_of_tasks
from dsaudit.relabel.exchange.spreadsheet import annotations_of_csv
from dsaudit.relabel.ledger.interchange import export_rows, read_rows
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.settings import Settings, load_settings
from dsaudit.store.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

N = 400
WORDS = [
    "",
    " ",
    "\0",
    '"',
    "'",
    '""',
    ",",
    ";",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "#",
    "null",
    "NaN",
    "-Infinity",
    "1e999",
    "-1",
]
WORDS += ["[", "]", "{", "}", "[[[[[[", "\\ud800", "\\u0000", "true", "0x10", "99999999999999999999999", "é", "\ufeff"]
WORDS += ["1979-05-27T07:32:00Z", "path", "label", "..", "/", "\x1b[2J", "=cmd()", "a" * 5000]
VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    2**70,
    1e308,
    float("nan"),
    "",
    "x",
    "\ud800",
    "a\0b",
    [],
    {},
    [None],
    {"id": {}},
]
VALUES += [[[]], {"a": [1]}, "9" * 400, -0.0, ["x", "y"]]


def damaged(data: bytes, rng: random.Random) -> bytes:
    """A few bytes other, gone, twice, or in another place."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at, length = rng.randrange(len(found) + 1), rng.choice((1, 1, 2, 8, 40))
        match rng.randrange(6):
            case 0:
                found[at : at + length] = rng.randbytes(length)
            case 1:
                del found[at : at + length]
            case 2:
                del found[at:]
            case 3:
                found[at:at] = rng.choice(WORDS).encode("utf-8", "surrogatepass")
            case 4:
                found[at:at] = found[at : at + length]
            case _:
                if at < len(found):
                    found[at] ^= 1 << rng.randrange(8)
    return bytes(found)


def other(value: Any, rng: random.Random) -> Any:
    """A value with one of those in it missing, or another one in its place."""
    value = copy.deepcopy(value)
    holder, key, inner = None, None, value
    while isinstance(inner, dict | list) and inner and (holder is None or rng.random() < 0.8):
        holder, key = inner, rng.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        inner = inner[key]
    if holder is None:
        return rng.choice(VALUES)
    if rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = rng.choice(VALUES)
    return value


def restructured(data: bytes, rng: random.Random) -> bytes:
    """JSON, or lines of it, with another value somewhere; else damaged."""
    if rng.random() < 0.4:
        return damaged(data, rng)
    lines = data.decode().splitlines() if data.count(b"\n{") else [data.decode()]
    at = rng.randrange(len(lines))
    lines[at] = json.dumps(other(json.loads(lines[at]), rng))
    return "\n".join(lines).encode()


CSV = (
    'path,label,split,group,start,end\na/1.wav,yes,train,s1,0,1\n"b/2,x.wav","no ""so""",test,s2,1,2\nc/é.wav,,,,,\n'
    * 2
)
ROWS = [
    {"path": f"a/{k}.wav", "label": "yes" if k % 2 else "no", "split": "train", "offset": k, "x": [k]} for k in range(4)
]
TASKS = [
    {
        "id": k,
        "data": {"item_id": f"a/{k}.wav", "content_hash": "ab", "audio": "x", "given_label": "yes"},
        "annotations": [
            {
                "id": k,
                "completed_by": {"id": 1, "email": "a@b"},
                "was_cancelled": False,
                "ground_truth": k == 1,
                "updated_at": "2026-01-01T10:00:00Z",
                "result": [{"from_name": "label", "type": "choices", "value": {"choices": ["no"]}}],
            }
        ],
        "predictions": [],
    }
    for k in range(3)
]
TOML = """seed = 7
ignore = ["AUD012"]
report_mb = 20.5
[rules.quiet-clip]
min_dbfs = -50
[training]
epochs = 3
"""


def opened(path: Path) -> None:
    recognised_modality(path)
    open_dataset(path, kind_for("audio"))


def parquet(frame: pd.DataFrame, path: Path) -> bytes:
    frame.to_parquet(path)
    return path.read_bytes()


def archive(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def dataset_of_three(folder: Path) -> Any:
    (folder / "three.csv").write_text("text,label\na,yes\nb,no\nc,yes\n")
    return open_dataset(folder / "three.csv", kind_for("text"))


def fuzz(name: str, data: bytes, read: Callable[[Path], Any], folder: Path, change=damaged, n: int = N) -> None:
    rng = random.Random(name)
    path = folder / name
    path.write_bytes(data)
    read(path)  # whole, it can be read
    for k in range(n):
        path.write_bytes(bad := change(data, rng))
        try:
            read(path)
            continue
        except DsauditError as error:
            refused = error
        except Exception as error:
            raise AssertionError(f"{name}, mutation {k}: {bad[:4000]!r}") from error
        assert refused.message, k
        assert refused.exit_code == 2, k


@pytest.mark.parametrize("name", ["list.csv", "list.tsv", "list.jsonl", "list.json", "list.parquet"])
def test_manifests(name, tmp_path):
    data = {
        "csv": CSV.encode(),
        "tsv": CSV.replace(",", "\t").encode(),
        "jsonl": "".join(json.dumps(row) + "\n" for row in ROWS).encode(),
        "json": json.dumps(ROWS).encode(),
    }.get(name.partition(".")[2]) or parquet(pd.DataFrame(ROWS), tmp_path / "made.parquet")
    n = N if name.partition(".")[2] in ("csv", "jsonl", "parquet") else N // 5
    fuzz(name, data, opened, tmp_path, restructured if "json" in name else damaged, n)


@pytest.mark.parametrize("name", ["votes.csv", "votes.jsonl"])
def test_annotations(name, tmp_path):
    rows = [{"item_id": f"{k}", "annotator": "ann", "label": "yes"} for k in range(4)]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    data = lines if name.endswith("jsonl") else b"item_id,annotator,label\n1,ann,yes\n2,bob,no\n"
    fuzz(name, data, read_annotations, tmp_path, restructured if "json" in name else damaged, N // 5)


@pytest.mark.parametrize("name", ["probs.npz", "probs.npy", "probs.csv", "probs.parquet"])
def test_numbers(name, tmp_path):
    dataset, kind = dataset_of_three(tmp_path), kind_for("text")
    values, ids = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]), list(dataset.items.index)
    stream = io.BytesIO()
    np.save(stream, values)
    frame = pd.DataFrame(values, columns=["no", "yes"]).assign(item_id=ids)
    data = {
        "npz": archive(pred_probs=values, ids=np.array(ids), classes=np.array(["no", "yes"])),
        "npy": stream.getvalue(),
        "csv": frame.to_csv(index=False).encode(),
    }.get(name.partition(".")[2]) or parquet(frame, tmp_path / "made.parquet")

    def read(path: Path) -> None:
        with contextlib.suppress(DsauditError):
            external_for(dataset, Settings(embeddings=str(path)), kind)
        external_for(dataset, Settings(pred_probs=str(path)), kind)

    fuzz(name, data, read, tmp_path, n=N if name == "probs.npz" else N // 5)


def test_settings(tmp_path):
    (tmp_path / "data").mkdir()
    fuzz("dsaudit.toml", TOML.encode(), lambda path: load_settings(path.parent / "data"), tmp_path)


def test_label_studio(tmp_path):
    fuzz("tasks.json", json.dumps(TASKS).encode(), annotations_of_tasks, tmp_path, restructured)


def test_filled_in_sheets(tmp_path):
    text = b"item_id,content_hash,given_label,decision,label,note\na,ab,yes,relabel,no,x\nb,cd,no,,yes,\n"
    fuzz("sheet.csv", text, lambda path: annotations_of_csv(path, actor="ann"), tmp_path, n=N // 5)


def test_ledgers(tmp_path):
    with Ledger.open(tmp_path / "whole.sqlite") as ledger:
        ledger.append([decision(item=f"{k}.wav", note="x" * 50) for k in range(30)])
        ledger.undo("alice")
        export_rows(ledger, tmp_path / "whole.jsonl")

    def read(path: Path) -> None:
        with Ledger.open(path, create=False, read_only=True) as opened:
            opened.verify()

    fuzz("ledger.sqlite", (tmp_path / "whole.sqlite").read_bytes(), read, tmp_path)
    fuzz("ledger.jsonl", (tmp_path / "whole.jsonl").read_bytes(), read_rows, tmp_path, restructured, N // 5)


def test_run_folders(audited_words, tmp_path):
    run = Path(shutil.copytree(Run.open(audited_words[1]).path, tmp_path / "runs" / "x"))
    files = sorted(p for p in run.iterdir() if p.suffix in (".json", ".parquet"))
    properties = [name for name, value in vars(Run).items() if isinstance(value, property | cached_property)]
    for path in files:
        whole = path.read_bytes()

        def read(path: Path) -> None:
            opened = Run.open(path.parent)
            getattr(opened, path.stem if path.stem in properties else "meta")

        fuzz(path.name, whole, read, run, restructured if path.suffix == ".json" else damaged, 1 + N // len(files))
        path.write_bytes(whole)
