"""One module per kind of item: reading, measuring, previewing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from dsaudit.media.base import Media


def media_for(modality: str) -> Media:
    """The media of that name.

    Raises
    ------
    UsageError
        For a modality that has no module here.
    """
    from importlib import import_module

    home = f"dsaudit.media.{modality}.media"
    try:
        found: Media = import_module(home).MEDIA
    except (ModuleNotFoundError, AttributeError) as error:
        raise UsageError(f"no such modality: {modality!r}", hint="this version knows audio, image and text") from error
    return found
