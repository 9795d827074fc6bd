"""The data sets of the paper, read straight from their publishers' files.

What to use when: `load_dataset("mnist")` for a data set to train on, small or whole; `wn-ref data` to see which are
here and fetch the others. `catalog` says what is published where, `files` finds or downloads it, one file a format
(`idx`, `cifar10`, `svhn`, `speech`) reads it, and `Dataset.batch` hands it to a network.
"""

from wn_ref.datasets.catalog import CATALOG, Entry
from wn_ref.datasets.dataset import Dataset, stratified
from wn_ref.datasets.load import load_dataset

DATASETS = tuple(CATALOG)

__all__ = ["CATALOG", "DATASETS", "Dataset", "Entry", "load_dataset", "stratified"]
