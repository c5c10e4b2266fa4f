"""Optimisers step as PyTorch's own do, to the bit, and never ask for its compiler."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch

from dsaudit.model import optimizer

OPTIONS = {
    "Adam": {"lr": 0.1, "fused": True},
    "AdamW": {"lr": 0.1, "weight_decay": 0.1},
    "Adagrad": {"lr": 0.1},
    "SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    "LBFGS": {"line_search_fn": "strong_wolfe"},
}


def stepped(kind, options):
    weight = torch.linspace(-1, 1, 12).reshape(3, 4).requires_grad_()
    search = kind([{"params": [weight]}], **options)

    def objective():
        search.zero_grad()
        loss = (weight - weight.roll(1)).pow(4).sum() + weight.exp().mean()
        loss.backward()
        return loss

    for _ in range(3):
        search.step(objective)
    again = kind([{"params": [weight]}], **options)
    again.load_state_dict(search.state_dict())
    again.step(objective)
    return weight.detach()


@pytest.fixture
def marks_of_the_compiler(monkeypatch):
    """What PyTorch's own ask of it, which takes eight seconds to import: to mark a break, and what not to compile."""
    marks = SimpleNamespace(graph_break=lambda: None, disable=lambda method, *_, **__: method)
    monkeypatch.setitem(sys.modules, "torch._dynamo", marks)
    monkeypatch.setattr(torch, "_dynamo", marks, raising=False)


@pytest.mark.parametrize("name", OPTIONS)
def test_it_steps_as_pytorchs_own_without_the_compiler(name, monkeypatch, marks_of_the_compiler):
    own = stepped(getattr(torch.optim, name), OPTIONS[name])
    monkeypatch.delattr(torch, "_dynamo")
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)  # whoever imports it fails
    made = stepped(getattr(optimizer, name), OPTIONS[name])
    assert made.numpy().tobytes() == own.numpy().tobytes()
