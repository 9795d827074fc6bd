"""Make sample.npz: the features of `gsc_test_set`, rounded to half precision.

    WN_REF_DATA=FOLDER python datasets/gsc/make_sample.py

with the publisher's test set in FOLDER/gsc, packed or not.
"""

from pathlib import Path

import numpy as np

from wn_ref import load_dataset

data = load_dataset("gsc_test_set")
np.savez_compressed(
    Path(__file__).with_name("sample.npz"),
    train_images=data.train_images.astype(np.float16),
    train_labels=data.train_labels.astype(np.uint8),
    test_images=data.test_images.astype(np.float16),
    test_labels=data.test_labels.astype(np.uint8),
)
