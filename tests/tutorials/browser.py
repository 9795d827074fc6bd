"""Chromium as the tests need it: a page at a given width, in light or dark, when its formulas are drawn."""

from __future__ import annotations

import os
from pathlib import Path

PHONE, TABLET, DESKTOP = WIDTHS = (390, 1000, 1400)
"""The widths of window, in CSS pixels, at which pages are looked at."""
DRAWN = """
const done = arguments[0];
const formulas = window.MathJax?.startup?.promise ?? Promise.resolve();
formulas.then(() => requestAnimationFrame(() => setTimeout(done, 0)));
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
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, scheme: str) -> None:
        """Tell pages that the reader wants them "light" or "dark"."""
        wish = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)

    def open(self, page: Path, width: int = DESKTOP) -> None:
        """Open a page from disk, and wait until its formulas are drawn."""
        self.resize(width)
        self.driver.get(page.as_uri())
        self.driver.execute_async_script(DRAWN)

    def run(self, script: str, *arguments: object):
        """Run JavaScript in the page, and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def errors(self) -> list[str]:
        """Return what the page complained about since the last call, without what the theme itself does."""
        messages = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        return [message for message in messages if "'THEBE_JS_URL' has already been declared" not in message]
