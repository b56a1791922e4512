"""Shards in processes do what they would do here, and nothing that they say is lost."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples.strangers import settle_in

from workerfuzz.harness.campaigns.executors.process_pool import run_shards
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan, shards
from workerfuzz.harness.campaigns.shard.executor import deduplicating
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.campaigns.shard.shard import fill, open_shard
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.engines.findings.finding import Finding

#: Without an end of its own.
ENDLESS = Budget(runs=10**9)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with systems of other people, in which all processes are."""
    monkeypatch.chdir(tmp_path)
    settle_in(tmp_path)
    return tmp_path


def plan(runs: int = 20, **overrides: Any) -> Plan:
    return Plan(budget=Budget(runs=runs), seed=7, **overrides)


def test_two_processes_do_what_one_would(here: Path) -> None:
    plans = shards(plan(), 2)
    done = run_shards(plans, jobs=2)
    assert [account.plan for account in done] == plans
    for account, requested in zip(done, plans, strict=True):
        alone = fill(open_shard(requested))
        assert account.total.taken == alone.total.taken
        assert account.total.sketch == alone.total.sketch
        assert not account.faults
        assert not account.interrupted


def test_what_is_found_is_told_at_once_and_kept(here: Path) -> None:
    told: list[tuple[int, Finding]] = []

    def on_progress(index: int, account: ShardResult, found: Finding | None) -> None:
        if found is not None:
            told.append((index, found))

    run = deduplicating(run_shards, here / "cases")
    (account,) = run([plan(60, subject="strangers:Touchy")], on_progress)
    (finding,) = account.new
    assert [(place, item.signature) for place, item in told] == [(0, finding.signature)]
    assert finding.occurrences == account.total.found > 1
    assert load(Path(finding.path)).subjects == ("strangers:Touchy",)


def test_processes_are_fewer_than_plans(here: Path) -> None:
    began: list[int] = []

    def plans() -> Iterator[Plan]:
        for number in range(3):
            began.append(number)
            yield plan(1)

    def on_progress(index: int, account: ShardResult, found: Finding | None) -> None:
        assert began[-1] == index  # the next one is begun when the last one is over

    assert len(run_shards(plans(), on_progress=on_progress)) == 3
    assert began == [0, 1, 2]


def test_a_subject_that_cannot_be_had_is_refused(here: Path) -> None:
    (account,) = run_shards([plan(subject="dusk")])
    assert account.refused.startswith('unknown subject "dusk"; did you mean "dask"?')
    assert not account.faults


def test_a_fault_of_the_harness_is_told(here: Path) -> None:
    (account,) = run_shards([plan(subject="strangers:Clumsy")])
    (fault,) = account.faults
    assert fault.startswith("the harness failed, in run 0 of seed 7: ZeroDivisionError: of ours (")


def test_shards_end_with_what_they_have_when_asked(here: Path) -> None:
    def on_progress(index: int, account: ShardResult, found: Finding | None) -> None:
        if found is not None:
            raise KeyboardInterrupt

    plans = [Plan(subject="strangers:Touchy", budget=ENDLESS)] * 2
    (account,) = run_shards(plans, on_progress=on_progress)
    assert account.interrupted
    assert len(account.new) == 1
    assert not account.faults


PARENT = """
from pathlib import Path
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.executors.process_pool import run_shards
from workerfuzz.harness.campaigns.plan.plan import Plan

plan = Plan(subject="strangers:Stranger", budget=Budget(runs=10**9))
run_shards([plan], lambda *_: print("begun", flush=True))
"""


@pytest.fixture
def parent(here: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs a shard in another one, which has begun."""
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="needs pidfd_open")
def test_a_process_ends_with_its_parent(parent: subprocess.Popen[bytes]) -> None:
    child = os.pidfd_open(int(Path("process").read_text()))
    parent.kill()
    assert select.select([child], [], [], 60.0)[0]
    os.close(child)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_with_their_accounts(
    parent: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    parent.send_signal(number)
    assert parent.wait(timeout=60.0) == 0
