"""Chromium as the tests need it: a page at a given width, in light or dark, when its formulas are drawn."""

from __future__ import annotations

import os
from pathlib import Path

PHONE, TABLET, DESKTOP = WIDTHS = (390, 1000, 1400)
"""The widths of window, in CSS pixels, at which pages are looked at."""
OF_THE_THEME = ("'THEBE_JS_URL' has already been declared", "Got invalid theme mode")
"""What the theme's own scripts complain about."""
DRAWN = """
const done = arguments[0];
const formulas = window.MathJax?.startup?.promise ?? Promise.resolve();
formulas.then(() => requestAnimationFrame(() => setTimeout(done, 0)));
"""
STILL = """
const still = "<style>*, ::before, ::after { transition: none !important; animation: none !important }</style>";
document.head.insertAdjacentHTML("beforeend", still);
"""
SETTLED = """
const done = arguments[0];
requestAnimationFrame(() => requestAnimationFrame(() => done()));
"""


class Browser:
    """Chromium without a window."""

    def __init__(self, chromium: str, chromedriver: str) -> None:
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for argument in ("--headless=new", "--disable-dev-shm-usage", "--hide-scrollbars"):
            options.add_argument(argument)
        if os.geteuid() == 0:  # as in a container
            options.add_argument("--no-sandbox")
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(chromedriver))
        self.driver.set_script_timeout(120)
        self.driver.set_page_load_timeout(120)

    def close(self) -> None:
        self.driver.quit()

    def resize(self, width: int) -> None:
        """Make the window as wide as that, and wait until the page is laid out again."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.execute_async_script(SETTLED)

    def prefer(self, scheme: str) -> None:
        """Tell pages that the reader wants them "light" or "dark"."""
        wish = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)

    def open(self, page: Path, width: int = DESKTOP) -> None:
        """Open a page from disk, and wait until its formulas are drawn."""
        self.resize(width)
        self.driver.get(page.as_uri())
        self.driver.execute_script(STILL)  # a sidebar that slides is in no place yet
        self.driver.execute_async_script(DRAWN)
        self.driver.execute_async_script(SETTLED)

    def run(self, script: str, *arguments: object):
        """Run JavaScript in the page, and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def errors(self) -> list[str]:
        """Return what the page complained about since the last call, without what the theme itself does."""
        messages = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        return [message for message in messages if not any(known in message for known in OF_THE_THEME)]
