"""The command line `wn-ref`: a file a command, and here how they come together and how errors are shown."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated

import typer

from wn_ref import __version__
from wn_ref.cli.answers import global_, mixed, multi
from wn_ref.cli.bench import bench
from wn_ref.cli.data import app as data
from wn_ref.cli.figure import figure, table
from wn_ref.cli.fit import fit
from wn_ref.cli.locate import locate
from wn_ref.cli.report import report
from wn_ref.cli.sweeps import export, plan, status, sweep
from wn_ref.cli.train import train
from wn_ref.cli.vectors import vectors
from wn_ref.cli.walk import walk
from wn_ref.errors import InputError, OverflowStop

app = typer.Typer(
    help="Walking Noise: how robust is each layer of a neural network against noisy computations?",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(short_help="Train one network.")(train)
app.command(short_help="Find the midpoint noise level of every injection point.")(walk)
app.command(short_help="Find one midpoint with as few networks as it takes.")(locate)
app.command("global", short_help="Find the midpoint of noise everywhere at once.")(global_)
app.command(short_help="Inject two kinds of noise, in both orders.")(mixed)
app.command(short_help="Execute layers several times.")(multi)
app.command(short_help="Fit the midpoint of a curve from a CSV file.")(fit)
app.command(short_help="Tell what a plan will cost, before running it.")(plan)
app.command(short_help="Run a plan, or go on with it.")(sweep)
app.command(short_help="Tell how a sweep is going.")(status)
app.command(short_help="Write a store's runs as CSV.")(export)
app.command(short_help="Draw a figure of the paper from stored results.")(figure)
app.command(short_help="Print a table of the paper from stored results.")(table)
app.command(short_help="All figures and tables that a store suffices for.")(report)
app.command(short_help="Write test vectors for another implementation.")(vectors)
app.add_typer(data, name="data")
app.command(short_help="Measure speed and memory.")(bench)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"wn-ref {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; input that cannot be used ends in one line on standard error and exit code 2."""
    shown = set()

    def show(message: Warning, *_: object) -> None:
        if str(message) not in shown:
            print(f"wn-ref: warning: {message}", file=sys.stderr)
        shown.add(str(message))

    warnings.showwarning = show
    try:
        sys.exit(app(standalone_mode=False))
    except (InputError, OverflowStop) as error:
        message, code = str(error), 2 if isinstance(error, InputError) else 1
    except KeyboardInterrupt:
        message, code = "interrupted", 130
    except Exception as error:  # of the parser: an unknown option, a word where a number belongs
        if not hasattr(error, "format_message"):
            raise
        message, code = f"{error.format_message().rstrip('.')}; see wn-ref --help, or --help of the command", 2
    print(f"wn-ref: {message}", file=sys.stderr)
    sys.exit(code)
