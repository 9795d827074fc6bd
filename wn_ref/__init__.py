"""Walking Noise in NumPy and Numba: a reference implementation to read, run and check others against.

Borras, Klein, Fröning: *Walking Noise: On Layer-Specific Robustness of Neural Architectures against Noisy
Computations and Associated Characteristic Learning Dynamics*, ECML PKDD 2024.
"""

from wn_ref.datasets import Dataset, load_dataset
from wn_ref.errors import InputError, OverflowStop
from wn_ref.experiment import Experiment, Result, run
from wn_ref.findings.allocation import allocate_executions
from wn_ref.fit import MidpointFit, accuracy_uncertainty, fit_midpoint
from wn_ref.locate.locate import Location, locate_midpoint
from wn_ref.loss import cross_entropy
from wn_ref.models import build_model
from wn_ref.network import Network
from wn_ref.noise import Noise, additive, mixed, multiplicative
from wn_ref.random import normal
from wn_ref.store.store import Store, open_store
from wn_ref.sweeps.execution import sweep
from wn_ref.sweeps.plans import walking
from wn_ref.train import evaluate, train

__version__ = "0.1.0"

__all__ = [
    "Dataset",
    "Experiment",
    "InputError",
    "Location",
    "MidpointFit",
    "Network",
    "Noise",
    "OverflowStop",
    "Result",
    "Store",
    "accuracy_uncertainty",
    "additive",
    "allocate_executions",
    "build_model",
    "cross_entropy",
    "evaluate",
    "fit_midpoint",
    "load_dataset",
    "locate_midpoint",
    "mixed",
    "multiplicative",
    "normal",
    "open_store",
    "run",
    "sweep",
    "train",
    "walking",
]
