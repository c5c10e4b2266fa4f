"""BERT as a plain torch module, and where trained weights for it come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import torch
from torch.nn.functional import gelu, scaled_dot_product_attention

from dsaudit.media.text.encoders import MINILM, MINILM_INT8
from dsaudit.media.text.network.weights import PIECES, PRODUCTS, tensors_of
from dsaudit.model.network import Body

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dsaudit.model.backbone import Backbone

_EPS = 1e-12
_PRODUCTS = ("query", "key", "value", "mixed", "wider", "narrower")
"""As ``weights.PRODUCTS`` has them."""
_NORMS = ("attended", "done")


class Layer(torch.nn.Module):
    """One layer of a transformer: every piece of a text looks at all others, then each is bent by itself."""

    def __init__(self, width: int, inner: int, n_heads: int) -> None:
        super().__init__()
        shapes = dict.fromkeys(_PRODUCTS, (width, width)) | {"wider": (width, inner), "narrower": (inner, width)}
        self.products = torch.nn.ModuleDict({name: torch.nn.Linear(*shapes[name]) for name in _PRODUCTS})
        self.norms = torch.nn.ModuleDict({name: torch.nn.LayerNorm(width, _EPS) for name in _NORMS})
        self.n_heads = n_heads

    def forward(self, hidden: torch.Tensor, seen: torch.Tensor | None) -> torch.Tensor:
        """From (n, pieces, width); ``seen`` (n, 1, 1, pieces) is False where there is nothing to look at."""
        n, t, width = hidden.shape
        q, k, v = (
            self.products[name](hidden).view(n, t, self.n_heads, -1).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        found = scaled_dot_product_attention(q, k, v, attn_mask=seen).transpose(1, 2).reshape(n, t, width)
        hidden = self.norms["attended"](self.products["mixed"](found) + hidden)
        bent = self.products["narrower"](gelu(self.products["wider"](hidden)))
        out: torch.Tensor = self.norms["done"](bent + hidden)
        return out


class Bert(Body):
    """From pieces of words to mean and maximum over a text's pieces, and its first (Howard & Ruder 2018).

    Parameters
    ----------
    n_pieces, n_places : int
        Of the vocabulary, and most that a text may have.
    width, inner : int
    n_layers, n_heads : int
    pretrained : bool

    References
    ----------
    J. Devlin et al., "BERT", NAACL 2019; J. Howard, S. Ruder, "Universal Language Model Fine-tuning", ACL 2018.
    """

    def __init__(
        self,
        *,
        n_pieces: int,
        n_places: int,
        width: int,
        inner: int,
        n_layers: int,
        n_heads: int,
        pretrained: bool,
    ) -> None:
        super().__init__()
        self.shape = {
            "n_pieces": n_pieces,
            "n_places": n_places,
            "width": width,
            "inner": inner,
            "n_layers": n_layers,
            "n_heads": n_heads,
            "pretrained": pretrained,
        }
        self.pretrained = pretrained
        self.width = width
        self.pieces = torch.nn.Embedding(n_pieces, width)
        self.places = torch.nn.Embedding(n_places, width)
        self.norm = torch.nn.LayerNorm(width, _EPS)
        self._layers = torch.nn.ModuleList(Layer(width, inner, n_heads) for _ in range(n_layers))

    @classmethod
    def of(cls, shape: Mapping[str, Any]) -> Self:
        """One of that shape, with weights of any value."""
        return cls(**dict(shape))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """From the lowest to the highest."""
        return tuple(layer for layer in self._layers if isinstance(layer, Layer))

    @property
    def n_features(self) -> int:
        """Length of the feature vector."""
        return 3 * self.width

    @property
    def _begins(self) -> tuple[int, ...]:
        """First layer of each group: the four highest are groups of their own, the lowest thaws with the pieces."""
        n = len(self.layers)
        return (0, *range(max(n - 4, 1), n))

    def groups(self) -> list[list[torch.nn.Parameter]]:
        """Trainable parameters from the lowest group of layers to the highest."""
        found = [
            [p for layer in self.layers[begin:end] for p in layer.parameters()]
            for begin, end in zip(self._begins, (*self._begins[1:], len(self.layers)), strict=True)
        ]
        found[0] += [p for part in (self.pieces, self.places, self.norm) for p in part.parameters()]
        return found

    def first_tuned(self, layers: int) -> int:
        """First layer that learns when ``layers`` groups below the head do."""
        return (*self._begins, len(self.layers))[max(len(self._begins) - layers, 0)]

    def embedded(self, pieces: torch.Tensor) -> torch.Tensor:
        """What the first layer takes, (n, pieces, width), of numbers (n, pieces)."""
        found: torch.Tensor = self.norm(self.pieces(pieces) + self.places.weight[: pieces.shape[1]])
        return found

    def lower(self, pieces: torch.Tensor, seen: torch.Tensor, *, stop: int) -> torch.Tensor:
        """Output of the layers before ``stop``, of numbers of pieces."""
        return self._through(self.embedded(pieces), seen, 0, stop)

    def forward(
        self,
        hidden: torch.Tensor,
        seen: torch.Tensor,
        start: int = 0,
        partner: torch.Tensor | None = None,
        share: float = 1.0,
    ) -> torch.Tensor:
        """Features (n, n_features), float32, from the input of layer ``start``; for layer 0 numbers of pieces.

        ``seen`` (n, pieces): False for what is no part of the text; the first of each always is. Each text keeps
        ``share`` of itself, the rest is its ``partner``'s, piece by piece.
        """
        hidden = hidden if start else self.embedded(hidden)
        if partner is not None:
            hidden, seen = hidden.lerp(hidden[partner], 1.0 - share), seen | seen[partner]
        return pooled(self._through(hidden, seen, start, len(self.layers)).float(), seen)

    def _through(self, hidden: torch.Tensor, seen: torch.Tensor, begin: int, end: int) -> torch.Tensor:
        mask = None if bool(seen.all()) else seen[:, None, None]
        for layer in self.layers[begin:end]:
            hidden = layer(hidden, mask)
        return hidden


def load_minilm(weights: Backbone | None = None) -> Bert:
    """MiniLM with its trained weights, in evaluation mode on the CPU.

    Those of ``dsaudit[text]``, which are whole, where they are installed, else those of eight bits.

    Raises
    ------
    MissingExtraError
        Neither is installed, or the file is not the one that was measured.
    """
    tensors = tensors_of(weights or (MINILM if MINILM.check().ok else MINILM_INT8))
    body = Bert(n_pieces=30_522, n_places=512, width=384, inner=1_536, n_layers=6, n_heads=12, pretrained=True)
    with torch.no_grad():
        for own, name in _names(body):
            own.copy_(torch.tensor(tensors[name]))
        body.places.weight += torch.tensor(tensors["embeddings.token_type_embeddings.weight"][0])
    return body.eval()


def small_bert(*, seed: int = 0) -> Bert:
    """Two layers that know nothing yet, for where no trained weights are installed; drawn by ``seed`` as in BERT."""
    body = Bert(n_pieces=30_522, n_places=128, width=64, inner=128, n_layers=2, n_heads=4, pretrained=False)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for own, name in _names(body):
            if "LayerNorm" not in name:
                own.zero_() if name.endswith("bias") else own.normal_(0.0, 0.02, generator=generator)
    return body.eval()


def _names(body: Bert) -> Iterator[tuple[torch.Tensor, str]]:
    """Parameters of a body, each with how BERT's own files call it."""
    yield body.pieces.weight, PIECES
    yield body.places.weight, "embeddings.position_embeddings.weight"
    parts: list[tuple[Any, str]] = [(body.norm, "embeddings.LayerNorm")]
    for k, layer in enumerate(body.layers):
        names = (*PRODUCTS, "attention.output.LayerNorm", "output.LayerNorm")
        own = (*layer.products.values(), *layer.norms.values())
        parts += [(part, f"encoder.layer.{k}.{name}") for part, name in zip(own, names, strict=True)]
    for part, name in parts:
        yield part.weight, f"{name}.weight"
        yield part.bias, f"{name}.bias"


def pooled(hidden: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Mean, maximum and first of the pieces (n, t, d) that are seen (n, t): (n, 3 d)."""
    there = seen[..., None]
    mean = (hidden * there).sum(1) / there.sum(1)
    return torch.cat([mean, hidden.masked_fill(~there, -torch.inf).amax(1), hidden[:, 0]], 1)
