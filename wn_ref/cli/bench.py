"""`wn-ref bench`: speed and memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from wn_ref.bench_tools import NETWORKS
from wn_ref.cli.options import Force
from wn_ref.errors import require_choice, require_whole
from wn_ref.files import Output

PEERS = {"torch": "PyTorch", "jax": "JAX"}
COLUMNS = "{:<15} {:<4} {:<15} {:<9} {:<24} {:<17} {:<19} {:<19}"
HEAD = COLUMNS.format("network", "BN", "noise", "", "seconds", "of bound", *(f"{p}, times" for p in PEERS.values()))


def bench(
    images: Annotated[
        int, typer.Option(help="Training images in an epoch, 128 or more; a sixth as many are evaluated.")
    ] = 60_000,
    rounds: Annotated[
        int, typer.Option(help="How many times everything is measured; the median of the times is printed.")
    ] = 3,
    models: Annotated[
        str,
        typer.Option(
            "--models",
            "--model",
            help=f"Networks to measure: {', '.join(NETWORKS)}, or several with commas between them.",
        ),
    ] = "mlp,lenet5",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="JSON file to write the measurements to, or - for standard output.")
    ] = None,
    force: Force = False,
) -> None:
    """Measure speed and memory on one core.

    The times are compared with the limits of this machine, and with PyTorch and JAX as far as they are installed (pip
    install -e '.[crosscheck]' and '.[jax]'). "of bound" is the share of an epoch's time that is unavoidable at these
    limits. Under PyTorch and JAX stands how many times longer they take. Each number has its range over the rounds.
    This takes about one minute, and about ten with PyTorch and JAX.
    """
    from wn_ref.bench import run

    require_whole("images", images, least=128)
    require_whole("rounds", rounds, least=1)
    names = tuple(models.split(","))
    for name in names:
        require_choice("models", name, NETWORKS)
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
        torch = f" (PyTorch {row['torch_peak_memory_mb']:.0f} MB)" if "torch_peak_memory_mb" in row else ""
        return (
            f"LeNet-5: peak memory {row['peak_memory_mb']:.0f} MB{torch}; first step "
            f"{row['first_step_cold_seconds']:.1f} s cold, {row['first_step_cached_seconds']:.1f} s from the cache"
        )
    if row["kind"] == "workers":
        return f"two workers, two experiments: {row['two_over_one']:.2f} times as long as one on one"
    if row["kind"] == "midpoint":
        return _midpoint(row)
    network = row["model"], "yes" if row["batchnorm"] else "no", row["noise"]
    lines = []
    for task, named in (("train", network), ("evaluate", ("", "", ""))):
        bound = _spread(row, "share_of_bound", ".0%") if task == "train" else ""
        ratios = (_spread(row, f"{peer}_{task}_ratio", ".1f") for peer in PEERS)
        lines.append(COLUMNS.format(*named, task, _spread(row, f"{task}_seconds", ".3f"), bound, *ratios).rstrip())
    return "\n".join(lines)


def _spread(row: dict, name: str, form: str) -> str:
    """Return a number with its range, if it was measured."""
    if name not in row:
        return ""
    low, high = row[f"{name}_range"]
    return f"{row[name]:{form}} ({low:{form}}-{high:{form}})"


def _midpoint(row: dict) -> str:
    cost = (
        f"a midpoint (Table 1, MNIST, MLP) to +-5 %: {row['networks']:.1f} networks of {row['epochs']} epochs, "
        f"{row['core_hours']:.2f} core-hours"
    )
    if "torch_core_hours" not in row:
        return cost
    theirs = f"the paper's {row['grid_networks']} networks in PyTorch {row['torch_core_hours']:.1f}"
    return f"{cost}; {theirs}: {row['torch_over_ours']:.0f} times as much"
