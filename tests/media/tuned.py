"""What fine-tuning is asked for alike, whatever kind of item it tunes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from dsaudit.model.crossfit import cross_fit, read_material
from dsaudit.model.ensemble import load_networks, save_networks
from dsaudit.model.folds import stratified_group_folds

CPU = torch.device("cpu")


def damaged_at_7(item):
    """What reads an item by its number, as ``item`` makes it; the seventh cannot be read."""

    def read(path):
        number = int(str(path))
        if number == 7:
            raise OSError("damaged")
        return item(number)

    return read


def material(tunable, read, labels):
    """Numbered items of labels in turn, read for two folds, and these."""
    ids = pd.Index([str(k) for k in range(len(labels))], name="item_id", dtype=object)
    given, none = pd.Series(labels, index=ids, dtype=object), pd.Series(None, index=ids, dtype=object)
    folds = stratified_group_folds(given, groups=none, n_folds=2)
    uris = pd.Series(ids, index=ids)
    made = read_material(tunable, uris, read, given, folds, groups=none, together=none, encoder="x", device="cpu")
    return made, folds


def learns_is_kept_and_says_the_same_again(tunable, read, read_once, recipe, path):
    made, folds = read_once
    fitted, again = (cross_fit(made, folds, recipe, device="cpu") for _ in range(2))
    assert np.array_equal(fitted.predictions.pred_probs, again.predictions.pred_probs)
    agree = fitted.predictions.pred_probs.argmax(1) == fitted.predictions.given
    assert agree.mean() > 0.9
    save_networks(path, fitted)
    loaded = load_networks(path, tunable)
    probs = loaded.predict(["0", "1", "7"], read, device="cpu")
    assert probs[:2].argmax(1).tolist() == [1, 0]  # the label of even numbers comes second by name
    assert np.isnan(probs[2]).all()


def starts_from_nothing_and_says_so(tuning, encoder, read):
    start = tuning.start(encoder, 3, seed=1)
    assert not start.network.pretrained
    assert "a small network was trained from nothing instead" in start.notes[0]
    again = tuning.restore(start.shape, 3)
    again.network.load_state_dict(start.network.state_dict())
    batch = start.inputs(["1", "2"], read, device=CPU).batch(np.arange(2), device=CPU)
    with torch.inference_mode():
        assert torch.equal(again.network.features(*batch), start.network.features(*batch))
