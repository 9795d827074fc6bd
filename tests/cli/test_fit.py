"""`wn-ref fit` reads what people and this program write, and says what it found."""

import io
import math
import re
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from scipy import stats

import wn_ref as wn
from tests.cli.command_line import assert_one_line_error
from tests.cli.test_bad_input import ACCURACIES, LEVELS, curve
from wn_ref.fits import fit_seeds

SIGMA = np.geomspace(0.1, 100, 13)
CURVE = 0.1 + 0.85 / (1 + (SIGMA / 3) ** 2)


def test_fit_reads_a_table(run, tmp_path):
    pandas.DataFrame({"sigma": SIGMA, "accuracy": CURVE}).to_csv(tmp_path / "curve.csv", index=False)
    done = run("fit", "curve.csv")
    assert done.stdout.startswith("midpoint 3 (95 %: 3 to 3)\nslope s 0.5 (in ln sigma)\n"), done.stderr
    rng = np.random.default_rng(0)
    rows = [{"sigma": s, "accuracy": a + 0.005 * rng.normal()} for s, a in zip(SIGMA, CURVE) for _ in range(3)]
    pandas.DataFrame(rows).to_csv(tmp_path / "runs.csv", index=False)
    done = run("fit", "runs.csv", "--test-size", "2000", "--a-min", "0.1")
    assert done.stdout.startswith("midpoint "), done.stderr
    assert abs(float(done.stdout.split()[1]) - 3) < 0.1


def test_the_command_and_the_function_have_one_default_scale(run, tmp_path):
    (tmp_path / "curve.csv").write_text(curve())
    assert run("fit", "curve.csv").stdout.splitlines()[0] == str(wn.fit_midpoint(LEVELS, ACCURACIES))


def comma(values):
    return [str(value).replace(".", ",") for value in values]


@pytest.mark.parametrize(
    "text",
    [
        curve(line="{};{}", head="sigma;accuracy"),
        curve(line="{}\t{}", head="sigma\taccuracy"),
        curve(line=" {} ; {} ", head=" sigma ; accuracy "),
        curve(comma(ACCURACIES), comma(LEVELS), "sigma;accuracy", "{};{}"),
        curve(comma(ACCURACIES), comma(LEVELS), line='"{}","{}"'),
        "\ufeff" + curve().replace("\n", "\r\n"),
        curve(line="{},{},note", head="sigma,accuracy,remark"),
        curve(line='"{}",{}').replace("\n", "\n\n"),
        curve([f"{a:e}" for a in ACCURACIES]),
    ],
)
def test_the_same_curve_in_other_clothes(text, run, tmp_path):
    (tmp_path / "plain.csv").write_text(curve())
    (tmp_path / "other.csv").write_text(text, encoding="utf-8", newline="")
    plain, other = run("fit", "plain.csv"), run("fit", "other.csv")
    assert plain.stdout.startswith("midpoint 5.0"), plain.stderr
    assert other.stdout == plain.stdout, other.stderr


PERCENT = [f"{100 * a:g}" for a in ACCURACIES]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (curve(PERCENT), ["--percent"]),
        (curve([f"{a}%" for a in PERCENT]), ["--percent"]),
        (curve([f"{a} %" for a in PERCENT], head="sigma,accuracy [%]"), []),
        (curve(PERCENT, head="sigma,accuracy [%]"), ["--percent"]),
        (curve(PERCENT, head="sigma,accuracy (%)"), []),
        (curve(PERCENT, head="Sigma;Accuracy %", line="{};{}"), []),
        (curve(comma(PERCENT), comma(LEVELS), "\ufeffsep=;\r\nsigma;accuracy_%", "{};{}"), []),
    ],
)
def test_percentages_that_say_so(text, options, run, tmp_path):
    (tmp_path / "plain.csv").write_text(curve())
    (tmp_path / "other.csv").write_text(text, encoding="utf-8", newline="")
    plain, other = run("fit", "plain.csv"), run("fit", "other.csv", *options)
    assert other.stdout == plain.stdout, other.stderr
    assert plain.stdout.startswith("midpoint 5.0")


