"""What goes out to other tools, held against these tools where they are installed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from fabric import word, write_wav
from PIL import Image

from dsaudit.dataset.inline import inline_uri
from dsaudit.dataset.open import open_dataset
from dsaudit.dataset.remote import as_file
from dsaudit.errors import StoreError, UsageError
from dsaudit.media import kind_for
from dsaudit.relabel.exchange.format import FORMATS, format_of, write
from dsaudit.relabel.exchange.outgoing import Outgoing
from dsaudit.relabel.exchange.review_item import review_items
from relabel.exchange.make_exchange import CLASSES, ITEMS, make_run

SPLITS = ["train", "train", "validation", "fold 1", "train", "train", "train", "validation", None]


@pytest.fixture
def run(tmp_path):
    """Nine items of which one file is missing, with every odd name; four in three splits."""
    made = make_run(tmp_path / "data")
    for k, uri in enumerate(made.items["uri"]):
        if "gone" not in uri:
            Path(uri).parent.mkdir(parents=True, exist_ok=True)
            write_wav(Path(uri), word(k))
    made.items = made.items.assign(split=pd.Series(SPLITS, index=made.items.index, dtype=object))
    index = pd.Index(["off/c.wav", "up/a.wav"], name="item_id")
    made.embeddings = pd.DataFrame(np.eye(2, dtype=np.float32), index=index, columns=["0", "1"])
    made.meta = replace(made.meta, source_path=str(tmp_path / "data"))
    return made


def as_texts(made, tmp_path):
    uris = [inline_uri(f"Is it {k}?\x1eYes.") for k in range(len(made.items))]
    made.items = made.items.assign(uri=uris)
    made.meta = replace(made.meta, modality="text", source_path=str(tmp_path / "m.csv"))
    return made


def as_pictures(made):
    colours = np.random.default_rng(0).integers(0, 255, (len(made.items), 3), dtype=np.uint8)
    uris = [str(Path(uri).with_suffix(".png")) for uri in made.items["uri"]]
    for uri, colour in zip(uris, colours, strict=True):
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), tuple(map(int, colour))).save(uri)
    made.items = made.items.assign(uri=uris)
    made.meta = replace(made.meta, modality="image")
    return made


def written(made, name: str, path: Path, **options) -> list[str]:
    items = sorted(review_items(made, everything=True), key=lambda item: item.item_id)
    index = pd.Index(["off/c.wav", "up/a.wav"], name="item_id")
    judged = pd.DataFrame({"candidate": [True, False], "quality": [0.125, 0.75]}, index=index)
    told = SimpleNamespace(**{**vars(made), "label_quality": judged})
    return write(name, Outgoing(told, items, path, "data", **options)).lines


def test_the_folder_of_hugging_face_holds_files_labels_and_what_was_found(run, tmp_path):
    lines = written(run, "huggingface", tmp_path / "out")
    assert any("gone.wav" in line for line in lines)
    page = (tmp_path / "out" / "README.md").read_text()
    assert '- split: fold_1\n    path: "data/fold_1-00000-of-00001.parquet"' in page
    tables = {p.name.split("-")[0]: pq.read_table(p) for p in (tmp_path / "out" / "data").iterdir()}
    assert {name: t.num_rows for name, t in tables.items()} == {"train": 5, "validation": 2, "fold_1": 1, "unsplit": 1}
    features = json.loads(tables["train"].schema.metadata[b"huggingface"])["info"]["features"]
    assert features["audio"] == {"_type": "Audio"}
    assert features["label"] == {"_type": "ClassLabel", "names": list(CLASSES)}
    (row,) = (r for r in tables["validation"].to_pylist() if r["item_id"] == "off/c.wav")
    assert row["audio"] == {"bytes": Path(run.items.at["off/c.wav", "uri"]).read_bytes(), "path": "c.wav"}
    assert [CLASSES[row[c]] for c in ("label", "given_label", "predicted_label")] == ["off", "off", "up"]
    assert (row["is_label_issue"], row["label_score"], row["findings"]) == (True, 0.125, "label-error-candidate")
    with pytest.raises(StoreError, match="exists"):
        written(run, "huggingface", tmp_path / "out")
    with pytest.raises(UsageError, match="inside the data"):
        written(run, "huggingface", tmp_path / "data" / "out")


def test_what_goes_out_to_hugging_face_is_read_again(run, tmp_path):
    write_wav(Path(run.items.at["gone.wav", "uri"]), word(9))
    written(run, "huggingface", tmp_path / "out")
    again = open_dataset(tmp_path / "out", kind_for("audio")).items
    assert again["label"].to_dict() == {item: label for item, (label, _) in ITEMS.items()}
    assert again["split"].to_dict() == run.items["split"].to_dict()
    with as_file(again.at["=x/e.wav", "uri"]) as file:
        data = file.read_bytes()
    assert data == Path(run.items.at["=x/e.wav", "uri"]).read_bytes()


def test_a_folder_of_files_has_a_row_for_each(run, tmp_path):
    lines = written(run, "huggingface-folder", tmp_path / "out")
    assert any("gone.wav" in line for line in lines)
    for split in ("train", "validation", "fold_1", "unsplit"):
        rows = pq.read_table(tmp_path / "out" / split / "metadata.parquet").to_pylist()
        there = {p.relative_to(tmp_path / "out" / split).as_posix() for p in (tmp_path / "out" / split).rglob("*.wav")}
        assert {row["file_name"] for row in rows} == there
        assert all(row["label"] is None or row["file_name"].startswith(CLASSES[row["label"]]) for row in rows)


def test_a_part_of_a_file_goes_out_alone(run, tmp_path):
    run.items.loc["up/a.wav", "uri"] += "#t=0.25,0.5"
    write_wav(Path(run.items.at["gone.wav", "uri"]), word(9))
    written(run, "huggingface", tmp_path / "out")
    rows = [row for p in (tmp_path / "out" / "data").iterdir() for row in pq.read_table(p).to_pylist()]
    whole, part = (next(len(r["audio"]["bytes"]) for r in rows if r["item_id"] == i) for i in ("up/b.wav", "up/a.wav"))
    assert part < whole / 3
    again = open_dataset(tmp_path / "out", kind_for("audio")).items
    assert "#" not in again.at["up/a.wav", "uri"]


def test_blind_says_nothing_of_labels(run, tmp_path):
    for name, file in (("huggingface", "huggingface"), ("spotlight", "s.parquet"), ("fiftyone", "fiftyone")):
        written(run, name, tmp_path / file, blind=True)
    names = set(pq.read_table(next((tmp_path / "huggingface" / "data").iterdir())).column_names)
    names |= set(pq.read_table(tmp_path / "s.parquet").column_names)
    names |= set(json.loads((tmp_path / "fiftyone").read_text())["samples"][0])
    assert names == {"audio", "item_id", "split", "embedding", "filepath", "tags", "metadata"}


def test_the_table_for_spotlight(run, tmp_path):
    (said,) = (line for line in written(run, "spotlight", tmp_path / "s.parquet") if line.startswith("look"))
    assert said.endswith('dtype={"audio": "Audio", "embedding": "Embedding"})')
    table = pd.read_parquet(tmp_path / "s.parquet").set_index("item_id")
    assert table["audio"].to_dict() == run.items["uri"].to_dict()
    assert table.at["off/c.wav", "embedding"].tolist() == [1.0, 0.0]
    assert table.at["loose.wav", "embedding"] is None
    with pytest.raises(UsageError, match="not be read as Parquet"):
        written(run, "spotlight", tmp_path / "s.csv")


def test_the_samples_for_fiftyone(run, tmp_path):
    written(run, "fiftyone", tmp_path / "samples.json")
    told = json.loads((tmp_path / "samples.json").read_text())
    (one,) = (sample for sample in told["samples"] if sample["item_id"] == "off/c.wav")
    assert one["ground_truth"] == {"_cls": "Classification", "label": "off", "tags": []}
    assert one["prediction"] == {"_cls": "Classification", "label": "up", "tags": [], "confidence": 0.8}
    assert one["tags"] == ["validation", "label-error-candidate"]
    assert one["embedding"] == [1.0, 0.0]
    assert set(told["sample_fields"]) == set(one) - {"filepath", "tags", "metadata"}
    kinds = {name: place.rpartition(".")[2] for name, place in told["sample_fields"].items()}
    assert (kinds["is_label_issue"], kinds["label_score"], kinds["embedding"]) == (
        "BooleanField",
        "FloatField",
        "VectorField",
    )


def test_texts_are_a_table_and_no_folder_of_files(run, tmp_path):
    made = as_texts(run, tmp_path)
    written(made, "huggingface", tmp_path / "out")
    rows = pq.read_table(tmp_path / "out" / "data" / "validation-00000-of-00001.parquet").to_pylist()
    assert [(r["text"], r["text_2"]) for r in rows] == [("Is it 7?", "Yes."), ("Is it 2?", "Yes.")]
    for name in ("huggingface-folder", "fiftyone"):
        with pytest.raises(UsageError, match="texts are no files"):
            written(made, name, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_every_format_says_what_it_is():
    assert FORMATS[0] == "csv"
    for name in FORMATS:
        module = format_of(name)
        assert module.FILE
        assert isinstance(module.WHOLE, bool)


@pytest.mark.parametrize("shape", ["audio", "image", "text"])
def test_hugging_face_reads_it(run, tmp_path, monkeypatch, shape):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets", reason="pip install datasets")
    made = as_pictures(run) if shape == "image" else as_texts(run, tmp_path) if shape == "text" else run
    written(made, "huggingface", tmp_path / "out")
    found = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: part.num_rows for name, part in found.items()} == {
        "fold_1": 1,
        "train": 5,
        "unsplit": 1,
        "validation": 2,
    }
    part = found["validation"]
    assert [part.features["label"].int2str(k) for k in part["label"]] == ["up", "off"]
    if shape == "image":
        assert part[1]["image"].getpixel((0, 0)) == Image.open(made.items.at["off/c.wav", "uri"]).getpixel((0, 0))
        written(made, "huggingface-folder", tmp_path / "folder")
        files = datasets.load_dataset(str(tmp_path / "folder"), cache_dir=str(tmp_path / "cache"))
        names = files["validation"].features["label"].int2str(files["validation"]["label"])
        assert sorted(names) == ["off", "up"]
        assert files["validation"][0]["image"].size == (40, 30)


def test_tracks_for_audacity_there_and_back(run, tmp_path):
    one = run.items.at["up/a.wav", "uri"]
    run.items.loc["up/a.wav", "uri"] = f"{one}#t=0.25,0.5"
    run.items.loc["off/c.wav", "uri"] = f"{one}#samples=8000,12000"
    lines = written(run, "audacity", tmp_path / "tracks")
    assert any(line.startswith("left out") and "gone.wav" in line for line in lines)
    text = (tmp_path / "tracks" / "up" / "a.wav.labels.txt").read_text()
    assert text == "0.250000\t0.500000\tup\n0.500000\t0.750000\toff\n"
    found = (tmp_path / "tracks" / "up" / "a.wav.findings.txt").read_text()
    assert found == "0.500000\t0.750000\tlabel-error-candidate: a model says up rather than off\n"
    assert (tmp_path / "tracks" / "=x" / "e.wav.labels.txt").read_text() == "0.000000\t1.000000\t=x\n"
    again = open_dataset(tmp_path / "tracks", kind_for("audio"), root=run.root).items
    assert len(again) == len(ITEMS) - 1
    assert again.loc["up/a.wav#0.25-0.5", "label"] == "up"
    assert again.loc["up/a.wav#0.5-0.75", "label"] == "off"
    with pytest.raises(UsageError, match="no beginning and end"):
        written(as_pictures(run), "audacity", tmp_path / "other")


def test_the_table_of_the_readme_says_how_each_is_opened(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in readme.splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): row[2].strip("`") for row in rows if len(row) == 3 and row[0].strip("`") in FORMATS}
    assert set(told) == set(FORMATS)
    for name, opened in told.items():
        lines = written(run, name, Path(format_of(name).FILE), force=True)
        assert any(opened.replace("RUN", "data") in line for line in lines), (name, lines)
