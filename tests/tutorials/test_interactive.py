"""The page "One digit's way" in Chromium: what it shows when its controls are moved is what the package computes."""

import math

import numpy as np
import pytest

import wn_ref as wn
from tests.tutorials.browser import PHONE, WIDTHS
from wn_ref.injection import GLOBAL, Injection
from wn_ref.running import learn
from wn_ref.steps import evaluation_step

pytestmark = pytest.mark.browser
MOST_BYTES = 3e6
SIGMAS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
SETTINGS = {"dataset": "digits", "model": "mlp", "epochs": 12, "learning_rate": 0.003, "seed": 0}
DIGIT = 9
# Processors round differently, and training makes more of it: hence the tolerances of all numbers below.


@pytest.fixture
def page(site, browser):
    browser.open(site / "digit.html")
    return Page(browser)


class Page:
    """The page by its controls and by what it shows."""

    def __init__(self, browser):
        self.browser = browser

    def find(self, selector):
        return self.browser.driver.find_element("css selector", selector)

    def text(self, name):
        return self.find(f"#digit-{name}").text

    def share(self, name):
        return float(self.text(name).removesuffix(" %")) / 100

    def press(self, selector, *keys):
        from selenium.webdriver import Keys

        self.find(selector).send_keys(*(getattr(Keys, key) for key in keys))

    def choose(self, sigma, point, noise="additive", training="none", batchnorm=True):
        """Set every control from the keyboard."""
        for name, value in (("noise", noise), ("training", training)):
            self.press(f"input[name={name}][value={value}]", "SPACE")
        if self.find("input[name=batchnorm]").is_selected() != batchnorm:
            self.press("input[name=batchnorm]", "SPACE")
        self.press("#digit-sigma", "HOME", *["ARROW_RIGHT"] * SIGMAS.index(sigma))
        self.press("#digit-point", "HOME")
        while self.text("point-shown") != point:
            before = self.text("point-shown")
            self.press("#digit-point", "ARROW_RIGHT")
            assert self.text("point-shown") != before, f"there is no point {point} on the slider"
        assert float(self.text("sigma-shown")) == sigma

    def logits(self):
        rows = self.browser.driver.find_elements("css selector", "#digit-answers tr")
        cells = [[cell.text for cell in row.find_elements("css selector", "td")] for row in rows]
        return np.array([[float(clean), float(noisy)] for clean, noisy, *_ in cells]).T


def experiment(noise, point, training, batchnorm=True):
    phase = "inference" if training == "none" else "training"
    return wn.Experiment(**SETTINGS, noise=noise, point=point, phase=phase, batchnorm=batchnorm)


@pytest.mark.parametrize(
    ("noise", "point", "training", "batchnorm"),
    [
        (wn.additive(0.5), "dense1", "none", True),
        (wn.additive(2), "relu2", "none", False),
        (wn.additive(1), "dense1", "exact", True),
        (wn.multiplicative(5, "exact"), "relu1", "exact", True),
        (wn.multiplicative(2), "input", "straight_through", False),
    ],
)
def test_numbers_are_those_of_the_package(page, noise, point, training, batchnorm):
    sigma = noise.sigma_add or noise.sigma_mul
    page.choose(sigma, point, "additive" if noise.sigma_add else "multiplicative", training, batchnorm)

    told = experiment(noise, point, training, batchnorm)
    assert page.share("accuracy") == pytest.approx(wn.run(told).accuracy, abs=0.02)

    network, _ = learn(told.training_experiment())
    data = wn.load_dataset("digits")
    x, label = data.batch(data.test_images, np.array([DIGIT])), data.test_labels[[DIGIT]]
    quiet = {name: y.copy() for name, y in network.activations(x)}
    injection = Injection(noise, point, told.seed, evaluation_step(0))
    noisy = {name: y.copy() for name, y in network.activations(x, injection=injection)}
    last = network.points[-1]
    shown = page.logits()
    for logits, column in zip((quiet[last], noisy[last]), shown, strict=True):
        np.testing.assert_allclose(column, logits.ravel(), atol=0.02 * np.abs(logits).max())
    answer = int(noisy[last].argmax())
    assert page.text("label") == str(label[0])
    assert page.text("answer") == str(answer)
    probability = math.exp(-wn.cross_entropy(noisy[last], np.array([answer]))[0])
    assert page.share("probability") == pytest.approx(probability, abs=0.02)

    signal, difference = (
        math.sqrt(np.mean(np.square(one[point]))) for one in (quiet, {point: noisy[point] - quiet[point]})
    )
    stage = page.find(f"#digit-stages li[data-point={point}]")
    assert "digit-noisy" in stage.get_attribute("class")
    words = [line.split() for line in stage.text.splitlines() if line.startswith(("signal", "noise"))]
    assert {word: float(value) for word, value in words} == {
        "signal": pytest.approx(signal, rel=0.02, abs=0.006),
        "noise": pytest.approx(difference, rel=0.02, abs=0.006),
    }