def test_uncertainties_are_percentages_with_their_accuracies(run, tmp_path):
    head, line = "sigma,accuracy{0},uncertainty{0}", "{{}},{{}},{}"
    (tmp_path / "plain.csv").write_text(curve(head=head.format(""), line=line.format(0.01)))
    (tmp_path / "sign.csv").write_text(curve(PERCENT, head=head.format(" [%]"), line=line.format(1)))
    (tmp_path / "option.csv").write_text(curve(PERCENT, head=head.format(""), line=line.format(1)))
    plain = run("fit", "plain.csv").stdout
    assert plain.startswith("midpoint ")
    assert run("fit", "sign.csv").stdout == run("fit", "option.csv", "--percent").stdout == plain


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (
            curve(["94.79", *PERCENT[1:]]),
            [],
            "expected shares from 0 to 1 in column accuracy, got 94.79; divide per",
        ),
        (curve([f"{a}%" for a in PERCENT]), [], "got '90%' in row 1; divide percentages by 100, or add --percent"),
        (curve(), ["--percent"], "expected percentages in column accuracy, got at most 0.9; leave out --percent"),
        (curve(head="sigma,accuracy [%]"), [], "expected percentages in column accuracy [%], got at most 0.9; leave"),
        (curve([9479.0, *PERCENT[1:]]), ["--percent"], "expected percentages up to 100 in column accuracy, got 9479"),
        (
            curve(PERCENT, head="sigma [%],accuracy [%]"),
            [],
            "expected noise levels as numbers, got a column",
        ),
        (
            curve(head="sigma,accuracy,Accuracy", line="{0},{1},{1}"),
            [],
            "got 'accuracy' and 'Accuracy' in c.csv",
        ),
        (
            curve(PERCENT, head="sigma,accuracy [%],uncertainty", line="{},{},0.5"),
            [],
            "expected % at both columns or at none, got 'accuracy [%]' and 'uncertainty'",
        ),
    ],
)
def test_what_may_be_a_percentage_or_not_is_refused(text, options, message, run, tmp_path):
    (tmp_path / "c.csv").write_text(text)
    done = run("fit", "c.csv", *options)
    assert_one_line_error(done, message)


@pytest.mark.parametrize("name", ["std", "accuracy error", "uncertainty_accuracy", "accuracy_std", "SEM", "error bar"])
def test_standard_errors_of_another_name_are_not_ignored(name, run, tmp_path):
    (tmp_path / "c.csv").write_text(curve(head=f"sigma,accuracy,{name}", line="{0},{1},0.01"))
    done = run("fit", "c.csv")
    assert_one_line_error(
        done, f"CSV: expected standard errors in a column uncertainty, got '{name}' in c.csv, which w"
    )


@pytest.mark.parametrize("name", ["error", "error rate", "test error", "error_message", "seconds", "seed"])
def test_other_columns_are_nobodys_business(name, run, tmp_path):
    (tmp_path / "c.csv").write_text(curve(head=f"sigma,accuracy,{name}", line="{0},{1},0.01"))
    assert run("fit", "c.csv").returncode == 0


def test_a_spreadsheet_that_writes_utf_16(run, tmp_path):
    (tmp_path / "plain.csv").write_text(curve())
    (tmp_path / "other.csv").write_text(curve(line="{}\t{}", head="sigma\taccuracy"), encoding="utf-16")
    assert run("fit", "other.csv").stdout == run("fit", "plain.csv").stdout


def test_standard_input(run, tmp_path, monkeypatch):
    (tmp_path / "plain.csv").write_text(curve())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(curve().encode())))
    assert run("fit", "-").stdout == run("fit", "plain.csv").stdout


def table_of_runs(noise, midpoints, seeds=2):
    """Make runs of one curve for each point, with steep falls at the given midpoints."""
    rows = []
    for point, mu in enumerate(midpoints):
        for sigma in SIGMA:
            accuracy = 0.1 + 0.85 / (1 + (sigma / mu) ** 4)
            for seed in range(seeds):
                experiment = wn.Experiment(dataset="digits", noise=noise(sigma), point=point, seed=seed)
                outcome = {"name": experiment.points[point], "tested": 360, "classes": 10, "error": ""}
                rows.append(experiment.row() | outcome | {"accuracy": accuracy, "training_loss": 0.1})
    return pandas.DataFrame(rows)


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("noise", [wn.additive, lambda sigma: wn.multiplicative(sigma, "exact")])
def test_a_table_of_runs_gives_a_line_for_each_curve(noise, separator, run, tmp_path):
    runs = table_of_runs(noise, [2, 5])
    runs.to_csv(tmp_path / "walk_runs.csv", index=False, sep=separator)
    done = run("fit", "walk_runs.csv")
    lines = [line.split() for line in done.stdout.splitlines()]
    found = {name: float(line[line.index(name) + 1]) for line in lines for name in ("input", "dense1") if name in line}
    assert found["input"] == pytest.approx(2, rel=0.05), done.stdout + done.stderr
    assert found["dense1"] == pytest.approx(5, rel=0.05)
    assert done.stdout.startswith("MLP with batch norm, digits, 5 epochs, 2 seeds\n")
    assert ("exact gradient" in done.stdout) == (noise is not wn.additive)
    assert done.stderr == ""


