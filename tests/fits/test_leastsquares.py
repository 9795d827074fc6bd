"""Levenberg-Marquardt against problems with certified answers (NIST, Statistical Reference Datasets)."""

import numpy as np
import pytest

from wn_ref.fits.leastsquares import covariance, levenberg_marquardt

# Rat42 (sigmoidal growth of pasture, 9 observations) and Rat43 (of onions, 15), both of "higher difficulty";
# starts, certified values, standard deviations and residual sums of squares as NIST gives them
RAT42 = (
    [9, 14, 21, 28, 42, 57, 63, 70, 79],
    [8.93, 10.80, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08],
)
RAT43 = (
    list(range(1, 16)),
    [
        16.08,
        33.83,
        65.80,
        97.20,
        191.55,
        326.20,
        386.87,
        520.53,
        590.03,
        651.92,
        724.93,
        699.56,
        689.96,
        637.56,
        717.41,
    ],
)
RAT42_CERTIFIED = (
    [7.2462237576e01, 2.6180768402, 6.7359200066e-02],
    [1.7340283401, 8.8295217536e-02, 3.4465663377e-03],
)
RAT43_CERTIFIED = (
    [6.9964151270e02, 5.2771253025, 7.5962938329e-01, 1.2792483859],
    [1.6302297817e01, 2.0828735829, 1.9566123451e-01, 6.8761936385e-01],
)


def rat42(x, b1, b2, b3):
    e = np.exp(b2 - b3 * x)
    y = b1 / (1 + e)
    return y, np.stack([y / b1, -y * e / (1 + e), y * x * e / (1 + e)], axis=1)


def rat43(x, b1, b2, b3, b4):
    e = np.exp(b2 - b3 * x)
    y = b1 / (1 + e) ** (1 / b4)
    slope = -y * e / (1 + e) / b4
    return y, np.stack([y / b1, slope, -x * slope, y * np.log1p(e) / b4**2], axis=1)


@pytest.mark.parametrize(
    ("model", "data", "certified", "rss", "start"),
    [
        (rat42, RAT42, RAT42_CERTIFIED, 8.0565229338, [100, 1, 0.1]),
        (rat42, RAT42, RAT42_CERTIFIED, 8.0565229338, [75, 2.5, 0.07]),
        (rat43, RAT43, RAT43_CERTIFIED, 8.7864049080e03, [100, 10, 1, 1]),
        (rat43, RAT43, RAT43_CERTIFIED, 8.7864049080e03, [700, 5, 0.75, 1.3]),
    ],
)
@pytest.mark.filterwarnings("ignore:(overflow|invalid value|divide by zero)")
def test_certified_problems(model, data, certified, rss, start):
    x, y = (np.array(values, np.float64) for values in data)
    values, deviations = certified
    p = levenberg_marquardt(lambda p: model(x, *p)[0] - y, lambda p: model(x, *p)[1], np.array(start))
    chi2 = np.sum((model(x, *p)[0] - y) ** 2)
    std = np.sqrt(np.diag(covariance(model(x, *p)[1])) * chi2 / (len(x) - len(p)))
    np.testing.assert_allclose(p, values, rtol=1e-6)
    np.testing.assert_allclose(std, deviations, rtol=1e-6)
    assert chi2 == pytest.approx(rss, rel=1e-9)


def test_covariance_of_a_straight_line():
    """Closed form for y = a + b x with unit errors: var b = 1 / sum (x - mean)^2, var a = sum x^2 / n of that."""
    x = np.array([0.0, 1, 2, 5])
    received = covariance(np.stack([np.ones(4), x], axis=1))
    var_b = 1 / np.sum((x - 2) ** 2)
    np.testing.assert_allclose(received, [[np.mean(x**2) * var_b, -2 * var_b], [-2 * var_b, var_b]])


def test_what_the_data_leave_open_has_infinite_covariance():
    assert np.isinf(covariance(np.array([[1.0, 0.0], [1.0, 0.0]]))).all()
    assert np.isinf(covariance(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]))).all()


def test_units_do_not_matter_within_the_range_that_it_states():
    """Where squares leave the range of float64 it says inf, no wrong number."""
    for unit in (1e-150, 1.0, 1e150):
        assert covariance(np.array([[unit], [2 * unit]]))[0, 0] * unit**2 == pytest.approx(0.2)
    with np.errstate(over="ignore"):
        assert np.isinf([covariance(np.array([[beyond]])) for beyond in (1e-200, 1e200)]).all()
