"""Words of doubtful texts are weighed by the model that embeds them, which is asked once and not again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.evidence.occlusion import _parts, _without

ENCODED: list[str] = []


def embed(texts: list[str]) -> np.ndarray:
    """Counts ``invoice`` and ``tent``, and sees in ``tarpaulin`` a tent, which no count of words could know."""
    ENCODED.extend(texts)
    counts = [[t.count("invoice"), t.count("tent") + 2 * t.count("tarpaulin")] for t in texts]
    noise = [[(sum(t.encode()) % 11) / 40, (sum(t.encode()) % 7) / 40] for t in texts]
    return np.array(counts, dtype=np.float32) + np.array(noise, dtype=np.float32)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("run")
    subjects = (("invoice", "money"), ("tent", "camp"))
    rows = [(f"the {noun} number {k}", label) for noun, label in subjects for k in range(40)]
    rows.append(("the tarpaulin number 99", "money"))
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(folder / "texts.csv", index=False)
    options = {"encoder": "evidence.test_occlusion:embed", "out": folder / "out", "jobs": 1, "report": False}
    return [dsaudit.audit(folder / "texts.csv", **options, device="cpu") for _ in range(2)]


def test_a_word_that_only_the_model_knows_argues(audited) -> None:
    run = audited[0]
    wrong = run.arguments.loc[run.items.index[run.items["label"].eq("money")][-1]]
    shown = "the tarpaulin number 99"
    words = {shown[a:b]: w for a, b, w in zip(wrong["starts"], wrong["ends"], wrong["weights"], strict=True)}
    assert (wrong["given"], wrong["suggestion"]) == ("money", "camp")
    assert set(words) == {"tarpaulin"}
    assert words["tarpaulin"] > 1


def test_the_model_is_asked_once(audited) -> None:
    assert ENCODED.count("the  number 99") == 1
    pd.testing.assert_frame_equal(audited[0].arguments, audited[1].arguments)


def test_parts_are_left_out_wherever_they_stand_and_the_smallest_alone() -> None:
    text = "a cat, a dog"
    places = [("a", 0, 1), ("cat", 2, 5), ("a cat", 0, 5), ("a", 7, 8), ("dog", 9, 12)]
    parts = _parts(places)
    assert parts == {"a": [(0, 1), (7, 8)], "cat": [(2, 5)], "dog": [(9, 12)]}
    assert _without(text, parts["a"]) == " cat,  dog"
