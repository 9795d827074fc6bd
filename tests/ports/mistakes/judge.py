"""What the check says about a mistake, and how much of it is right."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from tests.ports.mistakes.base import Mistake
from wn_ref.ports.case import Case
from wn_ref.ports.cases import suite
from wn_ref.ports.check import check_case
from wn_ref.ports.record import record
from wn_ref.ports.report import Finding

Cases = Mapping[str, Case]
"""Cases by their name without their type."""
arrays_of = cache(record)
"""The arrays of a case, computed once."""


@dataclass
class Verdict:
    """The findings of a mistake in all cases of a type.

    Attributes
    ----------
    firsts : list of Finding
        The first one of each case that has any.
    misplaced : list of Finding
        Those of them that are elsewhere than the mistake.
    named : Counter of str
        True causes that are named, one for each case.
    wrong : list of Finding
        Findings with a cause that is not true, or with possible causes of which none is true.
    beside : list of Finding
        Findings without any cause in a case in which a true cause is named, as there is no other mistake.
    """

    mistake: Mistake
    firsts: list[Finding] = field(default_factory=list)
    misplaced: list[Finding] = field(default_factory=list)
    named: Counter[str] = field(default_factory=Counter)
    wrong: list[Finding] = field(default_factory=list)
    beside: list[Finding] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        return not self.firsts

    @property
    def placed(self) -> bool:
        return bool(self.firsts) and not self.misplaced

    @property
    def right(self) -> bool:
        """The right cause is named, and no wrong one; without a public name, only the latter."""
        return not self.missed and not self.wrong and (bool(self.named) or self.mistake.cause is None)

    def add(self, case: Case, findings: Sequence[Finding]) -> None:
        """Take in what the check found in a case."""
        if not findings:
            return
        place = self.mistake.where(case)
        self.firsts.append(findings[0])
        if place is None or not place.holds(findings[0]):
            self.misplaced.append(findings[0])
        true = [one.cause for one in findings if one.cause and self.mistake.allows(one.cause, case)]
        self.named.update(true[:1])
        self.wrong += [finding for finding in findings if claims(finding) and not self.allowed(case, finding)]
        self.beside += [finding for finding in findings if true and not claims(finding)]

    def allowed(self, case: Case, finding: Finding) -> bool:
        return any(self.mistake.allows(cause, case) for cause in claims(finding))


def claims(finding: Finding) -> tuple[str, ...]:
    """Return the causes that a finding speaks of: one, or those of which it is one."""
    return (finding.cause,) if finding.cause else finding.alternatives


def cases_of(dtype: str) -> Cases:
    """Return the cases of the suite."""
    return {case.name.removesuffix(f"-{dtype}"): case for case in suite(dtypes=(dtype,))}


def short(mistake: Mistake, cases: Cases) -> tuple[str, ...]:
    """Return the cases for a short look: those that the mistake asks for, else the first one that shows it.

    Those without convolutions and with few steps come first, as they take less time.
    """
    shows = [(case.model != "mlp", case.steps, name) for name, case in cases.items() if mistake.where(case)]
    return mistake.shown or (min(shows, key=lambda one: one[:2])[2],)


def judge(mistake: Mistake, cases: Cases, names: Iterable[str] = ()) -> Verdict:
    """Check a port with a mistake on cases, or on some of them."""
    verdict = Verdict(mistake)
    for name in names or cases:
        case = cases[name]
        verdict.add(case, check_case(case, arrays_of(case), mistake.port()).findings)
    return verdict


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Return how many mistakes are found, at the right place, with the right cause, with a wrong one, and with more."""
    return {
        "mistakes": len(verdicts),
        "missed": sum(one.missed for one in verdicts),
        "right place": sum(one.placed for one in verdicts),
        "right cause": sum(one.right for one in verdicts),
        "wrong cause": sum(bool(one.wrong) for one in verdicts),
        "more without a cause": sum(bool(one.beside) for one in verdicts),
    }


def below_the_bars(classic: Sequence[Verdict], further: Sequence[Verdict]) -> list[str]:
    """Return which bars are not reached: of mistakes that have a public name, and of those that have none."""
    named, nameless = counts(classic), counts(further)
    reached = {
        "missed: none": named["missed"] + nameless["missed"] == 0,
        "wrong cause: none": named["wrong cause"] + nameless["wrong cause"] == 0,
        "right place: 98 %": named["right place"] >= 0.98 * named["mistakes"],
        "right cause: 85 %": named["right cause"] >= 0.85 * named["mistakes"],
        "right place without a name: all": nameless["right place"] == nameless["mistakes"],
    }
    return [bar for bar, fine in reached.items() if not fine]
