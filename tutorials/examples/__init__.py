"""Layers, noises and a network that are not in the paper, as examples of one's own; each file stands alone."""
