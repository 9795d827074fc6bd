"""Midpoints from a fraction of the runs that a grid takes.

question       what a search is asked, and what it answers
plateaus       the two accuracies that the midpoint is half way between
local_fit      the statistics: a local fit, its interval, and where the next run tells most
approach       where to measure before there is a fit: find the fall of the accuracy, and narrow it down
verdict        what a search may say: bounds, and fits that are not to be trusted
stopping       when a search looks again whether it is done
in_training    the search where every run trains a network
network_curve  one network, evaluated at many noise levels
at_inference   the search where networks meet noise in evaluation only
experiments    both with real networks
"""

from wn_ref.locate.experiments import Location, locate_midpoint

__all__ = ["Location", "locate_midpoint"]
