"""Midpoints from a fraction of the runs that a grid takes.

design   the statistics: a local fit, its interval, and where the next run tells most
search   the sequence of runs: bracket, approach, refine, stop
locate   the same on real experiments
"""

from wn_ref.locate.locate import Location, locate_midpoint

__all__ = ["Location", "locate_midpoint"]
