"""Claims about additive noise at one point: section 5, Figures 2, 10 and 11, and Table 2."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from wn_ref import paper
from wn_ref.counted import counted
from wn_ref.experiment import Experiment
from wn_ref.findings.weight_growth import unclamped_over_clamped
from wn_ref.ledger.conditions import (
    estimates,
    exceeding,
    exceeds,
    geometric,
    level,
    levels,
    names_of,
    of_conditions,
    of_sample,
    ratios,
    walk,
    weighted,
)
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.row import Judgement, Row, verdict_on_number
from wn_ref.ledger.search import Search
from wn_ref.models import TITLES
from wn_ref.noise import additive
from wn_ref.sweeps import grids

FIGURES = {  # id: dataset, model, campaign
    "figure2": ("cifar10", "lenet5", "d"),
    "figure11/mnist/mlp": ("mnist", "mlp", "d"),
    "figure11/mnist/lenet5": ("mnist", "lenet5", "d"),
    "figure11/fashion_mnist/mlp": ("fashion_mnist", "mlp", "d"),
    "figure11/cifar10/mlp": ("cifar10", "mlp", "d"),
    "figure10/mlp": ("gsc_test_set", "mlp", "g"),
    "figure10/cnn_s": ("gsc_test_set", "cnn_s", "g"),
}
PLATEAU, NO_DIFFERENCE = 2.0, 1.25
"""Midpoints on a plateau differ by less than this factor; "almost no difference" is less than the other."""
SEEDS = range(3)
BOOK = "05_walking_noise"


def walking_claims() -> Iterator[Row]:
    """Make the rows; those that need least come first."""
    for start, (dataset, model, campaign) in FIGURES.items():
        bn, plain = (walk(dataset, model, batchnorm) for batchnorm in (True, False))
        bn_late, plain_late = (walk(dataset, model, batchnorm, "inference") for batchnorm in (True, False))
        bn_clamp, plain_clamp = (walk(dataset, model, batchnorm, clamp=True) for batchnorm in (True, False))
        figure = start.split("/")[0].replace("figure", "Figure ")
        network = f" ({TITLES[model]}, {dataset})"
        claims: list[tuple[str, str, str, tuple, Callable]] = [
            ("training-helps/bn", "5.1", "with batch norm, training with noise makes the network significantly more "
             "robust at every point", bn + bn_late, training_helps),
            ("weights/bn", "5.1", "with batch norm, layers with learnable parameters are much more robust than the "
             "others", bn, weights_help),
            ("plateau/bn", "5.1", "with batch norm, most midpoints of layers without parameters are on a plateau", bn,
             plateau),
            ("ends/bn", "5.1", "the first and the last layer are less robust", bn, ends),
            ("training-helps/nobn", "5.1", "without batch norm, training with noise is more robust, too",
             plain + plain_late, training_helps),
            ("less/nobn", "5.1", "without batch norm, overall robustness is reduced", bn + plain, less_robust),
            ("trend/nobn", "5.1", "without batch norm and but for the last two points, robustness is low at the input, "
             "higher inside, and less again at the output", plain, trend),
            ("last-two/nobn", "5.1", "without batch norm, the last two points are exceptionally robust", plain,
             last_two),
            ("clamp/bn", "5.2", "with batch norm, unclamped weights result in higher robustness behind layers with "
             "weights", bn + bn_clamp, clamping_costs),
            ("clamp/nobn", "5.2", "without batch norm, clamping makes almost no difference", plain + plain_clamp,
             clamping_does_nothing),
        ]  # fmt: skip
        for name, section, claim, searches, judge in claims:
            notes = ("after a short training, weights never reach the clamp",) * name.startswith("clamp/")
            yield Row(
                f"{start}/{name}", f"Section {section}", f"{claim}: {figure}{network}", campaign, judge,
                searches=searches, theirs=partial(paper_walks, searches), notes=notes,
                notebook="12_speech" if campaign == "g" else BOOK,
            )  # fmt: skip
    yield from table_2()


def paper_walks(searches: Sequence[Search]) -> list[Experiment]:
    """Return the paper's own grid for the walks that searches belong to, with the fewest of its 3 to 5 repeats."""
    walks = dict.fromkeys((one.dataset, one.model, one.batchnorm, one.clamp) for one in searches)
    return [experiment for one in walks for experiment in paper_walk(*one)]


