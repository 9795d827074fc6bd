"""The fit vectors are what their command makes, SciPy agrees with them, and mistakes of a fitter are found."""

import math

import numpy as np
import pandas
import pytest
from scipy.optimize import brentq, curve_fit
from scipy.stats import norm, t

from wn_ref import InputError, fit_midpoint
from wn_ref.ports.fit_curves import FAMILIES, make, simulated
from wn_ref.ports.fit_networks import measured, plans
from wn_ref.ports.fit_vectors import FOLDER, VERDICTS, answer, answers, averages, differences, points

POINTS, ANSWERS = points(), answers()
BY_CURVE = dict(list(POINTS.groupby("curve", sort=False)))
KIND = ANSWERS["curve"].str.replace(r"-\d+$", "", regex=True)
WELL_POSED = ["additive", "multiplicative", "linear", "one-seed", "unequal-tests", "failed-runs", "rounded-levels"]
WELL_POSED += ["two-seeds", "without-noise", "walk-inference", "rescaled"]


def scipys(settings, errors=np.asarray, scale=None):
    """An answer of SciPy's, with averages, errors and the profile of the midpoint written down anew."""
    runs = BY_CURVE[settings["curve"]].dropna(subset="accuracy")
    runs = runs.assign(sigma=[float(f"{sigma:.12g}") for sigma in runs["sigma"]]).groupby("sigma")
    y, n, tests = runs["accuracy"].mean().to_numpy(), runs.size().to_numpy(), runs["tests"].first().to_numpy()
    p = (y * tests + 1) / (tests + 2)
    spread = runs["accuracy"].std().fillna(0).to_numpy()
    dy = errors(np.sqrt(spread**2 / n + p * (1 - p) / tests))
    log, held = (scale or settings["scale"]) == "log", not math.isnan(settings["a_min"])
    sigma = np.array(list(runs.groups))
    x, y, dy = (
        values[sigma > 0] if log else values for values in (np.log(np.maximum(sigma, 1e-99)) if log else sigma, y, dy)
    )
    lowest = settings["a_min"] if held else y.min()

    def height(x, mu, s, delta, a_min=settings["a_min"]):
        return 2 * delta / (1 + np.exp(np.clip((x - mu) / s, -500, 500))) + a_min

    def chi2(p):
        return float(np.sum(((height(x, *p) - y) / dy) ** 2))

    falls = x[np.argmin(np.abs(y - (y.max() + lowest) / 2))]
    start = [falls, 0.5 if log else falls / 4, (y.max() - lowest) / 2] + [lowest] * (not held)
    best, _ = curve_fit(height, x, y, start, dy, maxfev=5000)
    dof = len(x) - len(best)
    factor, quantile = 1, norm.ppf(0.975)
    if settings["rescale"]:
        factor, by_scatter = max(chi2(best) / dof, 1), t.ppf(0.975, dof) * min(math.sqrt(chi2(best) / dof), 1)
        quantile = max(quantile, by_scatter)

    def excess(mu):
        rest, _ = curve_fit(lambda x, *q: height(x, mu, *q), x, y, best[1:], dy, maxfev=5000)
        return (chi2([mu, *rest]) - chi2(best)) / factor - quantile**2

    reach = 0.02 if log else 0.02 * best[0]
    ends = []
    for sign in (-1, 1):
        far = next(k for k in range(1, 200) if excess(best[0] + sign * k * reach) > 0)
        ends.append(brentq(excess, best[0] + sign * (far - 1) * reach, best[0] + sign * far * reach, xtol=1e-6))
    mu, low, high = np.exp([best[0], *ends]) if log else (best[0], *ends)
    return {"curve": settings["curve"], "verdict": "measured", "midpoint": mu, "low": low, "high": high}


def well_posed(*kinds):
    return ANSWERS[KIND.isin(kinds or WELL_POSED)].to_dict("records")


