"""From a folder of recordings to a run: the main job, end to end on fabricated words."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fabric import word, write_dataset, write_wav

import dsaudit
import dsaudit.api
from dsaudit.api import demo
from dsaudit.errors import DatasetError, InconclusiveError, StoreError, UsageError


@pytest.fixture(scope="module")
def folder(audited_words):
    return audited_words[0]


@pytest.fixture(scope="module")
def run(audited_words, tmp_path_factory):
    out = shutil.copytree(audited_words[1], tmp_path_factory.mktemp("api") / "out")
    return dsaudit.audit(audited_words[0], out=out, jobs=1)  # warm: its report points from where it now lies


def volatile_free(run):
    names = [p.name for p in run.path.iterdir() if p.suffix == ".json" and p.name != "timings.json"]
    return {name: (run.path / name).read_bytes() for name in sorted(names)}


def test_everything_the_report_says_is_in_the_run(run):
    assert run.meta.n_items == run.meta.n_measured == 42
    assert run.meta.classes == ("high", "low", "mid")
    assert run.meta.group_source
    assert {p.name for p in run.path.iterdir()} >= {
        "run.json", "rules.json", "metrics.json", "timings.json", "findings.json", "report.html", "items.parquet",
        "measurements.parquet", "predictions.parquet", "embeddings.parquet", "neighbours.parquet", "projection.parquet",
        "scores.parquet", "findings.parquet",
    }  # fmt: skip
    assert len(run.items) == len(run.measurements) == len(run.embeddings) == 42
    not_run = {r.name for r in run.rules if r.outcome != "ran"}
    assert not_run == {"low-agreement", "outlying-annotator"}  # nobody but the data has labelled these
    assert {s.what.split()[1] for s in run.meta.skipped} == not_run | {"curve"}


def test_predictions_are_out_of_sample_and_good_on_easy_words(run):
    p = run.predictions
    np.testing.assert_allclose(p[[c for c in p if c.startswith("p:")]].sum(axis=1), 1, atol=1e-5)
    groups = run.items["group"].reindex(p.index)
    assert p["fold"].groupby(groups).nunique().max() == 1
    assert run.metrics.baseline.accuracy.value > 0.9


def test_same_input_and_seed_give_the_same_bytes(folder, run, tmp_path):
    again = dsaudit.audit(folder, out=tmp_path, jobs=2)
    mine, theirs = volatile_free(again), volatile_free(run)
    meta = [json.loads(files.pop("run.json")) for files in (mine, theirs)]
    for m in meta:
        del m["settings"]["jobs"]
    assert meta[0] == meta[1]
    for files in (mine, theirs):  # what an earlier run on the same folder had found is known
        files["findings.json"] = files["findings.json"].replace(b'"known"', b'"new"')
    assert mine == theirs
    for name in ("measurements", "predictions", "projection", "scores"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(run, name))


def test_a_second_run_decodes_and_embeds_nothing(folder, run, in_process, monkeypatch):
    from dsaudit.media.audio.media import AudioMedia
    from dsaudit.model.encoder import LazyEncoder

    def forbidden(*args, **kwargs):
        raise AssertionError("decoded or embedded again")

    for name in ("measure", "read", "preview", "read_batch"):
        monkeypatch.setattr(AudioMedia, name, forbidden)
    monkeypatch.setattr(LazyEncoder, "encode", forbidden)
    monkeypatch.setattr("dsaudit.analysis.cause.causes.cause_statements", forbidden)
    again = dsaudit.audit(folder, out=run.path.parents[1], jobs=1)
    assert volatile_free(again) == volatile_free(run)
    assert again.report_path.stat().st_size == run.report_path.stat().st_size


def test_a_warm_run_needs_no_torch(folder, run):
    code = (
        f"import sys, dsaudit; dsaudit.audit({str(folder)!r}, out={str(run.path.parents[1])!r}, jobs=1);"
        "assert 'torch' not in sys.modules and 'umap' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_planted_faults_are_found_and_broken_items_stop_nothing(tmp_path):
    root = write_dataset(tmp_path / "words")
    speakers = sorted({p.name for p in (root / "low").iterdir()})
    (root / "low" / speakers[0]).write_bytes(b"")
    (root / "low" / speakers[1]).write_bytes(b"RIFF....WAVEnot really")
    write_wav(root / "low" / speakers[2], np.zeros(16000, dtype=np.float32))
    clip = word(3, pitch_hz=110)
    write_wav(root / "low" / speakers[3], clip * 0.02)
    shutil.copy(root / "mid" / speakers[4], root / "high" / "copy.wav")
    write_wav(root / "mid" / speakers[5], clip, format="FLAC")
    run = dsaudit.audit(root, jobs=1, select=["FIL", "AUD", "DUP"], report=False)
    found = {(f.name, i) for f in run.findings.itertuples() for i in f.item_ids for f in [f]}
    names = {(row["name"], i) for row in run.findings.to_dict("records") for i in row["item_ids"]}
    assert found
    assert ("empty", f"low/{speakers[0]}") in names
    assert ("unreadable", f"low/{speakers[1]}") in names
    assert ("silent-clip", f"low/{speakers[2]}") in names
    assert ("quiet-clip", f"low/{speakers[3]}") in names
    assert ("exact-duplicate", "high/copy.wav") in names
    assert ("conflicting-duplicate", "high/copy.wav") in names
    assert ("suffix-mismatch", f"mid/{speakers[5]}") in names
    assert run.meta.n_measured == 41
    assert run.path.parents[1] == root / ".dsaudit"


class TestTooLittle:
    def test_one_class_has_no_baseline_and_says_so(self, tmp_path):
        run = dsaudit.audit(write_dataset(tmp_path / "d", classes=("only",), per_class=13), jobs=1)
        assert run.metrics.baseline is None
        reasons = {s.what: s.reason for s in run.meta.skipped}
        assert "class" in reasons["baseline"]
        assert "LBL001 label-error-candidate" in reasons
        assert run.report_path.exists()

    def test_one_item_per_class(self, tmp_path):
        run = dsaudit.audit(write_dataset(tmp_path / "d", per_class=1, speakers=1), jobs=1, report=False)
        assert run.metrics.baseline is None
        assert run.projection.empty
        assert list(run.projection) == ["x", "y", "cluster"]
        assert {s.what for s in run.meta.skipped} >= {"baseline", "map and clusters"}

    def test_unlabelled_items_only(self, tmp_path):
        for k in range(14):
            write_wav(tmp_path / "d" / f"{k}.wav", word(k))
        run = dsaudit.audit(tmp_path / "d", jobs=1, report=False)
        assert run.meta.n_labelled == 0
        assert len(run.projection)
        assert "labelled" in {s.what: s.reason for s in run.meta.skipped}["baseline"]

    def test_nothing_readable_is_inconclusive(self, tmp_path):
        from dsaudit.api import exit_code

        (tmp_path / "a").mkdir()
        for k in range(3):
            (tmp_path / "a" / f"{k}.wav").write_bytes(b"")
        run = dsaudit.audit(tmp_path, jobs=1)
        assert exit_code(run) == 3
        assert len(run.findings) >= 3
        assert run.report_path.exists()

    def test_training_without_enough_is_refused(self, tmp_path):
        with pytest.raises(InconclusiveError, match="no baseline was trained"):
            dsaudit.train(write_dataset(tmp_path / "d", per_class=1), jobs=1)


def test_training_keeps_a_model_that_predicts(folder, warm, run, tmp_path):
    from dsaudit.model.probe import Probe

    trained = dsaudit.train(folder, out=warm(tmp_path), jobs=1)
    probe = Probe.load(trained.path / "model" / "probe.pt")
    assert probe.classes == ("high", "low", "mid")
    probs = probe.predict(run.embeddings.to_numpy())
    predicted = np.array(probe.classes)[probs.argmax(axis=1)]
    assert (predicted == run.items["label"].reindex(run.embeddings.index)).mean() > 0.95
    card = json.loads((trained.path / "model" / "card.json").read_text())
    assert card["classes"] == ["high", "low", "mid"]
    assert not trained.report_path.exists()


def test_a_dataframe_is_a_dataset(folder, warm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = sorted(folder.glob("*/*.wav"))
    frame = pd.DataFrame({"clip": [str(p) for p in paths], "word": [p.parent.name for p in paths]})
    warm(tmp_path / ".dsaudit")
    run = dsaudit.audit(frame, path_column="clip", label_column="word", jobs=1, select=["BAL", "AUD"])
    assert run.meta.n_labelled == 42
    assert {r.code[:3] for r in run.rules} == {"BAL", "AUD"}
    assert run.path.is_relative_to(tmp_path / ".dsaudit")


def test_a_sampled_run_says_so(folder, warm, tmp_path):
    run = dsaudit.audit(folder, out=warm(tmp_path), sample=12, jobs=1, select=["FIL"], report=False)
    assert run.meta.sampled_from == 42
    assert run.meta.n_items == 12
    assert run.items["label"].nunique() == 3


def test_the_report_can_be_made_again_smaller(run, tmp_path):
    path = dsaudit.render_report(run, output=tmp_path / "sub" / "again.html", report_mb=8, jobs=1)
    assert path.stat().st_size <= 8 * 2**20
    with pytest.raises(StoreError, match="is a folder"):
        dsaudit.render_report(run, output=tmp_path)


def test_browse_writes_a_sheet_beside_the_runs(folder):
    path = dsaudit.browse(folder, per_class=2, jobs=1)
    assert path == folder / ".dsaudit" / "browse.html"
    assert b"audio/" in path.read_bytes()
    path.unlink()


def test_classes_may_be_called_anything(tmp_path):
    data = write_dataset(tmp_path / "d", classes=("given", "fold", "p:x"), per_class=8)
    run = dsaudit.audit(data, jobs=1, select=["LBL001"], report=False)
    assert set(run.predictions["given"]) == {"given", "fold", "p:x"}
    assert run.metrics.baseline.accuracy.value > 0.8


def test_a_run_can_be_read_from_anywhere(folder, warm, tmp_path, monkeypatch):
    monkeypatch.chdir(folder.parent)
    run = dsaudit.audit(folder.name, out=warm(tmp_path / "o"), jobs=1, select=["FIL"])
    monkeypatch.chdir("/")
    assert len(run.items) == 42


def test_the_newest_of_many_runs_is_opened(folder, warm, tmp_path):
    warm(tmp_path)
    for _ in range(4):
        run = dsaudit.audit(folder, out=tmp_path, jobs=1, select=["FIL"])
        assert dsaudit.open_run(tmp_path).path == run.path


def test_home_is_home(folder, warm, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "words").symlink_to(folder)
    warm(tmp_path / "results")
    run = dsaudit.audit("~/words", out="~/results", jobs=1, select=["FIL"])
    assert run.path.is_relative_to(tmp_path / "results")


def test_a_healthy_file_is_not_blamed_for_the_name_of_its_copy(folder, tmp_path):
    original = tmp_path / "d" / "low" / "word.wav"
    original.parent.mkdir(parents=True)
    shutil.copy(next((folder / "low").iterdir()), original)
    shutil.copy(original, original.with_name("zz.mp3"))
    run = dsaudit.audit(tmp_path / "d", jobs=1, select=["suffix-mismatch"])
    assert run.findings["subject"].tolist() == ["low/zz.mp3"]


def test_a_crash_in_one_table_costs_only_what_needs_it(folder, tmp_path, monkeypatch):
    import dsaudit.analysis.space.split_class

    def broken(*args, **kwargs):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(dsaudit.analysis.space.split_class, "split_classes", broken)
    run = dsaudit.audit(folder, out=tmp_path, jobs=1, select=["split-class", "quiet-clip"])
    outcome = {r.name: (r.outcome, r.reason) for r in run.rules}
    assert outcome["split-class"] == ("skipped", "it crashed: ZeroDivisionError: oh")
    assert outcome["quiet-clip"][0] == "ran"


def test_bad_calls_are_refused_before_any_work(folder, tmp_path):
    with pytest.raises(UsageError, match="no rule is called"):
        dsaudit.audit(folder, out=tmp_path, select=["nonsense"])
    with pytest.raises(UsageError, match="no rule is called 'quiet'"):
        dsaudit.audit(folder, out=tmp_path, rules={"quiet": {"min_dbfs": 1}})
    with pytest.raises(UsageError, match="has no option"):
        dsaudit.audit(folder, out=tmp_path, rules={"quiet-clip": {"min": 1}})
    with pytest.raises(UsageError, match="unknown setting 'sede'"):
        dsaudit.audit(folder, out=tmp_path, sede=3)
    with pytest.raises(DatasetError, match="does not exist"):
        dsaudit.audit(tmp_path / "nowhere")
    assert not list(tmp_path.iterdir())


def test_killed_in_the_middle_the_next_run_starts_clean_and_reuses_the_cache(tmp_path):
    root = write_dataset(tmp_path / "d")
    code = f"import dsaudit; dsaudit.audit({str(root)!r}, jobs=1, report=False)"
    victim = subprocess.Popen([sys.executable, "-c", code])
    kept = root / ".dsaudit" / "cache" / "audio-measurements-1"
    deadline = time.monotonic() + 60
    while not list((root / ".dsaudit" / "cache").glob("audio-measurements*/*.parquet")):
        assert time.monotonic() < deadline, kept
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    runs = root / ".dsaudit" / "runs"
    assert not [p for p in runs.iterdir() if not p.name.startswith(".")]
    run = dsaudit.audit(root, jobs=1, select=["AUD"], report=False)
    assert [p.name for p in runs.iterdir()] == [run.path.name]
    assert run.meta.n_measured == 42


def test_a_kind_without_a_sample_set_has_no_demo(tmp_path, monkeypatch):
    shown = [replace(kind, sample="" if kind.name == "text" else kind.sample) for kind in dsaudit.api.kinds()]
    monkeypatch.setattr("dsaudit.api.kinds", lambda: shown)
    with pytest.raises(UsageError, match="no sample set of texts") as told:
        demo(out=tmp_path, modality="text")
    assert "--modality" in told.value.hint


def test_the_demo_without_a_kind_is_of_recordings(tmp_path, monkeypatch):
    def told(source, **settings):
        raise UsageError(f"{settings['modality']}, {source.parent.name}")

    monkeypatch.setattr("dsaudit.api.audit", told)
    with pytest.raises(UsageError, match="audio, sample_data"):
        demo(out=tmp_path)


def test_the_demo_of_texts_finds_what_is_planted_in_their_words(tmp_path):
    _, score = demo(out=tmp_path, modality="text", select=["TXT", "FIL", "DUP001", "SPL"], report=False, jobs=1)
    assert score.missed == ()
    assert score.n_planted > 110
    assert score.n_false_alarms == 0