@pytest.mark.parametrize("noise", [wn.additive, wn.multiplicative])
def test_the_midpoint_is_that_of_the_package(page, noise):
    page.choose(0.1, "bn1", noise.__name__)
    runs = wn.sweep([experiment(noise(sigma), "bn1", "none") for sigma in SIGMAS])
    (fit,) = wn.midpoints(runs).to_dict("records")
    word, midpoint, *_ = page.text("midpoint").split()
    assert (word, fit["kind"]) == ("midpoint", "measured")
    assert float(midpoint) == pytest.approx(fit["midpoint"], rel=0.03)
    dashed, axis = (page.find(f"#digit-curve line.digit-{name}") for name in ("midpoint", "grid"))
    left, right, x = (float(line.get_attribute(name)) for line, name in ((axis, "x1"), (axis, "x2"), (dashed, "x1")))
    drawn = 10 ** (-1 + 3 * (x - left) / (right - left))
    assert drawn == pytest.approx(fit["midpoint"], rel=0.03)


def test_global_noise_spares_batch_norm_and_the_point_keeps_its_name(page):
    page.choose(1, "all points but batch norm's")
    marked = [
        li.get_attribute("data-point") for li in page.browser.driver.find_elements("css selector", ".digit-noisy")
    ]
    points = wn.Experiment(**SETTINGS, batchnorm=True).injection_points
    assert marked == [points.names[number] for number in points.numbers(GLOBAL)]
    page.choose(1, "bn2")
    page.press("input[name=batchnorm]", "SPACE")
    assert page.text("point-shown") == "dense2"


def test_it_can_be_used_by_keyboard_and_read_aloud(page):
    from selenium.webdriver import Keys

    reached, last = [], None
    page.browser.run("document.getElementById('digit-sigma').focus()")
    while (active := page.browser.driver.switch_to.active_element) != last and active.get_attribute("name"):
        reached.append(active.get_attribute("name"))
        last = active
        active.send_keys(Keys.TAB)
    assert reached == ["sigma", "point", "noise", "training", "batchnorm"]
    for control in page.browser.driver.find_elements("css selector", "#digit-choices input"):
        assert control.accessible_name.strip()
    assert page.find("#digit-sigma").get_attribute("aria-valuetext") == page.text("sigma-shown")
    assert "midpoint" in page.find("#digit-curve").get_attribute("aria-label")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_light_and_dark_and_fits_every_width(site, browser, scheme):
    browser.prefer(scheme)
    for width in WIDTHS:
        browser.open(site / "digit.html", width)
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        colours = browser.run("const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]")
        text, ground = (sum(map(float, one[one.index("(") + 1 : -1].split(",")[:3])) for one in colours)
        assert (text > ground) == (scheme == "dark")
    browser.prefer("light")


def test_touch_targets_are_large_and_data_small(site, browser):
    browser.open(site / "digit.html", PHONE)
    for selector in ("input[type=range]", "fieldset label"):
        heights = browser.run(f"return [...document.querySelectorAll('.digit {selector}')].map((e) => e.offsetHeight)")
        assert min(heights) >= 24
    assert sum(path.stat().st_size for path in (site / "digit").iterdir()) <= MOST_BYTES
