"""Ctrl-C while the program `wn-ref` is still loading: one line, as later, instead of a traceback from somewhere inside.

`wn_ref.cli.main` handles Ctrl-C, but Python loads the whole package before it can call that. So the package loads this
module first. It does nothing unless the package is loaded by ``wn-ref`` or ``python -m wn_ref``.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

EXIT_CODE = 130
"""What a shell says of a program that was stopped by Ctrl-C: 128, and the number of the signal."""


def _stop(*_: object) -> NoReturn:
    """End this process at once: an exception could come up in code that does not pass it on."""
    os.write(2, b"wn-ref: interrupted\n")
    os._exit(EXIT_CODE)


def loaded() -> None:
    """From now on let Ctrl-C raise KeyboardInterrupt again."""
    _replace(_stop, signal.default_int_handler)


def _replace(handler: object, by: signal._HANDLER) -> None:
    if signal.getsignal(signal.SIGINT) is handler:
        signal.signal(signal.SIGINT, by)


_program = sys.orig_argv[-len(sys.argv) :][:1]  # the last word that is Python's: a script, or a module behind -m
if _program and Path(_program[0]).stem in ("wn-ref", "wn_ref"):
    _replace(signal.default_int_handler, _stop)