def test_a_run_that_failed_is_left_out_and_counted(run, tmp_path):
    runs = table_of_runs(wn.additive, [2])
    runs.loc[runs.index[-1], ["accuracy", "error"]] = [np.nan, "overflow in evaluation"]
    runs.to_csv(tmp_path / "r.csv", index=False)
    assert "left out: 1 run that failed" in run("fit", "r.csv").stdout


@pytest.mark.parametrize("option", ["--a-min 0.1", "--classes 10", "--test-size 360", "--percent"])
def test_a_table_of_runs_says_itself_what_the_options_say(option, run, tmp_path):
    table_of_runs(wn.additive, [2]).to_csv(tmp_path / "r.csv", index=False)
    done = run("fit", "r.csv", *option.split())
    assert done.returncode == 2
    assert f"wn-ref: {option.split()[0]}: expected none for a table of runs, which tells it" in done.stderr


def test_seeds_of_twenty_digits_are_not_one_seed(run, tmp_path):
    """Networks that differ by much: the interval is that of three seeds, whatever their numbers."""
    rng, intervals = np.random.default_rng(0), []
    accuracies = [0.1 + 0.85 / (1 + (SIGMA / mu) ** 4) + 0.002 * rng.normal(size=13) for mu in (2, 4, 8)]
    for first in (1, 2**63 + 1):
        runs = table_of_runs(wn.additive, [2], seeds=3).sort_values(["seed", "sigma_add"])
        runs = runs.assign(accuracy=np.ravel(accuracies), seed=[first + int(seed) for seed in runs["seed"]])
        runs.to_csv(tmp_path / "r.csv", index=False)
        intervals.append(run("fit", "r.csv").stdout.splitlines()[-1])
    assert "3 seeds" not in intervals[0]
    assert intervals[0] == intervals[1]
    runs.assign(seed=0.5).to_csv(tmp_path / "r.csv", index=False)
    assert_one_line_error(run("fit", "r.csv"), "CSV: expected whole numbers in column seed, got '0.5' in row 1")


def test_a_test_size_takes_the_place_of_uncertainties(run, tmp_path):
    (tmp_path / "c.csv").write_text(curve(line="{},{},0.2", head="sigma,accuracy,uncertainty"))
    done = run("fit", "c.csv", "--test-size", "1000")
    assert_one_line_error(done, "--test-size: expected none for a file with uncertainties, which it replaces, got 1000")


def test_published_tables_are_tables_of_runs(run, tmp_path):
    """They have no columns of what is the user's own."""
    published = Path(__file__).parents[2] / "tutorials" / "results" / "mnist-mlp.csv"
    table = pandas.read_csv(published, dtype=str, keep_default_na=False)
    kept = table.query("point == 'global' and phase == 'training' and batchnorm == 'False' and sigma_mul == '0.0'")
    kept.query("gradient == 'exact' ").to_csv(tmp_path / "c.csv", index=False)
    done = run("fit", "c.csv")
    assert done.returncode == 0, done.stderr
    assert "mnist" in done.stdout


def test_levels_that_agree_to_twelve_digits_are_one_level(run, tmp_path):
    found = []
    for factor in (1, 1 + 1e-13):
        levels = [*LEVELS, *(level * factor for level in LEVELS)]
        (tmp_path / "c.csv").write_text(curve([*ACCURACIES, *ACCURACIES], levels))
        found.append(run("fit", "c.csv", "--test-size", "1000").stdout)
    assert found[0].startswith("midpoint")
    assert found[0] == found[1]


def of_seeds(midpoints, head="sigma,seed,accuracy"):
    """Make a table with a curve of each seed."""
    rows = [(sigma, seed, 0.1 + 0.85 / (1 + (sigma / mu) ** 2)) for seed, mu in enumerate(midpoints) for sigma in SIGMA]
    return "\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n"


