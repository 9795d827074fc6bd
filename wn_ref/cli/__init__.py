"""The command line `wn-ref`. Each command has a file of its own; here they become one program that explains errors."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Callable
from typing import Annotated, Any

import typer

from wn_ref import interrupt
from wn_ref.cli.bench import bench
from wn_ref.cli.check import check
from wn_ref.cli.check_fits import check_fits
from wn_ref.cli.clamped import clamped
from wn_ref.cli.data import app as data
from wn_ref.cli.evaluate import evaluate
from wn_ref.cli.export import export
from wn_ref.cli.figure import figure
from wn_ref.cli.fit import fit
from wn_ref.cli.global_noise import global_noise
from wn_ref.cli.groups import with_groups
from wn_ref.cli.locate import locate
from wn_ref.cli.maximum import maximum
from wn_ref.cli.mixed_noise import mixed_noise
from wn_ref.cli.multi_execution import multi_execution
from wn_ref.cli.plan import plan
from wn_ref.cli.report import report
from wn_ref.cli.reproduce import reproduce
from wn_ref.cli.running import Interrupted
from wn_ref.cli.status import status
from wn_ref.cli.store import app as store
from wn_ref.cli.sweep import sweep
from wn_ref.cli.table import table
from wn_ref.cli.train import train
from wn_ref.cli.typed import Command
from wn_ref.cli.vectors import vectors
from wn_ref.cli.walk import walk
from wn_ref.errors import StorageError, WnRefError
from wn_ref.version import __version__

COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "train": (train, "Train one network."),
    "evaluate": (evaluate, "Evaluate a network that was saved."),
    "walk": (walk, "Find the midpoint noise level of every injection point."),
    "locate": (locate, "Find one midpoint with as few networks as possible."),
    "global": (global_noise, "Find the midpoint of noise at all points at once."),
    "clamped": (clamped, "Walk noise through networks whose weights may not grow."),
    "maximum": (maximum, "Find the layers that learn to withstand any noise."),
    "mixed": (mixed_noise, "Inject two kinds of noise, in both orders."),
    "multi": (multi_execution, "Average over several noisy executions of each layer."),
    "fit": (fit, "Fit the midpoints of curves from a CSV file."),
    "plan": (plan, "Estimate how long a sweep will take."),
    "sweep": (sweep, "Run many experiments, or continue where they stopped."),
    "status": (status, "Show how far a sweep is, and what failed."),
    "export": (export, "Write stored results to a CSV file."),
    "figure": (figure, "Draw a figure of the paper from stored results."),
    "table": (table, "Print a table of the paper from stored results."),
    "report": (report, "Make all figures and tables of the paper from stored results."),
    "reproduce": (reproduce, "Run the paper's experiments, and compare each number and claim."),
    "vectors": (vectors, "Write test vectors for another implementation."),
    "check-fits": (check_fits, "Compare the midpoints of another fitter with those here."),
    "check": (check, "Check another implementation against test vectors."),
    "bench": (bench, "Measure speed and memory."),
}
"""The commands by name, each with one line for the list of commands."""

app = typer.Typer(
    help="Walking Noise: how robust is each layer of a neural network against noisy computations?\n\n"
    "Start with: wn-ref walk. Every command explains its options: wn-ref COMMAND --help.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, (command, summary) in COMMANDS.items():
    app.command(name, short_help=summary, cls=Command)(with_groups(command))
app.add_typer(data, name="data", short_help="List, download and look at the data sets.")
app.add_typer(store, name="store", short_help="Copy, merge, thin out and shrink files of results.")


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


def _in_one_line(text: str) -> str:
    """Return a text with escapes for what would move the cursor or colour the terminal: names in it are anybody's."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def main() -> None:
    """Run the command line.

    An error that this package raises on purpose, or an option that does not exist, becomes one line on standard error
    and an exit code: 2 for input that cannot be used, 1 for a run that failed, 130 after Ctrl-C. Any other exception is
    a bug and keeps its traceback. If the reader of the output ends first, as in ``wn-ref data | head -1``, so does the
    program, without a word.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and stream.errors == "strict":  # no name that cannot be shown is an error
            stream.reconfigure(errors="backslashreplace")
    shown = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        """Print a warning as one line, once."""
        if str(message) not in shown:
            print(f"wn-ref: warning: {message}", file=sys.stderr)
        shown.add(str(message))

    warnings.showwarning = show
    try:
        interrupt.loaded()
        code = app(prog_name="wn-ref", standalone_mode=False)
        sys.stdout.flush()
        if code != Interrupted.exit_code:  # typer returns it after Ctrl-C, older versions of typer raise Abort
            sys.exit(code)
        message = "interrupted"
    except (KeyboardInterrupt, typer.Abort):
        message, code = "interrupted", Interrupted.exit_code
    except WnRefError as error:
        message, code = _in_one_line(str(error)), error.exit_code
    except OSError as error:
        if error.filename is not None:  # not from print
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is not written yet goes nowhere
        if error.errno == errno.EPIPE:
            sys.exit(StorageError.exit_code)
        message, code = f"expected to write to standard output, got {error.strerror}", StorageError.exit_code
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's parser has it; its class differs between versions of typer
            raise
        message, code = f"{error.format_message().rstrip('.')}; see wn-ref --help, or --help of the command", 2
    print(f"wn-ref: {message}", file=sys.stderr)
    sys.exit(code)
