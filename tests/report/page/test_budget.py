from __future__ import annotations

import json
from pathlib import Path

from dsaudit.report.page.budget import fill_shelf
from report.make_run import previewer


def paths(n: int) -> dict[str, Path]:
    return {f"{k}.wav": Path(f"{k}.wav") for k in range(n)}


def test_everything_fits_when_there_is_room() -> None:
    shelf = fill_shelf(list(paths(200)), paths(200), previews=previewer(), budget=10_000_000)
    assert (shelf.n_full, shelf.n_pictures) == (200, 0)
    assert shelf.used == sum(len(b) + 64 for b in shelf.blocks.values())


def test_the_budget_is_never_exceeded_and_buys_pictures_after_sound() -> None:
    shelf = fill_shelf(list(paths(2000)), paths(2000), previews=previewer(), budget=1_000_000)
    assert shelf.used <= 1_000_000
    assert shelf.used == sum(len(b) + 64 for b in shelf.blocks.values())
    playable = ["d" in json.loads(b) for b in shelf.blocks.values()]
    assert playable == sorted(playable, reverse=True)
    assert sum(playable) == shelf.n_full
    assert len(playable) == shelf.n_full + shelf.n_pictures


def test_room_left_by_pictures_is_given_back_to_sound() -> None:
    one = fill_shelf(["0.wav"], paths(1), previews=previewer(), budget=10_000_000).used
    shelf = fill_shelf(list(paths(10)), paths(10), previews=previewer(), budget=10 * one)
    assert (shelf.n_full, shelf.n_pictures) == (10, 0)


def test_broken_items_cost_nothing_and_are_remembered() -> None:
    shelf = fill_shelf(list(paths(5)), paths(5), previews=previewer(broken=frozenset({"2.wav"})), budget=10_000_000)
    assert shelf.failed == {"2.wav": "2.wav: not a recording"}
    assert shelf.n_full == 4


def test_no_budget_no_previews() -> None:
    shelf = fill_shelf(list(paths(5)), paths(5), previews=previewer(), budget=0)
    assert shelf.blocks == {}
