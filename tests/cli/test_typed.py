"""Errors and warnings begin with what the user typed."""

import warnings

import pytest
import typer.main

from wn_ref.cli import app
from wn_ref.cli.typed import Command, as_typed
from wn_ref.sweeps.workers import WorkersWarning

COMMANDS = typer.main.get_command(app).commands


def typed(command, message):
    return as_typed(message, COMMANDS[command].params)


def test_options_and_arguments_by_the_name_that_is_typed():
    assert typed("train", "batch_size: expected 1") == "--batch-size: expected 1"
    assert typed("train", "batchnorm: expected 1") == "--batchnorm: expected 1"
    assert typed("train", "sigma_add: expected 1, got sigma: 2") == "--sigma: expected 1, got sigma: 2"
    assert typed("walk", "sigma_mul: expected 1") == "--sigmas: expected 1"
    assert typed("export", "output: expected 1") == "CSV: expected 1"
    assert typed("bench", "output: expected 1") == "--json: expected 1"
    assert typed("plan", "plan: expected 1") == "PLAN: expected 1"
    assert typed("figure", "figure: expected 1") == "NUMBER: expected 1"


def test_what_is_no_option_is_left_as_it_is():
    for message in ("mnist: expected labels", "overflow in evaluation", "", "batch_size", "multi: expected"):
        assert typed("train", message) == message


def test_warnings_of_this_package_and_no_others(monkeypatch):
    shown = []

    def command():
        warnings.warn("train_size: only 3", WorkersWarning, stacklevel=1)
        warnings.warn("mnist: half of it is missing", WorkersWarning, stacklevel=1)
        warnings.warn("seed: a word of some library", UserWarning, stacklevel=1)
        raise ZeroDivisionError

    def show(message, category, *_, **__):
        shown.append((str(message), category))

    monkeypatch.setattr("warnings.showwarning", show)
    warnings.simplefilter("always")  # pytest restores the filters
    running = Command("train", params=COMMANDS["train"].params, callback=command)
    with pytest.raises(ZeroDivisionError):
        running.invoke(typer.Context(running))
    assert shown == [
        ("--train-size: only 3", WorkersWarning),
        ("mnist: half of it is missing", WorkersWarning),
        ("seed: a word of some library", UserWarning),
    ]
    assert warnings.showwarning is show
