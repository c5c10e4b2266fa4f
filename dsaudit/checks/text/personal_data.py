"""TXT030 personal-data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._said import said
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT030",
    message="it holds {personal}",
    headline=("{flagged} holds personal data", "{flagged} hold personal data"),
    since="0.1.0",
    modalities=("text",),
)
def personal_data(measurements: DataFrame) -> DataFrame:
    """E-mail addresses, telephone, card or account numbers of people.

    What it does
    ------------
    Looks for e-mail addresses, telephone numbers as people write them, payment cards whose check digit is right (Luhn),
    and IBANs whose check digits are (ISO 13616). Findings count them; they are covered wherever a text is shown.

    Why is this bad?
    ----------------
    Whoever gets the dataset, or a model that learned it by heart, has them. In most countries the law has a word in
    that.

    What to do
    ----------
    Replace them by a tag before the set is given on.

    Options
    -------
    No options.

    Limits
    ------
    Names and postal addresses are not looked for. Numbers of orders may look like telephone numbers.

    References
    ----------
    N. Carlini et al., "Extracting Training Data from Large Language Models", USENIX Security 2021; ISO/IEC 7812, ISO
    13616.
    """
    return said(measurements, "personal")
