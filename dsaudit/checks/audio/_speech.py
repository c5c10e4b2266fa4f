"""Which sets are speech: rules that know words only have nothing to say of rain and engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import NotJudgedError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_FEWEST_ITEMS = 12
_VOICED_SHARE, _VOICED_OF_SOUND = 0.12, 0.5
_SPOKEN_CLASSES = 0.5


def require_speech(items: DataFrame, measurements: DataFrame) -> Series[bool]:
    """Let a rule about speech go on where the set is speech, or too small to tell.

    A class is spoken where half of its recordings are voiced for 12 % of their length or half of their sound; in a
    set of speech half of the classes are, silence and background noise being the others. Unlabelled items count one
    by one.

    Returns
    -------
    Series of bool, index ``item_id``: whether each item's class is spoken; True where too few items tell.

    Raises
    ------
    NotJudgedError
    """
    told = measurements.reindex(columns=["speech_share", "speech_s", "active_s"]).astype(float)
    told = told[told["speech_share"].notna()]
    if len(told) < _FEWEST_ITEMS:
        return told["speech_share"].notna()
    of_sound = told["speech_s"] / told["active_s"].where(told["active_s"] > 0.0)
    voiced = (told["speech_share"] >= _VOICED_SHARE) | (of_sound >= _VOICED_OF_SOUND)
    labels = items["label"].reindex(told.index)
    own = labels.where(labels.notna(), told.index.to_series())
    by_class = voiced.groupby(own).mean() >= 0.5
    if by_class.mean() < _SPOKEN_CLASSES:
        what = "classes" if labels.notna().any() else "recordings"
        spoken = f"{int(by_class.sum())} of {len(by_class)} {what}"
        raise NotJudgedError(f"the set is not speech: voices are heard in {spoken}")
    return own.map(by_class).astype(bool)
