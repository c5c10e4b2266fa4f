"""Applying decisions: what is written, and that nothing else is touched."""

from __future__ import annotations

import contextlib
import csv
import errno
import hashlib
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
import soundfile
from fabric import word, write_wav
from store.make_schema import meta, records

import dsaudit
from dsaudit.dataset import open_dataset
from dsaudit.errors import DatasetError, LedgerError, StoreError, UsageError
from dsaudit.media import kind_for
from dsaudit.relabel.apply.apply import apply_decisions
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.store.run import empty_table
from dsaudit.types import Decision

NAMES = ("up/a.wav", "up/b.wav", "down/a.wav", "down/c.wav", "go/d.wav", "go/e.wav")


def content(item: str) -> str:
    return hashlib.blake2b(f"bytes of {item}".encode(), digest_size=16).hexdigest()


def said(actor: str, action: str, item: str, label: str | None = None, **more) -> Decision:
    said.seq += 1
    given = item.split("/", maxsplit=1)[0]
    new = given if action == "confirm" else label
    more.setdefault("content_hash", content(item))
    return Decision(actor, action, item, old_label=given, new_label=new, seq=said.seq, **more)


said.seq = 0


def snapshot(*folders: Path) -> dict[str, tuple]:
    """Every file below with its content, times and mode."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            stat = path.lstat()
            data = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (hashlib.sha256(data).hexdigest(), stat.st_mtime_ns, stat.st_mode, stat.st_ino)
        found[str(folder)] = (folder.lstat().st_mtime_ns,)
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in NAMES:
        path = tmp_path / "mine" / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"bytes of {name}".encode())
    return tmp_path / "mine" / "data"


@pytest.fixture
def manifest(data: Path) -> Path:
    path = data.parent / "labels.csv"
    rows = "".join(f'data/{n},{n.split("/")[0]},"note, {k}",sp{k % 2}\r\n' for k, n in enumerate(NAMES))
    path.write_bytes(("path,label,remark,speaker\r\n" + rows).encode())
    return path


def decisions(prefix: str = "") -> list[Decision]:
    return [
        said("ana", "relabel", f"{prefix}up/a.wav", "down", content_hash=content("up/a.wav"), rule="LBL001"),
        said("ben", "confirm", "up/b.wav"),
        said("ben", "exclude", "down/c.wav", rule="AUD003", note="cut\noff"),
        said("ana", "confirm", "go/d.wav"),
        said("ben", "relabel", "go/d.wav", "up"),
        said("ana", "unsure", "go/e.wav"),
    ]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestManifest:
    def test_everything_is_kept_and_four_columns_are_added(self, data, manifest):
        before = snapshot(data)
        original = manifest.read_bytes()
        done = apply_decisions(manifest, decisions=decisions())
        assert snapshot(data) == before
        assert manifest.read_bytes() == original
        assert done.manifest == manifest.with_name("labels.corrected.csv")
        lines = done.manifest.read_bytes().split(b"\r\n")
        assert lines[0] == b"path,label,remark,speaker,corrected_label,excluded,decided_by,reason"
        for old, new in zip(original.split(b"\r\n")[:-1], lines, strict=False):
            assert new.startswith(old)
        rows = {r["path"].removeprefix("data/"): r for r in rows_of(done.manifest)}
        assert {i: r["corrected_label"] for i, r in rows.items()} == {
            "up/a.wav": "down",
            "up/b.wav": "up",
            "down/a.wav": "down",
            "down/c.wav": "down",
            "go/d.wav": "go",
            "go/e.wav": "go",
        }
        assert [i for i, r in rows.items() if r["excluded"] == "true"] == ["down/c.wav"]
        assert rows["up/a.wav"]["decided_by"] == "ana"
        assert rows["up/a.wav"]["reason"] == "relabelled up -> down (LBL001)"
        assert rows["down/c.wav"]["reason"] == "excluded (AUD003): cut off"
        assert rows["go/d.wav"]["reason"] == "disputed: ana says go, ben says up"
        assert rows["go/e.wav"]["reason"] == "unsure"
        assert rows["down/a.wav"]["decided_by"] == ""
        assert done.plan.counts == {
            "confirmed": 1,
            "relabelled": 1,
            "excluded": 1,
            "unsure": 1,
            "disputed": 1,
            "changed": 0,
            "prelabelled": 0,
            "undecided": 1,
        }
        assert done.plan.label_changes == [("up", "down", 1, {"ana": 1})]
        assert done.plan.exclusions == [("AUD003", 1, {"ben": 1})]

    @pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"])
    def test_every_format_opens_as_a_dataset_with_the_same_ids(self, data, manifest, suffix):
        before = opened(manifest)
        target = manifest.with_name(f"new{suffix}")
        apply_decisions(manifest, decisions=decisions(), output=target)
        after = opened(target)
        assert set(after.index) == set(before.index) - {"data/down/c.wav"}
        assert after["label"]["data/up/a.wav"] == "down"
        assert after["given_label"]["data/up/a.wav"] == "up"
        assert after["group"]["data/up/a.wav"] == "sp0"
        assert all(Path(uri).is_file() for uri in after["uri"])

    def test_again_on_its_own_output_brings_it_up_to_date(self, manifest):
        first = apply_decisions(manifest, decisions=decisions()).manifest
        more = [
            *decisions(),
            said("ana", "relabel", "go/d.wav", "up", settles=True),
            said("ben", "confirm", "down/c.wav"),
        ]
        second = apply_decisions(first, decisions=more, output=first.with_name("second.csv")).manifest
        direct = apply_decisions(manifest, decisions=more, output=first.with_name("direct.csv")).manifest
        assert second.read_bytes() == direct.read_bytes()

    def test_what_is_not_decided_any_more_keeps_what_an_earlier_apply_said(self, manifest):
        first = apply_decisions(manifest, decisions=decisions()).manifest
        second = apply_decisions(first, decisions=[], output=first.with_name("second.csv")).manifest
        assert second.read_bytes() == first.read_bytes()

    def test_columns_of_the_user_s_own_are_not_touched(self, data):
        path = data.parent / "own.csv"
        path.write_text("path,label,reason,decided_by\ndata/up/a.wav,up,mine,me\n")
        for _ in range(2):
            done = apply_decisions(path, decisions=decisions(), output=data.parent / "o.csv", force=True)
            (row,) = rows_of(done.manifest)
            assert (row["reason"], row["decided_by"]) == ("mine", "me")
            assert (row["review_reason"][:10], row["review_decided_by"]) == ("relabelled", "ana")
            path = shutil.copy(done.manifest, data.parent / "own2.csv")
        path = data.parent / "clash.csv"
        path.write_text("path,label,excluded\ndata/up/a.wav,up,yes\n")
        with pytest.raises(UsageError, match="'excluded' of its own"):
            apply_decisions(path, decisions=decisions())

    def test_what_people_typed_is_no_formula_and_reads_back(self, data, manifest):
        typed = [
            said("=ana", "relabel", "up/a.wav", "=1+1"),
            said("+ben", "relabel", "up/b.wav", "@new", note="=HYPERLINK(1)"),
        ]
        for name in ("new.csv", "new.tsv"):
            done = apply_decisions(manifest, decisions=typed, output=manifest.with_name(name))
            text = done.manifest.read_text()
            cells = [
                c for row in csv.reader(text.splitlines(), delimiter="\t" if name.endswith("tsv") else ",") for c in row
            ]
            assert not [c for c in cells if c.startswith(("=", "+", "-", "@"))]
            assert opened(done.manifest)["label"]["data/up/a.wav"] == "=1+1"
            assert opened(done.manifest)["label"]["data/up/b.wav"] == "@new"
            assert any("spreadsheet" in note for note in done.notes)
        done = apply_decisions(manifest, decisions=typed, output=manifest.with_name("new.jsonl"))
        assert json.loads(done.manifest.read_text().splitlines()[0])["corrected_label"] == "=1+1"

    def test_labels_that_the_data_has_stay_as_they_are(self, data):
        path = data.parent / "m.csv"
        path.write_text("path,label\ndata/up/a.wav,-1\ndata/up/b.wav,'=x\n")
        done = apply_decisions(path, decisions=[said("ana", "relabel", "up/b.wav", "-1")], output=data.parent / "n.csv")
        assert [r["corrected_label"] for r in rows_of(done.manifest)] == ["-1", "-1"]
        done = apply_decisions(path, decisions=[], output=data.parent / "o.csv")
        assert opened(done.manifest)["label"].tolist() == ["-1", "'=x"]

    def test_a_folder_gets_a_manifest_beside_it_that_opens(self, data):
        before = snapshot(data)
        done = apply_decisions(data, decisions=decisions())
        assert done.manifest == data.parent / "data.corrected.csv"
        rows = rows_of(done.manifest)
        assert list(rows[0])[:5] == ["path", "label", "split", "group", "item_id"]
        assert rows[0]["path"] == "data/down/a.wav"
        after = opened(done.manifest)
        assert set(after.index) == set(NAMES) - {"down/c.wav"}
        assert all(Path(uri).is_file() for uri in after["uri"])
        assert snapshot(data) == before

    def test_elsewhere_the_paths_are_kept_and_the_root_is_told(self, data, manifest, tmp_path):
        done = apply_decisions(manifest, decisions=decisions(), output=tmp_path / "other" / "new.csv")
        assert done.root == manifest.parent
        assert rows_of(done.manifest)[0]["path"] == "data/up/a.wav"
        after = open_dataset(done.manifest, kind_for("audio"), root=done.root).items
        assert all(Path(uri).is_file() for uri in after["uri"])
        assert set(after.index) < set(opened(manifest).index)

    def test_a_changed_file_is_told_and_not_decided(self, data, manifest):
        (data / "up/a.wav").write_bytes(b"recorded again")
        done = apply_decisions(manifest, decisions=decisions("data/"))
        assert done.plan.counts["changed"] == 1
        assert rows_of(done.manifest)[0]["corrected_label"] == "up"

    def test_what_is_gone_is_counted_and_a_renamed_file_is_found(self, data, manifest):
        (data / "up/b.wav").rename(data / "up/z.wav")
        manifest.write_text(manifest.read_text().replace("up/b.wav", "up/z.wav"))
        (data / "down/c.wav").unlink()
        manifest.write_text("".join(x for x in manifest.read_text().splitlines(True) if "down/c.wav" not in x))
        done = apply_decisions(manifest, decisions=decisions())
        assert done.plan.n_gone == 1
        assert {x.item_id: x.fate for x in done.plan.lines}["data/up/z.wav"] == "confirmed"

    def test_a_label_holds_for_all_copies_and_superfluous_is_one(self, data, manifest):
        shutil.copy(data / "up/a.wav", data / "up/copy.wav")
        with manifest.open("a", newline="") as file:
            file.write("data/up/copy.wav,up,,\r\n")
        label = [said("ana", "relabel", "up/a.wav", "go")]
        lines = {x.item_id: x for x in apply_decisions(manifest, decisions=label, dry_run=True).plan.lines}
        assert [lines[f"data/up/{n}.wav"].corrected_label for n in ("a", "copy")] == ["go", "go"]
        one = [said("ana", "exclude", "data/up/copy.wav", rule="DUP001", content_hash=content("up/a.wav"))]
        lines = {x.item_id: x for x in apply_decisions(manifest, decisions=one, dry_run=True).plan.lines}
        assert [lines[f"data/up/{n}.wav"].excluded for n in ("a", "copy")] == [False, True]

    def test_disputed_items_can_be_left_out(self, manifest):
        done = apply_decisions(manifest, decisions=decisions(), disputed="exclude")
        assert [x.item_id for x in done.plan.lines if x.excluded] == ["data/down/c.wav", "data/go/d.wav"]

    def test_a_dry_run_writes_nothing(self, data, manifest, tmp_path):
        before = snapshot(tmp_path)
        done = apply_decisions(
            manifest, decisions=decisions(), tree=tmp_path / "tree", output=tmp_path / "n.csv", dry_run=True
        )
        assert snapshot(tmp_path) == before
        assert done.plan.counts["relabelled"] == 1

    def test_a_dataframe(self, data, tmp_path):
        frame = pd.DataFrame({"path": [str(data / n) for n in NAMES], "label": [n.split("/")[0] for n in NAMES]})
        done = apply_decisions(frame, decisions=decisions(), output=tmp_path / "n.parquet")
        assert pd.read_parquet(done.manifest)["corrected_label"].tolist()[0] == "down"
        with pytest.raises(UsageError, match="no place of their own"):
            apply_decisions(frame, decisions=decisions())


def opened(path: Path) -> pd.DataFrame:
    return open_dataset(path, kind_for("audio")).items


class TestRefusals:
    def test_the_source_is_never_overwritten(self, data, manifest, tmp_path):
        (tmp_path / "link.csv").symlink_to(manifest)
        (tmp_path / "hard.csv").hardlink_to(manifest)
        for output in (manifest, tmp_path / "link.csv", tmp_path / "hard.csv", data / ".." / "labels.csv"):
            before = snapshot(tmp_path)
            with pytest.raises(UsageError, match="never changed"):
                apply_decisions(manifest, decisions=decisions(), output=output, force=True)
            assert snapshot(tmp_path) == before

    def test_nothing_is_overwritten_without_being_asked(self, manifest, tmp_path):
        (tmp_path / "n.csv").write_text("mine")
        with pytest.raises(StoreError, match="exists"):
            apply_decisions(manifest, decisions=decisions(), output=tmp_path / "n.csv")
        assert (tmp_path / "n.csv").read_text() == "mine"
        apply_decisions(manifest, decisions=decisions(), output=tmp_path / "n.csv", force=True)
        assert "corrected_label" in (tmp_path / "n.csv").read_text()

    @pytest.mark.parametrize("where", ["data", "data/up", "data/new", "data/up/new", "."])
    def test_a_tree_in_or_around_the_data(self, data, manifest, where):
        for source in (manifest, data):
            if where == "data/new" and source == manifest:
                continue  # beside the folders of the manifest's files: allowed
            before = snapshot(data.parent)
            with pytest.raises((UsageError, StoreError)):
                apply_decisions(source, decisions=decisions(), tree=data.parent / where, force=True)
            assert snapshot(data.parent) == before

    def test_other_things(self, manifest, tmp_path, monkeypatch):
        for wrong, words in (
            ({"output": tmp_path / "n.xlsx"}, "does not say what to write"),
            ({"link": "teleport", "tree": tmp_path / "t"}, "--link 'teleport'"),
            ({"disputed": "drop"}, "--disputed 'drop'"),
            ({"repairs": {"loudest_ms": 10}}, "new folder tree only"),
            ({"repairs": {"loudest_ms": 10}, "tree": tmp_path / "t", "only": ["AUD001"]}, "no run"),
            ({"tree": tmp_path / "t", "output": tmp_path / "t" / "m.csv"}, "manifest of its own"),
        ):
            with pytest.raises(UsageError, match=words):
                apply_decisions(manifest, decisions=decisions(), **wrong)
        (tmp_path / "d.csv").mkdir()
        with pytest.raises(StoreError, match="is a folder"):
            apply_decisions(manifest, decisions=decisions(), output=tmp_path / "d.csv")
        with pytest.raises(LedgerError, match="no decisions yet"):
            apply_decisions(manifest)
        with pytest.raises(LedgerError, match="no decisions yet"):
            apply_decisions(manifest, repairs={"loudest_ms": 10}, tree=tmp_path / "t", ledger=str(tmp_path / "no"))
        assert apply_decisions(manifest, repairs={"loudest_ms": 10}, tree=tmp_path / "t").n_to_repair > 0
        with pytest.raises(DatasetError, match="does not exist"):
            apply_decisions(tmp_path / "nowhere", decisions=[])


class TestTree:
    def test_it_holds_what_is_kept_under_its_corrected_label(self, data, tmp_path):
        before = snapshot(data)
        done = apply_decisions(data, decisions=decisions(), tree=tmp_path / "tree")
        assert snapshot(data) == before
        tree = tmp_path / "tree"
        files = {p.relative_to(tree).as_posix() for p in tree.rglob("*.wav")}
        assert files == {"down/a.wav", "down/a~2.wav", "up/b.wav", "go/d.wav", "go/e.wav"}
        assert (tree / "down/a~2.wav").read_bytes() == b"bytes of up/a.wav"
        assert (tree / "up/b.wav").stat().st_ino != (data / "up/b.wav").stat().st_ino
        read = opened(tree / "manifest.csv")
        assert set(read.index) == set(NAMES) - {"down/c.wav"}
        assert read["uri"]["up/a.wav"] == str(tree / "down/a~2.wav")
        assert done.manifest is None
        rows = rows_of(tree / "manifest.csv")
        assert {r["original_path"] for r in rows} == {str(data / n) for n in NAMES if n != "down/c.wav"}
        assert json.loads((tree / ".dsaudit-tree.json").read_text())["counts"]["relabelled"] == 1
        assert opened(tree).shape[0] == 5
        assert not list(tmp_path.glob(".tree*"))

    def test_a_manifest_s_columns_are_in_the_tree_s(self, manifest, tmp_path):
        apply_decisions(manifest, decisions=decisions(), tree=tmp_path / "tree")
        rows = rows_of(tmp_path / "tree" / "manifest.csv")
        assert rows[0]["remark"] == "note, 0"
        assert rows[0]["path"] == "down/a~2.wav"
        assert opened(tmp_path / "tree" / "manifest.csv")["group"].tolist()[0] == "sp0"

    @pytest.mark.parametrize("link", ["hardlink", "symlink", "relative-symlink"])
    def test_links(self, data, tmp_path, link):
        tree = tmp_path / "deep" / "tree"
        before = {k: v[:1] for k, v in snapshot(data).items()}
        apply_decisions(data, decisions=decisions(), tree=tree, link=link)
        path = tree / "down/a~2.wav"
        assert path.read_bytes() == b"bytes of up/a.wav"
        assert path.is_symlink() == (link != "hardlink")
        assert path.samefile(data / "up/a.wav")
        if path.is_symlink():
            assert path.readlink().is_absolute() == (link == "symlink")
        shutil.rmtree(tree)
        assert {k: v[:1] for k, v in snapshot(data).items()} == before

    def test_a_hard_link_that_does_not_reach_becomes_a_copy_and_says_so(self, data, tmp_path, monkeypatch):
        def far(self, target):
            raise OSError(errno.EXDEV, "Invalid cross-device link")

        monkeypatch.setattr(Path, "hardlink_to", far)
        done = apply_decisions(data, decisions=decisions(), tree=tmp_path / "tree", link="hardlink")
        assert done.grown.n_copied_instead == 5
        assert len(list((tmp_path / "tree").rglob("*.wav"))) == 5

    def test_symbolic_links_refused_by_the_system_is_one_clear_line(self, data, tmp_path, monkeypatch):
        def refuse(self, target, target_is_directory=False):
            raise PermissionError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(Path, "symlink_to", refuse)
        with pytest.raises(StoreError, match="symbolic links cannot be made") as error:
            apply_decisions(data, decisions=decisions(), tree=tmp_path / "tree", link="symlink")
        assert "Developer Mode" in error.value.hint
        assert not (tmp_path / "tree").exists()
        assert not list(tmp_path.glob(".tree*"))

    def test_a_full_disk_leaves_nothing_behind(self, data, tmp_path, monkeypatch):
        def full(source, target):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(shutil, "copy2", full)
        with pytest.raises(StoreError, match="the disk is full"):
            apply_decisions(data, decisions=decisions(), tree=tmp_path / "tree")
        assert not list(tmp_path.glob("*tree*"))

    def test_missing_files_are_told_and_the_rest_is_there(self, manifest, data, tmp_path):
        (data / "go/d.wav").unlink()
        done = apply_decisions(manifest, decisions=decisions(), tree=tmp_path / "tree")
        assert done.grown.problems == [("data/go/d.wav", "left out: no such file or directory")]
        assert len(rows_of(tmp_path / "tree" / "manifest.csv")) == 4

    def test_only_a_tree_made_here_is_replaced(self, data, tmp_path):
        tree = tmp_path / "tree"
        tree.mkdir()
        apply_decisions(data, decisions=decisions(), tree=tree)  # an empty folder is nobody's work
        with pytest.raises(StoreError, match="exists"):
            apply_decisions(data, decisions=[], tree=tree)
        apply_decisions(data, decisions=[], tree=tree, force=True)
        assert len(list(tree.rglob("*.wav"))) == 6
        other = tmp_path / "other"
        other.mkdir()
        (other / "precious.txt").write_text("mine")
        with pytest.raises(StoreError, match="was not made by"):
            apply_decisions(data, decisions=[], tree=other, force=True)
        assert (other / "precious.txt").read_text() == "mine"


class TestRepairs:
    @pytest.fixture
    def sounds(self, tmp_path):
        root = tmp_path / "sounds"
        for k, label in enumerate(("up", "down", "up")):
            write_wav(root / label / f"{k}.wav", word(k, duration_s=1.0 + k))
        (root / "up" / "broken.wav").write_bytes(b"RIFF nonsense")
        return root

    def test_into_the_tree_only_and_a_broken_one_is_copied(self, sounds, tmp_path):
        before = snapshot(sounds)
        done = apply_decisions(
            sounds, decisions=[], tree=tmp_path / "tree", link="hardlink", repairs={"loudest_ms": 1000}, jobs=1
        )
        assert snapshot(sounds).keys() == before.keys()
        assert {k: v[0] for k, v in snapshot(sounds).items() if len(v) > 1} == {
            k: v[0] for k, v in before.items() if len(v) > 1
        }
        frames = {p.name: soundfile.info(p).frames for p in (tmp_path / "tree").rglob("[0-9].wav")}
        assert frames == {"0.wav": 16_000, "1.wav": 16_000, "2.wav": 16_000}
        assert (tmp_path / "tree/up/broken.wav").read_bytes() == b"RIFF nonsense"
        assert set(done.grown.repairs) == {"down/1.wav", "up/2.wav"}
        assert [p for p, _ in done.grown.problems] == ["up/broken.wav"]
        rows = {r["item_id"]: r for r in rows_of(tmp_path / "tree" / "manifest.csv")}
        assert rows["down/1.wav"]["repairs"].startswith("loudest 1000 ms kept, from ")
        assert rows["up/0.wav"]["repairs"] == ""
        # what was not repaired is the hard link that was asked for, what was is a file of its own
        assert (tmp_path / "tree/up/0.wav").samefile(sounds / "up/0.wav")
        assert not (tmp_path / "tree/down/1.wav").samefile(sounds / "down/1.wav")

    @pytest.mark.usefixtures("in_process")
    def test_a_format_that_cannot_be_written_becomes_wav_under_a_free_name(self, tmp_path, monkeypatch):
        import dsaudit.media.audio.repair as module

        real = module._encode

        def refuse(samples, rate, target, container, subtype):
            if container != "WAV":
                raise soundfile.LibsndfileError(1)
            real(samples, rate, target, container, subtype)

        monkeypatch.setattr(module, "_encode", refuse)
        write_wav(tmp_path / "d/up/a.flac", word(1))
        write_wav(tmp_path / "d/up/a.wav", word(2))
        done = apply_decisions(
            tmp_path / "d", decisions=[], tree=tmp_path / "tree", repairs={"loudest_ms": 500}, jobs=1
        )
        assert done.grown.paths == {"up/a.flac": "up/a~2.wav", "up/a.wav": "up/a.wav"}

    def test_only_what_a_rule_found(self, sounds, tmp_path, monkeypatch):
        from dsaudit.store.run import Run

        class Audited(Run):
            meta = meta(source_path=str(sounds), root=str(sounds))
            rules = records()
            findings = pd.DataFrame({"code": ["AUD002"], "name": ["quiet-clip"], "item_ids": [["up/2.wav"]]})
            silenced = empty_table("silenced")
            id = "r"

        run = Audited(tmp_path / "x" / "runs" / "r")
        done = apply_decisions(
            run, decisions=[], tree=tmp_path / "t", repairs={"loudest_ms": 500}, only=["quiet-clip"], jobs=1
        )
        assert set(done.grown.repairs) == {"up/2.wav"}
        assert done.n_to_repair == 1
        with pytest.raises(UsageError, match="no rule is called 'loud'"):
            apply_decisions(run, decisions=[], tree=tmp_path / "u", repairs={"loudest_ms": 500}, only=["loud"])


def test_a_folder_read_by_its_table_keeps_all_of_its_columns(data, tmp_path):
    flat = data.parent / "flat"
    rows = "".join(
        f"{k}.wav,{n.split('/')[0]},sp{k % 2},{'north' if k % 2 else 'south'},r{k}\n" for k, n in enumerate(NAMES)
    )
    for k, name in enumerate(NAMES):
        (flat / "clips").mkdir(parents=True, exist_ok=True)
        shutil.copy(data / name, flat / "clips" / f"{k}.wav")
    (flat / "labels.csv").write_text("filename,label,speaker,split,remark\n" + rows)
    done = apply_decisions(flat, decisions=decisions(), output=tmp_path / "new.csv", tree=tmp_path / "tree")
    head = ["filename", "label", "speaker", "split", "remark", "corrected_label", "excluded", "decided_by", "reason"]
    found = rows_of(done.manifest)
    assert list(found[0]) == [*head, "path", "item_id"]
    assert [(r["filename"], r["remark"], r["speaker"]) for r in found][2] == ("2.wav", "r2", "sp0")
    dataset = open_dataset(done.manifest, kind_for("audio"))
    before = open_dataset(flat, kind_for("audio")).items
    told = ["split", "group"]
    assert dataset.items[told].equals(before.loc[dataset.items.index, told])
    assert all(map(os.path.exists, dataset.items["uri"]))
    grown = rows_of(done.tree / "manifest.csv")
    assert list(grown[0]) == [*head, "item_id", "original_path"]
    assert any("no folders of the tree, for a folder called so is no split (north, south)" in n for n in done.notes)


def test_and_so_does_one_of_several_tables(data, tmp_path):
    rows = [(k, name, name.split("/")[0]) for k, name in enumerate(NAMES)]
    flat = data.parent / "flat"
    for k, name, _ in rows:
        (flat / "clips").mkdir(parents=True, exist_ok=True)
        shutil.copy(data / name, flat / "clips" / f"{k}.wav")
    for split, part in (("train", rows[:4]), ("test", rows[4:])):
        lines = "".join(f"{k}.wav\t{label}\tsaid {k}\n" for k, _, label in part)
        (flat / f"{split}.tsv").write_text("path\tlabel\tsentence\n" + lines)
    found = rows_of(apply_decisions(flat, decisions=decisions(), output=tmp_path / "new.csv").manifest)
    assert {r["item_id"]: (r["split"], r["sentence"]) for r in found} == {
        f"clips/{k}.wav": ("test" if k > 3 else "train", f"said {k}") for k in range(6)
    }
    assert {r["item_id"]: r["corrected_label"] for r in found}["clips/0.wav"] == "down"


def test_the_ledger_beside_the_data_is_the_one_that_counts(data, manifest):
    with Ledger.open(manifest.parent / ".dsaudit" / "ledger.sqlite") as ledger:
        ledger.append([said("ana", "relabel", "up/a.wav", "down")])
    assert apply_decisions(manifest).plan.counts["relabelled"] == 1


@pytest.mark.real_data
def test_real_recordings_are_left_as_they_are(real_data, tmp_path):
    root = real_data("custom_commands")
    before = snapshot(root)
    done = apply_decisions(
        root / "labels.csv",
        decisions=[],
        tree=tmp_path / "tree",
        repairs={"trim_dbfs": -55, "loudest_ms": 700, "gain_to_dbfs": -20},
        jobs=1,
    )
    assert snapshot(root) == before
    assert not [p for _, p in done.grown.problems if p.startswith(("left out", "not repaired"))]
    assert len(done.grown.paths) == 50
    for item_id, path in done.grown.paths.items():
        old, new = soundfile.info(root / item_id), soundfile.info(tmp_path / "tree" / path)
        assert (old.samplerate, old.channels, old.subtype) == (new.samplerate, new.channels, new.subtype)
        assert new.duration <= 0.7 + 1e-3


def test_rows_of_a_query_are_asked_for_again_and_go_into_a_new_file(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as shop, shop:
        shop.execute("CREATE TABLE sale (town TEXT, paid REAL, n INTEGER)")
        shop.executemany("INSERT INTO sale VALUES (?, ?, ?)", [("Bostn", 1.5, 1), ("Ulm", 2.5, 2), ("Ulm", 3.5, 3)])
    query = {"sql": f"sqlite:///{tmp_path / 'shop.db'}", "query": "SELECT * FROM sale"}
    chosen = {"modality": "table", "label_column": "none", "select": ("FIL",), "report": False}
    run = dsaudit.audit(**query, **chosen, out=tmp_path / "out")
    decided = [("town", 0, "Bostn", "Boston"), ("n", 1, "2", "7")]
    ids, hashes = run.items.index, run.items["content_hash"]
    with Ledger.open(run.results / "ledger.sqlite") as ledger:
        for field, k, old, new in decided:
            ledger.append([Decision("ann", "correct", ids[k], hashes.iloc[k], old, new, field=field)])
    with pytest.raises(UsageError, match="not kept") as told:
        dsaudit.apply(run)
    assert "--query" in told.value.hint
    done = dsaudit.apply(run, **query, output=tmp_path / "mended.parquet")
    made = pd.read_parquet(done.manifest)
    assert made.to_dict("list") == {"town": ["Boston", "Ulm", "Ulm"], "paid": [1.5, 2.5, 3.5], "n": [1, 7, 3]}
    assert len(pd.read_csv(done.changes_list)) == 2
