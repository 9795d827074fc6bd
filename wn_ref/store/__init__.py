"""Results on disk: one SQLite file, and a folder of trained networks beside it.

canonical   an experiment's canonical form, and the key that follows from it
store       the tables, what is written to them and read from them
file        how the file is opened, locked, and what its errors mean
networks    trained networks as .npz
"""

from wn_ref.store.canonical import canonical, key, keys
from wn_ref.store.store import Outcome, Store, Training, open_store, writing

__all__ = ["Outcome", "Store", "Training", "canonical", "key", "keys", "open_store", "writing"]
