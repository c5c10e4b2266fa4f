"""Axes of the embeddings in words: ``short, quiet ↔ long, loud``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.report.say.words import NBSP, measurement_name, percent, shown

if TYPE_CHECKING:
    from dsaudit.kind import Appearance
    from dsaudit.store.schema.metrics import AxisWord, CategoryAxis, EmbeddingAxes, EmbeddingAxis
    from dsaudit.types import Estimate

_VERB = re.compile(r"^(?:are|hold|have) ")
_ENDS = ("low", "high")


@dataclass(frozen=True, slots=True)
class ToldAxis:
    """One axis as it is told; names in backticks.

    Attributes
    ----------
    number : int
    share : str
        Of the variance.
    ends : (str, str)
        What each end is; empty where nothing that is known of items goes along with the axis.
    items : (tuple of str, tuple of str)
        Items of each end.
    rows : tuple of (str, str)
        What goes along with it, and its coefficient with its interval or how frequent it is at its end.
    same : str
        How far the halves of the items agree on it.
    """

    number: int
    share: str
    ends: tuple[str, str]
    items: tuple[tuple[str, ...], tuple[str, ...]]
    rows: tuple[tuple[str, str], ...]
    same: str


def told_axes(found: EmbeddingAxes, kind: Appearance) -> list[ToldAxis]:
    """Each axis, by falling variance."""
    return [
        ToldAxis(
            number=axis.number,
            share=percent(axis.share),
            ends=(_end(axis, "low", kind), _end(axis, "high", kind)),
            items=(axis.low, axis.high),
            rows=tuple(_rows(axis, kind)),
            same=f"{axis.same:.2f}",
        )
        for axis in found.axes
    ]


def axes_title(found: EmbeddingAxes, kind: Appearance) -> str:
    """What the embeddings tell apart most, without a full stop."""
    told = [axis for axis in told_axes(found, kind) if all(axis.ends)]
    if told:
        return f"What sets {kind.nouns.many} apart most: {told[0].ends[0]} ↔ {told[0].ends[1]}"
    if found.axes:
        return f"What sets {kind.nouns.many} apart most has no name: look at the ends"
    return f"No single axis sets {kind.nouns.many} apart"


@dataclass(frozen=True, slots=True)
class ToldCategoryAxis:
    """One axis of learned vectors of categories as it is told; names in backticks.

    Attributes
    ----------
    column : str
    ends : (str, str)
    rising : str
        The class that is more frequent towards the high end, empty where none is.
    figures : str
    """

    column: str
    ends: tuple[str, str]
    rising: str
    figures: str


def told_category_axes(found: tuple[CategoryAxis, ...]) -> list[ToldCategoryAxis]:
    """Each axis, by column, then by variance."""
    told = []
    for axis in found:
        rising = f"`{shown(axis.label)}`" if axis.label is not None else ""
        figures = (
            f"{percent(axis.share)} of what differs between {axis.n_values} values; halves agree at {axis.same:.2f}"
        )
        if axis.label_coefficient is not None:
            figures += f"; the share of {rising} goes along with places at +{axis.label_coefficient:.2f}"
        told.append(
            ToldCategoryAxis(
                column=axis.column,
                ends=(_values(axis.low), _values(axis.high)),
                rising=rising,
                figures=figures,
            )
        )
    return told


def _values(values: tuple[str, ...]) -> str:
    return ", ".join(f"`{shown(value)}`" for value in values)


def _end(axis: EmbeddingAxis, end: str, kind: Appearance) -> str:
    said = [_side(one.name, (one.coefficient.value > 0) == (end == "high"), kind) for one in axis.numbers]
    said += [_word(one) for one in axis.words if one.end == end]
    return ", ".join(dict.fromkeys(said))


def _side(name: str, more: bool, kind: Appearance) -> str:
    """What items with much of a measurement, or little, are."""
    column = kind.column(name)
    plain = column.high if more else column.low
    return _VERB.sub("", plain) if plain else f"{'more' if more else 'less'} {measurement_name(name, kind)[0]}"


def _word(one: AxisWord) -> str:
    word = f"`{shown(one.word)}`"
    return word if one.column in ("", "label") else f"{shown(one.column)} {word}"


def _rows(axis: EmbeddingAxis, kind: Appearance) -> list[tuple[str, str]]:
    rows = [(measurement_name(one.name, kind)[0], coefficient(one.coefficient)) for one in axis.numbers]
    for one in axis.words:
        often = f"{percent(one.share)} of the {one.end} end, {percent(one.elsewhere)} of the others"
        rows.append((_word(one), often))
    return rows


def coefficient(found: Estimate) -> str:
    """With sign and interval: ``+0.82 (0.78 to 0.85)``."""
    said = f"{found.value:+.2f}{NBSP}({found.low:.2f} to {found.high:.2f})"
    return said.replace("-", "−")
