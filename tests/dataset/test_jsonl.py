from __future__ import annotations

import json

import pytest

from dsaudit.dataset.columns import Choice
from dsaudit.dataset.inline import inline_text
from dsaudit.dataset.jsonl import json_text
from dsaudit.dataset.open import open_dataset
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for
from dsaudit.relabel.apply.manifest import read_sheet, rendered


@pytest.fixture
def manifest(tmp_path, opened):
    def read(content, **options):
        path = tmp_path / "m.jsonl"
        path.write_text(content, encoding="utf-8")
        return opened(path, **options)

    return read


def test_values_become_text(manifest):
    dataset = manifest(
        '{"path": "a.wav", "label": 3}\n\n{"path": "b.wav", "label": true}\n{"path": "c.wav"}\n'
        '{"path": "d.wav", "label": NaN}\n{"path": "e.wav", "label": "x\u2028y", "speaker": 7}\n'
    )
    assert dataset.items["label"].tolist() == ["3", "True", None, None, "x\u2028y"]
    assert dataset.items["group"].tolist() == [None] * 4 + ["7"]
    assert "column 'speaker' is read as the group; --group-column NAME says otherwise" in dataset.notes
    assert dataset.source == "jsonl"


def test_a_conversation_is_a_text_and_figures_of_classes_are_labels(tmp_path):
    path = tmp_path / "chat.jsonl"
    turns = [
        {"role": "user", "content": "Is it open?"},
        {"role": "assistant", "content": [{"type": "text", "text": "Yes."}]},
    ]
    path.write_text("".join(json.dumps({"messages": turns, "cats": {"ask": k, "tell": 1 - k}}) + "\n" for k in (0, 1)))
    dataset = open_dataset(path, kind_for("text"))
    assert [inline_text(uri) for uri in dataset.items["uri"]] == ["user: Is it open?\nassistant: Yes."] * 2
    assert dataset.items["label"].tolist() == ["tell", "ask"]
    again = rendered(read_sheet(path, Choice()), "jsonl", {"label": ["tell", "none"]}, [True, True])
    written = [json.loads(line) for line in again.splitlines()]
    assert [row["label"] for row in written] == ["tell", "none"]
    stretches = [{"speaker": "ann", "text": "Yes.", "start": 0.0, "end": 1.0}]
    found = json_text(json.dumps({"path": "a.wav", "said": stretches}), "m.jsonl")
    assert [value["text"] for value in found.objects] == ["Yes."]


def test_lone_surrogates_are_escaped(manifest):
    assert manifest('{"path": "a.wav", "label": "\\ud83d"}\n').classes == ("\\ud83d",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ('{"path": "a.wav"}\n{"path": \n', "line 2: not JSON"),
        ('{"path": "a.wav"}\n[1]\n', "line 2: a list, not an object"),
        ('{"path": "a.wav", "label": {"x": 1}}\n', "line 1: column 'label' holds a dict"),
        ('[{"path": "a.wav"}, {"path": "b.', "line 1: not JSON"),
        ('[{"path": "a.wav"}\n', "line 2: the array does not go on or end"),
        ('[{"path": "a.wav"}, 3]', "row 2: a int, not an object"),
        ('{"audio": {"samples": [0, 1]}}\n', "line 1: column 'audio' holds a dict"),
        ('{"label": "x"}\n', "no column 'path'"),
        ('{"path": "a\\u0000.wav"}\n', "line 1: the path holds a null character"),
        ("[" * 100_000, "line 1: not JSON"),
    ],
)
def test_bad_lines(manifest, content, says):
    with pytest.raises(DatasetError) as caught:
        manifest(content)
    assert says in str(caught.value)
