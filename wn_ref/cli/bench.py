"""`wn-ref bench`: speed and memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import (
    one_of,
)
from wn_ref.errors import require_choice, require_whole
from wn_ref.files import require_folder, whole
from wn_ref.models import MODELS


def bench(
    images: Annotated[int, typer.Option(help="Training images an epoch; a sixth as many are evaluated.")] = 60_000,
    rounds: Annotated[int, typer.Option(help="How often all is measured in turn; times are medians.")] = 3,
    models: Annotated[str, typer.Option(help="Networks with commas between them. " + one_of(MODELS))] = "mlp,lenet5",
    json_file: Annotated[Path | None, typer.Option("--json", help="Where to write the figures as JSON, too.")] = None,
) -> None:
    """Measure speed and memory on one core, beside PyTorch if it is installed and beside the machine's limits.

    About five minutes with PyTorch (pip install -e '.[crosscheck]'), one without.
    """
    from wn_ref import bench as measure
    from wn_ref import report

    require_whole("images", images, least=128)
    require_whole("rounds", rounds, least=1)
    names = tuple(models.split(","))
    for name in names:
        require_choice("models", name, ("mlp", "lenet5"))
    if json_file is not None:
        require_folder(json_file.parent)
    rows = []
    for row in measure.run(images, rounds, names):
        rows.append(row)
        print(report.bench_row(row, first=len(rows) == 2), flush=True)
    if json_file is not None:
        whole(json_file, lambda path: path.write_text(json.dumps(rows, indent=1) + "\n"))
