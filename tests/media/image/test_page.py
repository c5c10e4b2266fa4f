"""What the page draws on a picture and between two, as a browser paints it."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps
from report.make_run import FakeMedia, make_run

from dsaudit.media.base import Preview
from dsaudit.media.image import KIND
from dsaudit.media.previews import Previewer
from dsaudit.report.emit.html import render_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dsaudit.media.base import Media

pytestmark = pytest.mark.browser


def scene() -> Image.Image:
    """A picture without a symmetry: a slope of light with three sharp shapes."""
    y, x = np.mgrid[0:180, 0:240]
    rgb = np.stack([60 + x / 3, 90 + y / 4, 120 - x / 6], axis=2)
    rgb[30:80, 20:90] = (200, 60, 50)
    rgb[100:160, 130:170] = (40, 50, 190)
    rgb[(x - 190) ** 2 + (y - 50) ** 2 < 900] = (230, 220, 90)
    return Image.fromarray(rgb.astype(np.uint8))


def burnt() -> Image.Image:
    picture = np.asarray(scene()).copy()
    picture[:, :60] = 255
    return Image.fromarray(picture)


def part() -> Image.Image:
    return ImageOps.mirror(scene().crop((12, 9, 216, 162)))


def which(name: str) -> int:
    """Of two pictures in turn, by the number at the end of a file's name."""
    return int(name.rpartition(".")[0][-1]) % 2


class Drawn(FakeMedia):
    """The same picture for every item, or in turn the picture and what was made of it."""

    def __init__(self, *pictures: Image.Image) -> None:
        super().__init__(mime="image/png")
        self.pictures = pictures

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        data = io.BytesIO()
        self.pictures[which(path.name) % len(self.pictures)].save(data, "PNG")
        return Preview("image/png", data.getvalue(), data.getvalue())


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Any:
    @contextmanager
    def open_report(rule: str, *pictures: Image.Image) -> Iterator[Any]:
        run = make_run(tmp_path / "runs" / "x", n=60)
        run.meta = replace(run.meta, kind=KIND.appearance)
        assert run.findings is not None
        box = {"left": 0.25, "top": 0.5, "right": 0.75, "bottom": 1.0}
        run.findings["evidence"] = json.dumps(box if rule == "class-mark" else {"left": 3, "top": 0.5})
        run.rules = tuple(replace(r, name=rule) if r.code == "LBL001" else r for r in run.rules)
        file = tmp_path / "page.html"
        file.write_bytes(render_report(run, previews=Previewer(cast("Media", Drawn(*pictures)), jobs=1)))
        page = browser.new_page()
        noise: list[str] = []
        page.on("pageerror", lambda e: noise.append(str(e)))
        page.goto(file.as_uri() + "#rule=LBL001")
        page.wait_for_selector("html[data-ready]", state="attached")
        yield page
        assert noise == []
        page.close()

    return open_report


def legend(page: Any) -> str:
    page.wait_for_selector("#drawer-pane .card .legend span")
    return str(page.text_content("#drawer-pane .card .legend"))


def covered(page: Any) -> np.ndarray[Any, Any]:
    """Where the layer over the picture is painted, (height, width)."""
    got = page.evaluate(
        """(() => { const c = document.querySelector('#drawer-pane .card canvas.fault');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        return [c.width, c.height, Array.from({ length: d.length / 4 }, (_, j) => d[4 * j + 3])]; })()"""
    )
    return np.array(got[2]).reshape(got[1], got[0]) > 0


def test_what_is_burnt_out_is_striped_where_it_is(opened: Any) -> None:
    with opened("bright", burnt()) as page:
        assert "burnt out: 25" in legend(page)
        layer = covered(page)
        assert layer[:, :60].all()
        assert not layer[:, 60:].any()
        page.click("#drawer-pane .legend button")
        assert page.is_hidden("#drawer-pane .card canvas.fault")


@pytest.mark.parametrize(("radius", "least", "most"), [(0, 0, 5), (3, 80, 100)])
def test_edges_without_sharpness_are_hatched(opened: Any, radius: int, least: int, most: int) -> None:
    with opened("blurry", scene().filter(ImageFilter.GaussianBlur(radius))) as page:
        share = float(legend(page).partition(":")[2].split("\u00a0")[0])
        assert least <= share <= most
        assert bool(covered(page).any()) is (radius > 0)


def test_bands_are_striped_and_the_picture_is_not(opened: Any) -> None:
    with opened("letterboxed", ImageOps.expand(scene().crop((0, 0, 240, 140)), (0, 20), (0, 0, 0))) as page:
        assert "frame: 22" in legend(page)
        layer = covered(page)
        assert layer[:20].all()
        assert not layer[20:160].any()


def test_where_a_finding_says_that_it_is_a_box_is_drawn(opened: Any) -> None:
    with opened("class-mark", scene()) as page:
        assert "class-mark" in legend(page)
        layer = covered(page)
        assert layer[88:93, 120].any()
        assert layer[130, 58:63].any()
        assert not layer[100:170, 70:170].any()


def test_a_finding_that_is_not_in_the_picture_draws_nothing(opened: Any) -> None:
    with opened("wrong-label", burnt()) as page:
        page.wait_for_selector("#drawer-pane .card .photo")
        assert page.locator("#drawer-pane .card canvas").count() == 0
        assert page.locator("#drawer-pane .card .near.seen button img").count() > 1


def compared(page: Any) -> str:
    """What is said of two that lie near each other and are different files."""
    near = page.locator("#drawer-pane .card .near.seen button")
    near.first.wait_for()
    own = which(page.get_attribute("#drawer-pane .card .mid", "title"))
    near.nth([which(b.get_attribute("title")) for b in near.all()].index(1 - own)).click()
    page.wait_for_selector("dialog.zoom .difference figcaption b")
    return str(page.text_content("dialog.zoom .difference figcaption"))


def test_of_two_the_difference_is_shown_once_one_lies_on_the_other(opened: Any) -> None:
    with opened("label-error-candidate", scene(), part()) as page:
        said = compared(page)
        assert "mirrored" in said
        assert "a part" in said
        assert float(said.split("\u00a0")[0]) < 8


def test_two_that_are_no_copies_are_said_to_be_none(opened: Any) -> None:
    other = Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 12, 3), dtype=np.uint8)).resize((240, 180))
    with opened("label-error-candidate", scene(), other) as page:
        assert "no copies by their pixels" in compared(page)
