"""A digest of the suite in float64: two numbers for each kind of array in each pass.

`python -m tests.ports.digest` writes suite_digest.json anew. That is right only after a change that is meant to change
what the suite holds.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from wn_ref.ports.cases import suite
from wn_ref.ports.record import record

FILE = Path(__file__).with_name("suite_digest.json")


def digest_of(arrays):
    """Norm and projection of all arrays of a kind; the projection changes if numbers change places."""
    parts = defaultdict(list)
    for name, array in arrays.items():
        parts["/".join(name.split("/")[:2])].append(np.ravel(array).astype(np.float64))
    out = {}
    for kind, values in parts.items():
        vector = np.concatenate(values)
        weights = np.cos(np.arange(len(vector)) % 9973)
        out[kind] = [float(f"{number:.8g}") for number in (np.linalg.norm(vector), weights @ vector)]
    return out


def digest():
    return {case.name: digest_of(record(case)) for case in suite(dtypes=("float64",))}


if __name__ == "__main__":
    FILE.write_text(json.dumps(digest(), indent=0) + "\n")
