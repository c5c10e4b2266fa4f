"""A network that is fine-tuned: the body is a kind's own, the head is linear and starts as a probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from dsaudit.model.probe import Probe


class Body(torch.nn.Module):
    """From the input of a kind of item to features, in groups of layers that thaw together.

    ``forward`` takes what ``Inputs.batch`` gives, and returns features (n, n_features).

    Attributes
    ----------
    pretrained : bool
        Whether its layers start from trained weights; else they learn as a whole, at one rate.
    """

    pretrained: bool

    @property
    def n_features(self) -> int:
        """Length of the feature vector."""
        raise NotImplementedError

    def groups(self) -> list[list[torch.nn.Parameter]]:
        """Trainable parameters from the lowest group of layers to the highest."""
        raise NotImplementedError


class Network(torch.nn.Module):
    """A body, and a head of zeros on its standardised features.

    Parameters
    ----------
    body : Body
    n_classes : int
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, body: Body, n_classes: int) -> None:
        super().__init__()
        self.body = body
        n = body.n_features
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("scale", torch.ones(n))
        self.weight = torch.nn.Parameter(torch.zeros(n, n_classes))
        self.bias = torch.nn.Parameter(torch.zeros(n_classes))

    @property
    def pretrained(self) -> bool:
        """Whether the body starts from trained weights."""
        return self.body.pretrained

    @property
    def n_features(self) -> int:
        """Length of the feature vector."""
        return self.body.n_features

    def parameter_groups(self) -> list[list[torch.nn.Parameter]]:
        """Trainable parameters from the lowest group of layers to the head."""
        return [*self.body.groups(), [self.weight, self.bias]]

    def features(self, *batch: Any) -> torch.Tensor:
        """Features (n, n_features) of what ``Inputs.batch`` gives."""
        found: torch.Tensor = self.body(*batch)
        return found

    def head(self, features: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (n, n_classes); ``kept`` is what standardised features are multiplied by, as for dropout."""
        features = (features - self.mean) / self.scale
        return (features if kept is None else features * kept) @ self.weight + self.bias

    def start_from(self, probe: Probe) -> None:
        """Take a linear probe on this network's features as the head."""
        with torch.no_grad():
            for own, theirs in zip(
                (self.mean, self.scale, self.weight, self.bias),
                (probe.mean, probe.scale, probe.weight, probe.bias),
                strict=True,
            ):
                own.copy_(theirs)
