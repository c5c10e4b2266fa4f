"""Bring your own: probabilities, vectors and encoders of the user's, recordings, pictures and texts, end to end."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from fabric import write_dataset
from PIL import Image
from scipy.sparse import csr_array

import dsaudit
from dsaudit.analysis.space import clusters, projection
from dsaudit.errors import DatasetError, UsageError
from dsaudit.store.schema.run import SettingUsed

CLASSES = ["fruit", "metal", "river"]
WORDS = {
    "fruit": "apple pear plum cherry fig grape",
    "metal": "iron zinc copper tin lead gold",
    "river": "rhine nile volga don po seine",
}
FLIPPED = 5

WITHOUT_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
from dsaudit.cli import run

for command in sys.argv[1:]:
    assert run(command.split() + ["--jobs", "1", "--fail-on", "never"]) == 0, command
    assert not {"torch", "umap"} & set(sys.modules), command
"""


def texts(n=90):
    """Rows of three topics; every 18th has the label of another topic."""
    rng = np.random.default_rng(3)
    true = np.arange(n) % 3
    given = np.where(np.arange(n) % 18 == FLIPPED, (true + 1) % 3, true)
    said = [" ".join(rng.choice(WORDS[CLASSES[t]].split(), 5)) + f" {k}." for k, t in enumerate(true)]
    return pd.DataFrame({"text": said, "label": [CLASSES[g] for g in given]}), true


def counts(items):
    """Bag of words: an encoder."""
    vocabulary = " ".join(WORDS.values()).split()
    return np.array([[t.split().count(w) for w in vocabulary] for t in items], dtype=np.float32)


def probabilities(true, seed=0):
    rng = np.random.default_rng(seed)
    probs = np.eye(3)[true] * 4.0 + rng.gumbel(size=(len(true), 3)) * 0.3
    probs = np.exp(probs)
    return probs / probs.sum(axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def _plain_map(monkeypatch):
    """UMAP takes 15 s to compile; its own tests say that it is deterministic."""
    monkeypatch.setattr(projection, "_MIN_UMAP", 1_000)
    monkeypatch.setattr(clusters, "neighbour_graph", lambda rows, **options: csr_array(np.exp(rows @ rows.T)))


def write_rows(folder):
    frame, true = texts()
    frame.to_csv(folder / "rows.csv", index=False)
    np.save(folder / "probs.npy", probabilities(true))
    np.save(folder / "vectors.npy", counts(frame["text"]))
    return folder


@pytest.fixture
def rows(tmp_path):
    return write_rows(tmp_path)


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("words"), per_class=5, speakers=4)


@pytest.fixture(scope="module")
def without_torch(words, tmp_path_factory):
    """A folder with the runs of one process that has no torch: of texts with both files, of recordings with one."""
    folder = write_rows(tmp_path_factory.mktemp("without_torch"))
    write_probabilities(words, folder / "p.npz")
    commands = [
        "audit rows.csv --out texts --pred-probs probs.npy --embeddings vectors.npy",
        f"audit {words} --out recordings --pred-probs p.npz",
    ]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *commands], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def write_probabilities(words, path):
    ids = sorted(str(p.relative_to(words)) for p in words.rglob("*.wav"))
    true = np.array([["high", "low", "mid"].index(i.split("/")[0]) for i in ids])
    np.savez(path, pred_probs=probabilities(true), ids=ids)
    return len(ids)


def test_a_whole_audit_with_its_report_needs_no_torch(without_torch):
    run = dsaudit.open_run(without_torch / "texts")
    assert run.report_path.stat().st_size > 10_000
    assert "torch" not in run.meta.environment.packages
    assert run.meta.modality == "text"
    assert run.meta.settings["pred_probs"] == SettingUsed("probs.npy", "flag")
    card = run.metrics.baseline.model_card
    assert (card["supplied"], card["out_of_sample"]) == ("probs.npy", "as stated")
    assert {p.what for p in run.meta.skipped} & {"embedding", "baseline", "map and clusters"} == set()
    candidates = run.findings[run.findings["name"] == "label-error-candidate"]
    flipped = {f"row-{k + 1:05d}" for k in range(FLIPPED, 90, 18)}
    named = {i for ids in candidates["item_ids"] for i in ids}
    assert named <= flipped
    assert len(named) >= 3


