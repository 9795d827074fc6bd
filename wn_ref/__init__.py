"""Walking Noise in NumPy and Numba: a reference implementation to read, run and check others against.

Borras, Klein, Fröning: *Walking Noise: On Layer-Specific Robustness of Neural Architectures against Noisy
Computations and Associated Characteristic Learning Dynamics*, ECML PKDD 2024.
"""

from wn_ref import interrupt  # noqa: F401  # isort: skip  # before all that takes long to load
from wn_ref.checks import check_layer
from wn_ref.datasets import Dataset, load_dataset
from wn_ref.errors import (
    CallOrderError,
    InputError,
    LayerError,
    OverflowStop,
    RunError,
    StorageError,
    WnRefError,
    WorkerError,
)
from wn_ref.experiment import Experiment
from wn_ref.findings.allocation import allocate_executions
from wn_ref.findings.robustness import midpoints
from wn_ref.fits.midpoint import MidpointFit, fit_midpoint
from wn_ref.fits.seeds import accuracy_uncertainty
from wn_ref.ledger.published import published_figure, published_ledger, published_runs
from wn_ref.loss import cross_entropy
from wn_ref.models import build_model
from wn_ref.network import Network
from wn_ref.noise import Noise, additive, mixed, multiplicative
from wn_ref.ports.check import check_vectors
from wn_ref.ports.network_file import load_network, save_network
from wn_ref.random import normal
from wn_ref.running import Result, run
from wn_ref.search.experiments import locate_midpoint
from wn_ref.search.functions import locate
from wn_ref.search.location import Location
from wn_ref.search.walking import walk
from wn_ref.store.store import Store, open_store
from wn_ref.sweeps.plans import walking
from wn_ref.sweeps.runner import sweep
from wn_ref.train import evaluate, train
from wn_ref.version import __version__

__all__ = [
    "CallOrderError",
    "Dataset",
    "Experiment",
    "InputError",
    "LayerError",
    "Location",
    "MidpointFit",
    "Network",
    "Noise",
    "OverflowStop",
    "Result",
    "RunError",
    "StorageError",
    "Store",
    "WnRefError",
    "WorkerError",
    "__version__",
    "accuracy_uncertainty",
    "additive",
    "allocate_executions",
    "build_model",
    "check_layer",
    "check_vectors",
    "cross_entropy",
    "evaluate",
    "fit_midpoint",
    "load_dataset",
    "load_network",
    "locate",
    "locate_midpoint",
    "midpoints",
    "mixed",
    "multiplicative",
    "normal",
    "open_store",
    "published_figure",
    "published_ledger",
    "published_runs",
    "run",
    "save_network",
    "sweep",
    "train",
    "walk",
    "walking",
]
