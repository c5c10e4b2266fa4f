from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest

from dsaudit.report.draw.search import loss_against
from dsaudit.report.say.search import search_of, short
from dsaudit.store.schema.tuning import HeldOut, HeldOutFigures, Tuning
from report.make_training import tuning_of


def all_trying(space: dict[str, tuple[Any, ...]], values: dict[str, Any], *, n: int) -> Tuning:
    tuning = tuning_of(n)
    return replace(tuning, space=space, trials=tuple(replace(t, values=values) for t in tuning.trials))


def test_what_the_loss_follows_comes_first_and_the_best_trial_heads_the_table() -> None:
    tuning = tuning_of(40)
    found = search_of(tuning)
    assert found is not None
    assert found.parameters[0].name == "learning_rate"
    best = min(tuning.trials, key=lambda t: t.loss)
    assert found.table[0][0] == str(best.trial)
    assert found.loss[found.best] == best.loss
    assert [float(row[-2]) for row in found.table] == sorted(float(row[-2]) for row in found.table)
    assert found.title.startswith(f"The best of 40 trials reaches a validation log loss of {best.loss:.3f}"[:-1])


def test_what_the_best_does_on_items_no_trial_saw_is_said() -> None:
    held_out = HeldOut(64, default=HeldOutFigures(0.75, 0.82), best=HeldOutFigures(0.5, 0.9))
    found = search_of(replace(tuning_of(4), held_out=held_out))
    assert found is not None
    assert (
        "On 64 items that no trial saw, the best comes to 0.500 (90\u00a0% right), the defaults to 0.750" in found.lead
    )


def test_nothing_searched_is_nothing_said() -> None:
    assert search_of(None) is None
    assert search_of(replace(tuning_of(4), trials=())) is None


def test_a_failed_trial_is_last_and_never_drawn() -> None:
    tuning = tuning_of(6)
    failed = replace(tuning.trials[0], loss=math.nan)
    best = min(tuning.trials[1:], key=lambda t: t.loss).trial
    found = search_of(replace(tuning, trials=(failed, *tuning.trials[1:]), best=best))
    assert found is not None
    assert found.table[-1][0] == "0"
    assert found.best != 0
    assert loss_against(found, found.parameters[0]).count("<circle") == 5


def test_a_wide_range_lies_on_a_log_axis() -> None:
    space = {"rate": (1e-5, 1e-1), "part": (0.0, 1.0), "kind": ("x", "y")}
    found = search_of(all_trying(space, {"rate": 1e-3, "part": 0.5, "kind": "y"}, n=9))
    assert found is not None
    for parameter in found.parameters:
        drawn = str(loss_against(found, parameter))
        across = [float(x) for x in re.findall(r'cx="([\d.]+)"', drawn)]
        if parameter.name == "kind":
            assert all(165 < x < 284 for x in across)
        else:
            assert across == [165.0] * 9  # the middle, in powers of ten and plainly
    assert drawn.count('class="r2 best"') + drawn.count('class="r1 best"') + drawn.count('class="r0 best"') == 1


def test_markup_in_names_stays_text() -> None:
    found = search_of(all_trying({"<b>": ("<i>", "y")}, {"<b>": "<i>"}, n=4))
    assert found is not None
    assert "<i>" not in loss_against(found, found.parameters[0])


@pytest.mark.parametrize(
    ("value", "said"), [(1e-5, "1.0e−5"), (0.00142, "0.00142"), (12, "12"), (True, "True"), (None, "–"), ("sgd", "sgd")]
)
def test_values_are_short(value: object, said: str) -> None:
    assert short(value) == said
