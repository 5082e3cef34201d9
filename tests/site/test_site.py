"""The built site, as its readers meet it: `make test-site`."""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from tests.support import REPOSITORY
from tests.support.lectures import NOTEBOOKS, code_cells, is_slider
from tests.support.notebooks import read_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SITE = REPOSITORY / "site"
PAGES = sorted({*SITE.rglob("*.html")} - {*SITE.rglob("_static/*.html")})
LECTURE = "course/module1_practical_aspects/02_regularization"
TWO_CONTROLS = "course/module1_practical_aspects/04_normalizing_and_initializing"
# One of each kind: for what takes a second a page.
KINDS = ("index", LECTURE, "release/module3_tuning_batchnorm/2_batch_norm", "docs/instructors")
VIEWS = {
    "desktop": {"viewport": {"width": 1300, "height": 900}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"},
}


@cache
def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module", params=VIEWS)
def page(browser: "Browser", request: pytest.FixtureRequest) -> Iterator["Page"]:
    """A page of the browser, which notes what it asks for elsewhere."""
    with browser.new_context(**VIEWS[request.param]) as context:
        page = context.new_page()
        page.elsewhere = []
        page.on("request", lambda asked: page.elsewhere.append(asked.url))
        yield page


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(SITE)))
def test_every_link_leads_to_a_file_of_the_site_and_to_a_place_in_it(path):
    for link in soup(path).select("[href], [src]"):
        target, anchor = urldefrag(link.get("href") or link.get("src"))
        if ":" in target or (not target and anchor in ("", "main-content")):
            continue
        file = (path.parent / unquote(urlsplit(target).path)).resolve() if target else path
        assert file.is_file(), link
        if anchor and file.suffix == ".html":
            assert soup(file).find(id=unquote(anchor)) or soup(file).find(attrs={"name": anchor}), (
                link
            )


def test_pages_ask_nobody_else_and_fit_a_phone(page):
    for path in PAGES:
        page.goto(path.as_uri())
        width = page.viewport_size["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
    assert [url for url in page.elsewhere if not url.startswith((SITE.as_uri(), "data:"))] == []


@pytest.mark.parametrize("name", KINDS)
def test_an_accessibility_checker_finds_nothing(page, name):
    page.goto((SITE / f"{name}.html").as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_predictions_and_plotting_code_are_folded_and_figures_have_words():
    for path in NOTEBOOKS:
        cells = code_cells(read_notebook(path))
        folded = [cell.metadata.get("jupyter", {}) for cell in cells]
        built = soup((SITE / path.relative_to(REPOSITORY)).with_suffix(".html"))
        said = [fold.get_text() for fold in built.select("details.hide .collapsed")]
        assert said.count("Show the code") == sum(f.get("source_hidden", False) for f in folded)
        wanted = sum(f.get("outputs_hidden", False) for f in folded)
        assert said.count("Predict first, then look") == wanted
        for figure in built.select(".cell_output img"):
            assert "_images" not in figure["alt"], path.name


def test_every_slider_of_the_course_has_frames():
    for path in NOTEBOOKS:
        wanted = sum(is_slider(cell) for cell in code_cells(read_notebook(path)))
        built = (SITE / path.relative_to(REPOSITORY)).with_suffix(".html")
        found = soup(built).select(".slider[data-frames]")
        assert len(found) == wanted, path.name
        for slider in found:
            folder = built.parent / slider["data-folder"]
            for frame in json.loads(slider["data-frames"]):
                assert frame["alt"] and (folder / frame["src"]).is_file()


def test_a_slider_moves_by_keyboard_and_says_what_it_is_set_to(page):
    page.goto((SITE / f"{TWO_CONTROLS}.html").as_uri())
    slider = page.locator(".slider")
    picture, gain = slider.get_by_role("img"), slider.get_by_label("g", exact=True)
    before = picture.get_attribute("src")
    assert gain.get_attribute("aria-valuetext") == "1.20" == slider.locator("output").inner_text()
    gain.press("Home")
    slider.get_by_label("activation").select_option("tanh")
    assert gain.get_attribute("aria-valuetext") == "0.50" == slider.locator("output").inner_text()
    assert picture.get_attribute("alt") == "g = 0.5, tanh"
    assert picture.get_attribute("src") != before
    page.wait_for_function("document.querySelector('.slider img').naturalWidth > 0")


def test_a_lecture_on_paper_is_the_lecture_alone(browser):
    with browser.new_context(**VIEWS["desktop"]) as context:
        page = context.new_page()
        page.goto((SITE / f"{LECTURE}.html").as_uri())
        page.emulate_media(media="print")
        for beside in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".header-article"):
            assert not page.locator(beside).first.is_visible(), beside
        assert page.locator("h1").first.is_visible()
        assert not page.locator(".slider input").first.is_visible()
        assert page.locator(".slider .strip img").count() == 4
        assert page.locator(".slider .strip img").last.is_visible()


def test_search_finds_a_word(page):
    page.goto((SITE / "search.html").as_uri() + "?q=dropout")
    page.wait_for_selector("ul.search li a")
    assert "dropout" in page.locator("ul.search").inner_text().lower()


def test_words_of_the_glossary_are_explained_where_they_are_linked():
    links = soup(SITE / f"{LECTURE}.html").select("article a[href*='glossary.html#']")
    assert links and all(len(link.get("title", "")) > 20 for link in links)


def test_notebooks_and_the_zip_can_be_taken_along():
    for path in NOTEBOOKS:
        name = path.relative_to(REPOSITORY)
        taken = SITE / "_sources" / name
        assert json.loads(taken.read_text()) == json.loads(path.read_text())
        assert soup((SITE / name).with_suffix(".html")).select_one(f"a[href$='{name.name}']")
    assert list(SITE.glob("_downloads/*/improving-deep-neural-networks.zip"))


def test_notebooks_open_elsewhere_only_where_a_repository_is_set():
    repository = os.environ.get("COURSE_REPOSITORY")
    for path in NOTEBOOKS:
        name = path.relative_to(REPOSITORY)
        built = soup((SITE / name).with_suffix(".html"))
        links = {link["href"] for link in built.select("a[href*=mybinder], a[href*=colab]")}
        assert (
            links
            == {
                f"https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/{name}",
                f"https://colab.research.google.com/github/{repository}/blob/main/{name}",
            }
            if repository
            else not links
        )
    start = soup(SITE / "START.html").get_text()
    assert (f"git clone --depth 1 https://github.com/{repository} " in start) == bool(repository)


def test_the_next_page_is_the_next_on_the_path():
    following = soup(SITE / f"{LECTURE}.html").select_one("a.right-next")["href"]
    assert following == "03_dropout_augmentation_early_stopping.html"
    after = SITE / "course/module1_practical_aspects/04_normalizing_and_initializing.html"
    assert "release/" in soup(after).select_one("a.right-next")["href"]
