"""Training, a search and the cut of a made-up run, in the formats of ``metrics.json`` and ``tuning.json``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.label.dynamics import learned_classes
from dsaudit.evidence.fine_tuning import confusion_kept
from dsaudit.store.schema.metrics import (
    CutFigures,
    EpochFigures,
    LabelErrorFigures,
    MislabelledPair,
    TrainingHistory,
)
from dsaudit.store.schema.shape import typed
from dsaudit.store.schema.tuning import TrialFigures, Tuning
from dsaudit.types import MOST_CONFUSIONS, Epoch, Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.make_run import FakeRun


def between(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half)


def epochs_of(
    classes: Sequence[str], *, n_folds: int = 2, n_epochs: int = 12, per_class: int = 40, seed: int = 0
) -> list[Epoch]:
    """Classes are learned one after another, the last in the list last; mistakes go to the next class."""
    rng = np.random.default_rng(seed)
    k = len(classes)
    found = []
    for fold in range(n_folds):
        for e in range(n_epochs):
            counts = np.zeros((k, k), dtype=int)
            for c in range(k):
                start = 1 + (n_epochs - 4) * c / max(k - 1, 1)
                recall = 0.95 / (1 + np.exp(-(e + 1 - start) * 1.6))
                right = int(rng.binomial(per_class, recall))
                counts[c, c] += right
                counts[c, (c + 1) % k] += (per_class - right) // 2
                for p in rng.integers(0, k, per_class - right - (per_class - right) // 2):
                    counts[c, p] += 1
            accuracy = float(counts.trace() / counts.sum())
            found.append(
                Epoch(
                    fold=fold,
                    n_folds=n_folds,
                    epoch=e,
                    n_epochs=n_epochs,
                    loss=2.2 * float(np.exp(-e / 4)) + 0.1,
                    validation_loss=2.0 * float(np.exp(-e / 4)) + 0.3 + 0.01 * max(0, e - 8),
                    accuracy=accuracy,
                    learning_rate=1e-3 * (1 - e / n_epochs),
                    items_per_s=1234.5,
                    seconds_left=4.0 * (n_folds * n_epochs - fold * n_epochs - e - 1),
                    classes=tuple(classes),
                    confusion=tuple(tuple(int(v) for v in row) for row in counts),
                )
            )
    return found


def kept_of(epoch: Epoch) -> dict[str, list[Any]]:
    """As ``confusion_kept``, of an epoch that holds every confusion all the same."""
    if len(epoch.classes) <= MOST_CONFUSIONS:
        return confusion_kept(epoch)
    right, of = zip(*epoch.found, strict=True)
    return {"right": list(right), "of": list(of)}


def training_of(epochs: Sequence[Epoch], **recipe: Any) -> TrainingHistory:
    classes = epochs[0].classes
    fields = ("fold", "epoch", "n_epochs", "loss", "validation_loss", "accuracy", "learning_rate")
    by_fold = [[e.found for e in epochs if e.fold == fold] for fold in range(epochs[0].n_folds)]
    return TrainingHistory(
        quality="standard",
        classes=tuple(classes),
        n_folds=epochs[0].n_folds,
        epochs=typed(tuple[EpochFigures, ...], [{f: getattr(e, f) for f in fields} | kept_of(e) for e in epochs]),
        recipe=recipe or {"optimiser": "adamw", "learning_rate": 0.001, "weight_decay": 0.01, "mixup": 0.2},
        learned=learned_classes(by_fold, classes),
    )


def tuning_of(n: int = 24, *, seed: int = 0) -> Tuning:
    """The loss follows the learning rate, best at 1e-3, and hardly anything else."""
    rng = np.random.default_rng(seed)
    trials = []
    for k in range(n):
        part = k // max(1, n // 3)
        rate = 10 ** rng.normal(-3, (1.2, 0.6, 0.3)[min(part, 2)])
        loss = 0.3 + 0.25 * (np.log10(rate) + 3) ** 2 + rng.uniform(0, 0.05)
        trials.append(
            TrialFigures(
                trial=k,
                round=min(part, 2),
                values={
                    "learning_rate": float(np.clip(rate, 1e-5, 1e-1)),
                    "weight_decay": float(10 ** rng.uniform(-5, -1)),
                    "dropout": float(rng.uniform(0, 0.5)),
                    "optimiser": str(rng.choice(["adamw", "sgd"])),
                },
                loss=float(loss),
                accuracy=float(1 - loss / 3),
            )
        )
    return Tuning(
        metric="validation log loss",
        trials=tuple(trials),
        best=min(range(n), key=lambda k: trials[k].loss),
        space={
            "learning_rate": (1e-5, 1e-1),
            "weight_decay": (1e-5, 1e-1),
            "dropout": (0.0, 0.5),
            "optimiser": ("adamw", "sgd"),
        },
    )


def with_training(run: FakeRun, **options: Any) -> FakeRun:
    """The run with a fine-tuned model: its history, its search and how it saw each item."""
    assert run.predictions is not None
    classes = [c[2:] for c in run.predictions.columns if c.startswith("p:")]
    run.metrics = replace(run.metrics, training=training_of(epochs_of(classes, **options)))
    run.tuning = tuning_of()
    wrong = (run.predictions["given"] != run.predictions["predicted"]).to_numpy()
    rng = np.random.default_rng(1)
    n = len(wrong)
    confidence = np.where(wrong, rng.beta(1.5, 5, n), rng.beta(9, 1.3, n))
    variability = np.clip(np.sqrt(confidence * (1 - confidence)) * rng.uniform(0.3, 0.95, n), 0, 0.5)
    run.dynamics = pd.DataFrame(
        {
            "aum": 2 * confidence - 1,
            "forgetting": rng.poisson(3 * variability),
            "confidence": confidence,
            "variability": variability,
            "learned_at": np.where(confidence > 0.3, np.round(10 * (1 - confidence)), np.nan),
        },
        index=run.predictions.index,
    )
    return run


def _voters(run: FakeRun, item: str) -> list[str]:
    assert run.neighbours is not None
    return [i for k, i in enumerate(run.neighbours.at[item, "ids"]) if k != 1]


def with_cut(run: FakeRun, **changes: Any) -> FakeRun:
    """The run with its label-error candidates cut where expected F1 is highest."""
    assert run.predictions is not None
    table = run.predictions
    wrong = (table["given"] != table["predicted"]).to_numpy()
    rng = np.random.default_rng(2)
    n = len(table)
    p_wrong = np.where(wrong, rng.beta(6, 2.6, n), rng.beta(1, 25, n))
    order = np.argsort(-p_wrong, kind="stable")
    expected = np.cumsum(p_wrong[order])
    spread = 1.96 * np.sqrt(np.cumsum((p_wrong * (1 - p_wrong))[order])) + 0.05 * expected
    f1 = 2 * expected / (np.arange(1, n + 1) + expected[-1])
    cut = int(f1.argmax()) + 1
    kind = np.where(rng.random(n) < 0.8, "wrong", np.where(rng.random(n) < 0.6, "ambiguous", "off-topic"))
    inside = np.zeros(n, dtype=bool)
    inside[order[:cut]] = True
    kind[~inside] = ""
    run.label_quality = pd.DataFrame(
        {
            "self_confidence": 1 - p_wrong,
            "quality": 1 - p_wrong,
            "p_wrong": p_wrong,
            "suggestion": table["predicted"].to_numpy(),
            "p_suggested": 0.9 * p_wrong,
            "candidate": inside,
            "kind": kind,
            # of the five nearest, the second is of the same group and has no vote
            "voters": [_voters(run, i) if chosen else [] for i, chosen in zip(table.index, inside, strict=True)],
        },
        index=table.index,
    )
    ids = table.index.to_numpy()[order]
    shown_at = np.unique(np.linspace(0, n - 1, min(n, 200)).astype(int))
    pairs = []
    advice = ("merge", "guide", "", "split")
    assert run.metrics.baseline is not None
    for j, pair in enumerate(run.metrics.baseline.confused_pairs[:8]):
        pairs.append(
            MislabelledPair(
                given=pair.given,
                right=pair.predicted,
                n=between(0.8 * pair.count, 0.2 * pair.count),
                share_of_given=pair.share_of_given,
                advice=advice[j % 4],
                text="their items lie among each other" if j == 0 else "",
                item_ids=pair.item_ids,
            )
        )
    value = float(expected[cut - 1])
    found = LabelErrorFigures(
        known=True,
        why_unknown="",
        n_judged=n,
        n_estimated=between(float(expected[-1]), float(spread[-1])),
        n_corrected=0,
        cut=CutFigures(
            by="f1",
            asked=None,
            reached=True,
            n=cut,
            expected=between(value, float(spread[cut - 1])),
            precision=between(value / cut, float(spread[cut - 1]) / cut),
            f1=float(f1[cut - 1]),
            p_wrong_least=float(p_wrong[order[cut - 1]]),
        ),
        curve=tuple(
            (int(k + 1), float(expected[k]), float(expected[k] - spread[k]), float(expected[k] + spread[k]))
            for k in shown_at
        ),
        verdicts=0,
        kinds={k: int((kind == k).sum()) for k in ("wrong", "ambiguous", "off-topic")},
        pairs=tuple(pairs),
        shift=None,
    )
    run.metrics = replace(run.metrics, label_errors=replace(found, **changes))
    assert run.findings is not None
    other = run.findings[run.findings["code"] != "LBL001"]
    candidate = run.findings[run.findings["code"] == "LBL001"].drop_duplicates("subject")
    run.findings = pd.concat([other, candidate[candidate["subject"].isin(set(ids[:cut]))]], ignore_index=True)
    return run
