"""AUD017 non-finite-samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD017",
    message="NaN or infinite samples: {n_nonfinite:.0f}",
    headline=("{flagged} holds NaN or infinity", "{flagged} hold NaN or infinity"),
    since="0.1.0",
    severity="error",
    modalities=("audio",),
)
def non_finite_samples(measurements: DataFrame) -> DataFrame:
    """Samples are NaN or infinite.

    What it does
    ------------
    Counts samples that are no numbers. Everything else is measured as if they were zero.

    Why is this bad?
    ----------------
    One such sample makes the loss of a whole batch NaN, and the model with it; features made of it are NaN too.

    What to do
    ----------
    Make the recording anew: something divided by zero. Setting the samples to zero leaves a gap.

    Options
    -------
    No options.

    Limits
    ------
    Only files that store floating point can hold them.

    References
    ----------
    IEEE 754, Standard for Floating-Point Arithmetic.
    """
    table = measurements[["n_nonfinite"]].astype(float).dropna()
    flagged = table["n_nonfinite"] > 0
    return table.assign(score=1.0 - flagged.astype(float), flagged=flagged)
