"""Differences between frameworks that a user may accept, by the name of their cause (see `wn_ref.ports.causes`)."""

ACCEPTABLE = {
    "running-variance": "Flax averages the biased variance of a batch, PyTorch and wn_ref the unbiased one; "
    "with batches of 128 accuracies do not change visibly",
    "adam-epsilon": "TensorFlow adds epsilon (1e-7) before the correction of the second moment; only the smallest "
    "gradients move differently",
}