@pytest.mark.parametrize("options", [[], ["--test-size", "10000"]])
@pytest.mark.parametrize("head", ["sigma,seed,accuracy", "sigma,Seed,accuracy"])
def test_several_seeds_have_an_interval_for_other_seeds(head, options, run, tmp_path):
    """That of Student's t for ln mu, 2.57 to 3.52 here, and not that of 39 points that agree within 0.05."""
    (tmp_path / "c.csv").write_text(of_seeds([2.7, 3, 3.35], head))
    (tmp_path / "pooled.csv").write_text(of_seeds([2.7, 3, 3.35]).replace("seed", "number"))
    done, pooled = (run("fit", name, *options) for name in ("c.csv", "pooled.csv"))
    (low, high), narrow = ([float(word) for word in re.findall(r"[\d.]+", out.stdout)[2:4]] for out in (done, pooled))
    reach = stats.t.ppf(0.975, 2) * np.std(np.log([2.7, 3, 3.35]), ddof=1) / 3**0.5
    assert math.log(high / low) == pytest.approx(2 * reach, rel=0.05), done.stderr
    assert math.log(narrow[1] / narrow[0]) < reach
    assert done.stdout.splitlines()[-1] == "the interval is one for other seeds, too, by the scatter of 3"
    assert pooled.stdout.splitlines()[-1] == "the interval is one of these points, not for other seeds"


def test_the_command_and_fit_seeds_find_the_same(run, tmp_path):
    (tmp_path / "c.csv").write_text(of_seeds([2, 3]) + "100,0,0.11\n")  # one run of seed 0 twice: averaged
    by_seed = pandas.read_csv(tmp_path / "c.csv").pivot_table("accuracy", "sigma", "seed")
    same = fit_seeds(by_seed.index, by_seed, 2000, rescale=True, a_min=0.1)
    assert run("fit", "c.csv", "--test-size", "2000", "--a-min", "0.1").stdout.startswith(f"{same}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            of_seeds([2, 3]).replace("\n", ",0.01\n").replace("accuracy,0.01", "accuracy,uncertainty"),
            "expected no standard errors beside 2 seeds, whose scatter tells them, got column 'uncertainty' in c.csv",
        ),
        (
            of_seeds([2, 3]).replace("0.1,0,", "0.1,,", 1),
            "expected a seed in each row of c.csv, got none in row 1; give",
        ),
    ],
)
def test_what_several_seeds_do_not_go_with(text, message, run, tmp_path):
    (tmp_path / "c.csv").write_text(text)
    assert_one_line_error(run("fit", "c.csv"), message)


def test_a_bound_says_of_which_points_it_is_and_an_unknown_midpoint_does_not(run, tmp_path):
    (tmp_path / "c.csv").write_text(curve([0.9] * 7))
    assert run("fit", "c.csv").stdout.splitlines()[-1] == "the bound is one of these points, not for other seeds"
    (tmp_path / "line.csv").write_text(curve(np.linspace(0.9, 0.1, 7)))
    assert "seeds" not in run("fit", "line.csv").stdout


def test_other_seeds_at_other_levels_are_points_with_their_own_errors(run, tmp_path):
    """There is no scatter at any level, so the given errors are all that is known."""
    table = pandas.DataFrame({"sigma": SIGMA, "accuracy": CURVE, "uncertainty": 0.01})
    table.to_csv(tmp_path / "plain.csv", index=False)
    table.assign(seed=range(len(table))).to_csv(tmp_path / "seeds.csv", index=False)
    assert run("fit", "seeds.csv").stdout == run("fit", "plain.csv").stdout != ""


def test_levels_that_differ_by_rounding_have_their_seeds_in_common(run, tmp_path):
    """0.1 + 0.2 is not 0.3; taken for two levels, each would have one seed, and the interval none of the scatter."""
    exact = pandas.DataFrame(
        [(s, a, seed) for s, a in zip(SIGMA, CURVE) for seed in range(3)], columns=["sigma", "accuracy", "seed"]
    )
    exact["accuracy"] += 0.002 * exact["seed"]
    rounded = exact.assign(sigma=exact["sigma"] * (1 + 1e-13 * exact["seed"]))
    exact.to_csv(tmp_path / "exact.csv", index=False)
    rounded.to_csv(tmp_path / "rounded.csv", index=False)
    assert not rounded["sigma"].duplicated().any()
    assert "by the scatter of 3" in run("fit", "rounded.csv").stdout
    assert run("fit", "rounded.csv").stdout == run("fit", "exact.csv").stdout
