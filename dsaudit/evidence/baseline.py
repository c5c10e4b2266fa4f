"""The baseline of a dataset: its embeddings, its folds, and what a model that never saw an item says of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit import __version__
from dsaudit.dataset.external import External
from dsaudit.errors import InconclusiveError
from dsaudit.evidence.external import predictions_of
from dsaudit.evidence.finetuning import FineTuning, epochs_of, predictions_kept
from dsaudit.evidence.searching import search_head, search_recipe
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media.nouns import nouns_for
from dsaudit.store.files import digest, digest_frame
from dsaudit.types import Predictions

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable
    from pathlib import Path

    from dsaudit.dataset.external import ExternalTable
    from dsaudit.evidence.tables import Evidence
    from dsaudit.media.base import Media
    from dsaudit.model.folds import Folds
    from dsaudit.model.tuning import Found
    from dsaudit.settings import Settings
    from dsaudit.store.cache import Cache
    from dsaudit.types import Dataset, Epoch

    Stage = Callable[[str, int], contextlib.AbstractContextManager[Callable[[int], None]]]

MIN_ITEMS = 12
"""Fewer embedded items have no neighbourhoods, clusters or folds to speak of."""


def versioned(*parts: object) -> str:
    """Key of a result in the cache: everything that it depends on, and this version."""
    return digest(__version__, *parts)


@dataclass
class Baseline:
    """Makes the tables that need a model, each on first use; see ``dsaudit.evidence.tables.DOCUMENTED``.

    Attributes
    ----------
    notes : list of str
        What the reader of a report should know, one sentence each.
    predictions : Predictions or None
        Once ``pred_probs`` was asked for.
    history : list of Epoch
        How training went, epoch by epoch; empty where nothing was fine-tuned.
    training : dict or None
        The same for ``metrics.json``, see ``FineTuning.training``.
    device : str
        Where it was computed.
    values : dict
        Hyper-parameters that are not left to their defaults: ``head``, and what a search found.
    tuning : dict
        What that search tried, see ``dsaudit.model.tuning.Found.table``; empty where there was none.
    uses_torch : bool
        Whether any of it came from PyTorch, now or when the cache was filled.
    """

    dataset: Dataset
    measurements: pd.DataFrame
    media: Media
    settings: Settings
    cache: Cache
    stage: Stage
    on_epoch: Callable[[Epoch], None]
    supplied: External = field(default_factory=External)
    notes: list[str] = field(default_factory=list)
    predictions: Predictions | None = None
    history: list[Epoch] = field(default_factory=list)
    device: str = "not used"
    uses_torch: bool = False
    values: dict[str, Any] = field(init=False)
    tuning: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] | None = None
    fine_tuning: FineTuning | None = None
    _embedded_on: str = field(default="", init=False)
    _content_key: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.values = {"head": self.settings.head}

    def embeddings(self, evidence: Evidence) -> pd.DataFrame:
        """Vectors of the items that can be read; ``attrs["encoder"]`` names what made them."""
        if self.supplied.embeddings is not None:
            return self._supplied_embeddings(self.supplied.embeddings)
        from dsaudit.model.backend import backend
        from dsaudit.model.embed import embed_items
        from dsaudit.model.lazy import choose_encoder

        name = self.settings.encoder or self.media.default_encoder
        if name == "none":
            many = nouns_for(self.media.modality).many
            asked = "as asked" if self.settings.encoder else f"no encoder of {many} is built in"
            raise MissingEvidenceError(f"{asked}: bring vectors with --embeddings FILE or --encoder module:callable")
        ok = self.measurements["status"] == "ok"
        if not ok.any():
            raise MissingEvidenceError("no item could be read")
        encoder = choose_encoder(name, takes=self.media.encoders, device=self.settings.device)
        self.notes.extend(encoder.notes)
        self._embedded_on = backend(self.settings.device) if encoder.needs_torch else ""
        items = self.dataset.items[ok.to_numpy()]
        done = 0
        with self.stage("embedding", len(items)) as tick:

            def advance(n_done: int) -> None:
                nonlocal done
                tick(n_done - done)
                done = n_done

            try:
                table = embed_items(
                    items["uri"],
                    content_hashes=items["content_hash"],
                    read=self.media.read,
                    read_version=self.media.read_version,
                    backend=self._embedded_on,
                    encoder=encoder,
                    cache=self.cache,
                    progress=advance,
                )
            except ModuleNotFoundError as error:
                raise MissingEvidenceError(f"{error.name} is not installed, which the encoder {name} needs") from error
        if not table.size:
            raise MissingEvidenceError(f"the encoder {name} made no vector that holds numbers alone")
        if left := len(items) - len(table):
            nouns = nouns_for(self.media.modality)
            self.notes.append(f"the encoder {name} could not take {nouns.some(left)}, which are not compared or judged")
        self.uses_torch |= encoder.needs_torch
        table.attrs["encoder"] = f"{encoder.name}-{encoder.version}"
        return table

    def _supplied_embeddings(self, own: ExternalTable) -> pd.DataFrame:
        self.notes.extend(own.notes)
        table = own.table[own.table.index.isin(self.dataset.items.index)].copy()
        table.attrs["encoder"] = f"file-{own.digest}"
        return table

    def content_key(self, evidence: Evidence) -> str:
        """Identity of the embeddings: which encoder saw which bytes under which id, and what it was computed on."""
        if not self._content_key:
            embeddings = evidence.get("embeddings")
            hashes = digest_frame(self.dataset.items["content_hash"].reindex(embeddings.index).fillna("").to_frame())
            self._content_key = digest(embeddings.attrs["encoder"], self._embedded_on, hashes)
        return self._content_key

    def folds(self, evidence: Evidence) -> Folds:
        """How items are held out: groups and copies stay together."""
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

    def pred_probs(self, evidence: Evidence) -> pd.DataFrame:
        """Out-of-sample predicted probabilities by item."""
        if self.supplied.pred_probs is not None:
            return self._supplied_pred_probs(self.supplied.pred_probs)
        from dsaudit.model.backend import backend, package_version

        embeddings = evidence.get("embeddings")
        items = self.dataset.items.reindex(embeddings.index)
        if items["label"].notna().sum() < MIN_ITEMS:
            n = int(items["label"].notna().sum())
            raise MissingEvidenceError(f"{n} labelled items that can be read, at least {MIN_ITEMS} are needed")

        def compute() -> pd.DataFrame:
            from dsaudit.model.head import cross_validated_pred_probs
            from dsaudit.model.heads import head_of

            folds = self.folds(evidence)
            if self.fine_tuning is not None:
                return predictions_kept(self.fine_tuning.fit().predictions, folds.notes, self.fine_tuning)
            with self.stage("baseline", folds.n_folds) as tick:
                made = cross_validated_pred_probs(
                    embeddings,
                    items["label"],
                    folds,
                    head=head_of(self.values),
                    encoder=embeddings.attrs["encoder"],
                    device=self.settings.device,
                    seed=self.settings.seed,
                    on_fold=lambda fold, accuracy, counts: tick(1),
                )
            return predictions_kept(made, folds.notes)

        data = versioned(
            self.content_key(evidence),
            digest_frame(items[["label", "group"]].fillna("")),
            digest_frame(evidence.get("duplicates").reindex(embeddings.index).fillna("")),
            self.settings.seed,
            self.settings.folds,
            backend(self.settings.device),
        )
        on_head = versioned(data, package_version("scikit-learn"))
        try:
            key = self._fine_tune(evidence, items, data)
            if not key and self.settings.tune:
                found = search_head(
                    embeddings,
                    items,
                    folds=self.folds(evidence),
                    settings=self.settings,
                    cache=self.cache,
                    stage=self.stage,
                    key=on_head,
                )
                self.values |= self._found(found)
            key = key or versioned(on_head, self.values)
            table = self.cache.stage("baseline", key, compute)
            if self.fine_tuning is not None:
                self.fine_tuning.settle()
        except InconclusiveError as error:
            raise MissingEvidenceError(error.message) from error
        self.notes.extend(table.attrs["notes"])
        card = json.loads(table.attrs["card"])
        self.device = str(card["device"])
        self.uses_torch = True
        self.training = json.loads(table.attrs.get("training", "null"))
        self.history = epochs_of(self.training) if self.training else []
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

    def _fine_tune(self, evidence: Evidence, items: pd.DataFrame, data: str) -> str:
        """Have the network fine-tuned where the quality asks for it; identity of the result, empty for none."""
        if self.settings.quality == "quick":
            return ""
        identity = FineTuning.identity(self.settings, self.media)
        encoder = str(evidence.get("embeddings").attrs["encoder"])
        if reason := FineTuning.why_not(self.settings, encoder):
            self.notes.append(reason)
            return ""
        key = versioned(data, identity)
        self.fine_tuning = FineTuning(
            items,
            evidence.get("duplicates")["near_set"].reindex(items.index),
            self.folds(evidence),
            media=self.media,
            settings=self.settings,
            cache=self.cache,
            stage=self.stage,
            encoder=encoder,
            key=key,
            on_epoch=self.on_epoch,
        )
        if self.settings.tune and (found := self._found(search_recipe(self.fine_tuning, key=key))):
            self.fine_tuning.settings = replace(self.settings, training={**self.settings.training, **found})
            self.fine_tuning.key = key = versioned(data, FineTuning.identity(self.fine_tuning.settings, self.media))
        return key

    def dynamics(self, evidence: Evidence) -> pd.DataFrame:
        """What each item's given label looked like to models while they were trained on it."""
        evidence.get("pred_probs")
        if self.fine_tuning is None:
            raise MissingEvidenceError("nothing was fine-tuned: ask for it with --quality standard")
        table = self.fine_tuning.dynamics()
        self.fine_tuning.settle()
        if not len(table):
            raise MissingEvidenceError("no epoch was trained")
        return table

    def _found(self, found: Found | str) -> dict[str, Any]:
        """Values that a search found, after taking down what it tried; empty where nothing was searched."""
        from dsaudit.model.tuning import told

        if isinstance(found, str):
            self.notes.append(f"nothing was searched: {found}")
            return {}
        self.tuning = found.table
        self.notes.append(told(found, things=nouns_for(self.media.modality).some))
        return found.values

    def _supplied_pred_probs(self, own: ExternalTable) -> pd.DataFrame:
        self.notes.extend(own.notes)
        seen = self.settings.in_sample
        self.notes.append(
            f"predicted probabilities are those of {own.name}, "
            + ("of a model that saw these labels" if seen else "out-of-sample as stated by whoever supplied them")
        )
        self.predictions = predictions_of(own, self.dataset.items["label"], in_sample=seen)
        return own.table.loc[list(self.predictions.item_ids)].copy()

    def fold_table(self, evidence: Evidence) -> pd.DataFrame:
        """The fold that held each item out."""
        evidence.get("pred_probs")
        assert self.predictions is not None
        return pd.DataFrame({"fold": self.predictions.fold}, index=pd.Index(self.predictions.item_ids, name="item_id"))

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

    def save_model(self, folder: Path, evidence: Evidence) -> None:
        """Write the head, trained on everything or as what it takes to train it again, with its card.

        Raises
        ------
        InconclusiveError
            There is too little to train on.
        """
        from dsaudit.model.archive import save_head
        from dsaudit.store.files import to_json, write_atomic

        embeddings = evidence.get("embeddings")
        folder.mkdir()
        note = ""
        if self.fine_tuning is not None:
            self.fine_tuning.save_model(folder)
        else:
            note = save_head(
                folder,
                embeddings,
                labels=self.dataset.items["label"].reindex(embeddings.index),
                folds=self.folds(evidence),
                values=self.values,
                device=self.settings.device,
                seed=self.settings.seed,
            )
        self.notes.extend([note] if note else [])
        assert self.predictions is not None
        card = to_json(dict(self.predictions.model_card) | {"classes": list(self.predictions.classes)})
        write_atomic(folder / "card.json", lambda p: p.write_text(card + "\n", encoding="utf-8"))
