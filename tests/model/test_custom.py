"""An encoder of the user's own: found, called in bounded batches, and answerable for what it returns."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from dsaudit.errors import UsageError
from dsaudit.model.custom import BATCH, CustomEncoder
from dsaudit.model.embed import embed_items
from dsaudit.model.encoder import choose_encoder

SOURCE = """
import numpy as np

calls = []

def moments(items):
    calls.append(len(items))
    if any(len(x) == 0 for x in items):
        raise ValueError("nothing in it\\nat all")
    return [[x.mean(), x.std()] for x in items]

class Made:
    def __init__(self):
        self.scale = 2.0
    def __call__(self, items):
        return np.array([[self.scale * x.mean(), 1.0] for x in items])

def wide(items):
    return np.zeros((len(items), 2 + len(items)))

def flat(items):
    return np.zeros(len(items))

def short(items):
    return np.zeros((1, 4))

def words(items):
    return ["a", "b"]

def bad(items):
    raise RuntimeError("no weights")

def huge(items):
    return np.full((len(items), 2), 1e300)

def complex_numbers(items):
    return np.full((len(items), 2), 1j)

def leaves(items):
    raise SystemExit(3)

def talks(items):
    print("on it")
    return np.ones((len(items), 2))

number = 3
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module in the working directory."""
    (tmp_path / "my_features.py").write_text(SOURCE)
    (tmp_path / "my_exit.py").write_text("import sys\n\nsys.exit(7)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    yield tmp_path / "my_features.py"
    sys.modules.pop("my_features", None)


def waves(n):
    return [np.full(3, float(k), dtype=np.float32) for k in range(n)]


def test_a_module_of_the_working_directory_is_called_in_small_batches(mine):
    before = list(sys.path)
    encoder = CustomEncoder("my_features:moments")
    assert sys.path == before
    vectors = encoder.encode(waves(2 * BATCH + 5))
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, [[k, 0.0] for k in range(2 * BATCH + 5)])
    assert sys.modules["my_features"].calls == [BATCH, BATCH, 5]
    assert encoder.dim == 2
    assert encoder.encode([]).shape == (0, 2)


def test_a_class_is_made_once(mine):
    np.testing.assert_array_equal(CustomEncoder("my_features:Made").encode(waves(2)), [[0.0, 1.0], [2.0, 1.0]])


def test_tensors_are_arrays(mine):
    torch = pytest.importorskip("torch")
    mine.write_text("import torch\n\ndef f(items):\n    return torch.ones(len(items), 3, requires_grad=True)\n")
    assert CustomEncoder("my_features:f").encode(waves(2)).tolist() == torch.ones(2, 3).tolist()


def test_an_item_that_it_cannot_take_costs_only_itself(mine):
    items = waves(40)
    items[7] = np.zeros(0, dtype=np.float32)
    vectors = CustomEncoder("my_features:moments").encode(items)
    assert np.flatnonzero(np.isnan(vectors).any(axis=1)).tolist() == [7]
    uris = pd.Series([str(k) for k in range(40)], index=[f"i{k:02d}" for k in range(40)])
    table = embed_items(
        uris,
        content_hashes=uris,
        read=lambda path: items[int(path.name)],
        encoder=choose_encoder("my_features:moments", own={}),
    )
    assert table.index.tolist() == [i for i in uris.index if i != "i07"]
    assert table.loc["i39"].tolist() == [39.0, 0.0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my_features:bad", "the encoder my_features:bad failed: RuntimeError: no weights"),
        ("my_features:flat", "returned the shape (3,) for 3 items"),
        ("my_features:short", "returned the shape (1, 4) for 3 items"),
        ("my_features:words", "returned a list that is no array of numbers"),
        ("my_features:complex_numbers", "returned a ndarray that is no array of numbers"),
        ("my_features:leaves", "the encoder my_features:leaves failed: SystemExit: 3"),
    ],
)
def test_what_it_does_wrong_is_one_line_with_its_name(mine, name, said):
    with pytest.raises(UsageError) as caught:
        CustomEncoder(name).encode(waves(3))
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_more_than_32_bits_can_hold_is_no_vector_and_no_warning(mine):
    assert np.isinf(CustomEncoder("my_features:huge").encode(waves(2))).all()


def test_what_it_prints_stays_out_of_our_output(mine, capsys):
    mine.write_text(SOURCE + 'print("hello")\n')
    CustomEncoder("my_features:talks").encode(waves(2))
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "hello\non it\n")


def test_the_width_may_not_change(mine):
    with pytest.raises(UsageError, match=f"7 numbers per item after {BATCH + 2}"):
        CustomEncoder("my_features:wide").encode(waves(BATCH + 5))


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("no_such_module:f", "no module 'no_such_module'", "no_such_module.py"),
        ("my_features:nothing", "no callable 'nothing'", "moments"),
        ("my_features:number", "no callable 'number'", "moments"),
        ("my_features:", "half a name", "module:callable"),
        (":moments", "half a name", "module:callable"),
        ("my_exit:f", "importing my_exit failed: SystemExit: 7", "python -c"),
    ],
)
def test_what_is_not_there_is_said(mine, name, said, hint):
    with pytest.raises(UsageError, match=said) as caught:
        CustomEncoder(name)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("source", "said"), [("1 / 0", "ZeroDivisionError"), ("import no_such_package", "no_such_package")]
)
def test_a_module_that_cannot_be_imported_says_why(mine, source, said):
    mine.write_text(source)
    with pytest.raises(UsageError, match=f"importing my_features failed.*{said}"):
        CustomEncoder("my_features:f")


def test_the_version_is_the_source_or_what_it_says_itself(mine, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a cached module is told by the second it was written in

    def version(source):
        sys.modules.pop("my_features", None)
        mine.write_text(source)
        import importlib

        importlib.invalidate_caches()
        return CustomEncoder("my_features:f").version

    body = "def f(items):\n    return items\n"
    assert version(body) == version(body) != version(body + "# another\n")
    assert version(body + "__version__ = '7'\n") == version(body + "__version__ = '7'\n# another\n") == "7"
    assert version(body + "f.__version__ = 'weights-2'\n") == "weights-2"