def test_texts_are_shown_in_the_report_and_never_run(rows):
    frame = pd.read_csv(rows / "rows.csv")
    frame.loc[FLIPPED, "text"] = "</script><script>boom()</script> & apple"
    frame.to_csv(rows / "rows.csv", index=False)
    run = dsaudit.audit(rows / "rows.csv", out=rows / "out", jobs=1, pred_probs=str(rows / "probs.npy"))
    html = run.report_path.read_text()
    assert "boom()" not in html
    assert "text/plain" in html
    assert "data:,apple" not in html
    assert "without having seen it" not in html
    assert "as whoever made probs.npy states" in html


def test_an_audit_leaves_what_it_was_given_as_it_was(rows):
    before = {p.name: p.read_bytes() for p in rows.iterdir()}
    dsaudit.audit(
        rows / "rows.csv", out=rows / "out", jobs=1, select=["LBL"], report=False, pred_probs=str(rows / "probs.npy")
    )
    assert {p.name: p.read_bytes() for p in rows.iterdir() if p.is_file()} == before


def test_the_same_files_give_the_same_bytes(rows):
    files = {"pred_probs": str(rows / "probs.npy"), "embeddings": str(rows / "vectors.npy")}
    runs = [dsaudit.audit(rows / "rows.csv", out=rows / "out", jobs=1, **files) for _ in range(3)]
    for name in ("run.json", "metrics.json"):
        assert len({(run.path / name).read_bytes() for run in runs}) == 1, name
    found = [(run.path / "findings.json").read_bytes() for run in runs]
    assert found[0].replace(b'"state": "new"', b'"state": "known"') == found[1] == found[2]


def test_other_vectors_under_the_same_name_are_not_taken_from_the_cache(rows):
    options = {
        "out": rows / "out",
        "jobs": 1,
        "folds": 3,
        "select": ["LBL001"],
        "report": False,
        "embeddings": str(rows / "vectors.npy"),
    }
    first = dsaudit.audit(rows / "rows.csv", **options)
    np.save(rows / "vectors.npy", np.random.default_rng(0).permutation(np.load(rows / "vectors.npy")))
    second = dsaudit.audit(rows / "rows.csv", **options)
    assert not np.array_equal(first.neighbours["ids"].iloc[0], second.neighbours["ids"].iloc[0])
    assert first.metrics.baseline.accuracy.value > 0.8 > second.metrics.baseline.accuracy.value


def test_what_is_drawn_or_searched_in_part_is_said(rows, monkeypatch):
    options = {
        "out": rows / "out",
        "jobs": 1,
        "select": ["LBL"],
        "report": False,
        "pred_probs": str(rows / "probs.npy"),
    }
    options |= {"embeddings": str(rows / "vectors.npy")}
    assert not any("drawn at random" in note for note in dsaudit.audit(rows / "rows.csv", **options).meta.notes)
    monkeypatch.setattr("dsaudit.evidence.neighbours.EXACT_UP_TO", 89)
    monkeypatch.setattr("dsaudit.evidence.projection.MAX_MAPPED", 80)
    notes = "\n".join(dsaudit.audit(rows / "rows.csv", **options).meta.notes)
    assert "the map is made from 80 texts" in notes
    assert "nearest neighbours of more than 89 texts" in notes


def test_probabilities_alone_leave_the_map_out_with_a_reason(rows):
    options = {"out": rows / "out", "jobs": 1, "pred_probs": str(rows / "probs.npy"), "report": False}
    run = dsaudit.audit(rows / "rows.csv", **options, encoder="none")
    reasons = {s.what: s.reason for s in run.meta.skipped}
    assert "as asked: bring vectors" in reasons["embedding"]
    assert "baseline" not in reasons
    assert run.metrics.baseline.accuracy.value == pytest.approx(85 / 90)


