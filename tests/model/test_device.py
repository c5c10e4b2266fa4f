"""Devices by name, and threads that are given back."""

from __future__ import annotations

import pytest
import torch

from dsaudit.errors import UsageError
from dsaudit.model.device import exact_convolutions, n_workers, one_thread_each, pick_device


def test_auto_is_always_a_device():
    assert pick_device().type in {"cpu", "cuda", "mps"}
    assert pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", ""])
def test_unknown_devices_are_refused(name):
    with pytest.raises(UsageError, match="unknown device"):
        pick_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_said_to_be_absent():
    with pytest.raises(UsageError, match="no cuda device"):
        pick_device("cuda")


def test_threads_are_given_back_also_after_an_error():
    before = torch.get_num_threads()
    seen = []

    def fail():
        with one_thread_each():
            seen.append(torch.get_num_threads())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert seen == [1]
    assert torch.get_num_threads() == before


def test_workers():
    assert n_workers(torch.device("cpu")) >= 1
    assert n_workers(torch.device("cuda")) == 1


def test_convolutions_are_exact_inside_and_as_they_were_afterwards():
    flags = torch.backends.cudnn
    before = flags.allow_tf32, flags.deterministic
    with exact_convolutions():
        assert (flags.allow_tf32, flags.deterministic) == (False, True)
    assert (flags.allow_tf32, flags.deterministic) == before
