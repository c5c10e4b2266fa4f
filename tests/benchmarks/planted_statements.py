"""Data sets with planted wrong labels, out-of-sample probabilities, and a stated probability of being wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.label.label_errors import find_label_errors
from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbours import nearest_neighbours

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

DATA = Path("../shared/data")
FLIPS = ("uniform", "confusable", "instance")
SHARES = (0.05, 0.10, 0.20)


@dataclass(frozen=True)
class Planted:
    """Arrays of n items and k classes.

    Attributes
    ----------
    pred_probs : float32 (n, k)
    given, true : int64 (n,)
    neighbours : int64 (n, m) or None
    """

    name: str
    pred_probs: npt.NDArray[np.float32]
    given: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int64] | None = None

    @property
    def wrong(self) -> npt.NDArray[np.bool_]:
        """Whether each given label is wrong."""
        return np.asarray(self.given != self.true)


def flipped(
    true: npt.NDArray[np.int64], clean: npt.NDArray[np.float32], *, how: str, share: float, seed: int
) -> npt.NDArray[np.int64]:
    """Labels of which ``share`` are changed.

    Parameters
    ----------
    clean : float array (n, k)
        Out-of-sample probabilities of a model of the true labels.
    how : {"uniform", "confusable", "instance"}
        To any other class; to the class that the true one is most often taken for; the items that a model finds
        hardest, to what it takes them for.
    """
    rng = np.random.default_rng(seed)
    n, k = clean.shape
    given = true.copy()
    size = round(share * n)
    rival = clean.copy()
    rival[np.arange(n), true] = -1
    if how == "instance":
        doubt = 1.0 - clean[np.arange(n), true]
        chosen = rng.choice(n, size, replace=False, p=(doubt + 0.02) / (doubt + 0.02).sum())
        given[chosen] = rival[chosen].argmax(1)
        return given
    chosen = rng.choice(n, size, replace=False)
    if how == "uniform":
        given[chosen] = (true[chosen] + rng.integers(1, k, size)) % k
        return given
    soft = np.stack([rival[true == c].clip(0).mean(0) if (true == c).any() else np.zeros(k) for c in range(k)])
    np.fill_diagonal(soft, -1)
    given[chosen] = soft.argmax(1)[true[chosen]]
    return given


def probed(
    X: pd.DataFrame, labels: npt.NDArray[np.int64], groups: pd.Series | None, seed: int
) -> npt.NDArray[np.float32]:
    """Out-of-sample probabilities (n, k) of the linear probe, classes 0 … k - 1 in order."""
    from dsaudit.model.folds import stratified_group_folds
    from dsaudit.model.head import cross_validated_pred_probs

    k = int(labels.max()) + 1
    names = pd.Series([f"c{c:03d}" for c in labels], index=X.index, dtype=object)
    folds = stratified_group_folds(names, groups=groups, seed=seed)
    found = cross_validated_pred_probs(X, names, folds, seed=seed)
    probs = np.full((len(X), k), 1e-6, dtype=np.float32)
    rows = X.index.get_indexer(pd.Index(found.item_ids))
    columns = [int(c[1:]) for c in found.classes]
    probs[np.ix_(rows, columns)] = found.pred_probs
    return np.asarray(probs / probs.sum(1, keepdims=True))


def features(name: str) -> tuple[pd.DataFrame, npt.NDArray[np.int64], pd.Series | None]:
    """Features (n, d), true labels 0 … k - 1, and groups where there are any.

    ``banking77`` and ``clinc150`` are some of their classes by words; with an encoder, as ``clinc150:minilm``, all.
    """
    groups = None
    name, _, encoder = name.partition(":")
    if name in ("digits", "cancer"):
        from sklearn.datasets import load_breast_cancer, load_digits

        data = load_digits() if name == "digits" else load_breast_cancer()
        X, y = data.data, data.target.astype(str)
    elif name.startswith("blobs"):
        seed = int(name[5:])
        rng = np.random.default_rng(1000 + seed)
        k, n, spread = int(rng.integers(3, 13)), int(rng.integers(600, 3000)), rng.uniform(1.0, 2.2)
        code = rng.choice(k, n, p=rng.dirichlet(np.full(k, 4.0)))
        X = rng.normal(0, 1.5, (k, 12))[code] + rng.normal(0, spread, (n, 12))
        y = code.astype(str)
    elif name in ("banking77", "clinc150"):
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        files = ["train.csv", "test.csv"] if name == "banking77" else ["labels.csv"]
        table = pd.concat([pd.read_csv(DATA / name / f) for f in files], ignore_index=True)
        label = "category" if name == "banking77" else "label"
        kept = np.sort(table.loc[table[label] != "oos", label].unique())
        if not encoder:
            kept = kept[: 40 if name == "banking77" else 60]
        table = table[table[label].isin(kept)]
        y = table[label].to_numpy(dtype=str)
        if encoder:
            from tests.benchmarks.bench_text_encoder import embedded as encoded

            X, _ = encoded(encoder, table["text"].tolist())
        else:
            words = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2)).fit_transform(table["text"])
            X = TruncatedSVD(150, random_state=0).fit_transform(words)
    else:
        from tests.benchmarks.bench_baseline import embedded

        found, table = embedded(DATA / name)
        table = table.reindex(found.index)
        X, y, groups = found.to_numpy(), table["label"].to_numpy(dtype=str), table["group"]
    ids = pd.Index([f"i{j:06d}" for j in range(len(X))])
    if groups is not None:
        groups = pd.Series(groups.to_numpy(), index=ids)
    return pd.DataFrame(np.asarray(X, dtype=np.float32), index=ids), np.unique(y, return_inverse=True)[1], groups


def planted(name: str, *, seeds: tuple[int, ...] = (0,), cache: Path | None = None) -> Iterator[Planted]:
    """Every kind and share of flips on one data set; what took long is kept under ``cache``."""
    made: tuple[pd.DataFrame, npt.NDArray[np.int64], pd.Series | None] | None = None
    clean = near = None
    for seed in seeds:
        for how in FLIPS:
            for share in SHARES:
                path = cache / f"{name}-{how}-{round(100 * share)}-{seed}.npz" if cache else None
                if path is None or not path.exists():
                    if made is None:
                        made = features(name)
                        clean = probed(*made, seed=99)
                        near, _ = nearest_neighbours(embedding_space(made[0].to_numpy()))
                    X, true, groups = made
                    given = flipped(true, clean, how=how, share=share, seed=seed)
                    arrays = {"pred_probs": probed(X, given, groups, seed), "given": given, "true": true, "near": near}
                    if path is not None:
                        np.savez_compressed(path, **arrays)
                else:
                    arrays = dict(np.load(path))
                yield Planted(
                    f"{name} {how} {share:.0%}", arrays["pred_probs"], arrays["given"], arrays["true"], arrays["near"]
                )


def real_noise() -> Iterator[Planted]:
    """The files whose wrong labels are known: for measuring, never for choosing."""
    for path in sorted((DATA / "label_noise").glob("*.npz")):
        found = dict(np.load(path))
        if "true_labels" in found:
            given, true = found["given_labels"].astype(np.int64), found["true_labels"].astype(np.int64)
            yield Planted(path.stem, found["pred_probs"].astype(np.float32), given, true)


def judged_as(data: Planted) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Label quality of an audit before any verdict, and the class that it suggests."""
    n, k = data.pred_probs.shape
    ids = pd.Index([f"i{j:06d}" for j in range(n)], dtype=object)
    classes = [f"c{c:03d}" for c in range(k)]
    near = None
    if data.neighbours is not None:
        names = ids.to_numpy()
        near = pd.Series([list(names[row]) for row in data.neighbours], index=ids)
    labels = pd.Series([classes[c] for c in data.given], index=ids, dtype=object)
    found = find_label_errors(pd.DataFrame(data.pred_probs, index=ids, columns=classes), labels, neighbours=near)
    return found.table, pd.Index(classes).get_indexer(pd.Index(found.table["suggestion"]))


def stated(data: Planted) -> npt.NDArray[np.float64]:
    """Stated probability of being wrong, as an audit states it before any verdict."""
    return judged_as(data)[0]["p_wrong"].to_numpy()
