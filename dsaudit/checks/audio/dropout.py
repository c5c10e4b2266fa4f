"""AUD009 dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_below
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD009",
    message="the sound is interrupted for {dropout_ms:.0f} ms in all (gaps: {n_dropouts:.0f})",
    headline=("{flagged} has a hole in it", "{flagged} have holes in them"),
    since="0.1.0",
    modalities=("audio",),
)
def dropout(measurements: DataFrame, *, max_gap_ms: float = 3.0) -> DataFrame:
    """The sound is interrupted by gaps of nothing.

    What it does
    ------------
    Looks for runs of 2 ms to 500 ms in which every sample is the same, directly between parts that are loud, and
    where the sound breaks off rather than fades: by a tenth of its level on one side at least.

    Why is this bad?
    ----------------
    Lost packets and full buffers leave holes that no voice makes; a model can take them for a plosive or a
    pause.

    What to do
    ----------
    Fetch or record the clip again.

    Options
    -------
    max_gap_ms : milliseconds
        Clips whose gaps together are longer are flagged.

    Limits
    ------
    Noise gates that close at once inside a word look the same; closures of glottal stops and plosives do not.
    Gaps that were filled with noise are not seen, nor are those, about one in a hundred, that begin and end where
    the wave crosses zero.

    References
    ----------
    RFC 3550, RTP: packet loss.
    """
    table = measurements[["n_dropouts", "dropout_ms"]].astype(float).dropna()
    score = score_below(table["dropout_ms"], bad=max_gap_ms, healthy=0.0)
    return table.assign(score=score, flagged=score < 0.5)
