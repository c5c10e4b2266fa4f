"""PyTorch's optimisers without its compiler.

PyTorch wraps their methods in marks for ``torch.compile``, and whoever calls one imports ``torch._dynamo``: three
seconds of a start. These are the same classes with the methods beneath; no step comes out otherwise.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, TypeVar, cast

import torch

if TYPE_CHECKING:
    from typing import Any

Kind = TypeVar("Kind", bound="type[torch.optim.Optimizer]")


def _plain(kind: Kind) -> Kind:
    names = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    methods: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in names}
    methods["step"] = torch.no_grad()(inspect.unwrap(kind.step))
    return cast("Kind", type(kind.__name__, (kind,), methods))


Adagrad = _plain(torch.optim.Adagrad)
Adam = _plain(torch.optim.Adam)
AdamW = _plain(torch.optim.AdamW)
LBFGS = _plain(torch.optim.LBFGS)
SGD = _plain(torch.optim.SGD)
