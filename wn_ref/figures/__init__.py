"""The paper's figures, from tables of results; `wn_ref.reproduce` says which table goes into which.

curves      accuracy against noise and epochs      Figures 1, 7, 8
walking     midpoints of all layers                Figures 2, 10, 11
maximum     accuracy preserved                     Figures 3, 5, 9
binary      activations and self-binarization      Figure 4
mixed       two kinds of noise                     Figure 6
executions  multi-execution                        Table 3, drawn
data        what data sets look like
"""

from wn_ref.figures.binary import binarization
from wn_ref.figures.curves import epochs, midpoint, stacked
from wn_ref.figures.data import clips, contact_sheet
from wn_ref.figures.executions import differences, pareto
from wn_ref.figures.maximum import preserved
from wn_ref.figures.mixed import mixed
from wn_ref.figures.style import MODELS, network_name
from wn_ref.figures.walking import walking

__all__ = [
    "MODELS",
    "binarization",
    "clips",
    "contact_sheet",
    "differences",
    "epochs",
    "midpoint",
    "mixed",
    "network_name",
    "pareto",
    "preserved",
    "stacked",
    "walking",
]
