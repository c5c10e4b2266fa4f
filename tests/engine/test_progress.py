from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from dsaudit.engine import progress as module
from dsaudit.engine.progress import Notebook, Silent, here
from dsaudit.types import Epoch


@pytest.fixture
def cell(monkeypatch):
    """A notebook of which nothing is real but what it is asked to show."""
    shown: list[str] = []

    def display(html, display_id=False):
        shown.append(html)
        return SimpleNamespace(update=shown.append) if display_id else None

    ipython, its_display = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())
    its_display.HTML, its_display.display = str, display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", its_display)
    return shown


def test_a_notebook_shows_how_far_it_is(cell, monkeypatch):
    monkeypatch.setattr(module, "_BETWEEN_S", 0.0)
    bars = here()
    assert isinstance(bars, Notebook)
    with bars.stage("<measuring>", 3) as tick:
        tick(1)
        bars.epoch(Epoch(0, 5, 2, 8, 0.1, 0.1, 0.875, 0.1, 10.0, 1.0, (), ()))
        tick(1)
    bars.note("2 < 3")
    assert '<progress value="0" max="3"></progress> &lt;measuring&gt; 0 of 3' in cell[0]
    assert "1 of 3" in cell[1]
    assert "fold 1 of 5, epoch 3 of 8, accuracy 0.875" in cell[2]
    assert "2 of 3" in cell[3]
    assert " s</div>" in cell[3]
    assert cell[4] == "<div>2 &lt; 3</div>"


def test_a_stage_without_steps_and_one_that_fails_end_their_bar(cell):
    with pytest.raises(ValueError, match="no"), Notebook().stage("drawing", 0):
        raise ValueError("no")
    assert "max" not in cell[0]
    assert 'value="1" max="1"' in cell[-1]


def test_elsewhere_nothing_is_shown(monkeypatch):
    assert isinstance(here(), Silent)
    terminal = ModuleType("IPython")
    terminal.get_ipython = SimpleNamespace
    monkeypatch.setitem(sys.modules, "IPython", terminal)
    assert isinstance(here(), Silent)
