"""`wn-ref bench`: speed and memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import Force
from wn_ref.errors import require_choice, require_whole
from wn_ref.files import Output
from wn_ref.models import MODELS

HEAD = "model   BN   noise           s an epoch  of bound   PyTorch  s to evaluate  PyTorch"


def bench(
    images: Annotated[int, typer.Option(help="Training images in an epoch; a sixth as many are evaluated.")] = 60_000,
    rounds: Annotated[
        int, typer.Option(help="How many times everything is measured; the median of the times is printed.")
    ] = 3,
    models: Annotated[
        str,
        typer.Option(
            "--models",
            "--model",
            help=f"Networks to measure: {', '.join(MODELS)}, or several with commas between them.",
        ),
    ] = "mlp,lenet5",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="JSON file to write the measurements to, or - for standard output.")
    ] = None,
    force: Force = False,
) -> None:
    """Measure speed and memory on one core.

    The times are compared with the limits of this machine, and with PyTorch if it is installed (pip install -e
    '.[crosscheck]'). "of bound" is the share of an epoch's time that is unavoidable at these limits. "PyTorch" is how
    many times longer PyTorch takes. This takes about one minute, and about five with PyTorch.
    """
    from wn_ref.bench import run

    require_whole("images", images, least=128)
    require_whole("rounds", rounds, least=1)
    names = tuple(models.split(","))
    for name in names:
        require_choice("models", name, MODELS)
    file = None if json_file is None else Output.checked(json_file, force)
    messages = sys.stdout if file is None else file.messages
    rows: list[dict] = []
    for row in run(images, rounds, names):
        if row["kind"] == "network" and rows[-1]["kind"] != "network":
            print(HEAD, file=messages)
        print(_line(row), file=messages, flush=True)
        rows.append(row)
    if file is not None:
        file.write(lambda path: path.write_text(json.dumps(rows, indent=1) + "\n"))


def _line(row: dict) -> str:
    """Lay out one row of `wn_ref.bench.run` as a line of text."""
    if row["kind"] == "limits":
        torch = f", PyTorch {row['torch_normals_millions']:.0f}" if "torch_normals_millions" in row else ""
        return (
            f"machine, one core: sgemm {row['sgemm_gflops']:.0f} GFLOP/s, copy {row['copy_gb']:.0f} GB/s; normals "
            f"{row['normals_millions']:.0f} M/s (NumPy {row['numpy_normals_millions']:.0f}{torch})"
        )
    if row["kind"] == "process":
        return (
            f"LeNet-5: peak memory {row['peak_memory_mb']:.0f} MB; first step {row['first_step_cold_seconds']:.1f} s "
            f"cold, {row['first_step_cached_seconds']:.1f} s from the cache"
        )
    if row["kind"] == "workers":
        return f"two workers, two experiments: {row['two_over_one']:.2f} times as long as one on one"
    ratios = [f"{row[f'{name}_ratio']:7.1f}x" if f"{name}_ratio" in row else "" for name in ("train", "evaluate")]
    return (
        f"{row['model']:<7} {'yes' if row['batchnorm'] else 'no':<4} {row['noise']:<15} {row['train_seconds']:9.3f} "
        f"{row['share_of_bound']:7.0%} {ratios[0]:>9} {row['evaluate_seconds']:11.3f} {ratios[1]:>9}"
    )
