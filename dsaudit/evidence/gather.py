"""How each evidence table of a dataset is made: from the measurements, the encoder and the baseline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.space.clusters import MAX_FIT as MAX_CLUSTERED
from dsaudit.analysis.space.neighbours import EXACT_UP_TO
from dsaudit.analysis.space.projection import MAX_FIT as MAX_MAPPED
from dsaudit.dataset.external import External
from dsaudit.evidence.baseline import MIN_ITEMS, Baseline, versioned
from dsaudit.evidence.tables import Evidence, MissingEvidenceError
from dsaudit.media.nouns import nouns_for
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Mapping, Sequence

    from dsaudit.analysis.label.label_errors import LabelErrors
    from dsaudit.media.base import Media
    from dsaudit.settings import Settings
    from dsaudit.store.cache import Cache
    from dsaudit.types import Dataset, Epoch

    Stage = Callable[[str, int], contextlib.AbstractContextManager[Callable[[int], None]]]

N_NEIGHBOURS = 10
ALL_PAIRS = 20_000
"""Above, near-duplicates are looked for among neighbours in embedding space only: all pairs take minutes."""
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
    annotations: pd.DataFrame | None = None
    verdicts: pd.DataFrame | None = None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None
    supplied: External = field(default_factory=External)
    label_errors: LabelErrors | None = None
    baseline: Baseline = field(init=False)
    evidence: Evidence = field(init=False)

    def __post_init__(self) -> None:
        self.baseline = Baseline(
            self.dataset,
            self.measurements,
            self.media,
            self.settings,
            self.cache,
            self.stage,
            self.on_epoch,
            supplied=self.supplied,
        )
        self.evidence = Evidence(
            {
                "items": lambda _: self.dataset.items,
                "class_sizes": self._class_sizes,
                "measurements": lambda _: self.measurements,
                "duplicates": self._duplicates,
                "embeddings": self.baseline.embeddings,
                "space": self._space,
                "neighbours": self._neighbours,
                "projection": self._projection,
                "folds": self.baseline.fold_table,
                "annotations": self._annotations,
                "pred_probs": self.baseline.pred_probs,
                "dynamics": self.baseline.dynamics,
                "label_quality": self._label_quality,
                "subgroups": self._subgroups,
            }
        )

    # Each provider names everything its result depends on as the key of the cache.

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
            from dsaudit.analysis.space.duplicates import duplicate_table

            return duplicate_table(measured["sample_hash"], hashes["perceptual_hash"], neighbours=candidates)

        key = versioned(digest_frame(hashes), None if candidates is None else self.baseline.content_key(evidence))
        with self.stage("duplicates", 0):
            return self.cache.stage("duplicates", key, compute)

    def _space(self, evidence: Evidence) -> pd.DataFrame:
        embeddings = evidence.get("embeddings")
        if len(embeddings) < MIN_ITEMS:
            raise MissingEvidenceError(f"{len(embeddings)} items with an embedding, at least {MIN_ITEMS} are needed")

        def compute() -> pd.DataFrame:
            from dsaudit.analysis.space.embedding_space import embedding_space

            space = embedding_space(embeddings.to_numpy(), seed=self.settings.seed)
            return pd.DataFrame(space, index=embeddings.index, columns=[str(c) for c in range(space.shape[1])])

        return self.cache.stage("space", versioned(self.baseline.content_key(evidence), self.settings.seed), compute)

    def _neighbours(self, evidence: Evidence) -> pd.DataFrame:
        space = evidence.get("space")

        def compute() -> pd.DataFrame:
            from dsaudit.analysis.space.neighbours import distances_to, nearest_neighbours

            points = space.to_numpy()
            ids, similarity = nearest_neighbours(points, k=N_NEIGHBOURS, seed=self.settings.seed)
            columns = {
                "ids": space.index.to_numpy(dtype=object)[ids],
                "similarity": similarity.astype(np.float64),
                "distance": distances_to(points, ids),
            }
            # a cell is a row of an array: a list would hold every number as an object of its own
            return pd.DataFrame({name: list(values) for name, values in columns.items()}, index=space.index)

        if len(space) > EXACT_UP_TO:
            many = nouns_for(self.dataset.modality).many
            self.baseline.notes.append(
                f"nearest neighbours of more than {EXACT_UP_TO:,} {many} are looked for in the nearest parts of "
                "embedding space: a few are missed"
            )
        key = versioned(self.baseline.content_key(evidence), self.settings.seed, N_NEIGHBOURS)
        with self.stage("nearest neighbours", 0):
            return self.cache.stage("neighbours", key, compute)

    def _projection(self, evidence: Evidence) -> pd.DataFrame:
        space = evidence.get("space")

        def compute() -> pd.DataFrame:
            from dsaudit.analysis.space.clusters import find_clusters
            from dsaudit.analysis.space.projection import project

            xy, method = project(space.to_numpy(), seed=self.settings.seed)
            clusters = find_clusters(space.to_numpy(), seed=self.settings.seed)
            table = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "cluster": clusters}, index=space.index)
            table.attrs["method"] = method
            return table

        if len(space) > MAX_MAPPED:
            many = nouns_for(self.dataset.modality).many
            self.baseline.notes.append(
                f"the map is made from {MAX_MAPPED:,} {many} and the clusters from {MAX_CLUSTERED:,}, drawn at random: "
                "the others lie with those most like them"
            )
        with self.stage("map and clusters", 0):
            key = versioned(self.baseline.content_key(evidence), self.settings.seed, MAX_MAPPED, MAX_CLUSTERED)
            return self.cache.stage("projection", key, compute)

    def _label_quality(self, evidence: Evidence) -> pd.DataFrame:
        from dsaudit.analysis.label.label_errors import find_label_errors

        probs = evidence.get("pred_probs")
        predictions, items = self.baseline.predictions, self.dataset.items
        assert predictions is not None
        neighbours, duplicates = evidence.find("neighbours"), evidence.find("duplicates")
        dynamics = evidence.find("dynamics")
        with self.stage("label quality", 0):
            self.label_errors = find_label_errors(
                probs,
                items["label"],
                neighbours=None if neighbours is None else neighbours["ids"],
                together=(items["group"], *(() if duplicates is None else (duplicates["near_set"],))),
                aum=None if dynamics is None else dynamics["aum"],
                verdicts=self.verdicts,
                subgroups=evidence.find("subgroups"),
                out_of_sample=predictions.out_of_sample,
                precision=self.settings.precision,
                budget=self.settings.budget,
                seed=self.settings.seed,
            )
        return self.label_errors.table

    def _subgroups(self, evidence: Evidence) -> pd.DataFrame:
        space = evidence.get("space")
        items = self.dataset.items.reindex(space.index)
        if not items["label"].notna().any():
            raise MissingEvidenceError("no item has a label")

        def compute() -> pd.DataFrame:
            from dsaudit.analysis.space.split_class import split_classes

            return split_classes(space.to_numpy(), items["label"], groups=items["group"], seed=self.settings.seed)

        key = versioned(
            self.baseline.content_key(evidence), digest_frame(items[["label", "group"]].fillna("")), self.settings.seed
        )
        with self.stage("class divisions", 0):
            return self.cache.stage("subgroups", key, compute)

    def skipped(self) -> dict[str, str]:
        """Steps that were not done, and why."""
        reasons = {step: self.evidence.why_missing(name) for name, step in _STEPS.items()}
        return {step: reason for step, reason in reasons.items() if reason}

    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds."""
        from dsaudit.analysis.describe import class_table, measurement_table, split_table
        from dsaudit.analysis.model.baseline_metrics import baseline_metrics
        from dsaudit.analysis.space.clusters import cluster_summary

        items = self.dataset.items
        projection = self.evidence.find("projection")
        clusters = []
        if projection is not None:
            space = self.evidence.get("space").reindex(projection.index)
            clusters = cluster_summary(projection["cluster"], space.to_numpy(), labels=items["label"])
        baseline = None
        if self.baseline.predictions is not None:
            ids = list(self.baseline.predictions.item_ids)
            baseline = baseline_metrics(
                self.baseline.predictions,
                groups=items["group"].reindex(ids),
                measurements=self.measurements.reindex(ids),
                seed=self.settings.seed,
            )
        self.evidence.find("label_quality")
        annotations = self.evidence.find("annotations")
        people = None
        if annotations is not None:
            from dsaudit.analysis.people.summary import people_summary

            probs = self.evidence.find("pred_probs")
            people = people_summary(annotations, pred_probs=probs, seed=self.settings.seed)
        return {
            "baseline": baseline,
            "training": self.baseline.training,
            "label_errors": self.label_errors.summary if self.label_errors else None,
            "agreement": people,
            "clusters": clusters,
            "splits": split_table(items),
            "classes": class_table(items, self.measurements),
            "measurements": measurement_table(self.measurements),
        }

    def causes(self, flagged: Mapping[tuple[str, str], Sequence[str]]) -> list[dict[str, Any]]:
        """What goes along with the baseline's errors; empty without a baseline.

        Parameters
        ----------
        flagged : mapping of (code, rule name) to item ids
            Items flagged by rules that do not look at predictions.
        """
        from dsaudit.analysis.cause.causes import cause_statements

        predictions, items = self.baseline.predictions, self.dataset.items
        if predictions is None:
            return []
        return cause_statements(
            predictions,
            flagged=flagged,
            groups=items["group"],
            splits=items["split"],
            measurements=self.measurements,
            seed=self.settings.seed,
        )


def gather(
    dataset: Dataset,
    measurements: pd.DataFrame,
    media: Media,
    settings: Settings,
    *,
    cache: Cache,
    stage: Stage,
    annotations: pd.DataFrame | None = None,
    verdicts: pd.DataFrame | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    supplied: External | None = None,
) -> Gathered:
    """Evidence of a measured dataset. Nothing is computed before a table is asked for.

    ``annotations`` are the labels of several people (``item_id``, ``annotator``, ``label``), of any items;
    ``verdicts`` what reviewers found of given labels (``dsaudit.relabel.review.verdicts_of``);
    ``on_epoch`` is told of every epoch of training; ``supplied`` takes the place of what would be made.
    """
    return Gathered(
        dataset,
        measurements,
        media,
        settings,
        cache,
        stage,
        annotations=annotations,
        verdicts=verdicts,
        on_epoch=on_epoch,
        supplied=supplied or External(),
    )
