"""Sweeps: many experiments, planned, forecast, and run on several workers into a store.

plans      which experiments answer a question, as lists of `Experiment`
grids      the same by name, with noise levels, repeats and epochs: for a laptop, and the paper's
forecast   how long they will take here, measured
sweep      trains what is to be trained once, evaluates what is to be evaluated, stores each result as it arrives
workers    processes of this machine or a cluster, and what happens if one is killed
progress   what is shown meanwhile
"""

from wn_ref.sweeps.execution import fill, sweep, work
from wn_ref.sweeps.plans import walking

__all__ = ["fill", "sweep", "walking", "work"]
