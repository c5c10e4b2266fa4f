"""Encoders of other packages, here played by small modules with the same interface: the real ones are not needed."""

from __future__ import annotations

import importlib.machinery
import sys
import tomllib
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dsaudit.errors import MissingExtraError, UsageError
from dsaudit.media import image, text
from dsaudit.model.embed import embed_items
from dsaudit.model.encoder import choose_encoder


def module(monkeypatch, name, **members):
    made = types.ModuleType(name)
    made.__spec__ = importlib.machinery.ModuleSpec(name, None)
    made.__version__ = "9.9"
    vars(made).update(members)
    monkeypatch.setitem(sys.modules, name, made)
    return made


@pytest.fixture
def timm(monkeypatch):
    import torch

    calls = []

    class Network(torch.nn.Module):
        num_features = 3

        def forward(self, batch):
            assert not self.training
            assert not torch.is_grad_enabled()
            calls.append(tuple(batch.shape))
            return batch.mean(dim=(2, 3))

    def create_model(name, pretrained=False, num_classes=1000):
        calls.append((name, pretrained, num_classes))
        if name != "tiny":
            raise RuntimeError(f"Unknown model ({name})")
        return Network()

    def create_transform(input_size, is_training):
        assert not is_training
        side = input_size[1]
        return lambda image: torch.from_numpy(
            np.asarray(image.resize((side, side)), dtype=np.float32).transpose(2, 0, 1) / 255
        )

    data = types.SimpleNamespace(
        resolve_model_data_config=lambda model: {"input_size": (3, 8, 8)}, create_transform=create_transform
    )
    return module(monkeypatch, "timm", create_model=create_model, data=data), calls


def test_timm_gives_pooled_features_of_pictures(timm):
    encoder = choose_encoder("timm:tiny", own=image.KIND.encoders, device="cpu")
    assert timm[1] == []  # nothing is loaded before there is something to encode
    pictures = [Image.new("RGB", (20 + k, 10), (k, 255, 0)) for k in range(40)]
    vectors = encoder.encode(pictures)
    assert timm[1] == [("tiny", True, 0), (32, 3, 8, 8), (8, 3, 8, 8)]
    np.testing.assert_allclose(vectors, [[k / 255, 1.0, 0.0] for k in range(40)], atol=1e-6)
    assert encoder.dim == 3


def test_a_folder_that_holds_a_model_is_an_encoder(timm, tmp_path):
    folder = tmp_path / "my model"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes(b"{}")
    own = {**image.KIND.encoders}
    encoder = choose_encoder(str(folder), own=own, device="cpu")
    assert encoder.name == f"timm:{folder}"
    (folder / "model.safetensors").write_bytes(b"other weights")
    assert choose_encoder(str(folder), own=own, device="cpu").version != encoder.version
    with pytest.raises(UsageError, match="local-dir:"):  # which this stand-in does not know
        encoder.encode([Image.new("RGB", (4, 4))])
    (folder / "config.json").unlink()
    with pytest.raises(UsageError, match="holds no model that is known") as caught:
        choose_encoder(str(folder), own=own)
    assert "config.json and model.safetensors of timm" in caught.value.hint
    with pytest.raises(UsageError, match=r"model\.onnx: it is no folder"):
        choose_encoder("./model.onnx", own=own)


def test_a_name_that_timm_does_not_know_is_one_line(timm):
    with pytest.raises(UsageError, match=r"timm cannot make 'none': Unknown model \(none\)"):
        choose_encoder("timm:none", own=image.KIND.encoders, device="cpu").encode([Image.new("RGB", (4, 4))])


def test_sentence_transformers_gives_vectors_of_texts(monkeypatch):
    class SentenceTransformer:
        def __init__(self, name, device=None):
            if name != "org/tiny":
                raise OSError(f"{name} is not a local folder\nand not a valid model identifier")
            assert device == "cpu"

        def encode(self, sentences, batch_size, show_progress_bar, convert_to_numpy, normalize_embeddings):
            assert isinstance(sentences, list)
            assert (show_progress_bar, convert_to_numpy, normalize_embeddings) == (False, True, False)
            return np.array([[len(s), s.count("a")] for s in sentences], dtype=np.float32)

    module(monkeypatch, "sentence_transformers", SentenceTransformer=SentenceTransformer)
    own = text.KIND.encoders
    texts = pd.Series(["banana", "kiwi"], index=["x", "y"])
    table = embed_items(
        texts,
        content_hashes=texts,
        read=lambda path: path.name,
        encoder=choose_encoder("sentence-transformers:org/tiny", own=own, device="cpu"),
    )
    assert table.to_numpy().tolist() == [[6.0, 3.0], [4.0, 0.0]]
    with pytest.raises(UsageError, match=r"cannot load 'nothing': nothing is not a local folder$"):
        choose_encoder("sentence-transformers:nothing", own=own, device="cpu").encode(["a"])


@pytest.mark.parametrize(("name", "extra"), [("timm", "images"), ("sentence-transformers", "text")])
def test_a_package_that_is_not_there_is_named_with_its_pip_line(monkeypatch, name, extra):
    monkeypatch.setitem(sys.modules, name.replace("-", "_"), None)
    with pytest.raises(MissingExtraError, match=f"{name} is not installed") as caught:
        choose_encoder(f"{name}:x", own=image.KIND.encoders)
    assert caught.value.hint == f"pip install 'dsaudit[{extra}]'"
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert any(line.startswith(name) for line in project["optional-dependencies"][extra])


@pytest.mark.parametrize("name", ["speech", "timm:x", "timm:", "nonsense"])
def test_an_encoder_for_another_kind_of_item_is_refused(name):
    with pytest.raises(UsageError, match="does not fit") as caught:
        choose_encoder(name, own=text.KIND.encoders, others=["speech", "timm:NAME"])
    assert "sentence-transformers:NAME" in caught.value.hint


def test_the_cache_keeps_vectors_under_a_name_that_is_one_folder(tmp_path, monkeypatch):
    from dsaudit.store.cache import Cache

    class Named:
        name, version, dim, notes = "sentence-transformers:org/../x", "1", 0, ()

        def encode(self, items):
            self.dim = 2
            return np.ones((len(items), 2), dtype=np.float32)

    uris = pd.Series(["a"], index=["i"])
    cache = Cache(tmp_path / "cache")
    first = embed_items(uris, content_hashes=uris, read=str, encoder=Named(), cache=cache)
    assert [p.parent for p in cache.path.iterdir()] == [cache.path]

    class Idle(Named):
        def encode(self, items):
            raise AssertionError("it is all in the cache")

    pd.testing.assert_frame_equal(first, embed_items(uris, content_hashes=uris, read=str, encoder=Idle(), cache=cache))
