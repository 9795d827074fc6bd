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
phases         which of them belongs to which phase
location       the answer, with the runs that it is based on
experiments    both with the networks of this package
measuring      a function of the user's, asked for accuracies and checked
functions      both with such a function
walking        the same at one injection point after the other
"""

from wn_ref.search.experiments import locate_midpoint
from wn_ref.search.functions import locate
from wn_ref.search.location import Location
from wn_ref.search.walking import walk

__all__ = ["Location", "locate", "locate_midpoint", "walk"]
