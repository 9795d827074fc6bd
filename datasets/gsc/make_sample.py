"""Make the sample of Google Speech Commands: the features of `gsc_test_set`, rounded to half precision.

    WN_REF_DATA=FOLDER python make_sample.py

The publisher's test set must be in FOLDER/gsc, as an archive or unpacked.
"""

from pathlib import Path

import numpy as np

from wn_ref import load_dataset

SAMPLE = Path(__file__).resolve().parents[2] / "wn_ref" / "datasets" / "samples" / "gsc.npz"

if __name__ == "__main__":
    data = load_dataset("gsc_test_set")
    np.savez_compressed(
        SAMPLE,
        train_images=data.train_images.astype(np.float16),
        train_labels=data.train_labels.astype(np.uint8),
        test_images=data.test_images.astype(np.float16),
        test_labels=data.test_labels.astype(np.uint8),
    )
