"""What is known of data sets without loading them is what they are."""

from wn_ref import load_dataset
from wn_ref.datasets import DATASETS
from wn_ref.facts import FACTS, Facts


def test_every_data_set_has_its_facts():
    assert set(DATASETS) <= set(FACTS)
    for name in ("mnist_sample", "fashion_mnist_sample"):
        data = load_dataset(name)
        assert FACTS[name] == Facts(data.shape, len(data.classes), len(data.train_labels), len(data.test_labels))
