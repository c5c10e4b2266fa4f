"""EfficientNet-Lite as a plain torch module, its batch normalisation folded into the convolutions, and as ONNX."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import torch
from torch.nn.functional import pad, relu6
from torch.nn.utils.fusion import fuse_conv_bn_weights

from dsaudit.errors import MissingExtraError
from dsaudit.model.network import Body

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import onnx

    from dsaudit.model.backbone import Backbone

_EPS = 1e-3


@dataclass(frozen=True, slots=True)
class ConvolutionShape:
    """Shape of a convolution: square ``kernel``, ``stride``, channels, and whether each channel is filtered alone."""

    n_in: int
    n_out: int
    kernel: int = 1
    stride: int = 1
    alone: bool = False
    bends: bool = True
    """Whether relu6 follows."""


class Convolution(torch.nn.Conv2d):
    """A convolution whose output is the input's size over the stride, rounded up, as TensorFlow pads: more behind."""

    def __init__(self, shape: ConvolutionShape) -> None:
        groups = shape.n_in if shape.alone else 1
        super().__init__(shape.n_in, shape.n_out, shape.kernel, shape.stride, groups=groups)
        self.shape = shape

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """From (n, n_in, height, width)."""
        if self.shape.kernel > 1:
            before, behind = zip(*(self._padding(n) for n in (hidden.shape[3], hidden.shape[2])), strict=True)
            hidden = pad(hidden, (before[0], behind[0], before[1], behind[1]))
        out = super().forward(hidden)
        return relu6(out) if self.shape.bends else out

    def _padding(self, n: int) -> tuple[int, int]:
        kernel, stride = self.shape.kernel, self.shape.stride
        whole = max((-(-n // stride) - 1) * stride + kernel - n, 0)
        return whole // 2, whole - whole // 2


class Residual(torch.nn.Module):
    """Convolutions one after the other; what goes in is added to what comes out where both are of one shape.

    With three it is the inverted residual of MobileNetV2 (Sandler et al. 2018): wider, each channel alone, narrower.
    """

    def __init__(self, shapes: Sequence[ConvolutionShape]) -> None:
        super().__init__()
        self.convolutions = torch.nn.ModuleList(Convolution(shape) for shape in shapes)
        strides = {shape.stride for shape in shapes}
        self.adds = len(shapes) > 1 and strides == {1} and shapes[0].n_in == shapes[-1].n_out

    @property
    def shapes(self) -> list[ConvolutionShape]:
        """Of its convolutions."""
        return [convolution.shape for convolution in self.parts()]

    def parts(self) -> Iterator[Convolution]:
        """Its convolutions."""
        yield from (one for one in self.convolutions if isinstance(one, Convolution))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """From (n, channels, height, width)."""
        out = hidden
        for convolution in self.parts():
            out = convolution(out)
        return out + hidden if self.adds else out


class EfficientNet(Body):
    """From normalised pictures (n, 3, height, width) to the mean over the picture of the last channels.

    Parameters
    ----------
    blocks : sequence of Residual
    groups : tuple of int
        First block of each group of layers that thaws as one.
    pretrained : bool
    px : int
        Side of the square that it is given.

    References
    ----------
    M. Tan, Q. V. Le, "EfficientNet", ICML 2019; R. Liu, "Higher accuracy on vision models with EfficientNet-Lite",
    2020: without squeeze-and-excitation, relu6 instead of swish.
    """

    def __init__(self, blocks: Sequence[Residual], *, groups: tuple[int, ...], pretrained: bool, px: int) -> None:
        super().__init__()
        self._blocks = torch.nn.ModuleList(blocks)
        self.begins = groups
        self.pretrained = pretrained
        self.px = px
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def blocks(self) -> tuple[Residual, ...]:
        """From the lowest to the highest."""
        return tuple(block for block in self._blocks if isinstance(block, Residual))

    @property
    def n_features(self) -> int:
        """Length of the feature vector."""
        return self.blocks[-1].shapes[-1].n_out

    @property
    def shape(self) -> dict[str, Any]:
        """Plain values that ``of`` makes one of the same shape from."""
        return {
            "blocks": [[asdict(shape) for shape in block.shapes] for block in self.blocks],
            "groups": list(self.begins),
            "pretrained": self.pretrained,
            "px": self.px,
        }

    @classmethod
    def of(cls, shape: Mapping[str, Any]) -> Self:
        """One of that shape, with weights of any value."""
        blocks = [Residual([ConvolutionShape(**one) for one in block]) for block in shape["blocks"]]
        return cls(blocks, groups=tuple(shape["groups"]), pretrained=bool(shape["pretrained"]), px=int(shape["px"]))

    def groups(self) -> list[list[torch.nn.Parameter]]:
        """Trainable parameters from the lowest group of blocks to the highest."""
        ends = (*self.begins[1:], len(self.blocks))
        return [
            [p for block in self.blocks[begin:end] for p in block.parameters()]
            for begin, end in zip(self.begins, ends, strict=True)
        ]

    def first_tuned(self, layers: int) -> int:
        """First block that learns when ``layers`` groups below the head do."""
        return (*self.begins, len(self.blocks))[max(len(self.begins) - layers, 0)]

    def lower(self, hidden: torch.Tensor, *, stop: int) -> torch.Tensor:
        """Output of the blocks before ``stop``."""
        for block in self.blocks[:stop]:
            hidden = block(hidden)
        return hidden

    def forward(self, hidden: torch.Tensor, start: int = 0) -> torch.Tensor:
        """Features (n, n_features), float32, from the input of block ``start``; block 0 takes pictures."""
        for block in self.blocks[start:]:
            hidden = block(hidden)
        return hidden.float().mean((2, 3))

    def as_onnx(self) -> onnx.ModelProto:
        """The same for pictures ``x`` (n, 3, height, width), giving ``y`` (n, n_features, 1, 1)."""
        from onnx import TensorProto, helper, numpy_helper

        nodes, tensors = (
            [],
            [
                numpy_helper.from_array(value, name)
                for name, value in (("low", torch.zeros(()).numpy()), ("high", torch.full((), 6.0).numpy()))
            ],
        )
        last = "x"
        for b, block in enumerate(self.blocks):
            first = last
            for c, one in enumerate(block.parts()):
                name = f"{b}.{c}"
                tensors.append(numpy_helper.from_array(one.weight.detach().cpu().numpy(), f"{name}.weight"))
                assert one.bias is not None
                tensors.append(numpy_helper.from_array(one.bias.detach().cpu().numpy(), f"{name}.bias"))
                nodes.append(
                    helper.make_node(
                        "Conv",
                        [last, f"{name}.weight", f"{name}.bias"],
                        [name],
                        kernel_shape=[one.shape.kernel] * 2,
                        strides=[one.shape.stride] * 2,
                        auto_pad="SAME_UPPER",
                        group=one.groups,
                    )
                )
                last = name
                if one.shape.bends:
                    nodes.append(helper.make_node("Clip", [name, "low", "high"], [f"{name}.bent"]))
                    last = f"{name}.bent"
            if block.adds:
                nodes.append(helper.make_node("Add", [last, first], [f"{b}.sum"]))
                last = f"{b}.sum"
        nodes.append(helper.make_node("GlobalAveragePool", [last], ["y"]))
        graph = helper.make_graph(
            nodes,
            "efficientnet",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "height", "width"])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", self.n_features, 1, 1])],
            tensors,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


LITE0 = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192))
"""Stages between the stem and the head, but for the last: blocks, kernel, stride, times wider, channels."""
_LITE0_LAST = (1, 3, 1, 6, 320)
_LITE0_GROUPS = (0, 6, 9, 12, 16)


