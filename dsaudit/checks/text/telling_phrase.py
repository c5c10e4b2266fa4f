"""TXT032 telling-phrase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_COUNTS = ("telling_own", "telling_class", "telling_others", "telling_rest")


@rule(
    "TXT032",
    message="`{words}` stands in {n_own:,.0f} of {n_class:,.0f} texts of {subject}, and in"
    " {n_others:,.0f} of {n_rest:,.0f} others",
    headline=("{n} class is given away by a phrase", "{n} classes are given away by a phrase"),
    since="0.1.0",
    scope="class",
    worth=0.5,
    modalities=("text",),
)
def telling_phrase(items: DataFrame, survey: DataFrame) -> DataFrame:
    """A phrase that says nothing itself stands in one class alone: a tag, a heading, a signature.

    What it does
    ------------
    Counts hashtags, names after @, brackets, fields and addresses, and the first and last sentences of texts. A class
    is flagged where such a phrase stands in a tenth of its texts and in hardly any of another class. Where the texts of
    a class are made of a few sentences, these are its content. In sets of up to ten classes the labels' own words
    count, too.

    Why is this bad?
    ----------------
    A model learns the phrase and not the matter: it scores well on texts from the same source and fails on all others.

    What to do
    ----------
    Remove the phrase from all texts, or take texts of every class from every source.

    Options
    -------
    No options.

    Limits
    ------
    Words within sentences are taken for content, however well they tell a class.

    References
    ----------
    S. Gururangan et al., "Annotation Artifacts in Natural Language Inference Data", NAACL 2018.
    """
    told = survey.reindex(columns=["telling", *_COUNTS])
    told = told.assign(label=items["label"].reindex(told.index))
    told = told[told["telling"].notna() & told["label"].notna()].sort_index()
    ids = told.groupby("label")["telling"].agg(lambda rows: list(rows.index))
    table = told.drop_duplicates("label").set_index("label")
    table.index.name = None
    named = dict(zip(("telling", *_COUNTS), ("words", "n_own", "n_class", "n_others", "n_rest"), strict=False))
    table = table.rename(columns=named).assign(item_ids=ids.reindex(table.index))
    share = table["n_own"].astype(float) / table["n_class"].astype(float)
    return table.assign(score=0.5 * (1.0 - share), flagged=True)
