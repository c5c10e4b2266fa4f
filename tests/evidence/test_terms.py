"""Terms in a run: of classes and clusters, and the words that argue for the label that a text should have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import dsaudit

if TYPE_CHECKING:
    from dsaudit.store.run import Run

SAID = {
    "money": ["the invoice is wrong", "pay the bill of {}", "tax on my invoice", "the bill shows {} twice"],
    "sleep": ["the tent leaks near {}", "my hammock ripped", "pillow and tent for {}", "a tent with {} poles"],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    rng = np.random.default_rng(0)
    rows = [
        {"text": str(rng.choice(patterns)).format(rng.choice(["May", "June", "July"])) + f" {k}", "label": label}
        for label, patterns in SAID.items()
        for k in range(40)
    ]
    rows.append({"text": "😀 the invoice and the bill 77, ask me@example.com", "label": "sleep"})
    table = pd.DataFrame(rows)
    vectors = np.stack(
        [table["text"].str.contains(w).to_numpy(float) for w in ("invoice|bill", "tent|hammock")], axis=1
    )
    embeddings = np.hstack([vectors, rng.normal(0, 0.05, (len(table), 6))]).astype(np.float32)
    return dsaudit.audit(
        table, modality="text", embeddings=embeddings, out=tmp_path_factory.mktemp("run"), jobs=1, report=False
    )


def test_classes_are_described_by_their_words(run: Run) -> None:
    named = {c.label: [t.term for t in c.terms] for c in run.metrics.classes}
    assert {"invoice", "bill"} <= set(named["money"])
    assert {"tent", "hammock"} & set(named["sleep"])
    assert not {"may", "june", "july"} & {t for terms in named.values() for t in terms}


def test_what_argues_for_the_right_label_is_told_with_its_place(run: Run) -> None:
    wrong = run.arguments.loc["row-00081"]
    assert (wrong["given"], wrong["suggestion"]) == ("sleep", "money")
    shown = "😀 the invoice and the bill 77, ask [e-mail]"
    words = {shown[a:b]: w for a, b, w in zip(wrong["starts"], wrong["ends"], wrong["weights"], strict=True)}
    assert set(words) >= {"invoice", "bill"}
    assert min(words["invoice"], words["bill"]) > 1