@lru_cache(maxsize=32)  # thousands of experiments, for several rows
def paper_walk(dataset: str, model: str, batchnorm: bool, clamp: bool) -> tuple[Experiment, ...]:
    """Return the paper's own grid for one walk."""
    plan, own = "clamped" if clamp else "walking", grids.Own(seeds=range(3))
    return tuple(grids.plan(plan, "paper", dataset=dataset, model=model, batchnorm=batchnorm, own=own))


def table_2() -> Iterator[Row]:
    """Make the rows of Table 2: weights without clamping over weights with it, by layer."""
    for batchnorm, column in ((True, "with_bn"), (False, "without_bn")):
        searches = walk("cifar10", "lenet5", batchnorm)
        names = searches[0].template.points
        printed = paper.table(2)[column]
        for number, point in enumerate(weighted(names)):
            name = "bn" if batchnorm else "nobn"
            yield Row(
                f"table2/{name}/{names[point]}", "Table 2",
                f"ratio of mean |w| of {names[point]}, {'with' if batchnorm else 'without'} batch norm: unclamped over "
                "clamped, trained with noise there at the midpoint",
                "d", growth, float(printed[number]), (searches[point],), further=near_the_midpoint,
                notes=("the heading of Table 2 has the other order", "the ratio measures how long one trains, too"),
                notebook="06_why_weights_grow",
            )  # fmt: skip


def near_the_midpoint(row: Row, evidence: Evidence) -> list[Experiment] | None:
    """Return runs at the midpoint, with and without clamping; None if it is not known."""
    search = row.searches[0]
    mu = level(evidence.answer(search).estimate)
    if not math.isfinite(mu) or not evidence.answer(search).complete:
        return None
    noisy = replace(search.template, noise=additive(float(f"{mu:.2g}")))
    return [replace(noisy, clamp=clamp, seed=seed) for clamp in (False, True) for seed in SEEDS]


def growth(row: Row, evidence: Evidence) -> Judgement | None:
    """Judge a ratio of Table 2."""
    planned = near_the_midpoint(row, evidence)
    if planned is None:
        return None
    runs = evidence.runs(planned).dropna(subset="accuracy")
    by_seed = runs.set_index(["clamp", "seed"])["weight_magnitudes"]
    seeds = [seed for seed in SEEDS if (False, seed) in by_seed and (True, seed) in by_seed]
    if not seeds:
        return None
    sides = [[by_seed[clamp, seed] for seed in seeds] for clamp in (False, True)]
    ratio = float(unclamped_over_clamped(*sides)["ratio"].iloc[0])
    logs = [math.log(next(iter(a.values())) / next(iter(b.values()))) for a, b in zip(*sides)]
    _, low, high = of_sample(logs)
    low, high = math.exp(low), math.exp(high)
    says = f"at sigma {runs['sigma_add'].iloc[0]:.2g}"
    return Judgement(ratio, low, high, verdict_on_number(ratio, low, high, row.paper), says)


