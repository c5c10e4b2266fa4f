"""AUD004 truncated-end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.audio._speech import require_speech
from dsaudit.checks.audio._truncation import truncation_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD004",
    message="{how}",
    headline=("{flagged} ends in the middle of a sound", "{flagged} end in the middle of a sound"),
    since="0.1.0",
    modalities=("audio",),
)
def truncated_end(
    items: DataFrame,
    measurements: DataFrame,
    courses: DataFrame,
    *,
    max_cut: float = 0.5,
    min_snr_db: float = 6.0,
    min_speech_share: float = 0.1,
) -> DataFrame:
    """The end of the sound was cut off.

    What it does
    ------------
    Looks at how the sound ends: whether it is still near its loudest at the edge of the file, or, where
    silence or faint noise was added after it, whether it stops within a few thousandths of a second in all
    frequency bands at once, the recording's own background included.
    Where the clips of a class have a course in time in common, as those of a word have, each is compared with the
    others': does its class fit it better without the last part, how large is that part, how long does it usually
    last? Both are weighed together; where nothing is missing, what lies at the file's edge
    (a click, the next word) is not taken for a part of the sound. No prediction of the label is involved.

    Why is this bad?
    ----------------
    Half a word is another word. A model trained on cut words learns the cut form, and then no longer shows
    them as errors: "Sheila" becomes "She".

    What to do
    ----------
    Listen. Cut the clip anew from the original recording with a margin, or drop it. Where the clip is a stretch of a
    file, the rest of the sound is there: move the end in the manifest.

    Options
    -------
    max_cut : certainty, 0 to 1
        Clips judged more certainly cut are flagged.
    min_snr_db : dB
        Sounds that stand out less from the background are judged only if they are voiced.
    min_speech_share : share of the clip, 0 to 1
        Voiced part from which a clip is judged whatever its background.

    Limits
    ------
    Sets that are not speech are not judged: a stretch of rain begins and ends anywhere. Nor is a clip judged by its
    edge whose silence is as long, to a millisecond, as that of many others, where most of the set is so and stops
    loud: a synthesiser made them. Sounds that stop abruptly by nature, such as clicks, and gated recordings can be
    flagged. Steady background noise is not judged.
    Classes without a course in common (noise, music, many words under one label), of fewer than 8 clips, or of clips
    beyond 4 seconds are judged by the edges alone: there a cut in the silence inside a word ("sto|p") leaves nothing
    to see. A clip whose label is wrong may seem cut, and one way to say a word may lack a sound that others have.
    How many cuts both rules find, and how often they err: the limits of truncated-start.

    References
    ----------
    petewarden/extract_loudest_section#5, "hundreds of audio are not complete, most at the end".
    """
    require_speech(items, measurements)
    return truncation_table(
        measurements, courses, "end", max_cut=max_cut, min_snr_db=min_snr_db, min_speech_share=min_speech_share
    )
