"""What is right is not accused, and a mistake that is not of the list gets no name of it."""

import pytest

from tests.ports.mistakes import further, further_steps, noise, update
from tests.ports.mistakes.judge import arrays_of, cases_of
from wn_ref.ports.check import check_case

CASES = cases_of("float64")
LEFT_OUT, ELSEWHERE = "noise-left-out", "noise-at-other-points"


def findings(mistake, name):
    case = CASES[name]
    return check_case(case, arrays_of(case), mistake.port()).findings


@pytest.mark.parametrize(
    ("mistake", "case", "causes"),
    [
        (noise.OnlyBehindDense, "schedule", {"activation/input": LEFT_OUT, "activation/relu1": LEFT_OUT}),
        (noise.OnlyBehindReLU, "schedule", {"activation/input": LEFT_OUT, "activation/dense1": LEFT_OUT}),
        (
            noise.OnlyAtLogits,
            "schedule",
            {f"activation/{name}": LEFT_OUT for name in ("input", "dense1", "relu1", "dense2", "dense3")},
        ),
        (noise.IgnoredPoint, "walking", {"activation/input": ELSEWHERE}),
        (noise.IgnoredPoint, "clamp", {"activation/input": ELSEWHERE}),
        (
            noise.HooksOnAllModules,
            "walking",
            {f"activation/{name}": ELSEWHERE for name in ("dense1", "bn1", "relu1")},
        ),
        (noise.NoiseInFrontToo, "walking", {"activation/relu1": ELSEWHERE}),
        (noise.OneInFront, "walking", {"activation/relu1": "point-off-by-one"}),
        (noise.NoiseAtBatchNorm, "schedule", {"activation/bn1": "noise-at-batch-norm"}),
        (noise.LostNoise, "schedule", {"activation/input": LEFT_OUT}),
        (noise.LostNoise, "multiplicative", {"activation/input": LEFT_OUT, "gradient/dense4.weight": "gradient-kind"}),
        (further_steps.LastStepLeftOut, "schedule", {"update/dense1.weight": None}),
        (further_steps.Adagrad, "schedule", {"update/dense1.weight": None}),
        (further_steps.Momentum, "schedule", {"update/dense1.weight": None}),
        (further_steps.Halved, "schedule", {"first_moment/dense1.weight": None}),
        (update.NextEpoch, "schedule", {"update/dense1.weight": "schedule"}),  # also where its rate is 0
    ],
)
def test_only_what_is_wrong_is_reported(mistake, case, causes):
    found = findings(mistake, case)
    assert {finding.quantity: finding.cause for finding in found} == causes, found
    assert not any(finding.alternatives for finding in found)


@pytest.mark.parametrize("mistake", [further.NoNoiseAtInputInEvaluation, further.NoNoiseAtInput, noise.OneBehind])
def test_of_two_causes_that_explain_the_same_none_is_named(mistake):
    """Where all points are noisy, noise one point behind is none at the input."""
    (found,) = findings(mistake, "batch-norm-outputs")
    assert (found.quantity, found.cause) == ("activation/input", None)
    assert found.alternatives == (LEFT_OUT, "point-off-by-one")
