from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fabric import word, write_wav

import dsaudit
from dsaudit.dataset import open_dataset, remote
from dsaudit.dataset.open import given_source
from dsaudit.errors import DatasetError, MissingExtraError, StoreError, UsageError
from dsaudit.media import kind_for, media_for
from dsaudit.media.file import identify
from dsaudit.media.recognise import recognised_modality
from dsaudit.media.scan import measure_items
from dsaudit.store.cache import Cache


class Flaky:
    """A bucket in this process whose server fails as often as it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.fails, self.asked = folder, Counter[str](), Counter[str]()
        self.opened = Counter[str]()
        self.sent: list[str] = []

    def ukey(self, key: str) -> str:
        status = (self.folder / key).stat()
        return f"{status.st_size} {status.st_mtime_ns}"

    def find(self, key: str, detail: bool) -> dict[str, dict[str, object]]:
        self.asked["list"] += 1
        if self.fails["list"] >= self.asked["list"]:
            raise RuntimeError("SlowDown")
        files = (path for path in (self.folder / key).rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): {"size": path.stat().st_size} for path in files}

    def open(self, key: str, mode: str, **_):
        self.opened[key] += 1
        return (self.folder / key).open(mode)

    def cat_file(self, key: str, start: int, end: int) -> bytes:
        self.asked[key] += 1
        return (self.folder / key).read_bytes()[start:end]

    def put_file(self, path: str, key: str) -> None:
        self.asked[key] += 1
        if self.fails["put"] >= self.asked[key]:
            raise RuntimeError("SlowDown for s3://me:secret@bucket")
        (self.folder / key).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, self.folder / key)
        self.sent.append(key)

    def get_file(self, key: str, path: str) -> None:
        self.asked[key] += 1
        if self.fails[key] >= self.asked[key]:
            raise RuntimeError("SlowDown for s3://me:secret@bucket")
        Path(path).write_bytes((self.folder / key).read_bytes())


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    place = tmp_path / "bucket"
    for k, name in enumerate(("a", "b", "c")):
        write_wav(place / "set" / "yes" / f"{name}.wav", word(k))
    found = Flaky(tmp_path)
    monkeypatch.setattr(remote, "_system", lambda scheme: found)
    monkeypatch.setattr(remote, "_PAUSE_S", 0.0)
    monkeypatch.setattr(remote, "_ALLOWED", set())
    return found


def listed(*paths: str, **options):
    return open_dataset(pd.DataFrame({"path": paths, "label": "yes"}), kind_for("audio"), **options).items


def test_only_what_lies_below_the_root_is_read(bucket):
    dataset = open_dataset(
        pd.DataFrame({"path": ["yes/a.wav", "s3://bucket/set/yes/b.wav", "s3://theirs/c.wav", "../c.wav"]}),
        kind_for("audio"),
        root="s3://bucket/set/",
    )
    far = dataset.items[[remote.is_remote(uri) for uri in dataset.items["uri"]]]
    assert far["uri"].to_dict() == {f"yes/{n}.wav": f"s3://bucket/set/yes/{n}.wav" for n in "ab"}
    assert len(dataset.items) == 4
    assert "2 paths leading out of s3://bucket/set: nothing is read from there" in dataset.notes
    table = pd.DataFrame({"path": ["s3://bucket/set/yes/a.wav"]})
    local = open_dataset(table, kind_for("audio"))
    assert not remote.is_remote(local.items["uri"].iloc[0])
    assert any("--root s3://bucket/ reads what is below" in note for note in local.notes)
    with pytest.raises(UsageError, match="credentials are taken from the environment") as refused:
        open_dataset(table, kind_for("audio"), root="s3://me:secret@bucket/set")
    assert "secret" not in str(refused.value)


def test_an_item_is_read_as_a_file_is_and_no_copy_stays(bucket, in_process, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "copies"))
    (tmp_path / "copies" / f"{remote._COPIES}999999999-x").mkdir(parents=True)
    remote._sweep.cache_clear()
    bucket.fails.update({"bucket/set/yes/a.wav": 4, "bucket/set/yes/b.wav": 5})
    items = listed("yes/a.wav", "yes/b.wav", "yes/c.wav", "yes/gone.wav", root="s3://bucket/set")
    cache = Cache(tmp_path / "cache")
    found = measure_items(items, media_for("audio"), cache=cache)
    assert found["status"].tolist() == ["ok", "unreadable", "ok", "missing"]
    assert "5 tries failed, the last with RuntimeError: SlowDown" in found["error"].iloc[1]
    assert "secret" not in found["error"].iloc[1]
    assert found["file_suffix"].tolist() == [".wav"] * 4
    for name in ("a", "c"):
        own = identify(bucket.folder / "bucket" / "set" / "yes" / f"{name}.wav")
        assert found.loc[f"yes/{name}.wav", "content_hash"] == own["content_hash"]
    assert not [path for path in (tmp_path / "copies").rglob("*") if path.is_file()]
    assert not (tmp_path / "copies" / f"{remote._COPIES}999999999-x").exists()
    before = bucket.asked.copy()
    again = measure_items(items, media_for("audio"), cache=cache)
    assert again["status"].tolist() == ["ok", "ok", "ok", "missing"]
    assert {key.rpartition("/")[2] for key in bucket.asked - before} == {"b.wav", "gone.wav"}, "what is known stays"


def test_what_a_run_names_is_read_only_where_a_person_gave_its_root(bucket, in_process, tmp_path, monkeypatch):
    items = listed("yes/a.wav", "yes/b.wav", root="s3://bucket/set")
    monkeypatch.setattr(remote, "_ALLOWED", set())  # as in the process of whoever was given the run
    found = measure_items(items, media_for("audio"), cache=Cache(tmp_path / "cache"))
    assert found["status"].tolist() == ["unreadable"] * 2
    assert found["error"].iloc[0] == "s3://bucket/set/yes/a.wav is below no address given as --root or DSAUDIT_ROOT"
    assert not bucket.asked
    monkeypatch.setenv("DSAUDIT_ROOT", "s3://bucket/")
    found = measure_items(items, media_for("audio"), cache=Cache(tmp_path / "cache"))
    assert found["status"].tolist() == ["ok"] * 2


def test_a_stretch_of_a_remote_file_is_an_item(bucket, in_process, tmp_path):
    table = pd.DataFrame({"path": "yes/a.wav", "start": [0.0, 0.1], "end": [0.2, 0.4]})
    items = open_dataset(table, kind_for("audio"), root="s3://bucket/set").items
    found = measure_items(items, media_for("audio"), cache=Cache(tmp_path / "cache"))
    assert found["status"].tolist() == ["ok", "ok"]
    assert found["content_hash"].nunique() == 2
    assert bucket.asked["bucket/set/yes/a.wav"] == 1


def test_a_bucket_is_a_folder_of_classes(bucket, in_process, tmp_path, monkeypatch):
    write_wav(tmp_path / "bucket" / "set" / "no" / "d.wav", word(4))
    bucket.fails["list"] = 1
    address = given_source("s3://bucket/set/")
    dataset = open_dataset(address, kind_for("audio"))
    assert dataset.items["label"].to_dict() == {"no/d.wav": "no", **{f"yes/{n}.wav": "yes" for n in "abc"}}
    assert dataset.items.loc["no/d.wav", "uri"] == "s3://bucket/set/no/d.wav"
    found = measure_items(dataset.items, media_for("audio"), cache=Cache(tmp_path / "cache"))
    assert found["status"].tolist() == ["ok"] * 4
    pd.DataFrame({"path": ["yes/a.wav", "no/d.wav"], "class": ["x", "y"]}).to_csv(tmp_path / "bucket" / "set" / "m.csv")
    for source, options in (("s3://bucket/set/m.csv", {}), (address, {"label_column": "class"})):
        items = open_dataset(given_source(source), kind_for("audio"), **options).items
        assert items[["uri", "label"]].to_numpy().tolist() == [
            ["s3://bucket/set/no/d.wav", "y"],
            ["s3://bucket/set/yes/a.wav", "x"],
        ]
    monkeypatch.setattr(remote, "_ALLOWED", set())
    with pytest.raises(DatasetError, match="below no address given"):
        open_dataset(address, kind_for("audio"))
    monkeypatch.setattr("dsaudit.dataset.bucket._MOST_BYTES", 10)
    notes = " ".join(open_dataset(given_source("s3://bucket/set/"), kind_for("audio")).notes)
    assert "passed over 1 table of more than 0 MiB" in notes
    assert "as s3://bucket/set/m.csv" in notes


def test_shards_in_a_bucket_are_read_where_they_lie(bucket, in_process, tmp_path):
    write_wav(tmp_path / "a.wav", word(1))
    (tmp_path / "bucket" / "shards").mkdir()
    for k in range(2):
        with tarfile.open(tmp_path / "bucket" / "shards" / f"{k}.tar", "w") as tar:
            tar.add(tmp_path / "a.wav", f"yes/{k}.wav")
            tar.add(tmp_path / "a.wav", f"no/{k}.wav")
    for source in ("s3://bucket/shards", "s3://bucket/shards/{0..1}.tar"):
        dataset = open_dataset(given_source(source), kind_for("audio"))
        assert dataset.items["label"].tolist() == ["no", "yes"] * 2
        found = measure_items(dataset.items, media_for("audio"), cache=Cache(tmp_path / "cache"))
        assert found["status"].tolist() == ["ok"] * 4
        assert found["content_hash"].unique().tolist() == [identify(tmp_path / "a.wav")["content_hash"]]
    assert bucket.asked["bucket/shards/0.tar"] == 2, "one request an item, and none for what is known"
    gone = open_dataset(given_source("s3://bucket/shards/{1..2}.tar"), kind_for("audio"))
    found = measure_items(gone.items, media_for("audio"), cache=Cache(tmp_path / "cache"))
    assert found["status"].to_dict() == {"1.tar/no/1.wav": "ok", "1.tar/yes/1.wav": "ok", "2.tar": "missing"}


def test_what_a_shard_in_a_bucket_holds_is_read_once(bucket, tmp_path):
    write_wav(tmp_path / "a.wav", word(1))
    (tmp_path / "bucket" / "shards").mkdir()
    said = {"b.json": b'{"label": "no", "speaker": "x"}', "b.cls": b"yes", "c.cls": b"no", "../d.cls": b"yes"}
    for k in range(3):
        with tarfile.open(tmp_path / "bucket" / "shards" / f"{k}.tar", "w") as tar:
            for name in ("b.wav", "c.wav", "\udce9.wav", "c.wav"):
                tar.add(tmp_path / "a.wav", name)
            for name, data in said.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    cut = tmp_path / "bucket" / "shards" / "2.tar"
    cut.write_bytes(cut.read_bytes()[:70_000])

    def found(indexes=None):
        bucket.opened.clear()
        dataset = open_dataset(given_source("s3://bucket/shards"), kind_for("audio"), indexes=indexes)
        return dataset.items, dataset.notes

    (plain, notes), cache = found(), Cache(tmp_path / "cache")
    assert bucket.opened == dict.fromkeys(("bucket/shards/0.tar", "bucket/shards/1.tar", "bucket/shards/2.tar"), 1)
    for opened in (bucket.opened.copy(), {"bucket/shards/2.tar": 1}):
        items, again = found(cache)
        pd.testing.assert_frame_equal(items, plain)
        assert again == notes
        assert bucket.opened == opened, "what is damaged may be whole the next time"
    (tmp_path / "bucket" / "shards" / "1.tar").write_bytes(
        (tmp_path / "bucket" / "shards" / "0.tar").read_bytes() + b"\0"
    )
    found(cache)
    assert set(bucket.opened) == {"bucket/shards/1.tar", "bucket/shards/2.tar"}


def test_cells_of_a_table_in_a_bucket_are_items(bucket, in_process, tmp_path):
    data = [(tmp_path / "bucket" / "set" / "yes" / f"{n}.wav").read_bytes() for n in "abc"]
    table = pa.table(
        {"audio": data, "label": ["yes", "no", "yes"], "speaker": [*"xyz"], "age": [1, 2, 3], "n": [4, 5, 6]}
    )
    pq.write_table(table, tmp_path / "bucket" / "m.parquet", row_group_size=2)
    source = given_source("s3://bucket/m.parquet")
    assert recognised_modality(source) == "audio"
    dataset = open_dataset(source, kind_for("audio"))
    found = measure_items(dataset.items, media_for("audio"), cache=Cache(tmp_path / "cache"))
    assert found["status"].to_dict() == {f"row-0000{k}": "ok" for k in (1, 2, 3)}
    assert found["content_hash"].tolist() == [
        identify(tmp_path / "bucket" / "set" / "yes" / f"{n}.wav")["content_hash"] for n in "abc"
    ]


def test_a_run_is_sent_to_an_address_its_last_file_last(bucket, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame({"text": ["yes please", "no thanks"], "label": ["yes", "no"]})
    options = {"modality": "text", "encoder": "none", "report": False, "select": ["DUP"]}
    bucket.fails["put"] = 4
    run = dsaudit.audit(table, out="s3://bucket/results/", **options)
    assert run.path.is_relative_to(tmp_path / ".dsaudit")
    copy = tmp_path / "bucket" / "results" / "runs" / run.id
    files = {path.relative_to(run.path): path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*") if path.is_file()} == files
    assert bucket.sent[-1] == f"bucket/results/runs/{run.id}/run.json"
    assert len(dsaudit.open_run(copy).items) == 2
    bucket.fails["put"] = 99
    with pytest.raises(StoreError, match="the run is whole in") as refused:
        dsaudit.audit(table, out="s3://bucket/results", **options)
    assert "SlowDown" in str(refused.value)
    assert "secret" not in str(refused.value)
    with pytest.raises(UsageError, match="results cannot be sent to"):
        dsaudit.audit(table, out="ftp://host/results", **options)


def test_without_its_library_the_extra_is_named(monkeypatch):
    def gone(scheme):
        raise ImportError(scheme)

    monkeypatch.setattr(remote, "_system", gone)
    with pytest.raises(MissingExtraError) as refused:
        remote.remote_root("gs://bucket")
    assert refused.value.hint == "pip install 'dsaudit[gs]'"


class Faults:
    """A server's application that answers some requests for an object as it should not."""

    def __init__(self, application) -> None:
        self.application, self.asked = application, Counter[str]()

    def __call__(self, environ, start_response):
        name = environ["PATH_INFO"].rpartition("/")[2]
        if environ["REQUEST_METHOD"] == "GET" and "." in name:
            self.asked[name] += 1
            if name == "throttled.wav" and self.asked[name] <= 2:
                start_response("503 Slow Down", [("Content-Type", "application/xml")])
                return [b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"]
            if name == "broken.wav" or (name == "middle.wav" and self.asked[name] == 1):
                start_response("500 Internal Server Error", [("Content-Type", "application/xml")])
                return [b"<Error><Code>InternalError</Code><Message>We failed.</Message></Error>"]
            if name == "slow.wav":
                time.sleep(1.0)
            if name == "lost.wav":
                start_response("404 Not Found", [("Content-Type", "application/xml")])
                return [b"<Error><Code>NoSuchKey</Code><Message>It was here.</Message></Error>"]
        elif "list-type" in environ["QUERY_STRING"]:
            self.asked["list"] += 1
            if self.asked["list"] == 1:
                start_response("503 Slow Down", [("Content-Type", "application/xml")])
                return [b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"]
        return self.application(environ, start_response)


def test_a_real_server_that_throttles_fails_loses_and_is_slow(tmp_path, monkeypatch):
    for package in ("moto.server", "s3fs"):
        pytest.importorskip(package, reason="needs moto[server] and s3fs")
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    faults = Faults(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, faults, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}", "AWS_ACCESS_KEY_ID": "AKIAFORTESTS"}
    told |= {"AWS_SECRET_ACCESS_KEY": "not-to-be-told", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    import boto3

    client = boto3.client("s3")
    client.create_bucket(Bucket="clips")
    names = ["fine", "throttled", "broken", "middle", "slow", "vanished"]
    for k, name in enumerate(names):
        write_wav(tmp_path / f"{name}.wav", word(k))
        client.upload_file(str(tmp_path / f"{name}.wav"), "clips", f"set/{name}.wav")
    table = tmp_path / "list.csv"
    pd.DataFrame({"path": [f"s3://clips/set/{name}.wav" for name in names], "label": "yes"}).to_csv(table)
    client.delete_object(Bucket="clips", Key="set/vanished.wav")
    run = dsaudit.audit(table, root="s3://clips/set", encoder="none", out=tmp_path / "out", report=False, jobs=2)
    assert faults.asked["throttled.wav"] >= 3
    client.upload_file(str(tmp_path / "fine.wav"), "clips", "set/lost.wav")  # listed, and gone when it is read
    faults.asked.clear()
    listed = open_dataset(given_source("s3://clips/set"), kind_for("audio"))
    found = measure_items(listed.items, media_for("audio"), cache=Cache(tmp_path / "cache"))["status"].to_dict()
    assert found.pop("lost.wav") in ("missing", "unreadable")
    assert found == {f"{name}.wav": "unreadable" if name == "broken" else "ok" for name in names[:-1]}
    server.shutdown()
    status = run.measurements["status"]
    bad = {"broken.wav": "unreadable", "vanished.wav": "missing"}
    assert status.to_dict() == {f"{name}.wav": bad.get(f"{name}.wav", "ok") for name in names}
    assert {"broken.wav", "vanished.wav"} <= set(run.findings["subject"])
    for path in (p for p in (tmp_path / "out").rglob("*") if p.is_file()):
        assert not any(told[name].encode() in path.read_bytes() for name in told if "KEY" in name), path
