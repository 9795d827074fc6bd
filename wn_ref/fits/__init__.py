"""Fits of accuracy against noise: arrays in, numbers with uncertainties out (sections 4.1 and 6.2).

What to use when:

- `fit_midpoint` finds the midpoint of one curve with its confidence interval, or says that the data only bound it;
- `fit_seeds` does so for several seeds, with an interval that holds for other seeds;
- `accuracy_uncertainty` turns the accuracies of several seeds into the standard errors that every fit needs;
- `merge_levels` makes noise levels equal that differ by rounding only;
- `fit_stacked` decides whether a curve falls in one step or in two; `fit_steps` fits the number of steps you give it;
- `levenberg_marquardt` and `covariance` solve any other weighted least-squares problem;
- `crossing` and `student_quantile` make confidence intervals for it.

Nothing here knows of networks or of files, so these fits work for the accuracies of any framework.
"""

from wn_ref.fits.intervals import crossing, student_quantile
from wn_ref.fits.leastsquares import covariance, levenberg_marquardt
from wn_ref.fits.levels import merge_levels
from wn_ref.fits.midpoint import MidpointFit, fit_midpoint
from wn_ref.fits.seeds import accuracy_uncertainty, fit_seeds
from wn_ref.fits.stacked import StackedFit, fit_stacked, fit_steps
from wn_ref.fits.verdict import CONFIDENCE

__all__ = [
    "CONFIDENCE",
    "MidpointFit",
    "StackedFit",
    "accuracy_uncertainty",
    "covariance",
    "crossing",
    "fit_midpoint",
    "fit_seeds",
    "fit_stacked",
    "fit_steps",
    "levenberg_marquardt",
    "merge_levels",
    "student_quantile",
]