def test_there_are_200_curves_in_small_files():
    assert len(ANSWERS) == len(BY_CURVE) == ANSWERS["curve"].nunique() == 200
    assert list(BY_CURVE) == ANSWERS["curve"].to_list()
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 300_000
    assert set(ANSWERS["verdict"]) == set(VERDICTS)
    assert (ANSWERS["source"] == "networks").sum() == 36


def test_awkward_curves_are_there():
    runs = POINTS.groupby("curve")
    assert (runs["sigma"].nunique() == 1).sum() == 3  # one level
    assert (runs["accuracy"].apply(lambda accuracy: accuracy.isna().any())).sum() >= 8  # runs that failed
    assert (runs["tests"].nunique() > 1).sum() == 6  # unequal numbers of tests
    assert (runs["tests"].count() == 0).sum() == 6  # unknown
    assert {1, 2, 3, 5} <= set(runs["seed"].nunique())
    for kind, verdict in (
        ("flat", "lower bound"), ("chance", "upper bound"), ("far-above", "lower bound"), ("far-below", "upper bound"),
        ("wrong-a-min", "open"), ("two-steps", "open"), ("one-level", "too few"), ("not-yet-half", "lower bound"),
        ("steep", "measured"), ("shallow", "measured"),
    ):  # fmt: skip
        assert set(ANSWERS.loc[kind == KIND, "verdict"]) == {verdict}, kind


def test_answers_are_what_the_fit_says():
    """On another processor, too: numbers may differ in their last digits, and the order of the runs does not matter."""
    for settings in ANSWERS.to_dict("records"):
        again = answer(BY_CURVE[settings["curve"]].iloc[::-1], settings)
        assert again["verdict"] == settings["verdict"], settings["curve"]
        for name in ("midpoint", "low", "high"):
            np.testing.assert_allclose(again[name], settings[name], rtol=1e-4, err_msg=settings["curve"])


def test_simulated_points_are_what_the_command_makes():
    drawn = list(simulated())
    assert len(drawn) == sum(family.count for family in FAMILIES.values()) == (ANSWERS["source"] == "simulated").sum()
    kept = ANSWERS.set_index("curve")
    for settings, runs in drawn:
        there = BY_CURVE[settings["curve"]]
        np.testing.assert_allclose(runs.astype(float), there[list(runs)].astype(float), rtol=1e-12, atol=1e-3)
        for name in ("scale", "a_min", "chance", "rescale", "truth"):
            expected, got = settings[name], kept.loc[settings["curve"], name]
            assert expected == got or (math.isnan(expected) and math.isnan(got))


def test_networks_are_what_the_command_trains():
    """Other processors round otherwise, so networks may differ by a few images."""
    trained = list(measured(["global-inference", "global-training-multiplicative"]))
    for settings, runs in trained:
        there = BY_CURVE[settings["curve"]]
        assert runs[["sigma", "seed", "tests"]].to_numpy() == pytest.approx(
            there[["sigma", "seed", "tests"]].to_numpy()
        )
        differs = (runs["accuracy"].to_numpy() - there["accuracy"].to_numpy())[there["accuracy"].notna()]
        assert np.sqrt(np.nanmean(differs**2)) < 0.05
    names = [name for name in KIND.unique() if name not in FAMILIES]
    assert set(names) == set(plans())


def test_the_command_writes_both_files(tmp_path):
    curves = [next(iter(simulated()))]
    make(tmp_path, curves)
    for name, whole in (("points", POINTS), ("answers", ANSWERS)):
        made = pandas.read_csv(tmp_path / f"{name}.csv")
        expected = whole[whole["curve"] == "additive-01"].reset_index(drop=True)
        pandas.testing.assert_frame_equal(made, expected, check_dtype=False, rtol=1e-6)


def test_scipy_agrees_where_the_curve_tells_the_midpoint():
    curves = well_posed()
    assert len(curves) > 60
    theirs = pandas.DataFrame([scipys(settings) for settings in curves])
    assert differences(theirs) == []


