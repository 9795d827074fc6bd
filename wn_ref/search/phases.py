"""Which search belongs to which phase."""

from __future__ import annotations

from collections.abc import Callable

from wn_ref.search.at_inference import at_inference
from wn_ref.search.in_training import in_training
from wn_ref.search.question import Estimate, Measure, Question, Show

SEARCHES: dict[str, Callable[[Measure, Question, Show | None], Estimate]] = {
    "training": in_training,
    "inference": at_inference,
}
"""By the phase in which networks meet noise."""
