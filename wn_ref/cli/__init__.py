"""The command line `wn-ref`. Each command has a file of its own; here they become one program that explains errors."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated, Any

import typer

from wn_ref.cli.bench import bench
from wn_ref.cli.data import app as data
from wn_ref.cli.export import export
from wn_ref.cli.figure import figure
from wn_ref.cli.fit import fit
from wn_ref.cli.global_noise import global_noise
from wn_ref.cli.locate import locate
from wn_ref.cli.mixed_noise import mixed_noise
from wn_ref.cli.multi_execution import multi_execution
from wn_ref.cli.plan import plan
from wn_ref.cli.report import report
from wn_ref.cli.running import Interrupted
from wn_ref.cli.status import status
from wn_ref.cli.sweep import sweep
from wn_ref.cli.table import table
from wn_ref.cli.train import train
from wn_ref.cli.vectors import vectors
from wn_ref.cli.walk import walk
from wn_ref.errors import WnRefError
from wn_ref.version import __version__

app = typer.Typer(
    help="Walking Noise: how robust is each layer of a neural network against noisy computations?\n\n"
    "Start with: wn-ref walk. Every command explains its options: wn-ref COMMAND --help.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(short_help="Train one network.")(train)
app.command(short_help="Find the midpoint noise level of every injection point.")(walk)
app.command(short_help="Find one midpoint with as few networks as possible.")(locate)
app.command("global", short_help="Find the midpoint of noise at all points at once.")(global_noise)
app.command("mixed", short_help="Inject two kinds of noise, in both orders.")(mixed_noise)
app.command("multi", short_help="Average over several noisy executions of each layer.")(multi_execution)
app.command(short_help="Fit the midpoint of a curve from a CSV file.")(fit)
app.command(short_help="Estimate how long a sweep will take.")(plan)
app.command(short_help="Run many experiments, or continue where they stopped.")(sweep)
app.command(short_help="Show how far a sweep is, and what failed.")(status)
app.command(short_help="Write stored results to a CSV file.")(export)
app.command(short_help="Draw a figure of the paper from stored results.")(figure)
app.command(short_help="Print a table of the paper from stored results.")(table)
app.command(short_help="Make all figures and tables of the paper from stored results.")(report)
app.command(short_help="Write test vectors for another implementation.")(vectors)
app.command(short_help="Measure speed and memory.")(bench)
app.add_typer(data, name="data", short_help="List, download and look at the data sets.")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"wn-ref {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
    kernels: Annotated[
        str | None,
        typer.Option(
            metavar="[fast|plain]",
            envvar="WN_REF_KERNELS",
            show_default="fast",
            help="Which loops compute the layers: the fast, blocked ones of wn_ref/kernels, or the plain ones of "
            "wn_ref/layers (the same results up to rounding, but slower). This option goes before the command.",
        ),
    ] = None,
) -> None:
    if kernels is not None:
        from wn_ref.kernels import choose

        choose(kernels)  # as an environment variable, so that worker processes inherit it


def main() -> None:
    """Run the command line.

    An error that this package raises on purpose, or an option that does not exist, becomes one line on standard error
    and an exit code: 2 for input that cannot be used, 1 for a run that failed, 130 after Ctrl-C. Any other exception is
    a bug and keeps its traceback.
    """
    shown = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        if str(message) not in shown:
            print(f"wn-ref: warning: {message}", file=sys.stderr)
        shown.add(str(message))

    warnings.showwarning = show
    try:
        code = app(prog_name="wn-ref", standalone_mode=False)
        if code != Interrupted.exit_code:  # typer returns it after Ctrl-C, older versions of typer raise Abort
            sys.exit(code)
        message = "interrupted"
    except (KeyboardInterrupt, typer.Abort):
        message, code = "interrupted", Interrupted.exit_code
    except WnRefError as error:
        message, code = str(error), error.exit_code
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's parser has it; its class differs between versions of typer
            raise
        message, code = f"{error.format_message().rstrip('.')}; see wn-ref --help, or --help of the command", 2
    print(f"wn-ref: {message}", file=sys.stderr)
    sys.exit(code)
