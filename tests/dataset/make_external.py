"""What files of embeddings and probabilities are made from, and what is expected of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.dataset import open_dataset
from dsaudit.dataset.external import read_pred_probs
from dsaudit.errors import DatasetError
from dsaudit.media import kind_for

CLASSES = ["cat", "cow", "dog"]
PATHS = ["z/3.wav", "a/1.wav", "m/2.wav", "b/9.wav"]
LABELS = ["dog", "cat", "cow", "cat"]
PROBS = np.array([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1], [0.25, 0.5, 0.25], [0.3, 0.3, 0.4]])


def same(table, probs=PROBS):
    """Every item has the row that stands beside it in the manifest."""
    assert table.columns.tolist() == CLASSES
    assert table.index.tolist() == sorted(PATHS)
    np.testing.assert_allclose(table.loc[PATHS].to_numpy(), probs, atol=1e-6)
    assert (table.dtypes == np.float32).all()


def refused(path, dataset, read=read_pred_probs):
    with pytest.raises(DatasetError) as caught:
        read(path, dataset)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value.message


def saved(path, values, **more):
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        np.savez(path, pred_probs=values, **more)
    return path


def numbered(tmp_path, labels, **options):
    frame = pd.DataFrame({"path": [f"{k:03d}.wav" for k in range(len(labels))], "label": labels})
    return open_dataset(frame, kind_for("audio"), root=tmp_path, **options)


def certain(labels, order):
    """Probabilities that agree with every label, the columns in ``order``."""
    n = len(order)
    return np.eye(n)[[order.index(label) for label in labels]] * 0.9 + 0.1 / n
