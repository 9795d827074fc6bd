"""The versions of this package and of its results, in the one place where they are written."""

__version__ = "0.2.0"

ALGORITHM = 3
"""The version of what is computed.

It is raised with every change after which the same experiment may have other bits on the same machine: another order
of a sum, another stream of random numbers, another default. A store keeps it with each run, and a sweep does not
continue a store of another version. A store without it was written by version 1.
"""
