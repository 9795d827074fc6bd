"""Results on disk: one SQLite file, and a folder of trained networks beside it.

canonical   the canonical form of an experiment, and the key that follows from it
records     what is known about a run and about a trained network
tables      the tables of the file, and how Python's values become SQLite's and back
store       how the tables are read
writer      how results are added to them
file        how the file is opened and locked, and what its errors mean
networks    trained networks as .npz files
"""

from wn_ref.store.canonical import canonical, key, keys
from wn_ref.store.records import Outcome, TrainingRecord
from wn_ref.store.store import Store, open_store
from wn_ref.store.writer import writing

__all__ = ["Outcome", "Store", "TrainingRecord", "canonical", "key", "keys", "open_store", "writing"]