def training_helps(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare the midpoints of training and of inference at each point."""
    trained, quiet = estimates(row, evidence), estimates(row, evidence, phase="inference")
    return of_conditions(exceeding(trained, quiet), "point", geometric(ratios(trained, quiet)), "mean ratio")


def weights_help(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare points behind layers with weights, but for the last one, with all points that are not."""
    names, found = names_of(row, True), estimates(row, evidence, True)
    learnable = [found[True, point] for point in weighted(names)[:-1] if (True, point) in found]
    others = [estimate for (_, point), estimate in found.items() if point not in weighted(names)]
    if not others or not learnable:
        return None
    ratio = geometric(map(level, learnable)) / geometric(map(level, others))
    holds = [all(exceeds(one, other) for other in others) for one in learnable]
    return of_conditions(holds, "layer", ratio, "mean over mean of the others")


def plateau(row: Row, evidence: Evidence) -> Judgement | None:
    """Look how many midpoints of layers without weights, but for the input, are close to their median."""
    names, mu = names_of(row, True), levels(estimates(row, evidence, True))
    others = [value for (_, point), value in mu.items() if point not in weighted(names) and point > 0]
    if not others:
        return None
    middle = float(np.median(others))
    close = [1 / PLATEAU < value / middle < PLATEAU for value in others]
    says = f"median; {sum(close)} of {counted(len(close), 'point')} are close to it"
    return of_conditions([sum(close) > 0.5 * len(close)], "network", middle, says)


def ends(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare the input with all other points, and the last layer with the other layers that have weights.

    Each is less robust if its interval is below the median of the others.
    """
    names, found = names_of(row, True), estimates(row, evidence, True)
    mu = levels(found)
    learnable = [(True, point) for point in weighted(names) if (True, point) in mu]
    if (True, 0) not in mu or len(learnable) < 2:
        return None
    among = {(True, 0): [place for place in mu if place[1] > 0], learnable[-1]: learnable[:-1]}
    middle = {end: float(np.median([mu[place] for place in others])) for end, others in among.items()}
    first, last = (mu[end] / middle[end] for end in among)
    says = f"input {first:.2g}, last layer {last:.2g} of the median"
    return of_conditions([found[end].interval[1] < middle[end] for end in among], "end", says=says)


def less_robust(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare points of the same name with and without batch norm: the interval of the mean of ln ratio is above 0."""
    with_bn, without = (
        {names_of(row, batchnorm)[point]: mu for (_, point), mu in levels(estimates(row, evidence, batchnorm)).items()}
        for batchnorm in (True, False)
    )
    found = [with_bn[name] / without[name] for name in without if name in with_bn]
    if len(found) < 2:
        return None
    mean, low, high = map(math.exp, of_sample([math.log(ratio) for ratio in found]))
    finding = of_conditions([low > 1], "network", mean, "mean ratio, with over without")
    return None if finding is None else replace(finding, low=low, high=high)


def trend(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare the input and the last of the points, but for two, with the median of those between."""
    names, found = names_of(row, False), estimates(row, evidence, False)
    first, last = (False, 0), (False, len(names) - 3)
    mu = levels(found)
    inner = [value for place, value in mu.items() if first < place < last]
    if not inner or not {first, last} <= set(mu):
        return None
    middle = float(np.median(inner))
    says = f"input {mu[first] / middle:.2g}, {names[last[1]]} {mu[last] / middle:.2g} of the median inside"
    return of_conditions([found[end].interval[1] < middle for end in (first, last)], "end", says=says)


def last_two(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare the last two points with all others.

    Where searches that ended without a lower end of their interval are all that is in the way, the runs do not tell.
    """
    names, found = names_of(row, False), [one for _, one in sorted(estimates(row, evidence, False).items())]
    if len(found) < len(names):
        return None
    others, last = found[:-2], found[-2:]
    ratio = min(map(level, last)) / max(filter(math.isfinite, map(level, others)), default=math.nan)
    holds = [all(exceeds(end, other) for other in others) for end in last]
    rivals = {name: other for name, other in zip(names, others) if not all(exceeds(end, other) for end in last)}
    if rivals and all(other.kind == "stopped" and other.interval[0] == 0 for other in rivals.values()):
        return None
    says = f"lower one over highest other; not certainly below both: {', '.join(rivals) or 'none'}"
    return of_conditions(holds, "point", ratio, says)


def clamping_costs(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare midpoints without and with clamping behind layers with weights."""
    keep = weighted(names_of(row, True))
    free, clamped = (estimates(row, evidence, True, clamp=clamp) for clamp in (False, True))
    free = {place: estimate for place, estimate in free.items() if place[1] in keep}
    found, says = ratios(free, clamped), "mean ratio, free over clamped"
    if _never_clamped(found):
        return None
    return of_conditions(exceeding(free, clamped), "layer", geometric(found), says)


def clamping_does_nothing(row: Row, evidence: Evidence) -> Judgement | None:
    """The same without batch norm, at all points."""
    found = ratios(*(estimates(row, evidence, False, clamp=clamp) for clamp in (False, True)))
    if _never_clamped(found):
        return None
    same = [1 / NO_DIFFERENCE < ratio < NO_DIFFERENCE for ratio in found]
    return of_conditions(same, "point", geometric(found), "mean ratio, free over clamped")


def _never_clamped(found: Sequence[float]) -> bool:
    """Whether no weight ever came to the clamp: both are the same networks, and the runs do not tell what it does."""
    return all(ratio == 1 for ratio in found)
