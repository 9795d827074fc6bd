"""Sweeps: many experiments, planned, forecast, and run by several workers into a store.

plans      lists of experiments that answer a question of the paper
grids      the same by name, with noise levels, repeats and epochs: small ones for a laptop, and the paper's
forecast   how long a plan will take on this machine, measured
runner     runs experiments: trains each network once, evaluates it, and stores each result as it arrives
work       what is left to do, given what a store has
origin     whether data, code and machine are those of the results that the store has already
failures   when the same failure comes again and again
tasks      what a worker does: train one network, or evaluate it under several noises
workers    processes of this machine or a cluster, and what happens if one of them is killed
progress   what is shown meanwhile
"""

from wn_ref.sweeps.plans import walking
from wn_ref.sweeps.runner import fill, sweep
from wn_ref.sweeps.work import work_left
from wn_ref.sweeps.workers import Workers

__all__ = ["Workers", "fill", "sweep", "walking", "work_left"]
