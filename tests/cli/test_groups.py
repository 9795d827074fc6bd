"""Groups become options of a command, and every command that runs networks has the same ones."""

import typer.main

from wn_ref.cli import app
from wn_ref.cli.groups import Levels, Network, PlannedTraining, Training, with_groups

OPTIONS = {name: {p.name: p for p in command.params} for name, command in typer.main.get_command(app).commands.items()}
RUNS = ("train", "walk", "global", "clamped", "maximum", "mixed", "multi", "sweep", "plan")
PLANNED = tuple(name for name in RUNS if name not in ("train", "walk"))


def test_one_set_of_options_wherever_networks_are_trained():
    for name in RUNS:
        options = {"dataset", "model", "batchnorm", "epochs", "learning_rate", "batch_size", "clamp"}
        options |= {"train_size", "test_size"} | ({"sigmas", "seeds", "jobs", "store"} if name != "train" else set())
        options |= {"grid"} if name in PLANNED else set()
        options -= {"clamp"} if name == "clamped" else set()  # it trains with and without
        assert ("clamp" in OPTIONS[name]) == ("clamp" in options)
        assert options <= set(OPTIONS[name]), (name, options - set(OPTIONS[name]))


def test_every_command_with_a_noise_has_a_gradient_and_all_defaults_are_the_same():
    with_noise = {name for name, options in OPTIONS.items() if "noise" in options}
    assert with_noise >= {"train", "walk", "locate", "global", "plan", "sweep", "vectors"}
    for name in (with_noise | {"mixed", "maximum"}) - {"evaluate"}:  # which has no backward pass
        assert OPTIONS[name]["gradient"].default == "exact", name


def test_every_command_that_writes_a_file_has_force():
    writing = {name for name, options in OPTIONS.items() if {"output", "csv", "json_file"} & set(options)} - {
        "fit",
        "check-fits",
    }
    assert writing >= {"walk", "global", "mixed", "multi", "clamped", "maximum", "export", "vectors", "bench", "figure"}
    for name in writing:
        assert "force" in OPTIONS[name], name


def test_a_group_is_built_from_its_options():
    seen = []

    def command(training: Training, network: Network, word: str = "w") -> None:
        """Explain."""
        seen.append((training, network, word))

    flat = with_groups(command)
    assert flat.__doc__ == "Explain."
    defaults = {name: p.default for name, p in flat.__signature__.parameters.items()}
    flat(**defaults | {"epochs": 0, "clamp": True, "model": "lenet5"})
    training, network, word = seen[0]
    assert training.settings == {"epochs": 0, "clamp": True}
    assert network.settings == {"dataset": "mnist_sample", "model": "lenet5", "batchnorm": True}
    assert word == "w"


def test_a_plan_has_the_users_levels_seeds_and_settings_in_place_of_the_grids():
    network, training = Network("digits"), PlannedTraining(epochs=7, batch_size=64, train_size=320, test_size=100)
    for name in ("global", "walking", "clamped", "maximum", "mixed"):
        levels = [4] if name == "maximum" else [1, 2, 3, 4]
        sigmas = ",".join(map(str, levels))
        plan = Levels(sigmas=sigmas, seeds=3).plan(name, network, training, gradient="straight_through")
        assert {e.seed for e in plan} == {0, 1, 2}
        assert {(e.epochs, e.batch_size, e.train_size, e.test_size) for e in plan} == {(7, 64, 320, 100)}
        noises = [e.noise for e in plan if e.noise is not None]
        assert {max(noise.sigma_add, noise.sigma_mul) for noise in noises} == set(levels)
        if name in ("maximum", "mixed"):
            assert {noise.gradient for noise in noises} == {"straight_through"}
    points = {e.point for e in Levels().plan("mixed", network, PlannedTraining(), point="dense3")}
    assert points == {network_points().index("dense3")}


def network_points():
    from wn_ref import Experiment

    return Experiment(dataset="digits").points
