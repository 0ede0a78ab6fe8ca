"""The HTML report in a browser: axe-core finds no fault, nothing runs off a narrow screen, nothing is fetched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments import comparison, report

pytestmark = pytest.mark.slow

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 390, 1280)
"""A phone at the narrowest that WCAG asks for, a usual one, and a desktop."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("made")
    found = comparison.compare(["baseline", "shortage-bonus"], replications=2, until=2027, out=folder / "r", workers=1)
    for lang in ("nl", "en"):
        report.write(found.results, folder / f"{lang}.html", lang)
    report.write(found.results, folder / "region.html", "nl", region="Zeeland")
    return {name: folder / f"{name}.html" for name in ("nl", "en", "region")}


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: not checked that the report is accessible")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["nl", "en", "region"])
def test_axe_finds_no_fault(pages, browser, name, width):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[name].as_uri())
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert len(found.response["passes"]) > 15  # axe did look
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [pages[name].as_uri()]
    page.close()
