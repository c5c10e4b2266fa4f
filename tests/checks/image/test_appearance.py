"""Faults planted into photographs are found, and nothing else; what is usual in a set is not a fault."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from benchmarks.planted_images import RECIPES
from media.image.photographs import photograph
from PIL import Image

from dsaudit import catalogue
from dsaudit.media.image.decode import READ_PX, Decoded, at_most
from dsaudit.media.image.measure import appearance

N = 16
RULES = {r.name: r for r in catalogue.rules() if r.code.startswith("IMG") and r.code < "IMG014"}
MEANT = {"dark": "dark", "bright": "bright", "blur": "blurry", "noise": "noisy", "blocks": "blocky"}
FAULTS = [(recipe, name) for recipe in ("A", "B", "C") for name in RECIPES[recipe] if name != "rotation"]


def measured(pixels: np.ndarray, q: int = 90) -> dict[str, object]:
    data = io.BytesIO()
    Image.fromarray(np.clip(np.round(pixels), 0, 255).astype(np.uint8)).save(data, "JPEG", quality=q)
    full = Image.open(data).convert("RGB")
    small = at_most(full, READ_PX)
    seen = Decoded(full, small, np.asarray(small), full.width, full.height, "RGB")
    return {"width_px": full.width, "height_px": full.height} | appearance(seen)


@pytest.fixture(scope="module")
def sound() -> pd.DataFrame:
    return pd.DataFrame([measured(photograph(seed)) for seed in range(N)])


def flagged(measurements: pd.DataFrame, labels: list[str] | None = None) -> dict[str, set[int]]:
    items = pd.DataFrame({"label": labels or ["a"] * len(measurements)}, index=measurements.index)
    tables = {"items": items, "measurements": measurements}
    found = {}
    for name, rule in RULES.items():
        out = rule.run(*(tables[need] for need in rule.needs))
        if out["flagged"].any():
            found[name] = set(out.index[out["flagged"]])
    return found


def test_sound_photographs_have_no_finding(sound):
    assert flagged(sound) == {}


@pytest.mark.parametrize(("recipe", "name"), FAULTS)
def test_planted_faults_are_found(sound, recipe, name):
    fault = RECIPES[recipe][name]
    planted = [measured(fault(photograph(seed), np.random.default_rng(seed))) for seed in range(4)]
    found = flagged(pd.concat([pd.DataFrame(planted), sound], ignore_index=True))
    meant = MEANT[name.replace(",", "-").split("-")[0].split()[0]]
    assert len(found[meant]) >= 3
    assert found[meant] <= set(range(4))


@pytest.mark.parametrize(
    "habit", ["dark ×.22", "blur-focus σ 2.2", "noise σ 25", "blocks q 12"], ids=lambda name: name.split()[0]
)
def test_what_all_have_is_no_fault_of_each(habit):
    table = pd.DataFrame([measured(RECIPES["A"][habit](photograph(s), np.random.default_rng(s))) for s in range(N)])
    assert not set(flagged(table)) & set(MEANT.values())


def test_what_a_class_is_about_is_no_fault(sound):
    night = pd.DataFrame([measured(photograph(seed) * 0.2) for seed in range(8)])
    both = pd.concat([night, sound], ignore_index=True)
    assert flagged(both)["dark"] == set(range(8))
    assert "dark" not in flagged(both, ["night"] * 8 + ["day"] * N)


def test_strangers_among_photographs_are_named(sound):
    blank = np.full((240, 320, 3), 128.0)
    tiny = photograph(1, (12, 9))
    strip = photograph(2)[100:160]
    grey = photograph(3).mean(axis=2, keepdims=True).repeat(3, axis=2)
    framed = np.pad(photograph(4), ((30, 30), (0, 0), (0, 0)))
    flat = photograph(5) * 0.15 + 110
    dot, thread = photograph(6)[:1, :1], photograph(7)[:4]
    strangers = [blank, tiny, strip, grey, framed, flat, dot, thread]
    found = flagged(pd.concat([pd.DataFrame([measured(s) for s in strangers]), sound], ignore_index=True))
    assert found == {
        "low-information": {0},
        "odd-size": {1, 6},
        "odd-aspect-ratio": {2, 7},
        "grayscale-among-colour": {3},
        "letterboxed": {4},
        "low-contrast": {5},
    }


def test_enlarged_pictures_hold_less_than_their_size():
    large = pd.DataFrame([measured(photograph(seed, (1000, 750)), 95) for seed in range(9)])
    small = Image.fromarray(photograph(99, (270, 200)).astype(np.uint8))
    enlarged = np.asarray(small.resize((1000, 750), Image.Resampling.BICUBIC), dtype=float)
    found = flagged(pd.concat([pd.DataFrame([measured(enlarged, 95)]), large], ignore_index=True))
    assert found.get("upscaled") == {0}
