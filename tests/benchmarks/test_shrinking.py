"""Failures become cases, and a case with a step too many is noticed."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.triage.signature import located
from workerfuzz.harness.engines.findings.finding_writer import keep
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.scopes import WORKER
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies import worker

Import = Callable[[str], ModuleType]

MUTANT = "resources-are-not-taken"


def test_benchmark_prints_what_became_of_each(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark_module("shrinking").main(["--mutants", MUTANT, "--hypothesis", "0"])
    output = capsys.readouterr().out.splitlines()
    assert output[0] == "found by the walk: 1 of 1 planted bugs"
    assert output[-4:] == [
        "1-minimal: 1 of 1",
        "shown by the case as written: 1 of 1",
        "broke the harness itself: none",
        "",
    ]


def test_a_bug_that_is_not_found_is_counted(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark_module("shrinking").main(["--mutants", MUTANT, "--walks", "0", "--hypothesis", "0"])
    assert capsys.readouterr().out.startswith("found by the walk: none of 1 planted bugs")


def test_a_step_too_many_is_noticed(benchmark_module: Import, tmp_path: Path) -> None:
    shrinking = benchmark_module("shrinking")
    subject = ReferenceSubject()
    with named(MUTANT).planted():
        violation = found(subject)
        finding = keep(subject, violation, tmp_path)
        case = casefile.parse(Path(finding.path).read_text(encoding="utf-8"))
        longer = (worker.BY_WORD["find-missing"](), *case.steps)
        about = subject, WORKER, case.config
        bug = located(violation)
        assert shrinking.is_minimal(*about, case.steps, bug)
        assert shrinking.shows(*about, longer, bug)
        assert not shrinking.is_minimal(*about, longer, bug)
    assert not shrinking.shows(*about, case.steps, bug)


def found(subject: ReferenceSubject) -> Violation:
    for number in range(2000):
        try:
            walk(subject, f"benchmark {number}")
        except Violation as violation:
            return violation
    raise AssertionError("nothing was found")
