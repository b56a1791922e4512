"""A run that takes its process with it is a finding like any other, and the shard goes on."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples.campaigns import result_in
from examples.strangers import settle_in

from workerfuzz.harness.campaigns.executors.process_pool import LocalShard, run_shards
from workerfuzz.harness.campaigns.executors.protocol import Limits
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import Finding, SeenBefore

#: So little that tests end soon, and so much that healthy runs take none of it.
LIMITS = Limits(step_s=1.0, rest_s=2.0, silent_s=3.0, memory_nbytes=1 << 30)

#: Deep recursion of C functions: Python 3.12 counts it, and raises.
TOO_DEEP = "its calls were nested deeper than the stack allows"
SEGFAULT = "the process was ended by SIGSEGV, in __repr__"
RECURSES = TOO_DEEP if sys.version_info >= (3, 12) else SEGFAULT

#: Every way to take a process along: the property, and how it is told.
DEATHS = {
    "Crashes": ("process_survives", "the process was ended by SIGSEGV, in string_at"),
    "Recurses": ("process_survives", RECURSES),
    "Nests": ("process_survives", TOO_DEEP),
    "Leaves": ("process_survives", "the process ended itself, with status 0"),
    "Greedy": ("process_survives", "it took all memory that there was"),
    "Loops": ("every_call_returns", "it was still going on after 1 s of CPU"),
    "LoopsInside": ("every_call_returns", "it was still going on after 1 s of CPU"),
    "Sleeps": ("every_call_returns", "it was still going on after 3 s"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with systems of other people, in which all processes are."""
    monkeypatch.chdir(tmp_path)
    settle_in(tmp_path)
    return tmp_path


def carried(here: Path, subject: str, runs: int = 3, **overrides: Any) -> ShardResult:
    """Of a shard, in whose runs 1 and 2 a worker is paused that knows a task."""
    plan = Plan(subject=f"strangers:{subject}", seed=3, budget=Budget(runs=runs), **overrides)
    return result_in(
        here / "cases",
        plan,
        lambda plans, on_progress: run_shards(plans, on_progress, limits=LIMITS),
    )


@pytest.mark.parametrize("subject", DEATHS)
def test_what_takes_the_process_along_is_a_finding(here: Path, subject: str) -> None:
    deaths = 1 if DEATHS[subject][0] == "every_call_returns" else 2  # each of those takes seconds
    done = carried(here, subject, runs=deaths + 1)
    assert done.runs == deaths + 1
    assert not done.faults
    assert not done.interrupted
    (finding,) = done.new
    assert (finding.signature[0], finding.counterexample.partition("\n")[0]) == DEATHS[subject]
    assert (finding.run, finding.occurrences, done.total.found) == (1, deaths, deaths)
    assert finding.is_minimal
    assert finding.length == 2
    (path,) = (here / "cases").iterdir()
    case = load(path)
    assert [step.word for step in case.steps][1:] == ["pause"]
    assert finding.case.case == case
    assert finding.lines[-1].startswith(f"replay it: workerfuzz replay {path}")


def test_a_case_of_it_is_not_written_again(here: Path) -> None:
    death = "the process was ended by SIGSEGV, in string_at"
    seen = SeenBefore("0007-crash.case", Signature("process_survives", "", death))
    done = carried(here, "Crashes", seen=(seen,))
    (finding,) = done.findings
    assert (finding.known, finding.occurrences) == ("0007-crash.case", 2)
    assert not (here / "cases").exists()


def test_what_was_being_shrunk_is_kept_if_shrinking_dies(here: Path) -> None:
    """Shrinking slips into another bug, which ends the process: both are kept."""
    done = carried(here, "Slippery", runs=30)
    assert not done.faults
    assert done.runs == 30
    found = {finding.signature[0]: finding for finding in done.new}
    assert found.keys() == {"role_fits_state", "process_survives"}
    assert all(finding.is_minimal for finding in found.values())
    assert found["role_fits_state"].length == 3
    assert found["process_survives"].length == 1
    assert len([*(here / "cases").iterdir()]) == 2


def test_a_process_that_somebody_ends_is_no_finding(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERFUZZ_TEST_PARENT", str(os.getpid()))
    done = carried(here, "Killed")
    assert not done.findings
    assert done.runs == 3
    assert done.faults == [
        f"the process was ended by SIGKILL, in run {run}, whose steps do not show it again"
        for run in (1, 2)
    ]


def test_a_death_that_its_steps_do_not_show_is_kept_as_it_was(here: Path) -> None:
    done = carried(here, "Tired")
    finding = next(iter(done.new))
    assert finding.signature[0] == "process_survives"
    assert not finding.is_minimal
    assert finding.original_length == finding.length > 2
    assert finding.lines[-2].startswith("taken alone, these steps do not show it")
    assert load(Path(finding.path)).steps


def test_a_death_before_the_first_run_is_a_fault(here: Path) -> None:
    done = carried(here, "Stillborn")
    assert done.faults == ["the process ended itself, with status 6 (my last words)"]
    assert not done.findings
    assert done.runs == 0


def test_a_death_between_two_runs_is_a_fault(here: Path) -> None:
    done = carried(here, "Slams")
    assert done.faults == [
        f"the process ended itself, with status 7, behind run {n}" for n in (0, 1)
    ]
    assert done.runs == 3


def test_what_a_keeper_does_not_say_is_written_as_it_was(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note: Callable[..., None] = LocalShard.add_reproduced

    def unheard(self: LocalShard, finding: Finding, word: object) -> None:
        note(self, finding, None)

    monkeypatch.setattr(LocalShard, "add_reproduced", unheard)
    (finding,) = carried(here, "Crashes").new
    assert finding.original_length == finding.length > 2
    assert Signature(*finding.signature).property == "process_survives"
    assert finding.case.case.steps
