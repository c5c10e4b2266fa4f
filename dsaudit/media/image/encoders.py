"""Encoders of pictures, as far as they are known before they are loaded."""

from __future__ import annotations

from dsaudit.model.encoder import EncoderSource

TIMM = EncoderSource("timm", load="dsaudit.media.image.network.pictures:TimmEncoder", package="timm", extra="images")
