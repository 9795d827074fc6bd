"""The figures of the paper, drawn from tables of results; `wn_ref.reproduce` picks the rows that each figure needs.

    curves      accuracy against noise and against epochs      Figures 1, 7, 8
    walking     midpoints of all layers                        Figures 2, 10, 11
    maximum     accuracy preserved under maximum noise         Figures 3, 5, 9
    binary      activations and self-binarization              Figure 4
    mixed       two kinds of noise at once                     Figure 6
    executions  multi-execution                                Table 3, drawn
    data        what the data sets look like

Matplotlib takes as long to import as all the rest of `wn_ref`. Only these files and `wn_ref.reproduce` import it, and
the commands that draw import them inside their functions. So `import wn_ref` and ``wn-ref --help`` do not wait for it.
"""

from wn_ref.figures.binary import binarization
from wn_ref.figures.curves import epochs, midpoint, stacked
from wn_ref.figures.data import clips, contact_sheet
from wn_ref.figures.executions import differences, pareto
from wn_ref.figures.maximum import preserved
from wn_ref.figures.mixed import mixed
from wn_ref.figures.style import model_name
from wn_ref.figures.walking import walking

__all__ = [
    "binarization",
    "clips",
    "contact_sheet",
    "differences",
    "epochs",
    "midpoint",
    "mixed",
    "model_name",
    "pareto",
    "preserved",
    "stacked",
    "walking",
]
