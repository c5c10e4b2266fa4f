"""A kind of data that only this file knows is embedded by an encoder that learns from the set, and fine-tuned."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pytest
from model.make_tunable import VectorTuning

import dsaudit
from dsaudit.analysis.space import projection
from dsaudit.kind import Kind, Nouns
from dsaudit.media.text.media import TextMedia
from dsaudit.model.encoder import EncoderSource
from dsaudit.model.ensemble import load_networks

CODONS = ["".join(letters) for letters in product("ACGT", repeat=3)]
LEARNED = []


def codons(strand):
    """How often each of the 64 codons is in a strand, float32 (64,)."""
    found = Counter(strand[k : k + 3] for k in range(0, len(strand) - 2, 3))
    return np.array([found[codon] for codon in CODONS], dtype=np.float32)


class CodonEncoder:
    """Counts of those codons that the set has, over how often they are in it."""

    name, version, notes = "codons", "1", ()

    def __init__(self, *, device):
        self.dim = 0

    def fit(self, items):
        LEARNED.append(len(items))
        self.n = np.sum([codons(item) for item in items], axis=0)
        self.dim = int((self.n > 0).sum())

    def encode(self, items):
        return np.array([codons(item)[self.n > 0] / self.n[self.n > 0] for item in items], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Strands(TextMedia):
    modality: str = "dna"


SOURCE = EncoderSource("codons", load="evidence.test_plug:CodonEncoder", version="1", fits=True, needs_torch=False)
TUNING = VectorTuning(codons, 64, items="strands", encoders=("codons",))
MEDIA = Strands()
KIND = Kind(
    "dna",
    nouns=Nouns("strand", "strands"),
    manifest_columns=("strand",),
    inline=True,
    rank=-2,
    media="evidence.test_plug:MEDIA",
    tuning="evidence.test_plug:TUNING",
    encoders={"codons": "evidence.test_plug:SOURCE"},
    default_encoder="codons",
)


@pytest.fixture
def strands(tmp_path, monkeypatch):
    """A manifest of 60 strands of two classes, and the kind as a plugin."""
    info = tmp_path / "dsaudit_dna-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dsaudit_dna\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[dsaudit.kinds]\ndna = evidence.test_plug:KIND\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(projection, "_MIN_UMAP", 1_000)  # it takes 15 s to compile
    rng = np.random.default_rng(0)
    usual = {"coil": CODONS[:20], "sheet": CODONS[16:36]}  # of 64 codons 28 are never used
    rows = [(("coil", "sheet")[k % 2], k) for k in range(60)]
    frame = pd.DataFrame(
        {"strand": ["".join(rng.choice(usual[label], 24)) for label, _ in rows], "label": [label for label, _ in rows]}
    )
    frame.to_csv(tmp_path / "strands.csv", index=False)
    LEARNED.clear()
    return tmp_path / "strands.csv"


OPTIONS = {"modality": "dna", "text_column": "strand", "jobs": 1, "device": "cpu", "folds": 3, "quality": "standard"}


def test_a_strange_kind_is_embedded_and_fine_tuned_with_the_same_loop(strands, tmp_path):
    options = {**OPTIONS, "training": {"jitter": 0.2, "epochs": 4, "layers": 2}, "out": tmp_path / "out"}
    run = dsaudit.train(strands, **options)
    assert LEARNED == [60]
    assert run.embeddings.shape == (60, 36)
    card = json.loads((run.path / "model" / "card.json").read_text())
    assert card["recipe"]["jitter"] == 0.2
    assert (run.predictions["given"] == run.predictions["predicted"]).mean() > 0.9
    assert len(run.dynamics) == 60
    ensemble = load_networks(run.path / "model" / "networks.pt", TUNING)
    table = pd.read_csv(strands)
    probs = ensemble.predict(table["strand"].tolist(), str, device="cpu")
    assert (np.array(ensemble.classes)[probs.argmax(1)] == table["label"]).mean() > 0.9
    again = dsaudit.audit(strands, **options, select=["LBL"], report=False)
    assert LEARNED == [60]  # everything came from the cache
    pd.testing.assert_frame_equal(again.predictions, run.predictions)


def test_another_set_is_learned_from_anew(strands, tmp_path):
    options = {**OPTIONS, "quality": "quick", "out": tmp_path / "out", "select": ["LBL"], "report": False}
    whole = dsaudit.audit(strands, **options)
    pd.read_csv(strands).iloc[:40].to_csv(strands, index=False)
    part = dsaudit.audit(strands, **options)
    assert LEARNED == [60, 40]
    assert not np.allclose(part.embeddings.iloc[0], whole.embeddings.iloc[0])


def test_what_its_network_has_no_use_for_is_refused(strands, tmp_path):
    with pytest.raises(dsaudit.DsauditError, match="there is no hyper-parameter 'gain_db'"):
        dsaudit.audit(strands, **OPTIONS, training={"gain_db": 3}, out=tmp_path / "out")
