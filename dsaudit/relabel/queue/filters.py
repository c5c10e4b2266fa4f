"""Which part of a review queue is asked for, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from dsaudit.errors import UsageError

Order = Literal["queue", "gain", "random"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters of a review queue, all of which must fit; an empty text is as good as None.

    Attributes
    ----------
    rule : str, optional
        Only items with a finding of these rules: codes, prefixes of codes or names, separated by commas;
        ``ambiguous`` for close classes.
    class_ : str, optional
        Only items with this given label.
    pair : str, optional
        ``given:suggested``, see ``queue.parse_pair``.
    split, group, text : str, optional
        Only items of this split or group; only items whose id contains this, whatever the case.
    items : tuple of (str, str)
        Only these, in this order, whether anything was found or not: id, and why it is asked about or an empty text.
    order : {"gain", "random"}
        The most worth first, or random; ``queue``, as the screen says, is by gain.

    Raises
    ------
    UsageError
        No such order.

    Examples
    --------
    >>> Filters(rule="LBL", class_="").narrow
    True
    >>> Filters(order="random").narrow
    False
    """

    rule: str | None = None
    class_: str | None = None
    pair: str | None = None
    split: str | None = None
    text: str | None = None
    order: Order = "gain"
    group: str | None = None
    items: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name in ("rule", "class_", "pair", "split", "group", "text"):
            object.__setattr__(self, name, getattr(self, name) or None)
        if self.order not in ("queue", "gain", "random"):
            raise UsageError(f"--order {self.order!r} is not known", hint="choose from: gain, random")
        object.__setattr__(self, "order", "random" if self.order == "random" else "gain")

    @property
    def narrow(self) -> bool:
        """Whether they leave anything out."""
        return replace(self, order="gain") != ALL


ALL = Filters()
"""Filters that leave nothing out."""
