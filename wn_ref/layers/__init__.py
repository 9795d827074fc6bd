"""The layers, one file each: what a layer computes, its derivative right beneath, its compiled loops below.

Samples are columns: every activation keeps the batch on its last axis, (features, batch) or (channels, height,
width, batch). Then ``y = W @ x + b`` reads as on paper, and the innermost loop of a kernel runs over neighbours.
"""

from wn_ref.layers.batchnorm import BatchNorm
from wn_ref.layers.conv import Conv
from wn_ref.layers.dense import Dense
from wn_ref.layers.flatten import Flatten
from wn_ref.layers.layer import Layer
from wn_ref.layers.pool import MaxPool
from wn_ref.layers.relu import ReLU
from wn_ref.layers.residual import Add, Fork, residual

__all__ = ["Add", "BatchNorm", "Conv", "Dense", "Flatten", "Fork", "Layer", "MaxPool", "ReLU", "residual"]
