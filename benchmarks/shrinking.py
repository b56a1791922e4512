"""Time from "a failure exists" to "the case is written", for each of the planted bugs.

    python benchmarks/shrinking.py [--mutants NAME ...] [--walks 2000] [--hypothesis 5]

The walk looks for a run that shows the bug; from then on the clock on the wall runs, until the case is
on disk (``keep``: shrink, replay, write). Then it is read again, and each of its steps taken away in
turn: none may be left over. For some of the bugs, evenly chosen, the same is measured with the
machine, where Hypothesis shrinks first.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from emptymachine import run as run_machine
from hypothesis import strategies as st
from timing import table

from workerfuzz.harness.campaigns.mutants.catalogue import MUTANTS, named
from workerfuzz.harness.campaigns.mutants.mutant import Mutant
from workerfuzz.harness.cases import casefile
from workerfuzz.harness.cases.scopes import universe_of
from workerfuzz.harness.cases.signature import Signature, signature
from workerfuzz.harness.engines.keeping import keep
from workerfuzz.harness.engines.machine import WorkerMachine
from workerfuzz.harness.engines.profiles import PROFILES
from workerfuzz.harness.engines.walk import walk
from workerfuzz.harness.subjects import get
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.harness.worlds.worker import WorkerWorld
from workerfuzz.statemachine.config import WorkerConfig
from workerfuzz.strategies.steps import Step


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of one failure.

    Attributes:
        seconds: from the failure to the case.
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
    parser.add_argument("--mutants", nargs="+", type=named, default=MUTANTS, help="names; else all")
    parser.add_argument("--walks", type=int, default=2000, help="tried for each mutant, at most")
    parser.add_argument("--hypothesis", type=int, default=5, help="mutants for the machine")
    options = parser.parse_args(arguments)
    found = survey("the walk", options.mutants, lambda mutant: by_walk(mutant, options.walks))
    if options.hypothesis:
        step = max(len(found) // options.hypothesis, 1)
        chosen = [named(it.mutant) for it in found[::step]][: options.hypothesis]
        machine = survey("the machine", chosen, by_machine)
        several = sum(it.failures > 1 for it in machine)
        print(f"reported by Hypothesis as more than one failure: {several}")


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


def by_walk(mutant: Mutant, walks: int) -> Measured | None:
    """None where no walk shows the bug."""
    with mutant.planted():
        for number in range(walks):
            try:
                walk(get("reference"), f"shrinking/{number}")
            except Violation as violation:
                return measured(mutant, violation, time.perf_counter(), len(violation.steps))
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
            self.seen.append((time.perf_counter(), len(violation.steps)))
            raise


def by_machine(mutant: Mutant) -> Measured | None:
    """None where the quick profile does not show the bug."""
    FirstFailure.seen.clear()
    quick = PROFILES["quick"]
    with mutant.planted():
        try:
            run_machine(FirstFailure, quick.max_examples, quick.stateful_step_count)
        except Violation as violation:
            return measured(mutant, violation, *FirstFailure.seen[0])
        except ExceptionGroup as group:
            violation = group.exceptions[0]
            assert isinstance(violation, Violation)
            several = len(group.exceptions)
            return measured(mutant, violation, *FirstFailure.seen[0], several)
    return None


def measured(
    mutant: Mutant, violation: Violation, began: float, before: int, failures: int = 1
) -> Measured:
    """Keep a violation, stop the clock, and look at what was written."""
    subject = get("reference")
    with tempfile.TemporaryDirectory() as folder:
        finding = keep(subject, violation, Path(folder))
        seconds = time.perf_counter() - began
        assert finding.saved.path is not None, finding.saved.problem
        case = casefile.parse(finding.saved.path.read_text(encoding="utf-8"))
    asked = subject, case.config, case.steps, finding.signature
    return Measured(
        mutant.name,
        seconds,
        before,
        len(case.steps),
        finding.shrunk.replays,
        shows=shows(*asked),
        minimal=is_minimal(*asked),
        failures=failures,
    )


def is_minimal(
    subject: Subject, config: WorkerConfig, steps: Sequence[Step], wanted: Signature
) -> bool:
    """Without any one of these steps they do not show the bug."""
    fewer = ([*steps[:place], *steps[place + 1 :]] for place in range(len(steps)))
    return not any(shows(subject, config, rest, wanted) for rest in fewer)


def shows(subject: Subject, config: WorkerConfig, steps: Sequence[Step], wanted: Signature) -> bool:
    """These steps show that bug; those that became impossible are left out."""
    world = WorkerWorld(subject, universe_of(steps, config))
    try:
        for step in steps:
            with suppress(ImpossibleStep):
                world.apply(step)
        world.finish()
    except Violation as violation:
        return signature(violation) == wanted
    return False


def report(what: str, found: Sequence[Measured], tried: int) -> str:
    if not found:
        return f"{what}: none of {tried} planted bugs"
    rows = [
        ("seconds until the case is written", *quartiles([it.seconds for it in found])),
        ("steps of the run", *quartiles([it.before for it in found])),
        ("steps of the case", *quartiles([it.after for it in found])),
        ("replays while shrinking", *quartiles([it.replays for it in found])),
    ]
    slowest = max(found, key=lambda it: it.seconds)
    left_over = [it.mutant for it in found if not it.minimal]
    lost = [it.mutant for it in found if not it.shows]
    return "\n".join(
        [
            f"{what}: {len(found)} of {tried} planted bugs",
            table(("", "median", "quartiles", "most"), rows),
            f"slowest: {slowest.mutant}, {slowest.before} steps",
            f"1-minimal: {len(found) - len(left_over)} of {len(found)}{listed(left_over)}",
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