def blocks_of(stages: Sequence[tuple[int, int, int, int, int]], *, stem: int, last: int) -> list[Residual]:
    """A stem of stride 2, inverted residuals, and a last convolution of one pixel; weights of any value."""
    blocks, n_in = [Residual([ConvolutionShape(3, stem, 3, 2)])], stem
    for n_blocks, kernel, stride, wider, n_out in stages:
        for k in range(n_blocks):
            wide = n_in * wider
            widen = [] if wider == 1 else [ConvolutionShape(n_in, wide)]
            filtered = ConvolutionShape(wide, wide, kernel, stride if k == 0 else 1, alone=True)
            blocks.append(Residual([*widen, filtered, ConvolutionShape(wide, n_out, bends=False)]))
            n_in = n_out
    return [*blocks, Residual([ConvolutionShape(n_in, last)])]


def load_lite0(weights: Backbone) -> EfficientNet:
    """EfficientNet-Lite0 with its trained weights, in evaluation mode on the CPU.

    Raises
    ------
    MissingExtraError
        The package is not installed, or the file is not the one that was measured.
    """
    state = weights.check()
    if not state.ok:
        raise MissingExtraError(f"{weights.name} cannot be loaded: {state.detail}", hint=weights.pip_line)
    tensors = torch.load(weights.paths()[0], weights_only=True, map_location="cpu")
    blocks = blocks_of((*LITE0, _LITE0_LAST), stem=32, last=1280)
    with torch.no_grad():
        for index, block in enumerate(blocks):
            for name, norm, convolution in zip(*_names(index, len(blocks), block), block.parts(), strict=True):
                mean, variance, scale, shift = (
                    tensors[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
                )
                own = tensors[f"{name}.weight"]
                weight, bias = fuse_conv_bn_weights(own, None, mean, variance, _EPS, scale, shift)
                assert convolution.bias is not None
                convolution.weight.copy_(weight)
                convolution.bias.copy_(bias)
    return EfficientNet(blocks, groups=_LITE0_GROUPS, pretrained=True, px=224).eval()


def small_network(*, seed: int = 0) -> EfficientNet:
    """A few blocks that know nothing yet, for where no trained weights are installed.

    Initial values are those of He et al. 2015, drawn by ``seed``.
    """
    generator = torch.Generator().manual_seed(seed)
    blocks = blocks_of(((1, 3, 2, 3, 24), (1, 3, 2, 3, 48), (1, 3, 2, 3, 96)), stem=16, last=256)
    for block in blocks:
        for convolution in block.parts():
            torch.nn.init.kaiming_normal_(convolution.weight, generator=generator)
            assert convolution.bias is not None
            torch.nn.init.zeros_(convolution.bias)
    return EfficientNet(blocks, groups=(0, 1, 2, 3, 4), pretrained=False, px=96).eval()


def _names(index: int, n_blocks: int, block: Residual) -> tuple[list[str], list[str]]:
    """How the file calls the convolutions of a block, and the normalisation behind each."""
    if index == 0:
        return ["_conv_stem"], ["_bn0"]
    if index == n_blocks - 1:
        return ["_conv_head"], ["_bn1"]
    own = f"_blocks.{index - 1}"
    names = [f"{own}.{name}" for name in ("_expand_conv", "_depthwise_conv", "_project_conv")]
    norms = [f"{own}.{name}" for name in ("_bn0", "_bn1", "_bn2")]
    n = len(block.shapes)
    return names[-n:], norms[-n:]
