"""Where a profile crosses its limit, and Student's quantile against SciPy."""

import pytest
from scipy import stats

from wn_ref import InputError
from wn_ref.fits.intervals import crossing, student_quantile


def test_crossing_of_a_line_a_step_and_a_plain():
    assert crossing(lambda mu: abs(mu - 3) - 2, 3.0, 0.1, limit=100.0) == pytest.approx(5, abs=1e-3)
    assert crossing(lambda mu: abs(mu - 3) - 2, 3.0, -0.1, limit=0.0) == pytest.approx(1, abs=1e-3)
    assert crossing(lambda mu: 1.0 if mu > 7 else -1.0, 3.0, 0.1, limit=100.0) == pytest.approx(7, abs=1e-3)
    assert crossing(lambda mu: -1.0, 3.0, 0.1, limit=100.0) is None
    assert crossing(lambda mu: abs(mu - 3) - 99, 3.0, 500.0, limit=100.0) is None
    assert crossing(lambda mu: abs(mu - 3) - 2, 3.0, 500.0, limit=100.0) == pytest.approx(5, abs=1e-3)


@pytest.mark.parametrize("scale", [1.0, 1e-8, 1e8])
@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1.0, 1e9])
def test_a_crossing_does_not_depend_on_units(unit, scale):
    found = crossing(lambda mu: unit * (abs(mu / scale - 3) ** 1.5 - 1), 3 * scale, 0.1 * scale, 100 * scale)
    assert found == pytest.approx(4 * scale, rel=1e-3)
    assert crossing(lambda mu: 0.0, 3.0, 0.1, limit=100.0) == 3.0


@pytest.mark.parametrize("dof", [1, 2, 5, 13, 200])
@pytest.mark.parametrize("probability", [0.6, 0.84, 0.975, 0.995])
def test_student_quantile(dof, probability):
    assert student_quantile(probability, dof) == pytest.approx(stats.t.ppf(probability, dof), rel=2e-4)


@pytest.mark.parametrize("dof", [10**4, 10**6 - 1, 10**6, 10**8, 10**12])
@pytest.mark.parametrize("probability", [0.5, 0.6, 0.975, 0.9995])
def test_student_quantile_of_many_degrees_of_freedom(dof, probability):
    assert student_quantile(probability, dof) == pytest.approx(stats.t.ppf(probability, dof), rel=6e-5, abs=1e-12)


@pytest.mark.parametrize(("probability", "dof"), [(0.025, 5), (1.0, 5), (1.5, 5), (0.9, 0), (0.9, 2.5)])
def test_a_quantile_outside_of_its_range_is_refused(probability, dof):
    with pytest.raises(InputError, match=r"(probability|dof): expected "):
        student_quantile(probability, dof)
