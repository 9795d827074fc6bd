"""When one run after the other fails in the same way, it is not the runs that are to blame."""

from __future__ import annotations

from collections.abc import Iterable

from wn_ref.errors import RunError
from wn_ref.overflow import is_overflow
from wn_ref.store.records import Outcome

IN_A_ROW = 5
"""A sweep stops after this many equal errors in a row that are no overflows."""


class Failures:
    """Watches the outcomes of a sweep."""

    def __init__(self) -> None:
        self._error, self._count = "", 0

    def watch(self, outcomes: Iterable[Outcome]) -> None:
        """Look at outcomes that are stored already.

        Raises
        ------
        RunError
            If the last ones failed with the same error.
        """
        for outcome in outcomes:
            self._count = self._count + 1 if outcome.error == self._error else 1
            self._error = outcome.error
            if self._count >= IN_A_ROW and self._error and not is_overflow(self._error):
                raise RunError(
                    f"sweep: expected results, got the same error in {IN_A_ROW} runs in a row: {self._error}; correct "
                    "its cause and run them again with retry_failed (--retry-failed); what was stored is kept"
                )
