"""The data sets of the paper, read directly from their publishers' files.

What to use when: `load_dataset("mnist")` returns a data set to train on, a part of it or all of it; the command
`wn-ref data` shows which data sets are on this machine and fetches the others.

How it works: `catalog` lists what is published where, `sources` finds the files or downloads them, one module for each
file format (`idx`, `cifar10`, `svhn`, `speech`) reads them, and `Dataset.batch` hands the images to a network.
"""

from wn_ref.datasets.catalog import CATALOG
from wn_ref.datasets.dataset import Dataset
from wn_ref.datasets.entry import Entry
from wn_ref.datasets.load import load_dataset
from wn_ref.datasets.subset import stratified

DATASETS = tuple(CATALOG)

__all__ = ["CATALOG", "DATASETS", "Dataset", "Entry", "load_dataset", "stratified"]