def test_in_sample_probabilities_are_called_so(rows):
    options = {"out": rows / "out", "jobs": 1, "pred_probs": str(rows / "probs.npy"), "in_sample": True}
    run = dsaudit.audit(rows / "rows.csv", **options)
    assert run.metrics.baseline.model_card["out_of_sample"] == "no, as stated"
    html = run.report_path.read_text()
    assert "by a model that saw its label" in html
    assert '"in_sample":true' in html.replace(" ", "")
    run = dsaudit.audit(rows / "rows.csv", **options | {"in_sample": False})
    assert '"in_sample":false' in run.report_path.read_text().replace(" ", "")


def test_recordings_are_still_embedded_beside_probabilities_unless_asked_not_to(words, tmp_path):
    write_probabilities(words, tmp_path / "p.npz")
    options = {"jobs": 1, "pred_probs": str(tmp_path / "p.npz"), "report": False}
    run = dsaudit.audit(words, out=tmp_path / "a", select=["LBL", "OUT"], **options)
    assert len(run.embeddings)
    assert "torch" in run.meta.environment.packages
    run = dsaudit.audit(words, out=tmp_path / "b", select=["LBL", "OUT"], encoder="none", **options)
    assert run.embeddings.empty
    assert "torch" not in run.meta.environment.packages
    reasons = {s.what: s.reason for s in run.meta.skipped}
    assert reasons["embedding"].startswith("as asked")


def test_without_torch_recordings_are_judged_by_probabilities_alone(without_torch):
    run = dsaudit.open_run(without_torch / "recordings")
    reasons = {s.what: s.reason for s in run.meta.skipped}
    assert reasons["embedding"] == "torch is not installed, which the encoder speech needs"
    assert len(run.predictions) == 15


def test_a_callable_of_ones_own_hears_the_recordings(words, tmp_path, monkeypatch):
    source = """
import numpy as np

def spectrum(waveforms):
    assert all(w.dtype == np.float32 and w.ndim == 1 for w in waveforms)
    return [np.abs(np.fft.rfft(w, 16000))[80:800].reshape(24, 30).mean(axis=1) for w in waveforms]
"""
    (tmp_path / "hearing.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    run = dsaudit.audit(
        words, out=tmp_path / "out", jobs=1, folds=3, select=["LBL001"], report=False, encoder="hearing:spectrum"
    )
    sys.modules.pop("hearing")
    assert run.embeddings.shape == (15, 24)
    assert run.metrics.baseline.accuracy.value > 0.9
    assert run.metrics.baseline.model_card["encoder"].startswith("hearing:spectrum-")