@pytest.mark.parametrize(
    ("mistake", "kind", "quantity"),
    [
        (lambda settings: scipys(settings, errors=lambda dy: np.full_like(dy, dy.mean())), "rescaled", "midpoint"),
        (lambda settings: scipys(settings, errors=lambda dy: dy * math.sqrt(2)), "additive", "high"),
        (lambda settings: scipys(settings, scale="log"), "linear", "midpoint"),
        (lambda settings: scipys(settings | {"a_min": 0.12}), "additive", "midpoint"),
        (lambda settings: scipys(settings | {"rescale": False}), "walk-inference", "low"),
    ],
    ids=["no weights", "deviation for error", "ln sigma for sigma", "another chance", "not rescaled"],
)
def test_planted_mistakes_are_found(mistake, kind, quantity):
    curves = well_posed(kind)
    found = differences(pandas.DataFrame([mistake(settings) for settings in curves]))
    assert len({one.curve for one in found if one.quantity == quantity}) > len(curves) / 3
    assert all(one.size > 1 for one in found)


def test_a_fitter_that_claims_too_much_is_found():
    bounds = ANSWERS[ANSWERS["verdict"] == "lower bound"]
    claimed = bounds[["curve"]].assign(verdict="measured", midpoint=3.0, low=2.0, high=4.0)
    found = differences(claimed)
    assert len(found) >= 3 * len(bounds)
    assert all(math.isinf(one.size) for one in found if one.quantity in ("verdict", "midpoint", "high"))


def test_intervals_hold_the_midpoints_of_which_curves_were_drawn():
    """Of curves whose points are independent: 95 % intervals, and those of steep curves hold more."""
    measured_ones = ANSWERS[(ANSWERS["verdict"] == "measured") & ANSWERS["truth"].notna() & ~KIND.str.contains("seeds")]
    hits = (measured_ones["low"] <= measured_ones["truth"]) & (measured_ones["truth"] <= measured_ones["high"])
    assert len(hits) > 80
    assert hits.mean() > 0.9
    bounds = ANSWERS[ANSWERS["verdict"].str.contains("bound") & ANSWERS["truth"].notna() & (KIND != "rising")]
    assert ((bounds["low"] <= bounds["truth"]) & (bounds["truth"] <= bounds["high"])).mean() > 0.9


def test_averages_by_hand():
    runs = pandas.DataFrame(
        [(1.0, 0, 0.8, 98), (1.0, 1, 0.6, 98), (1.0, 2, math.nan, 98), (2.0, 0, math.nan, 98), (3.0, 0, 0.5, math.nan)],
        columns=["sigma", "seed", "accuracy", "tests"],
    )
    data = averages(runs)
    assert data["sigma"].to_list() == [1.0, 3.0]
    p = (0.7 * 98 + 1) / 100
    spread = math.sqrt(0.02) / math.sqrt(2)
    assert data["uncertainty"][0] == pytest.approx(math.sqrt(spread**2 + p * (1 - p) / 98))
    assert math.isnan(data["uncertainty"][1])


def test_an_answer_is_that_of_the_public_fit():
    settings = ANSWERS.set_index("curve").loc["additive-03"]
    data = averages(BY_CURVE["additive-03"])
    fit = fit_midpoint(data["sigma"], data["accuracy"], data["uncertainty"], a_min=0.1)
    assert (fit.midpoint, *fit.interval()) == pytest.approx(settings[["midpoint", "low", "high"]].to_list(), rel=1e-6)


def test_what_is_left_out_is_not_looked_at_and_unknown_curves_are_refused():
    assert differences(pandas.DataFrame({"curve": ["flat-01"], "midpoint": [math.nan]})) == []
    with pytest.raises(InputError, match=r"csv: expected curves of .*points\.csv, got 'none-01'"):
        differences(pandas.DataFrame({"curve": ["none-01"], "midpoint": [1.0]}))
    with pytest.raises(InputError, match="csv: expected each curve once, got 'flat-01' twice"):
        differences(pandas.DataFrame({"curve": ["flat-01"] * 2, "midpoint": [1.0, 2.0]}))
