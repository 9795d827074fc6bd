"""`wn-ref check`: is another implementation Walking Noise, and if not, why?"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from wn_ref.user_code import object_of

PORT = "a class of {}, or an object of one"


def check(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A case file, or a folder of them, made by wn-ref vectors.")
    ],
    port: Annotated[
        str,
        typer.Argument(
            metavar="PORT",
            help="The implementation: a class without arguments, or an object of one, package.module:NAME or "
            "file.py:NAME, with the methods of wn_ref.ports.port.Port.",
        ),
    ],
    accept: Annotated[
        list[str] | None,
        typer.Option(help="A cause that is no mismatch, such as running-variance; may be given several times."),
    ] = None,
    complete: Annotated[
        bool,
        typer.Option("--complete", help="Everything but Adam's moments has to be handed back, or the exit code is 1."),
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Hold an implementation against case files, and say where it deviates and why.

    Every quantity is compared in the order in which it is computed, starting from what the implementation itself had
    before. Where it deviates, the usual mistakes are tried, and the one that explains it is named. A class of about 20
    lines makes an implementation ready for this; wn_ref/ports/numpy_port.py is the example to read, and
    wn_ref.ports.torch_port:TorchPort and wn_ref.ports.jax_port:JaxPort are checked like this:

        wn-ref vectors --suite cases && wn-ref check cases wn_ref.ports.numpy_port:NumpyPort

    The exit code is 0 if all agrees, 1 if something deviates, and 2 if a file or the class cannot be used. It is also 1
    if in a pass neither the logits were handed back nor what leaves a point behind all weights. What else is absent is
    named; with --complete it makes the exit code 1, as it should be in a continuous integration. What the
    implementation prints itself goes to standard error.
    """
    from wn_ref.ports.check import check_vectors

    with redirect_stdout(sys.stderr):  # what a port prints is no part of the report
        report = check_vectors(path, object_of("port", port, PORT, usable=bool), accept or (), complete)
    print(json.dumps(report.as_dict(), indent=1) if json_ else report)
    if not report.ok:
        raise typer.Exit(1)
