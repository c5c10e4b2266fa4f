"""``dsaudit predict`` as typed: what is written, and what is refused."""

from __future__ import annotations

import pandas as pd

from dsaudit import train
from dsaudit.cli import run


def test_a_trained_model_says_what_other_items_are_in_a_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["=pay", "=pay", "=pay", "card", "card", "card"] * 4
    said = pd.DataFrame({"text": [f"{word} {i}" for i, word in enumerate(words)], "label": words})
    train(said, modality="text", encoder="tfidf", out="results")
    pd.DataFrame({"id": ["a", "b"], "text": ["my card 3", "pay 4 now"]}).to_csv("new.csv", index=False)
    command = ["predict", "results", "new.csv", "-o", "said.csv"]
    assert run(command) == 0
    assert "2 texts in said.csv" in capsys.readouterr().out
    table = pd.read_csv("said.csv", index_col="item_id")
    assert table.index.tolist() == ["a", "b"]
    assert table["predicted"].tolist() == ["card", "'=pay"]  # no formula in a spreadsheet
    assert table.columns.tolist() == ["predicted", "probability", "'=pay", "card"]
    assert (table["probability"] == table[["'=pay", "card"]].max(axis=1)).all()
    assert run(command) == 2
    assert "said.csv exists" in capsys.readouterr().err


def test_a_run_without_a_model_is_said_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"text": ["pay 1", "card 2"]}).to_csv("new.csv", index=False)
    assert run(["predict", ".", "new.csv"]) == 2
    assert "no finished run" in capsys.readouterr().err
