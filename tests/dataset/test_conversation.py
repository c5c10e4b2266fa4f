"""Turns of a conversation are one text, and figures of classes labels, whatever table they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from dsaudit.dataset.inline import inline_text
from dsaudit.dataset.open import open_dataset
from dsaudit.media import kind_for

if TYPE_CHECKING:
    from pathlib import Path

USER = {"role": "user", "content": "Is it open?"}
CHAT = {
    "messages": [[USER, {"role": "bot", "content": "Yes."}]] * 2,
    "conversations": [[{"from": "human", "value": "Is it open?"}, {"from": "gpt", "value": "Yes."}]] * 2,
    "chat": [{"role": ["user", "bot"], "content": ["Is it open?", "Yes."]}] * 2,
}


@pytest.mark.parametrize("format", ["jsonl", "parquet", "frame", "frame from parquet"])
@pytest.mark.parametrize("column", CHAT)
def test_a_conversation_is_the_same_text_in_every_table(tmp_path: Path, column: str, format: str) -> None:
    source: object
    source = frame = pd.DataFrame({"text": CHAT[column], "label": ["a", "b"]})
    if format == "jsonl":
        frame.to_json(source := tmp_path / "chat.jsonl", orient="records", lines=True)
    elif format != "frame":
        frame.to_parquet(source := tmp_path / "chat.parquet")
        source = pd.read_parquet(source) if format == "frame from parquet" else source
    items = open_dataset(source, kind_for("text")).items
    said = {inline_text(uri) for uri in items["uri"]}
    assert said in ({"user: Is it open?\nbot: Yes."}, {"human: Is it open?\ngpt: Yes."})
    assert items["label"].tolist() == ["a", "b"]


@pytest.mark.parametrize("format", ["parquet", "frame"])
def test_figures_of_classes_are_labels(tmp_path: Path, format: str) -> None:
    source: object
    source = frame = pd.DataFrame(
        {"text": ["Is it open?", "Yes."], "cats": [{"ask": 1.0, "tell": 0.0}, {"ask": 0.0, "tell": 1.0}]}
    )
    if format == "parquet":
        frame.to_parquet(source := tmp_path / "said.parquet")
    assert open_dataset(source, kind_for("text")).items["label"].tolist() == ["ask", "tell"]
