"""What a check has found, for people and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from wn_ref.counted import counted
from wn_ref.ports.causes import CAUSES

SHOWN = 2
"""How many findings of one kind, case and step are printed."""
NOT_NEEDED = ("first_moment", "second_moment")
"""Kinds that a complete port may keep to itself: a wrong moment shows in the update."""


@dataclass(frozen=True)
class Finding:
    """One deviation of a port.

    Attributes
    ----------
    case : str
        The case, such as "walking-float64".
    step : int or str
        The training step, from 0 on; or "start" or "evaluation".
    quantity : str
        What deviates: "activation/conv1", "noise", "logits", "loss", "gradient/conv1.weight", "gradient/input",
        "statistic/bn1.running_var", "first_moment/...", "second_moment/...", "update/conv1.weight", "start/..."
        (weights right after the start); or "raised", if the port raised an error.
    index : tuple of int
        Where the deviation is largest, in the port's layout; for "noise" the point and the draw.
    size, tolerance : float
        The deviation and what is allowed, in the units of `wn_ref.ports.case.TOLERANCES`; infinity if a shape or a type
        is wrong, or a number is not finite.
    got, expected : float
        The two numbers at that index.
    note : str
        What is wrong, if it is not a number.
    cause : str or None
        The usual mistake that explains it alone, a key of `wn_ref.ports.causes.CAUSES`; None if no one does.
    alternatives : tuple of str
        Usual mistakes between which this case cannot tell.
    accepted : bool
        Whether the user accepts this cause.
    """

    case: str
    step: int | str
    quantity: str
    index: tuple[int, ...] = ()
    size: float = float("inf")
    tolerance: float = 0.0
    got: float = 0.0
    expected: float = 0.0
    note: str = ""
    cause: str | None = None
    alternatives: tuple[str, ...] = ()
    accepted: bool = False

    def __str__(self) -> str:
        """Return the finding as one or two lines."""
        what = self.note or (
            f"{list(self.index)} is {self.got:.9g}, expected {self.expected:.9g} "
            f"(off by {self.size:.2g}, allowed {self.tolerance:.1g})"
        )
        why = f"cause: {self.cause}: {CAUSES[self.cause].says}" if self.cause else "cause: not one of the usual ones"
        if self.alternatives:
            why = f"cause: one of {', '.join(self.alternatives)}"
        where = f"{self.case}, {_named(self.step)}, {self.quantity}"
        return f"{where}: {what}\n    {'accepted; ' if self.accepted else ''}{why}"


@dataclass(frozen=True)
class Report:
    """The outcome of `wn_ref.check_vectors`.

    Attributes
    ----------
    findings : tuple of Finding
        Every deviation, in the order of cases and steps.
    looked_at : mapping of str to int
        How many arrays of each kind were compared: "activation", "loss", "gradient", ...
    not_looked_at : tuple of str
        Kinds of which the port handed back nothing, or not all.
    cases : tuple of str
        The cases that were run.
    without_logits : tuple of str
        Those of them with a pass in which neither logits nor what leaves a point behind all weights was compared.
    complete : bool
        Whether everything but Adam's moments has to be handed back.
    """

    findings: tuple[Finding, ...]
    looked_at: Mapping[str, int]
    not_looked_at: tuple[str, ...]
    cases: tuple[str, ...]
    without_logits: tuple[str, ...] = ()
    complete: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing deviates but for causes that are accepted, and enough was compared to say so.

        That is, in each case the logits, or what leaves a point behind all weights; with `complete`, everything but
        Adam's moments.
        """
        return self._verdict == "agrees"

    @property
    def _verdict(self) -> str:
        if open_ := sum(not finding.accepted for finding in self.findings):
            return counted(open_, "finding")
        if self.without_logits:
            more = f" and {len(self.without_logits) - 1} more" if len(self.without_logits) > 1 else ""
            return f"no logits to compare in {self.without_logits[0]}{more}"
        missing = [kind for kind in self.not_looked_at if kind not in NOT_NEEDED]
        return f"not complete, without {', '.join(missing)}" if self.complete and missing else "agrees"

    def __str__(self) -> str:
        """Return the report as text."""
        lines, count = [], Counter[tuple]()
        for finding in self.findings:
            alike = finding.case, finding.step, finding.quantity.partition("/")[0], finding.cause
            count[alike] += 1
            if count[alike] <= SHOWN:
                lines.append(str(finding))
        for (case, step, kind, _), number in count.items():
            if number > SHOWN:
                lines.append(f"{case}, {_named(step)}, {kind}: {number - SHOWN} more like these")
        forms = ", or not in its form, or after the end of a run" if any(map(_is_of_a_form, self.findings)) else ""
        unseen = ", ".join(self.not_looked_at) or "nothing"
        lines += [f"not looked at, because it was not handed back{forms}: {unseen}"]
        compared = counted(sum(self.looked_at.values()), "comparison")
        lines += [f"{counted(len(self.cases), 'case')}, {compared}: {self._verdict}"]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it; an infinite size is null."""
        findings = [asdict(finding) for finding in self.findings]
        for one in findings:
            for name in ("size", "got", "expected"):
                one[name] = one[name] if abs(one[name]) < float("inf") else None
        return {
            "ok": self.ok,
            "cases": list(self.cases),
            "findings": findings,
            "looked_at": dict(self.looked_at),
            "not_looked_at": list(self.not_looked_at),
            "without_logits": list(self.without_logits),
            "complete": self.complete,
        }


def joined(reports: Sequence[Report], complete: bool = False) -> Report:
    """Return the reports of several cases as one, which may ask for everything to be handed back."""
    looked_at: Counter[str] = sum((Counter(report.looked_at) for report in reports), Counter())
    absent = dict.fromkeys(kind for report in reports for kind in report.not_looked_at)
    findings = tuple(finding for report in reports for finding in report.findings)
    cases = tuple(name for report in reports for name in report.cases)
    without_logits = tuple(name for report in reports for name in report.without_logits)
    return Report(findings, looked_at, tuple(absent), cases, without_logits, complete)


def _is_of_a_form(finding: Finding) -> bool:
    """Return whether something was handed back in a form that cannot be compared."""
    return bool(finding.note) and not finding.quantity.startswith("noise")


def _named(step: int | str) -> str:
    return f"step {step}" if isinstance(step, int) else step
