from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pandas as pd
import pytest
from fabric import word, write_wav

from dsaudit.checks.file.repeated_name import repeated_name
from dsaudit.dataset import open_dataset, shard
from dsaudit.dataset.segment import file_of
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for, media_for
from dsaudit.media.file import identify
from dsaudit.media.recognise import recognised_modality
from dsaudit.media.scan import measure_items
from dsaudit.relabel.apply.plan import Line
from dsaudit.relabel.apply.tree import grow
from dsaudit.store.cache import Cache

LINKS = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE)


def clip(tmp_path: Path, k: int) -> bytes:
    write_wav(tmp_path / "one.wav", word(k))
    return (tmp_path / "one.wav").read_bytes()


def packed(path: Path, files: dict[str, bytes] | list[tuple[str, bytes]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, data in files.items() if isinstance(files, dict) else files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def read(source, kind="audio", **options):
    return open_dataset(source, kind_for(kind), **options)


def measured(dataset, tmp_path):
    return measure_items(dataset.items, media_for("audio"), cache=Cache(tmp_path / "cache"))


def test_samples_and_what_lies_beside_them(tmp_path, in_process):
    clips = [clip(tmp_path, k) for k in range(4)]
    root = tmp_path / "shards"
    packed(root / "train-000.tar", {"a.wav": clips[0], "a.cls": b"yes\n", "b.wav": clips[1], "b.cls": b"no"})
    told = {"label": "no", "speaker": "ann", "boxes": [1, 2]}
    packed(root / "test-000.tar", {"c.json": json.dumps(told).encode(), "c.wav": clips[2]})
    dataset = read(root)
    assert dataset.items[["label", "split", "group"]].to_dict("index") == {
        "test-000.tar/c.wav": {"label": "no", "split": "test", "group": "ann"},
        "train-000.tar/a.wav": {"label": "yes", "split": "train", "group": None},
        "train-000.tar/b.wav": {"label": "no", "split": "train", "group": None},
    }
    assert recognised_modality(root) == "audio"
    found = measured(dataset, tmp_path)
    assert found["status"].tolist() == ["ok"] * 3
    assert found["file_bytes"].tolist() == [len(clips[k]) for k in (2, 0, 1)]
    for item_id, k in zip(dataset.items.index, (2, 0, 1), strict=True):
        (tmp_path / "alone.wav").write_bytes(clips[k])
        assert found.loc[item_id, "content_hash"] == identify(tmp_path / "alone.wav")["content_hash"]


def test_reading_one_item_is_a_seek(tmp_path, monkeypatch, in_process):
    packed(tmp_path / "s" / "0.tar", {f"{k}.wav": clip(tmp_path, k) for k in range(4)})
    dataset = read(tmp_path / "s")
    monkeypatch.setattr(tarfile, "open", None)
    assert measured(dataset, tmp_path)["status"].tolist() == ["ok"] * 4


def test_folders_in_shards_or_their_names_are_classes(tmp_path):
    data = clip(tmp_path, 0)
    packed(tmp_path / "a" / "x-0.tar", {"./yes/1.wav": data, "./no/2.wav": data})
    assert sorted(read(tmp_path / "a").items["label"]) == ["no", "yes"]
    packed(tmp_path / "b" / "yes-0.tar", {"1.wav": data})
    packed(tmp_path / "b" / "no-0.tar", {"2.wav": data})
    assert read(tmp_path / "b").items["label"].to_dict() == {"no-0.tar/2.wav": "no", "yes-0.tar/1.wav": "yes"}


def test_what_leads_out_is_not_followed_and_what_is_broken_is_found(tmp_path, in_process):
    data = clip(tmp_path, 0)
    path = packed(tmp_path / "s" / "0.tar", [("../../out.wav", data), ("/etc/out.wav", data), ("a.wav", data)])
    with tarfile.open(path, "a") as tar:
        for k, kind in enumerate(LINKS):
            info = tarfile.TarInfo(f"{k}.wav")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    whole = packed(tmp_path / "whole.tar", {"b.wav": data, "c.wav": data, "d.wav": data}).read_bytes()
    one = 512 + -(-len(data) // 512) * 512
    (tmp_path / "s" / "cut.tar").write_bytes(whole[: one + 700])
    (tmp_path / "s" / "header.tar").write_bytes(whole[:one] + b"\xff" * 512 + whole[one + 512 :])
    (tmp_path / "s" / "none.tar").write_bytes(b"no tar")
    packed(tmp_path / "s" / "twice.tar", [("a.wav", data), ("a.wav", data)])
    dataset = read(tmp_path / "s")
    status = measured(dataset, tmp_path)[["status", "error"]]
    assert status["status"].to_dict() == {
        "0.tar/a.wav": "ok",
        "cut.tar": "unreadable",
        "cut.tar/b.wav": "ok",
        "cut.tar/c.wav": "unreadable",
        "header.tar": "unreadable",
        "header.tar/b.wav": "ok",
        "none.tar": "unreadable",
        "twice.tar/a.wav": "ok",
        "twice.tar/a.wav#2": "ok",
    }
    assert status.loc["cut.tar/c.wav", "error"] == f"cut.tar ends after 188 of its {len(data):,} bytes"
    assert status.loc["header.tar", "error"] == f"damaged from byte {one:,} on, so what follows in it is lost"
    assert "passed over 2 names leading out of a shard" in dataset.notes
    assert "passed over 3 links or devices in shards: none is followed" in dataset.notes
    again = repeated_name(dataset.items)
    assert again.index[again["flagged"]].tolist() == ["twice.tar/a.wav", "twice.tar/a.wav#2"]


def test_a_pattern_one_shard_and_manifests_that_name_what_is_inside(tmp_path):
    data = clip(tmp_path, 0)
    for k in range(3):
        packed(tmp_path / f"t-{k:02d}.tar", {"a.wav": data, "a.cls": b"yes"})
    names = [f"t-0{k}.tar/a.wav" for k in range(3)]
    assert read(tmp_path / "t-{00..02}.tar").items.index.tolist() == names
    one = read(tmp_path / "t-01.tar")
    assert one.items.index.tolist() == names[1:2]
    for path in (names[1], str(Path(one.items["uri"].iloc[0]).relative_to(tmp_path))):
        pd.DataFrame({"path": [path], "label": ["no"]}).to_csv(tmp_path / "list.csv", index=False)
        again = read(tmp_path / "list.csv")
        assert again.items["uri"].to_dict() == one.items["uri"].to_dict()
    with pytest.raises(DatasetError, match="names no shards"):
        shard.expanded("t-{3..1}.tar")


def test_a_packed_shard_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "0.tar.gz").write_bytes(b"\x1f\x8b")
    for source in (tmp_path / "s", tmp_path / "s" / "0.tar.gz"):
        with pytest.raises(DatasetError) as refused:
            read(source)
        assert "gunzip" in refused.value.hint


def test_a_tree_holds_copies_and_the_shard_stays(tmp_path):
    path = packed(tmp_path / "s" / "0.tar", {"a.wav": clip(tmp_path, 0), "a.cls": b"yes"})
    before = path.read_bytes()
    uri = read(tmp_path / "s").items["uri"].iloc[0]
    (tmp_path / "tree").mkdir()
    lines = [Line("a", uri, "yes", "no"), Line("b", f"{path}/damaged=5+0/0.tar", "yes", "yes")]
    grown = grow(tmp_path / "tree", lines, link="symlink")
    copy = tmp_path / "tree" / grown.paths["a"]
    assert not copy.is_symlink()
    assert copy.read_bytes() == clip(tmp_path, 0)
    assert path.read_bytes() == before
    assert [item for item, _ in grown.problems] == ["b"]
    assert file_of(uri).endswith("/a.wav")


def test_texts(tmp_path):
    packed(tmp_path / "s" / "0.tar", {"a.txt": b"where is it", "a.cls": b"ask", "README.txt": b"about"})
    assert recognised_modality(tmp_path / "s") == "text"
    assert read(tmp_path / "s", "text").items["label"].to_dict() == {"0.tar/a.txt": "ask"}
