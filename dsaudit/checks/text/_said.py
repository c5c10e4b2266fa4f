"""Findings that are a fact said in words of an item, or of a class by its items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pandas import DataFrame


LEAST_SENSE, LEAST_SENSE_OF_MIXED = 0.6, 1.0
"""Likeness to any language, natural logarithm of the odds for each letter, below which a text is none, and below which
it is no mixture."""
_CONTROLS, _UNSPACED, _LETTERS = 2, 20, 0.6
"""Kinds of control characters; characters of a word, and the share of letters among them below which it is a code."""


def said(table: DataFrame, column: str) -> DataFrame:
    """Score and flag of items that have something in a column of words, beside that column."""
    words = table.reindex(columns=[column])
    words = words[table["status"].eq("ok")] if "status" in table else words
    flagged = words[column].notna()
    return words.assign(score=1.0 - flagged.astype(float), flagged=flagged)


def plain_words(measurements: DataFrame, survey: DataFrame) -> pd.Series:
    """Which texts of a survey hold words, and nothing about their characters that another rule tells.

    What was decoded wrongly and is like no language is no wrongly decoded text.
    """
    told = measurements.reindex(columns=["mix_up", "markup", "look_alikes", "placeholder"]).reindex(survey.index)
    told["mix_up"] = told["mix_up"].where((survey["sense"].astype(float) >= LEAST_SENSE) & ~coded(measurements, survey))
    return (measurements["n_letters"].astype(float).reindex(survey.index) > 0) & ~told.notna().any(axis=1)


def coded(measurements: DataFrame, survey: DataFrame) -> pd.Series:
    """Which texts of a survey are no writing: several kinds of control characters, or digits among all letters."""
    known = measurements.reindex(columns=["hidden", "n_letters", "n_characters", "n_words"]).reindex(survey.index)
    controls = known["hidden"].fillna("").astype(str).str.count("control character")
    numbers = known[["n_letters", "n_characters", "n_words"]].astype(float)
    unspaced = numbers["n_characters"] >= _UNSPACED * numbers["n_words"]
    return (controls >= _CONTROLS) | (unspaced & (numbers["n_letters"] < _LETTERS * numbers["n_characters"]))


def by_class(items: DataFrame, words: pd.Series, others: pd.Series) -> DataFrame:
    """Classes by what is said of their items.

    Parameters
    ----------
    items : DataFrame by ``item_id``
        ``label``.
    words : Series of str by ``item_id``
        None of an item of which nothing is said.
    others : Series of float by ``item_id``
        To how many items of other classes the same applies, as its class counts them.

    Returns
    -------
    DataFrame by label
        ``words`` (the most frequent), ``n_own``, ``n_class``, ``n_others``, ``n_rest``, ``own_share`` and ``item_ids``.
    """
    known = pd.DataFrame({"label": items["label"].reindex(words.index), "words": words, "others": others})
    known = known[known["label"].notna()].sort_index()
    rows, total = {}, len(known)
    for label, own in known.groupby("label", sort=True):
        told = own[own["words"].notna()]
        if len(told):
            counts = told["words"].value_counts()
            most = sorted(counts.index[counts == counts.max()])[0]
            rows[str(label)] = (
                most,
                len(told),
                len(own),
                int(told["others"].max() or 0),
                total - len(own),
                [*told.index],
            )
    names = ["words", "n_own", "n_class", "n_others", "n_rest", "item_ids"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names)
    return table.assign(own_share=table["n_own"].astype(float) / table["n_class"].astype(float).clip(lower=1.0))
