"""The linear probe against scikit-learn, and the honesty of its cross-validation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch.nn.functional import cross_entropy

from dsaudit.errors import InconclusiveError
from dsaudit.media.audio.encoders import SPEECH_ENCODER
from dsaudit.model.embed import embed_items
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs, train_head
from dsaudit.model.probe import Linear, Probe, fit_probe, select_strength
from dsaudit.store.cache import Cache, KeptParts


def blobs(n=240, d=20, k=3, seed=0, apart=1.5):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % k
    X = apart * rng.standard_normal((k, d))[y] + rng.standard_normal((n, d)) * np.linspace(1, 5, d)
    return X.astype(np.float32), y


def frame(n=240, **options):
    X, y = blobs(n, **options)
    ids = [f"i{i:04d}" for i in range(n)]
    return pd.DataFrame(X, index=ids), pd.Series([f"c{k}" for k in y], index=ids, dtype=object)


@pytest.mark.parametrize("strength", [0.001, 0.03, 1.0])
@pytest.mark.parametrize(("n", "k"), [(240, 2), (240, 4), (120, 4)])  # 120 are too few to look for axes
def test_probe_agrees_with_scikit_learn(strength, n, k):
    X, y = blobs(n, k=k)
    ours = fit_probe(X, y, classes=tuple("abcd"[:k]), strength=strength, device="cpu", tolerance=1e-6)
    scaler = StandardScaler().fit(X)
    # For two classes scikit-learn fits one vector, whose penalty is twice that of two opposite halves.
    C = 2 * strength if k == 2 else strength
    theirs = LogisticRegression(C=C, max_iter=5000, tol=1e-8).fit(scaler.transform(X), y)
    assert np.abs(ours.predict(X) - theirs.predict_proba(scaler.transform(X))).max() < 2e-3


def test_features_that_say_nearly_the_same_take_no_more_steps(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = blobs(2000, d=8)
    X = (X @ rng.normal(size=(8, 40)) + 0.02 * rng.normal(size=(2000, 40))).astype(np.float32)
    steps = []
    monkeypatch.setattr(
        "dsaudit.model.probe.cross_entropy", lambda *a, **more: steps.append(1) or cross_entropy(*a, **more)
    )
    start = fit_probe(X[:900], y[:900], classes=("a", "b", "c"), strength=0.3, device="cpu")
    n_steps = len(steps)
    again = fit_probe(X[:900], y[:900], classes=("a", "b", "c"), strength=0.3, device="cpu", start=start)
    assert n_steps < 20  # 40 along the columns themselves
    assert len(steps) - n_steps < 10
    assert np.abs(again.predict(X) - start.predict(X)).max() < 1e-3


def test_columns_that_do_not_vary_do_no_harm():
    X, y = blobs()
    X[:, 3] = 7.0
    probs = fit_probe(X, y, classes=("a", "b", "c"), device="cpu").predict(X)
    assert np.isfinite(probs).all()
    assert np.allclose(probs.sum(1), 1, atol=1e-5)


def test_parts_of_the_batch_give_the_same_probe(monkeypatch):
    X, y = blobs()
    whole = fit_probe(X, y, classes=("a", "b", "c"), device="cpu").predict(X)
    monkeypatch.setattr("dsaudit.model.probe._CHUNK", 50)
    assert np.abs(fit_probe(X, y, classes=("a", "b", "c"), device="cpu").predict(X) - whole).max() < 1e-3


def test_little_signal_is_met_with_caution():
    X, y = blobs(120, d=60, apart=0.2)
    weak = select_strength(X, y, np.arange(120) % 4 == 0, classes=("a", "b", "c"), device="cpu")
    X, y = blobs(600, d=10, apart=6.0)
    strong = select_strength(X, y, np.arange(600) % 4 == 0, classes=("a", "b", "c"), device="cpu")
    assert weak < strong


def test_predictions_are_out_of_sample_and_in_order():
    X, labels = frame()
    folds = stratified_group_folds(labels)
    seen = []
    found = cross_validated_pred_probs(X, labels, folds, device="cpu", on_fold=lambda *a: seen.append(a))
    assert found.item_ids == tuple(X.index)
    assert found.classes == ("c0", "c1", "c2")
    assert found.pred_probs.dtype == np.float32
    assert np.allclose(found.pred_probs.sum(1), 1, atol=1e-5)
    assert [f for f, _, _ in seen] == [0, 1, 2, 3, 4]
    assert seen[-1][2].sum() == 240
    assert (found.pred_probs.argmax(1) == found.given).mean() == pytest.approx(np.trace(seen[-1][2]) / 240)


def test_labels_without_meaning_are_not_remembered():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.standard_normal((200, 100)), index=[f"i{i:03d}" for i in range(200)])
    labels = pd.Series(rng.choice(["a", "b"], 200), index=X.index, dtype=object)
    copies = pd.Series([f"k{i // 2}" for i in range(200)], index=X.index)
    X.iloc[1::2] = X.iloc[::2].to_numpy()
    labels.iloc[1::2] = labels.iloc[::2].to_numpy()
    folds = stratified_group_folds(labels, duplicate_keys=copies)
    found = cross_validated_pred_probs(X, labels, folds, device="cpu")
    assert (found.pred_probs.argmax(1) == found.given).mean() < 0.65


def test_same_seed_same_bytes_whatever_the_row_order():
    X, labels = frame()
    folds = stratified_group_folds(labels)
    one = cross_validated_pred_probs(X, labels, folds, device="cpu")
    two = cross_validated_pred_probs(X.iloc[::-1], labels.iloc[::-1], folds, device="cpu")
    assert one.pred_probs.tobytes() == two.pred_probs.tobytes()
    assert one.model_card == two.model_card


def test_items_of_classes_that_are_not_learned_are_predicted_all_the_same():
    X, labels = frame()
    labels.iloc[:2] = "rare"
    found = cross_validated_pred_probs(X, labels, stratified_group_folds(labels), device="cpu")
    assert found.given[:2].tolist() == [-1, -1]
    assert len(found.item_ids) == 240
    assert "rare" in found.model_card["left_out"]


def test_items_without_an_embedding_are_left_out():
    X, labels = frame()
    found = cross_validated_pred_probs(X.iloc[10:], labels, stratified_group_folds(labels), device="cpu")
    assert found.item_ids == tuple(X.index[10:])


def test_no_embeddings_is_said():
    X, labels = frame()
    with pytest.raises(InconclusiveError):
        cross_validated_pred_probs(X.iloc[:0], labels, stratified_group_folds(labels), device="cpu")


def test_a_saved_probe_predicts_the_same_and_needs_no_pickle(tmp_path):
    X, labels = frame()
    probe = train_head(X, labels, stratified_group_folds(labels), device="cpu")
    probe.save(tmp_path / "probe.pt")
    torch.load(tmp_path / "probe.pt", weights_only=True)
    again = Probe.load(tmp_path / "probe.pt")
    assert again.classes == ("c0", "c1", "c2")
    assert np.array_equal(again.predict(X), probe.predict(X))
    assert again.predict(X.iloc[:0]).shape == (0, 3)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "group", "every", "least"), [("speech_commands", "speaker", 6, 0.88), ("esc10", "freesound_id", 1, 0.78)]
)
def test_real_recordings(real_data, name, group, every, least):
    import soundfile
    import soxr

    root = real_data(name)
    table = pd.read_csv(root / "labels.csv", dtype=str).set_index("path").iloc[::every]

    def read(path):
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        return soxr.resample(samples.mean(1), rate, 16_000) if rate != 16_000 else samples[:, 0]

    uris = pd.Series([str(root / path) for path in table.index], index=table.index)
    unknown = pd.Series(None, index=table.index, dtype=object)
    X = embed_items(uris, content_hashes=unknown, read=read, encoder=SPEECH_ENCODER())
    folds = stratified_group_folds(table["label"], groups=table[group])
    found = cross_validated_pred_probs(X, table["label"], folds)
    assert (found.pred_probs.argmax(1) == found.given).mean() >= least


def test_unlabelled_items_are_judged_by_models_that_saw_nothing_of_them():
    X, labels = frame()
    groups = pd.Series([f"g{k // 6}" for k in range(240)], index=labels.index)
    hidden = labels.index[::4]
    known = labels.mask(labels.index.isin(hidden), None)
    groups[hidden[:30]] = None  # these share nothing with anything labelled
    folds = stratified_group_folds(known, groups=groups)
    found = cross_validated_pred_probs(X, known, folds, device="cpu")
    assert list(found.unlabelled.index) == list(hidden)
    assert set(found.item_ids).isdisjoint(hidden)
    of_group = groups[list(found.item_ids)].to_frame("g").assign(fold=found.fold).groupby("g")["fold"].first()
    assert folds.unlabelled[hidden[30:]].tolist() == of_group[groups[hidden[30:]]].tolist()
    assert (folds.unlabelled[hidden[:30]] == -1).all()

    def model(held, strength):
        kept = [i for i, f in zip(found.item_ids, found.fold, strict=True) if f != held]
        y = [found.classes.index(known[i]) for i in kept]
        return fit_probe(X.loc[kept], y, classes=found.classes, strength=strength, device="cpu").predict(X.loc[hidden])

    each = np.array([model(f, s) for f, s in enumerate(found.model_card["chosen"]["strength"])])
    own = each[folds.unlabelled[hidden[30:]], np.arange(30, 60)]
    assert found.unlabelled.to_numpy()[:30] == pytest.approx(each[:, :30].mean(0), abs=1e-3)
    assert found.unlabelled.to_numpy()[30:] == pytest.approx(own, abs=1e-3)
    alone = cross_validated_pred_probs(X, known.dropna(), stratified_group_folds(known.dropna(), groups=groups))
    assert np.array_equal(alone.pred_probs, found.pred_probs)


class Stopped(Linear):
    """A probe whose training is stopped from one of its fits on."""

    fits, stops_at = 0, 0

    def fit(self, X, y, **options):
        type(self).fits += 1
        if 0 < self.stops_at <= self.fits:
            raise KeyboardInterrupt
        return super().fit(X, y, **options)


def test_training_that_was_stopped_goes_on_behind_the_last_fold(tmp_path, monkeypatch):
    monkeypatch.setattr("dsaudit.store.cache.LONG_S", 0.0)
    monkeypatch.setattr("dsaudit.model.head.n_workers", lambda where: 1)
    embeddings, labels = frame()
    labels.iloc[::7] = None
    folds, cache = stratified_group_folds(labels), Cache(tmp_path)
    whole = cross_validated_pred_probs(embeddings, labels, folds, device="cpu")

    def trained(stops_at):
        Stopped.fits, Stopped.stops_at = 0, stops_at
        return cross_validated_pred_probs(
            embeddings, labels, folds, head=Stopped(), device="cpu", keep=KeptParts(cache, "fold", "key")
        )

    with pytest.raises(KeyboardInterrupt):
        trained(4)
    made = trained(0)
    assert Stopped.fits == folds.n_folds - 3
    assert made.pred_probs.tobytes() == whole.pred_probs.tobytes()
    pd.testing.assert_frame_equal(made.unlabelled, whole.unlabelled)
    assert made.model_card == whole.model_card
    cache.drop_parts("fold", "key")
    trained(0)
    assert Stopped.fits == folds.n_folds
