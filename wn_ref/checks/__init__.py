"""Whether a layer keeps what every layer promises to a network.

It is for layers of one's own, and the layers of this package are tested with it. A promise that a layer breaks seldom
shows as an error: gradients that are a little off, or a buffer that noise has overwritten, only train a worse network.
"""

from wn_ref.checks.layer import check_layer

__all__ = ["check_layer"]
