"""IMG043 non-finite-pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG043",
    message="NaN or infinite values: {n_nonfinite:,.0f}",
    headline=("{flagged} holds NaN or infinity", "{flagged} hold NaN or infinity"),
    since="0.1.0",
    severity="error",
    modalities=("image",),
)
def non_finite_pixels(measurements: DataFrame) -> DataFrame:
    """Pixels are NaN or infinite.

    What it does
    ------------
    Counts values that are no numbers. Everything else is measured as if they were black, or white where infinite.

    Why is this bad?
    ----------------
    One such pixel makes the loss of a whole batch NaN, and the model with it; means made of it are NaN too.

    What to do
    ----------
    Make the picture anew: something divided by zero, or NaN stands for a place without a measurement and has to be
    filled on purpose.

    Options
    -------
    No options.

    Limits
    ------
    Only files that store floating point (TIFF) can hold them.

    References
    ----------
    IEEE 754, Standard for Floating-Point Arithmetic.
    """
    table = measurements[["n_nonfinite"]].astype(float).dropna()
    flagged = table["n_nonfinite"] > 0
    return table.assign(score=1.0 - flagged.astype(float), flagged=flagged)
