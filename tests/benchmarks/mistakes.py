"""How good is the check at telling where a port is wrong, and why? Planted mistakes go through the whole suite.

    python -m tests.benchmarks.mistakes > wn_ref/ports/MISTAKES.md

takes about half an hour, writes the table, and fails if a bar is not reached. `--only NAME` does some of the mistakes,
`--short` does each in one case that shows it, and `--details` lists what the check said where it is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.ports.mistakes import CLASSIC, FURTHER, Mistake
from tests.ports.mistakes.judge import Verdict, below_the_bars, cases_of, claims, counts, judge, short
from wn_ref.ports.case import DTYPES

HEAD = """# Planted mistakes, and what the check says about them

`python -m tests.benchmarks.mistakes{} > wn_ref/ports/MISTAKES.md` made this page. Each mistake is planted by itself
in the port in plain NumPy (`tests/ports/mistakes/`), which then goes through {}, in float64 and in float32.

- **Place**: where the first case that shows the mistake deviates first. ✓ if in each case that shows it, this is where
  the mistake is by its nature: `tests/ports/mistakes/` says so without a look at the check.
- **Cause**: ✓ if the check names the right cause and never a wrong one; in brackets, in how many of the cases that show
  the mistake. A list of possible causes counts as wrong if the right one is not in it.
- **More without a cause**: in a case in which the right cause is named, there are findings besides that have none,
  although there is no other mistake.
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[], help="names of mistakes")
    parser.add_argument("--short", action="store_true", help="only one case that shows a mistake")
    parser.add_argument("--details", action="store_true", help="what the check said where it is wrong")
    given = parser.parse_args()
    chosen = [[one for one in mistakes if not given.only or one.name in given.only] for mistakes in (CLASSIC, FURTHER)]
    groups: list[list[dict[str, Verdict]]] = [[{} for _ in mistakes] for mistakes in chosen]
    for dtype in DTYPES:
        cases = cases_of(dtype)
        for mistakes, rows in zip(chosen, groups):
            for one, row in zip(mistakes, rows):
                row[dtype] = judge(one, cases, short(one, cases) if given.short else cases)
                print(dtype, one.name, end=" ", file=sys.stderr, flush=True)
                print(*details(row[dtype]) if given.details else "", sep="\n    ", file=sys.stderr, flush=True)
    print(HEAD.format(*((" --short", "one case that shows it") if given.short else ("", "the whole suite"))))
    classic, further = groups
    print("## Mistakes with a public name\n")
    table(classic)
    print(
        "\n## Mistakes without a public name\n\nHere the place is all that can be right, and no cause is to be named.\n"
    )
    table(further)
    print("\n## Totals\n\n| | mistakes | missed | right place | right cause | wrong cause | more without a cause |")
    print("|---|---|---|---|---|---|---|")
    for title, rows in (("with a public name", classic), ("without a public name", further)):
        for dtype in DTYPES:
            print(f"| {title}, {dtype}", *counts([row[dtype] for row in rows]).values(), "", sep=" | ")
    failed = {
        f"{dtype}: {bar}"
        for dtype in DTYPES
        for bar in below_the_bars(*([row[dtype] for row in rows] for rows in groups))
    }
    if failed:
        raise SystemExit("below the bar: " + "; ".join(sorted(failed)))


def table(rows: Sequence[dict[str, Verdict]]) -> None:
    """Print a row for each mistake."""
    print("| mistake | " + " | ".join(f"{dtype}: place | cause" for dtype in DTYPES) + " |")
    print("|---" * (1 + 2 * len(DTYPES)) + "|")
    for row in rows:
        print(f"| {says(next(iter(row.values())).mistake)}", *(cells(row[dtype]) for dtype in DTYPES), "", sep=" | ")


def says(mistake: Mistake) -> str:
    """Return a mistake in words, with the causes that would be true as well."""
    return mistake.says + (f" ({', '.join(mistake.also)} may be true, too: {mistake.why})" if mistake.also else "")


def cells(verdict: Verdict) -> str:
    """Return place and cause of one type."""
    if verdict.missed:
        return "not found | -"
    first, wrong = verdict.firsts[0], sorted({cause for finding in verdict.wrong for cause in claims(finding)})
    step = first.step if isinstance(first.step, str) else f"step {first.step}"
    where = f"{step}, {first.quantity} {'✓' if verdict.placed else '✗'}"
    if wrong:
        return f"{where} | {', '.join(wrong)} ✗"
    if not verdict.named:
        return f"{where} | none {'✓' if verdict.right else '✗'}"
    more = f"; {len(verdict.beside)} more without a cause" if verdict.beside else ""
    return f"{where} | {', '.join(verdict.named)} ✓ ({verdict.named.total()} of {len(verdict.firsts)}){more}"


def details(verdict: Verdict) -> list[str]:
    """Return what the check said where it is wrong, a line for each finding."""
    of = [("elsewhere", one) for one in verdict.misplaced] + [("wrong cause", one) for one in verdict.wrong]
    of += [("beside the cause", one) for one in verdict.beside]
    of += [] if verdict.right else [("first", one) for one in verdict.firsts]
    lines = [f"{kind}: {one.case} {one.step} {one.quantity} {one.index} {one.size:.2g}" for kind, one in of]
    return [f"{line} {one.cause} {one.alternatives} {one.note}" for line, (_, one) in zip(lines, of)]


if __name__ == "__main__":
    main()
