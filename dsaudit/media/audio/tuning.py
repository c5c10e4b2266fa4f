"""How recordings are fine-tuned: from the pretrained speech embedding, or a small network from nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dsaudit.errors import MissingExtraError
from dsaudit.media.audio.recipe import AudioRecipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsaudit.media.audio.network.convolutions import Convolutions
    from dsaudit.media.audio.network.speech import LogMel
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Start


@dataclass(frozen=True, slots=True)
class AudioTuning:
    """Fine-tunes recordings; see ``dsaudit.model.tunable.Tunable``."""

    items: str = "recordings"
    encoders: tuple[str, ...] = ("speech", "log-mel")
    recipe: type[Recipe] = AudioRecipe

    def start(self, encoder: str, n_classes: int, *, seed: int = 0) -> Start:
        """The pretrained speech embedding for ``speech``.

        Where its weights are not installed, and for any other encoder, a small network starts from nothing, and the
        notes say so.
        """
        from dsaudit.media.audio.network.convolutions import small_body, speech_body

        try:
            if encoder != "speech":
                raise MissingExtraError(f"the encoder {encoder} has no network to fine-tune")
            return _started(*speech_body(), n_classes)
        except MissingExtraError as error:
            note = f"{error.message}; a small network was trained from nothing instead, which is weaker"
            return _started(*small_body(seed=seed), n_classes, note)

    def restore(self, shape: Mapping[str, Any], n_classes: int) -> Start:
        """The start that has this shape, with weights of any value."""
        from dsaudit.media.audio.network.convolutions import Convolutions
        from dsaudit.media.audio.network.speech import LogMel

        mel = LogMel(shape["mel"]["kernel"], shape["mel"]["filters"]).eval()
        return _started(mel, Convolutions.of(shape), n_classes)


def _started(mel: LogMel, body: Convolutions, n_classes: int, *notes: str) -> Start:
    from dsaudit.media.audio.network.frames import frames_of
    from dsaudit.model.network import Network
    from dsaudit.model.tunable import Start

    shape = {"mel": dict(mel.state_dict()), **body.shape}
    return Start(Network(body, n_classes), partial(frames_of, mel=mel), shape, notes)


TUNING = AudioTuning()
