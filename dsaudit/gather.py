"""How each evidence table of a dataset is made: from the measurements, the encoder and the baseline."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit import __version__
from dsaudit.errors import InconclusiveError
from dsaudit.evidence import Evidence, MissingEvidenceError
from dsaudit.files import digest, digest_frame
from dsaudit.types import Predictions

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable
    from pathlib import Path

    from dsaudit.cache import Cache
    from dsaudit.config import Settings
    from dsaudit.media.base import Media
    from dsaudit.model.folds import Folds
    from dsaudit.types import Dataset

    Stage = Callable[[str, int], contextlib.AbstractContextManager[Callable[[int], None]]]

N_NEIGHBOURS = 10
ALL_PAIRS = 20_000
"""Above, near-duplicates are looked for among neighbours in embedding space only: all pairs take minutes."""
MIN_ITEMS = 12
"""Fewer embedded items have no neighbourhoods, clusters or folds to speak of."""

_STEPS = {
    "embeddings": "embedding",
    "neighbours": "nearest neighbours",
    "projection": "map and clusters",
    "pred_probs": "baseline",
    "subgroups": "classes that are two things",
}


@dataclass
class Gathered:
    """Evidence of one dataset, and what the run folder keeps of how it was made."""

    dataset: Dataset
    measurements: pd.DataFrame
    media: Media
    settings: Settings
    cache: Cache
    stage: Stage
    evidence: Evidence = field(init=False)
    notes: list[str] = field(default_factory=list)
    predictions: Predictions | None = None
    device: str = "not used"
    annotations: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        self.evidence = Evidence(
            {
                "items": lambda _: self.dataset.items,
                "class_sizes": self._class_sizes,
                "measurements": lambda _: self.measurements,
                "duplicates": self._duplicates,
                "embeddings": self._embeddings,
                "space": self._space,
                "neighbours": self._neighbours,
                "projection": self._projection,
                "folds": self._fold_table,
                "annotations": self._annotations,
                "pred_probs": self._pred_probs,
                "subgroups": self._subgroups,
            }
        )

    # Each provider names everything its result depends on as the key of the cache.

    def _key(self, *parts: object) -> str:
        return digest(__version__, *parts)

    def _class_sizes(self, evidence: Evidence) -> pd.DataFrame:
        if self.dataset.sampled_from:
            raise MissingEvidenceError("the run is a sample, drawn class by class")
        counts = self.dataset.items["label"].dropna().value_counts().sort_index()
        return counts.rename("n").rename_axis("label").to_frame()

    def _annotations(self, evidence: Evidence) -> pd.DataFrame:
        table = self.annotations
        if table is None or not len(table):
            raise MissingEvidenceError("nobody has labelled these items independently")
        table = table[table["item_id"].isin(self.dataset.items.index)]
        shared = table.groupby("item_id")["annotator"].transform("size") > 1
        if not shared.any():
            raise MissingEvidenceError("no item was labelled by two people independently")
        return table.reset_index(drop=True)

    def _duplicates(self, evidence: Evidence) -> pd.DataFrame:
        measured = self.measurements[self.measurements["status"] == "ok"].sort_index()
        if not {"sample_hash", "perceptual_hash"} <= set(measured) or not len(measured):
            raise MissingEvidenceError("no item could be read")
        hashes = measured[["sample_hash", "perceptual_hash"]].fillna("")
        candidates = evidence.find("neighbours") if len(hashes) > ALL_PAIRS else None

        def compute() -> pd.DataFrame:
            from dsaudit.analysis.duplicates import duplicate_table

            return duplicate_table(measured["sample_hash"], hashes["perceptual_hash"], neighbours=candidates)

        key = self._key(digest_frame(hashes), None if candidates is None else self._content_key(evidence))
        with self.stage("duplicates", 0):
            return self.cache.stage("duplicates", key, compute)

    def _embeddings(self, evidence: Evidence) -> pd.DataFrame:
        from dsaudit.model.embed import embed_items
        from dsaudit.model.lazy import choose_encoder

        ok = self.measurements["status"] == "ok"
        if not ok.any():
            raise MissingEvidenceError("no item could be read")
        encoder = choose_encoder(self.media.default_encoder, device=self.settings.device)
        self.notes.extend(encoder.notes)
        items = self.dataset.items[ok.to_numpy()]
        done = 0
        with self.stage("embedding", len(items)) as tick:

            def advance(n_done: int) -> None:
                nonlocal done
                tick(n_done - done)
                done = n_done

            table = embed_items(
                items["uri"],
                content_hashes=items["content_hash"],
                read=self.media.read,
                read_version=self.media.read_version,
                encoder=encoder,
                cache=self.cache,
                progress=advance,
            )
        table.attrs["encoder"] = f"{encoder.name}-{encoder.version}"
        return table

    def _content_key(self, evidence: Evidence) -> str:
        """Identity of the embeddings: which encoder saw which bytes under which id."""
        embeddings = evidence.get("embeddings")
        hashes = self.dataset.items["content_hash"].reindex(embeddings.index)
        return digest(embeddings.attrs["encoder"], digest_frame(hashes.fillna("").to_frame()))

    def _space(self, evidence: Evidence) -> pd.DataFrame:
        embeddings = evidence.get("embeddings")
        if len(embeddings) < MIN_ITEMS:
            raise MissingEvidenceError(f"{len(embeddings)} items with an embedding, at least {MIN_ITEMS} are needed")

        def compute() -> pd.DataFrame:
            from dsaudit.analysis.space import embedding_space

            space = embedding_space(embeddings.to_numpy(), seed=self.settings.seed)
            return pd.DataFrame(space, index=embeddings.index, columns=[str(c) for c in range(space.shape[1])])

        return self.cache.stage("space", self._key(self._content_key(evidence), self.settings.seed), compute)

    def _neighbours(self, evidence: Evidence) -> pd.DataFrame:
        space = evidence.get("space")

        def compute() -> pd.DataFrame:
            from dsaudit.analysis.neighbours import nearest_neighbours

            ids, similarity = nearest_neighbours(space.to_numpy(), k=N_NEIGHBOURS, seed=self.settings.seed)
            names = space.index.to_numpy(dtype=object)
            points = space.to_numpy()
            return pd.DataFrame(
                {
                    "ids": [list(names[row]) for row in ids],
                    "similarity": [row.tolist() for row in similarity],
                    "distance": [
                        np.linalg.norm(points[row] - own, axis=1).tolist() for own, row in zip(points, ids, strict=True)
                    ],
                },
                index=space.index,
            )

        key = self._key(self._content_key(evidence), self.settings.seed, N_NEIGHBOURS)
        with self.stage("nearest neighbours", 0):
            return self.cache.stage("neighbours", key, compute)

    def _projection(self, evidence: Evidence) -> pd.DataFrame:
        space = evidence.get("space")

        def compute() -> pd.DataFrame:
            from dsaudit.analysis.clusters import find_clusters
            from dsaudit.analysis.projection import project

            xy, method = project(space.to_numpy(), seed=self.settings.seed)
            clusters = find_clusters(space.to_numpy(), seed=self.settings.seed)
            table = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "cluster": clusters}, index=space.index)
            table.attrs["method"] = method
            return table

        with self.stage("map and clusters", 0):
            return self.cache.stage("projection", self._key(self._content_key(evidence), self.settings.seed), compute)

    def _folds(self, evidence: Evidence) -> Folds:
        from dsaudit.model.folds import stratified_group_folds

        embedded = evidence.get("embeddings").index
        items = self.dataset.items.reindex(embedded)
        together = evidence.get("duplicates")["near_set"].reindex(embedded)
        return stratified_group_folds(
            items["label"],
            groups=items["group"],
            duplicate_keys=together,
            n_folds=self.settings.folds,
            seed=self.settings.seed,
        )

    def _pred_probs(self, evidence: Evidence) -> pd.DataFrame:
        embeddings = evidence.get("embeddings")
        items = self.dataset.items.reindex(embeddings.index)
        if items["label"].notna().sum() < MIN_ITEMS:
            n = int(items["label"].notna().sum())
            raise MissingEvidenceError(f"{n} labelled items that can be read, at least {MIN_ITEMS} are needed")

        def compute() -> pd.DataFrame:
            from dsaudit.model.head import cross_validated_pred_probs

            folds = self._folds(evidence)
            with self.stage("baseline", folds.n_folds) as tick:
                made = cross_validated_pred_probs(
                    embeddings,
                    items["label"],
                    folds,
                    encoder=embeddings.attrs["encoder"],
                    device=self.settings.device,
                    seed=self.settings.seed,
                    on_fold=lambda fold, accuracy, counts: tick(1),
                )
            names = [f"p:{name}" for name in made.classes]
            table = pd.DataFrame(made.pred_probs, index=list(made.item_ids), columns=names)
            table.insert(0, "given", made.given)
            table.insert(1, "fold", made.fold)
            table.attrs = {"card": json.dumps(dict(made.model_card)), "notes": list(folds.notes)}
            return table

        key = self._key(
            self._content_key(evidence),
            digest_frame(items[["label", "group"]].fillna("")),
            digest_frame(evidence.get("duplicates").reindex(embeddings.index).fillna("")),
            self.settings.seed,
            self.settings.folds,
            self.settings.device,
        )
        try:
            table = self.cache.stage("baseline", key, compute)
        except InconclusiveError as error:
            raise MissingEvidenceError(error.message) from error
        self.notes.extend(table.attrs["notes"])
        card = json.loads(table.attrs["card"])
        self.device = str(card["device"])
        probs = table.drop(columns=["given", "fold"]).rename(columns=lambda name: name.removeprefix("p:"))
        self.predictions = Predictions(
            item_ids=tuple(table.index),
            classes=tuple(probs.columns),
            pred_probs=probs.to_numpy(dtype=np.float32),
            given=table["given"].to_numpy(dtype=np.int64),
            fold=table["fold"].to_numpy(dtype=np.int16),
            model_card=card,
        )
        return probs.rename_axis("item_id")

    def _fold_table(self, evidence: Evidence) -> pd.DataFrame:
        evidence.get("pred_probs")
        assert self.predictions is not None
        return pd.DataFrame({"fold": self.predictions.fold}, index=pd.Index(self.predictions.item_ids, name="item_id"))

    def _subgroups(self, evidence: Evidence) -> pd.DataFrame:
        space = evidence.get("space")
        items = self.dataset.items.reindex(space.index)
        if not items["label"].notna().any():
            raise MissingEvidenceError("no item has a label")

        def compute() -> pd.DataFrame:
            from dsaudit.analysis.split_class import split_classes

            return split_classes(space.to_numpy(), items["label"], groups=items["group"], seed=self.settings.seed)

        key = self._key(
            self._content_key(evidence), digest_frame(items[["label", "group"]].fillna("")), self.settings.seed
        )
        with self.stage("class divisions", 0):
            return self.cache.stage("subgroups", key, compute)

    def predictions_table(self) -> pd.DataFrame:
        """Predictions as the run folder keeps them."""
        p = self.predictions
        assert p is not None
        names = np.array(p.classes, dtype=object)
        given = self.dataset.items["label"].reindex(list(p.item_ids)).to_numpy(dtype=object)
        return pd.DataFrame(
            {"given": given, "predicted": names[p.pred_probs.argmax(axis=1)], "fold": p.fold}
            | {f"p:{name}": p.pred_probs[:, k] for k, name in enumerate(p.classes)},
            index=pd.Index(list(p.item_ids), name="item_id", dtype=object),
        )

    def skipped(self) -> dict[str, str]:
        """Steps that were not done, and why."""
        reasons = {step: self.evidence.why_missing(name) for name, step in _STEPS.items()}
        return {step: reason for step, reason in reasons.items() if reason}

    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds."""
        from dsaudit.analysis.baseline_metrics import baseline_metrics
        from dsaudit.analysis.clusters import cluster_summary
        from dsaudit.analysis.describe import class_table, measurement_table, split_table

        items = self.dataset.items
        projection = self.evidence.find("projection")
        clusters = []
        if projection is not None:
            space = self.evidence.get("space").reindex(projection.index)
            clusters = cluster_summary(projection["cluster"], space.to_numpy(), labels=items["label"])
        baseline = None
        if self.predictions is not None:
            ids = list(self.predictions.item_ids)
            baseline = baseline_metrics(
                self.predictions,
                groups=items["group"].reindex(ids),
                measurements=self.measurements.reindex(ids),
                seed=self.settings.seed,
            )
        annotations = self.evidence.find("annotations")
        people = None
        if annotations is not None:
            from dsaudit.analysis.people import people_summary

            probs = self.evidence.find("pred_probs")
            people = people_summary(annotations, pred_probs=probs, seed=self.settings.seed)
        return {
            "baseline": baseline,
            "agreement": people,
            "clusters": clusters,
            "splits": split_table(items),
            "classes": class_table(items, self.measurements),
            "measurements": measurement_table(self.measurements),
        }

    def save_model(self, folder: Path) -> None:
        """Train one probe on everything and write it with its card.

        Raises
        ------
        InconclusiveError
            There is too little to train on.
        """
        from dsaudit.files import to_json, write_atomic
        from dsaudit.model.head import train_probe

        embeddings = self.evidence.get("embeddings")
        labels = self.dataset.items["label"].reindex(embeddings.index)
        probe = train_probe(
            embeddings, labels, self._folds(self.evidence), device=self.settings.device, seed=self.settings.seed
        )
        folder.mkdir()
        write_atomic(folder / "probe.pt", probe.save)
        assert self.predictions is not None
        card = to_json(dict(self.predictions.model_card) | {"classes": list(probe.classes)})
        write_atomic(folder / "card.json", lambda p: p.write_text(card + "\n", encoding="utf-8"))


def gather(
    dataset: Dataset,
    measurements: pd.DataFrame,
    media: Media,
    settings: Settings,
    *,
    cache: Cache,
    stage: Stage,
    annotations: pd.DataFrame | None = None,
) -> Gathered:
    """Evidence of a measured dataset. Nothing is computed before a table is asked for.

    ``annotations`` are the labels of several people (``item_id``, ``annotator``, ``label``), of any items.
    """
    return Gathered(dataset, measurements, media, settings, cache, stage, annotations=annotations)
