"""Every page of the built site, in Chromium at three widths: nothing is cut, and no formula is broken."""

from pathlib import Path

import pytest

from tests.tutorials.browser import DESKTOP, WIDTHS

pytestmark = pytest.mark.browser
LOOK = (Path(__file__).parent / "look.js").read_text()
PLANTED = {
    "the page is": "<div style='width: 3000px'>wide</div>",
    "cut: table": "<div style='overflow-x: hidden'><table><tr><td style='min-width: 3000px'>x</td></tr></table></div>",
    "cut: pre": "<pre style='overflow-x: hidden; width: 9em'>a line that is far too long for this</pre>",
    "formula: mjx-merror": "<mjx-merror>Missing close brace</mjx-merror>",
    "formula that is not drawn": "<span class='math'>\\(x\\)</span>",
    "TeX in the text": "<p>noise of $\\sigma$</p>",
    "2 search boxes": "<input type='search'>",
    "empty head": "<table><thead><tr><th></th><th> </th></tr></thead></table>",
    "code cut": "<div class='highlight-python'><pre style='overflow-x: auto; width: 5em'>far too long</pre></div>",
    "downloads": "<a href='_downloads/abc/noise.py' download>noise.py</a>",
}
"""What is wrong with a page, and a page of which it is true."""


def pages(site: Path) -> list[Path]:
    return [path for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts]


def test_every_page_can_be_read_at_every_width(site, browser):
    found = {}
    for page in pages(site):
        browser.open(page)
        for width in WIDTHS:
            browser.resize(width)
            if wrong := browser.run(LOOK):
                found[f"{page.relative_to(site)} at {width} px"] = wrong
        if errors := browser.errors():
            found[f"{page.relative_to(site)}, console"] = errors
    assert found == {}


@pytest.mark.parametrize("wrong", PLANTED)
def test_planted_mistakes_are_found(wrong, browser, tmp_path):
    page = tmp_path / "page.html"
    for content in ("<p>text</p>", PLANTED[wrong]):
        page.write_text(f"<!doctype html><meta charset=utf-8><input type='search'><article>{content}</article>")
        browser.open(page, DESKTOP)
        found = browser.run(LOOK)
        assert (found == []) if content == "<p>text</p>" else any(text.startswith(wrong) for text in found), found
