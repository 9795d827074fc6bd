"""A browser without a window, and the built site that it looks at."""

import os
import shutil
from pathlib import Path

import pytest

from tests.tutorials.browser import Browser

SITE = Path(os.environ.get("WN_REF_SITE") or Path(__file__).parents[2] / "tutorials" / "_build" / "html")


@pytest.fixture(scope="session")
def site():
    if not (SITE / "index.html").exists():
        pytest.skip(f"there is no site in {SITE}; run jupyter-book build tutorials, or set WN_REF_SITE")
    return SITE.resolve()


@pytest.fixture(scope="session")
def browser():
    pytest.importorskip("selenium", reason="selenium is not installed; pip install 'wn_ref[browser]'")
    programs = shutil.which("chromium"), shutil.which("chromedriver")
    if not all(programs):
        pytest.skip("chromium is not installed; apt-get install chromium chromium-driver")
    opened = Browser(*programs)
    yield opened
    opened.close()