def test_pictures_are_recognised_measured_and_shown(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for k, colour in enumerate(("red", "green", "blue")):
        (tmp_path / "data" / colour).mkdir(parents=True)
        for n in range(8):
            pixels = rng.integers(0, 90, (6, 6, 3), dtype=np.uint8)
            pixels[..., k] += 150
            Image.fromarray(pixels).resize((60, 40)).save(tmp_path / "data" / colour / f"{n}.png")
    (tmp_path / "data" / "red" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    source = (
        "import numpy as np\n\ndef colours(images):\n    return [np.asarray(i).mean(axis=(0, 1)) for i in images]\n"
    )
    (tmp_path / "seeing.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    run = dsaudit.audit("data", jobs=1, encoder="seeing:colours")
    sys.modules.pop("seeing")
    assert run.meta.modality == "image"
    assert run.measurements["width_px"].dropna().unique().tolist() == [60.0]
    assert run.measurements.loc["red/broken.png", "status"] == "unreadable"
    assert run.metrics.baseline.accuracy.value > 0.9
    assert run.report_path.read_text().count("image/jpeg") == 24
    assert (
        dsaudit.audit("data", jobs=1, select=["IMG"], report=False).meta.n_measured == 24
    )  # without any encoder the rest is still looked at


def test_texts_of_a_table_in_memory(tmp_path):
    frame, true = texts()
    np.save(tmp_path / "p.npy", probabilities(true))
    run = dsaudit.audit(frame, out=tmp_path, jobs=1, select=["LBL"], report=False, pred_probs=str(tmp_path / "p.npy"))
    assert run.meta.modality == "text"
    assert len(run.predictions) == 90


@pytest.mark.parametrize(
    ("settings", "said", "kind"),
    [
        ({"embeddings": "vectors.npy", "encoder": "a:b"}, "both an encoder and embeddings", UsageError),
        ({"in_sample": True}, "said of no probabilities", UsageError),
        ({"pred_probs": "vectors.npy"}, "18 columns, the dataset 3 classes", DatasetError),
        ({"encoder": "speech"}, "speech does not fit", UsageError),
        ({"pred_probs": "probs.npy", "quality": "best"}, "nothing is trained and quality has no use", UsageError),
        ({"pred_probs": "probs.npy", "head": "knn"}, "nothing is trained and head has no use", UsageError),
        ({"modality": "smell"}, "no such modality", UsageError),
    ],
)
def test_what_cannot_be_followed_is_said_before_any_work(rows, monkeypatch, settings, said, kind):
    monkeypatch.chdir(rows)
    with pytest.raises(kind, match=said) as caught:
        dsaudit.audit(rows / "rows.csv", out=rows / "out", **settings)
    assert caught.value.hint
    assert not (rows / "out" / "runs").exists()


def test_training_makes_its_own_probabilities_and_keeps_the_model(rows, monkeypatch):
    monkeypatch.setenv("DSAUDIT_PRED_PROBS", str(rows / "probs.npy"))
    run = dsaudit.train(rows / "rows.csv", out=rows / "out", jobs=1, embeddings=str(rows / "vectors.npy"))
    assert run.metrics.baseline.accuracy.value > 0.8
    assert (run.path / "model").is_dir()


def test_an_encoder_that_makes_no_numbers_is_the_reason_given(rows, monkeypatch):
    monkeypatch.chdir(rows)
    (rows / "empty_features.py").write_text(
        "import numpy as np\n\ndef f(items):\n    return np.full((len(items), 3), np.nan)\n"
    )
    run = dsaudit.audit(
        rows / "rows.csv", out=rows / "out", jobs=1, encoder="empty_features:f", select=["LBL"], report=False
    )
    reasons = {s.what: s.reason for s in run.meta.skipped}
    assert "empty_features:f made no vector that holds numbers alone" in reasons["baseline"]


def test_arrays_and_tables_of_a_notebook_are_as_good_as_files(tmp_path):
    frame, true = texts()
    probs = probabilities(true)
    named = pd.DataFrame(probs, columns=CLASSES)
    np.savez(tmp_path / "probs.npz", pred_probs=probs, classes=CLASSES)
    options = {"encoder": "none", "jobs": 1, "select": ["LBL"], "report": False}
    by_file = dsaudit.audit(frame, out=tmp_path / "a", pred_probs=tmp_path / "probs.npz", **options)
    vectors = counts(frame["text"])
    by_array = dsaudit.audit(
        frame, out=tmp_path / "b", pred_probs=probs, **options | {"encoder": None, "embeddings": vectors}
    )
    by_table = dsaudit.audit(frame, out=tmp_path / "c", pred_probs=named.set_index(by_file.items.index), **options)
    for run in (by_array, by_table):
        pd.testing.assert_frame_equal(run.predictions, by_file.predictions)
    kept = sorted((tmp_path / "b" / "supplied").iterdir())
    assert [p.name.partition("-")[0] for p in kept] == ["embeddings", "pred_probs"]
    np.testing.assert_array_equal(np.load(kept[1]), probs)
    again = dsaudit.audit(frame, out=tmp_path / "b", pred_probs=probs, **options)
    assert again.meta.settings["pred_probs"].value == str(kept[1])
    assert sorted((tmp_path / "b" / "supplied").iterdir()) == kept


@pytest.mark.parametrize("given", [np.array([["a", "b"]]), pd.DataFrame({"a": [[1], "x"]})])
def test_arrays_of_anything_but_numbers_are_refused(given, tmp_path):
    frame, _ = texts()
    with pytest.raises((UsageError, DatasetError)) as refused:
        dsaudit.audit(frame, out=tmp_path, pred_probs=given)
    assert refused.value.hint
