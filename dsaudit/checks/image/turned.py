"""IMG014 turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_below
from dsaudit.rule import NotJudgedError, rule

if TYPE_CHECKING:
    from pandas import DataFrame

_TURNS = ("not at all", "by a quarter to the right", "upside down", "by a quarter to the left")
"""What brings a picture back that was turned to the left by so many quarters."""


@rule(
    "IMG014",
    message="lies the wrong way: turned {turn} it looks like the rest of the set, probability {p_turned:.2f}",
    headline=("{flagged} lies on its side or on its head", "{flagged} lie on their sides or on their heads"),
    since="0.1.0",
    severity="warning",
    modalities=("image",),
)
def turned(poses: DataFrame, *, min_probability: float = 0.4, min_told: float = 0.6) -> DataFrame:
    """What the picture shows lies on its side or on its head, and no EXIF tag says so.

    What it does
    ------------
    Learns from the set itself what its pictures look like as they are and turned by 90, 180 and 270 degrees: a linear
    model on the vectors of the square in the middle, so that a tall picture among wide ones is not turned for that.
    Each picture is judged in all four ways by a model that has not seen it, nor copies of it or others of its group.
    How much the model's word counts is measured, and for each class: shoes lie in any way, coats do not.

    Why is this bad?
    ----------------
    A model sees another thing. Mostly an EXIF tag was lost when pictures were saved again, and then hundreds are turned
    that one program shows upright and another does not.

    What to do
    ----------
    Look at them, and ask for the originals. `dsaudit apply RUN --tree DIR --turn-back` writes copies of the set in
    which those that are flagged are turned back, as their messages say.

    Options
    -------
    min_probability : 0 to 1
        Least probability of being turned.
    min_told : 0 to 1
        Share of the pictures that must look best as they are for the set to be judged: of textures, views from above
        and microscopy it is a quarter.

    Limits
    ------
    Things that look the same turned, and classes whose things lie in any way, are passed over. Where one picture in
    twenty is turned some nine in ten of them are found, where one in seven is some five in six. Sets of fewer than 60
    pictures, and those of which more than a third is turned, are not judged; of larger ones than 5,000 a sample is.

    References
    ----------
    S. Gidaris et al., "Unsupervised representation learning by predicting image rotations", ICLR 2018.
    """
    if len(poses) and float(poses["told"].iloc[0]) < min(min_told, 1.0):
        raise NotJudgedError(
            f"only {poses['told'].iloc[0]:.0%} of the pictures look best as they are: no way is the right one here"
        )
    p = poses["p_turned"].astype(float).where(poses["pose"] != 0, 0.0)
    turn = [_TURNS[int(pose)] if pose == pose else "" for pose in poses["pose"]]
    score = score_below(p, bad=min_probability, healthy=0.0)
    return poses.assign(score=score, flagged=score < 0.5, turn=turn)[["score", "flagged", "pose", "turn", "p_turned"]]
