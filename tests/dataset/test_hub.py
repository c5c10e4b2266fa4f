"""Objects of ``datasets``, without the package where it is not installed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

import dsaudit
from dsaudit.dataset.hub import frame_of, is_of_hub
from dsaudit.errors import UsageError

_FEATURES = '{"info": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}}'
_FILE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


class Rows:
    """What is asked of a ``datasets.Dataset``, over an Arrow table."""

    def __init__(self, table: pa.Table, fingerprint: str = "f0") -> None:
        self._table, self._fingerprint = table, fingerprint
        self.features = SimpleNamespace(arrow_schema=table.schema)

    def __len__(self):
        return self._table.num_rows

    def __getitem__(self, rows):
        return self._table

    def select_columns(self, names):
        return Rows(self._table.select(names))

    def with_format(self, name):
        assert name == "arrow"
        return self

    def iter(self, batch_size):
        for batch in self._table.to_batches(max_chunksize=batch_size):
            yield pa.Table.from_batches([batch])


def rows(names: list[str], labels: list[int]) -> pa.Table:
    files = pa.array([{"bytes": name.encode(), "path": f"{name}.wav"} for name in names], _FILE)
    table = pa.table({"audio": files, "label": labels})
    return table.replace_schema_metadata({"huggingface": _FEATURES})


def test_files_are_put_beside_and_classes_have_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = {"train": Rows(rows(["a", "b"], [0, 1])), "test": Rows(rows(["a"], [-1]), "f1")}
    assert is_of_hub(source)
    assert not is_of_hub({"train": 1})
    frame = frame_of(source)
    assert frame.index.tolist() == ["a.wav", "b.wav", "a.wav#2"]
    assert frame[["label", "split"]].values.tolist() == [["no", "train"], ["yes", "train"], [None, "test"]]
    assert [Path(path).read_bytes() for path in frame["audio"]] == [b"a", b"b", b"a"]
    assert dsaudit.inspect(source).classes == {"no": 1, "yes": 1}


def test_a_stream_is_refused():
    stream = SimpleNamespace(features=None, select_columns=None, with_format=None)
    with pytest.raises(UsageError, match="a stream of rows"):
        dsaudit.inspect(stream)


def test_the_package_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets", reason="pip install datasets")
    monkeypatch.chdir(tmp_path)
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    made = datasets.Dataset.from_dict({"text": ["a b", "c d", "e f"], "label": [0, 1, 1]}, features=features)
    both = datasets.DatasetDict({"train": made, "test": made.select([2])})
    assert frame_of(both)["label"].tolist() == ["no", "yes", "yes", "yes"]
    both.save_to_disk(str(tmp_path / "saved"))
    found = dsaudit.inspect(tmp_path / "saved")
    assert (found.modality, found.splits, found.classes) == ("text", {"train": 3, "test": 1}, {"no": 1, "yes": 3})
    with pytest.raises(UsageError, match="a stream of rows"):
        dsaudit.inspect(made.to_iterable_dataset())
