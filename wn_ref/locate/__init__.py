"""Midpoints from a fraction of the runs that a grid takes.

approach      where to measure before there is a fit: find the fall of the accuracy, and narrow it down
local_fit     the statistics: a local fit, its interval, and where the next run tells most
question      what a search is asked, and what it answers
search        the sequence of runs: approach, refine, stop
experiments   the same with real networks
"""

from wn_ref.locate.experiments import Location, locate_midpoint

__all__ = ["Location", "locate_midpoint"]
