"""Results on disk: one SQLite file, and a folder of trained networks beside it.

canonical   the canonical form of an experiment, and the key that follows from it
records     what is known about a run and about a trained network
tables      the tables of the file, and how Python's values become SQLite's and back
filters     which runs are wanted
store       how the tables are read
writer      how results are added to them
measurements  what functions of the user's measured
copying     a copy that is whole at whatever moment
merging     the runs of several stores in one
tidy        deletes runs, and makes the file smaller
file        how the file is opened, and whether it is whole
lock        how it is kept for the one process that writes
sqlite_errors  what SQLite's errors mean, and patience
networks    trained networks as .npz files
"""

from wn_ref.store.canonical import canonical, key, keys
from wn_ref.store.copying import backup
from wn_ref.store.merging import Merged, merge
from wn_ref.store.records import Outcome, TrainingRecord
from wn_ref.store.store import Store, open_store
from wn_ref.store.tidy import delete, vacuum
from wn_ref.store.writer import writing

__all__ = [
    "Merged",
    "Outcome",
    "Store",
    "TrainingRecord",
    "backup",
    "canonical",
    "delete",
    "key",
    "keys",
    "merge",
    "open_store",
    "vacuum",
    "writing",
]
