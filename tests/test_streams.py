"""Who draws random numbers: every user of the generator has a stream of its own, from the table in `wn_ref.random`."""

import ast
from pathlib import Path

import numpy as np
import pytest

import wn_ref
from wn_ref import InputError, normal
from wn_ref import random as generator
from wn_ref.datasets import stratified
from wn_ref.noise import additive
from wn_ref.random import LONGEST, Stream, permutation, uniform, words

PACKAGE = Path(wn_ref.__file__).parent
NAMES = ("WEIGHTS", "SHUFFLE", "AUGMENT", "SUBSET", "BACKGROUND", "CASES")
PLACE_OF_POINT = {"normal": 2, "uniform": 2, "words": 2, "permutation": 2, "Stream": 1}
"""The position of `point` among the arguments."""
INJECTION = {
    ("injection.py", "point"),
    ("findings/self_binarization.py", "layer"),
    ("findings/signal_to_noise.py", "number"),
    ("ports/normals.py", "point"),
    ("ports/record.py", "SAMPLE_POINT"),
}
"""Where the number of an injection point is handed over, and how it is called there."""
KERNELS = {"add_normals", "multiply_by_normals", "multiply_by_normals_and_keep"}


def draws(source):
    """Every call that chooses a stream, as (what it says is its point, its line)."""
    tree = ast.parse(source)
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "wn_ref.random":
            aliases |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Attribute) and ast.unparse(function.value) in (
            "random",
            "wn_ref.random",
            "generator",
        ):
            name = function.attr
        else:
            name = aliases.get(function.id, "") if isinstance(function, ast.Name) else ""
        if name in PLACE_OF_POINT:
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            place = PLACE_OF_POINT[name]
            point = given.get("point", node.args[place] if len(node.args) > place else None)
            yield "not given" if point is None else ast.unparse(point), node.lineno


def strangers(name, source):
    """The calls whose point is neither in the table nor an injection point."""
    return [
        (name, line, point) for point, line in draws(source) if point not in NAMES and (name, point) not in INJECTION
    ]


def sources():
    return {path.relative_to(PACKAGE).as_posix(): path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}


def test_every_draw_of_the_package_names_its_stream():
    found = {name: list(draws(source)) for name, source in sources().items() if name not in ("random.py", "bench.py")}
    assert [stranger for name in found for stranger in strangers(name, sources()[name])] == []
    used = {(name, point) for name, calls in found.items() for point, _ in calls}
    assert used >= INJECTION
    assert {point for _, point in used} >= set(NAMES)
    owners = {point: {name for name, said in used if said == point} for point in NAMES}
    assert all(len(files) == 1 for files in owners.values()), owners  # nobody uses the stream of somebody else


def test_planted_mistakes_are_found():
    for call in (
        "permutation(5, seed)", "permutation(5, seed, 0)", "uniform(5, seed, point=3, step=1)", "Stream(seed)",
        "Stream(seed, point, 1)", "words(5, seed, SOMETHING)", "normal(5, seed)",
    ):  # fmt: skip
        source = f"from wn_ref.random import permutation, uniform, words, normal, Stream\nx = {call}"
        assert len(strangers("datasets/subset.py", source)) == 1, call
    assert strangers("a.py", "from wn_ref import random\nrandom.uniform(3, 1, 0)")
    assert strangers("a.py", "from wn_ref.random import uniform as u\nu(3, 1)")
    assert not strangers("a.py", "from wn_ref.random import uniform\nuniform(3, 1, WEIGHTS, 2)")
    assert not strangers("a.py", "rng.normal(3)")


def test_kernels_that_take_the_bare_words_of_a_stream_are_called_by_noise_alone():
    callers = {
        name
        for name, source in sources().items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and node.id in KERNELS and isinstance(node.ctx, ast.Load)
    }
    assert callers <= {"random.py", "noise.py", "bench.py"}


def test_choices_of_images_have_steps_of_their_own():
    steps = []
    for name, source in sources().items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("stratified", "_choose"):
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                place = {"stratified": 3, "_choose": 5}[ast.unparse(node.func)]
                steps.append((name, given.get("step") or ast.unparse(node.args[place])))
    assert sorted(step for _, step in steps) == ["HELD_OUT", "SPLIT", "SPLIT", "TEST_SUBSET", "TRAIN_SUBSET", "step"]
    assert sorted(generator.CHOICES) == list(range(len(generator.CHOICES)))


def test_the_points_of_the_table_are_distinct_and_no_network_reaches_them():
    points = [getattr(generator, name) for name in NAMES]
    assert len(set(points)) == len(points) == len(generator.RESERVED)
    assert set(points) == set(generator.RESERVED)
    assert min(points) > 2**31  # a network of so many layers does not fit into any memory
    assert max(points) < 2**32
    assert generator.EVALUATION == 2**31  # half of the steps each for training and evaluation
    assert generator.CALIBRATION == 3 * 2**30  # and of the latter, half each to choose and to judge
    assert all(name in generator.__doc__ for name in (*NAMES, "EVALUATION", "CALIBRATION"))


def test_subsets_do_not_share_the_input_noise():
    """The order of a subset is not that of the noise's words, which it was when it drew at point 0."""
    labels = np.zeros(5000, np.int64)
    for seed in range(3):
        chosen = stratified(labels, 2500, seed)
        low = uniform(5000, seed, point=0)
        inside = low[np.sort(chosen)].mean()
        assert abs(inside - 0.5) < 4 / np.sqrt(12 * 2500)
        assert not np.array_equal(chosen, stratified(labels, 2500, seed, step=generator.SPLIT))
        assert len(set(chosen) & set(stratified(labels, 2500, seed, step=generator.SPLIT))) < 1250 + 4 * 18 * 2


@pytest.mark.parametrize("draw", [normal, uniform, words, permutation])
def test_more_elements_than_a_stream_has_are_refused(draw):
    for shape in (LONGEST + 1, 2**40):
        with pytest.raises(InputError, match=rf"shape: expected at most 2\^34 elements, got {shape}"):
            draw(shape, 0, 0)
    if draw is not permutation:
        with pytest.raises(InputError, match=r"shape: expected at most 2\^34 elements"):
            draw((2**20, 2**20), 0, 0)
        with pytest.raises(InputError, match=r"shape: expected at most 2\^34 elements"):
            draw((3, 2**16, 2**17), 0, 0)


def test_the_longest_stream_is_allowed_and_one_more_element_is_not(monkeypatch):
    monkeypatch.setattr(generator, "LONGEST", 300)
    assert len(np.unique(words((3, 100), 0, 0))) == 300
    with pytest.raises(InputError, match="got 301"):
        words(301, 0, 0)


def test_noise_for_more_elements_than_a_stream_has_is_refused():
    whole = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (2**20, 2**15), (0, 0))  # no memory behind it
    with pytest.raises(InputError, match=r"x: expected at most 2\^34 elements, got 34359738368"):
        additive(1.0).inject(whole, Stream(0))


@pytest.mark.parametrize("shape", [-1, (3, -1), 2.5, (2, 2.5), "abc", None, (None,)])
def test_a_shape_that_is_none(shape):
    with pytest.raises(InputError, match="shape: expected a whole number >= 0, or several of them, got"):
        normal(shape, 0)
