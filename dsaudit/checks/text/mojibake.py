"""TXT010 mojibake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._said import said
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT010",
    message="{mix_up}",
    headline=("{flagged} was decoded wrongly", "{flagged} were decoded wrongly"),
    since="0.1.0",
    modalities=("text",),
)
def mojibake(measurements: DataFrame, survey: DataFrame) -> DataFrame:
    """The text was decoded with the wrong encoding: Ã¼ for ü, Ž for é, or � for what was lost.

    What it does
    ------------
    Undoes the usual mix-ups (ftfy): UTF-8 read as Windows-1252, Latin-1, Mac OS Roman or another table, once or twice,
    and Windows-1252 read as Latin-1. Mac OS Roman read as Windows-1252, and the other way round, is known by capitals
    and signs within words. The likely mix-up is named. Hebrew or Arabic whose words are those of other texts backwards
    is stored in the order in which it is shown.

    Why is this bad?
    ----------------
    Words fall apart into pieces that no model knows. Often one source or one language is hit, and so a class.

    What to do
    ----------
    Read the source again with the encoding that is named. Characters replaced by � are lost.

    Options
    -------
    No options.

    Limits
    ------
    Single letters stay ambiguous: `SÃO` is right, and so may be `Ž`. A mix-up of two tables for one byte that gives
    usual letters is not seen.

    References
    ----------
    R. Speer, ftfy, 2019 (Zenodo 2591652); rspeer/python-ftfy#18, #99, #148.
    """
    turned = survey.reindex(columns=["turned"])["turned"].reindex(measurements.index)
    table = measurements.reindex(columns=["status", "mix_up"]) if "status" in measurements else measurements
    return said(table.assign(mix_up=table["mix_up"].where(table["mix_up"].notna(), turned)), "mix_up")
