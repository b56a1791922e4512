"""Time from "a failure exists" to "the case is written", for each of the planted bugs.

    python benchmarks/shrinking.py [--scope worker] [--mutants NAME ...] [--walks 2000] [--hypothesis 5]

The walk looks for a run that shows the bug; from then on the CPU time is taken, until the case is
on disk (``keep``: shrink, replay, write). Then it is read again, and each of its steps taken away in
turn: none may be left over. For some of the bugs, evenly chosen, the same is measured with the
machine, where Hypothesis shrinks first; there are no machines for clusters here.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from aims import Aim, all_of
from detection import catalogue
from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import get_state_machine_test
from timing import spread, table

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.mutants.mutant import Mutant
from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.triage.signature import Signature, located
from workerfuzz.harness.engines.findings.finding_writer import keep
from workerfuzz.harness.engines.hypothesis.machine import WorkerMachine
from workerfuzz.harness.engines.hypothesis.profiles import PROFILES, profile
from workerfuzz.harness.engines.shrink.shrink import replay
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import system
from workerfuzz.harness.worlds.scopes import SCOPES, WORKER, FuzzingScope, scope_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.worker import Step


@dataclass(frozen=True, slots=True)
class Measured:
    """One failure, from its run to its case.

    Attributes:
        seconds: of CPU, from the failure to the case.
        before: steps of the run that showed it first.
        after: steps of the case.
        replays: runs that our own shrinking took.
        shows: the case as written shows the bug.
        minimal: without any one of its steps it does not.
        failures: different ones that Hypothesis reports.
    """

    mutant: str
    seconds: float
    before: int
    after: int
    replays: int
    shows: bool
    minimal: bool
    failures: int = 1


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="From a failure to a case, for planted bugs.")
    parser.add_argument("--scope", choices=SCOPES, default=WORKER.name, help="where they show")
    parser.add_argument("--mutants", nargs="+", type=named, help="names; else all")
    parser.add_argument("--walks", type=int, default=2000, help="tried for each mutant, at most")
    parser.add_argument("--hypothesis", type=int, default=5, help="mutants for the machine")
    options = parser.parse_args(arguments)
    scope = SCOPES[options.scope]
    found = of_walk(scope, options.mutants or catalogue(scope.name), options.walks)
    if options.hypothesis and scope is WORKER:
        step = max(len(found) // options.hypothesis, 1)
        chosen = [named(measured.mutant) for measured in found[::step]][: options.hypothesis]
        machine = survey("the machine", chosen, by_machine)
        several = sum(measured.failures > 1 for measured in machine)
        print(f"reported by Hypothesis as more than one failure: {several}")


def of_walk(scope: FuzzingScope, mutants: Sequence[Mutant], walks: int) -> list[Measured]:
    """Look for each with the walk, and shrink what is found."""
    return survey("the walk", mutants, lambda mutant: by_walk(scope, mutant, walks))


def aims(where: str, found: Sequence[Measured]) -> Iterator[Aim]:
    """Results of shrinking: each case shows the same bug, and no step of it can be left out."""
    yield all_of(f"{where}: shrunk cases that are 1-minimal", "all", minimal(found), len(found))
    shown = sum(measured.shows for measured in found)
    yield all_of(f"{where}: shrunk cases that show their bug", "all", shown, len(found))
    for what, values in (
        ("CPU ms until the case is written", [1e3 * measured.seconds for measured in found]),
        ("steps before", [float(measured.before) for measured in found]),
        ("steps after", [float(measured.after) for measured in found]),
    ):
        yield Aim(f"{where}: {what}", "", spread(values, 0) if values else "nothing found")


def minimal(found: Sequence[Measured]) -> int:
    return sum(measured.minimal for measured in found)


def survey(
    who: str, mutants: Sequence[Mutant], measure: Callable[[Mutant], Measured | None]
) -> list[Measured]:
    """Measure each, and print what came of all."""
    found: list[Measured] = []
    problems: list[str] = []
    for mutant in mutants:
        try:
            result = measure(mutant)
        except Exception as error:  # noqa: BLE001 - a mutant may break what judges it: that is shown
            problems.append(f"{mutant.name} ({type(error).__name__}: {error})")
        else:
            found += [result] if result is not None else []
    print(report(f"found by {who}", found, len(mutants)))
    print(f"broke the harness itself: {', '.join(problems) or 'none'}\n")
    return found


def by_walk(scope: FuzzingScope, mutant: Mutant, walks: int) -> Measured | None:
    """None where no walk shows the bug."""
    subject = system("reference", scope.name)
    with mutant.planted():
        for number in range(walks):
            try:
                walk(subject, f"shrinking/{number}", scope=scope)
            except Violation as violation:
                began, before = time.process_time(), len(violation.steps)
                return measured(subject, mutant, violation, began, before)
    return None


class FirstFailure(WorkerMachine):
    """Notes when a property breaks for the first time, which is when Hypothesis begins to shrink."""

    subject = "reference"
    seen: ClassVar[list[tuple[float, int]]] = []

    def take(self, kind: type[Step], data: st.DataObject) -> None:
        with self.noting():
            super().take(kind, data)

    def teardown(self) -> None:
        with self.noting():
            super().teardown()

    @contextmanager
    def noting(self) -> Iterator[None]:
        try:
            yield
        except Violation as violation:
            self.seen.append((time.process_time(), len(violation.steps)))
            raise


def by_machine(mutant: Mutant) -> Measured | None:
    """None where the quick profile does not show the bug."""
    FirstFailure.seen.clear()
    quick = PROFILES["quick"]
    subject = system("reference", WORKER.name)
    with mutant.planted():
        try:
            settings = profile(quick.max_examples, quick.stateful_step_count)
            seed(0)(get_state_machine_test(FirstFailure, settings=settings))()
        except Violation as violation:
            return measured(subject, mutant, violation, *FirstFailure.seen[0])
        except ExceptionGroup as group:
            violation = group.exceptions[0]
            assert isinstance(violation, Violation)
            several = len(group.exceptions)
            return measured(subject, mutant, violation, *FirstFailure.seen[0], failures=several)
    return None


def measured(
    subject: Any,
    mutant: Mutant,
    violation: Violation,
    began: float,
    before: int,
    *,
    failures: int = 1,
) -> Measured:
    """Keep a violation, stop the clock, and look at what was written."""
    with tempfile.TemporaryDirectory() as folder:
        finding = keep(subject, violation, Path(folder))
        seconds = time.process_time() - began
        assert finding.path, finding.lines
        case = casefile.parse(Path(finding.path).read_text(encoding="utf-8"))
    asked = subject, scope_of(violation), case.config, case.steps, located(violation)
    return Measured(
        mutant.name,
        seconds,
        before,
        len(case.steps),
        finding.replays,
        shows=shows(*asked),
        minimal=is_minimal(*asked),
        failures=failures,
    )


def is_minimal(
    subject: Any, scope: FuzzingScope, config: Any, steps: Sequence[Step], wanted: Signature
) -> bool:
    """Without any one of these steps they do not show the bug."""
    fewer = ([*steps[:place], *steps[place + 1 :]] for place in range(len(steps)))
    return not any(shows(subject, scope, config, rest, wanted) for rest in fewer)


def shows(
    subject: Any, scope: FuzzingScope, config: Any, steps: Sequence[Step], wanted: Signature
) -> bool:
    """These steps show that bug; those that became impossible are left out."""
    found = replay(subject, config, steps, scope)
    return found is not None and located(found) == wanted


def report(what: str, found: Sequence[Measured], tried: int) -> str:
    if not found:
        return f"{what}: none of {tried} planted bugs"
    rows = [
        (
            "CPU seconds until the case is written",
            *quartiles([measured.seconds for measured in found]),
        ),
        ("steps of the run", *quartiles([measured.before for measured in found])),
        ("steps of the case", *quartiles([measured.after for measured in found])),
        ("replays while shrinking", *quartiles([measured.replays for measured in found])),
    ]
    slowest = max(found, key=lambda measured: measured.seconds)
    left_over = [measured.mutant for measured in found if not measured.minimal]
    lost = [measured.mutant for measured in found if not measured.shows]
    return "\n".join(
        [
            f"{what}: {len(found)} of {tried} planted bugs",
            table(("", "median", "quartiles", "most"), rows),
            f"slowest: {slowest.mutant}, {slowest.before} steps",
            f"1-minimal: {minimal(found)} of {len(found)}{listed(left_over)}",
            f"shown by the case as written: {len(found) - len(lost)} of {len(found)}{listed(lost)}",
        ]
    )


def quartiles(values: Sequence[float]) -> tuple[str, str, str]:
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else [*values] * 3
    return f"{middle:.4g}", f"{low:.4g} to {high:.4g}", f"{max(values):.4g}"


def listed(names: Sequence[str]) -> str:
    return f"; not {', '.join(names)}" if names else ""


if __name__ == "__main__":
    main()
