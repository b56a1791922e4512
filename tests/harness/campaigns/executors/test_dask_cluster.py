"""Shards on a real scheduler and real workers, each in a process of its own."""

import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Event

import pytest

pytest.importorskip("distributed")

from examples.dask_carriers import WITHOUT, DaskProcesses, dask_processes
from examples.strangers import settle_in

from workerfuzz.harness.campaigns.executors import dask_cluster
from workerfuzz.harness.campaigns.executors.dask_cluster import Cluster, connected, run_on
from workerfuzz.harness.campaigns.executors.interpreter import ExecutorUnavailable
from workerfuzz.harness.campaigns.executors.protocol import FORMAT
from workerfuzz.harness.campaigns.executors.remote_shard import RemoteTask
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan, shards
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding

PLAN = Plan(subject="strangers:Touchy", seed=7, budget=Budget(runs=600))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster")
    settle_in(folder)
    return folder


@pytest.fixture(scope="module")
def processes(folder: Path) -> Iterator[DaskProcesses]:
    """A scheduler and a worker, which all tests share that do them no harm."""
    with dask_processes(folder, workers=1) as started:
        yield started


@pytest.fixture
def mortal(folder: Path) -> Iterator[DaskProcesses]:
    """A scheduler for one test, which adds the workers that it wants."""
    with dask_processes(folder, workers=0) as started:
        yield started


def why(address: str, **overrides: str) -> str:
    with (
        pytest.raises(ExecutorUnavailable) as raised,
        connected(address, "reference", overrides.get("python"), 1),
    ):
        pass
    text = str(raised.value)
    assert "\n" not in text
    return text


class Watched:
    """Counts the tasks that are sent to a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.tasks: list[RemoteTask] = []
        self.submit = cluster.submit

    def __call__(self, task: RemoteTask) -> object:
        self.tasks.append(task)
        return self.submit(task)


def test_a_scheduler_without_workers_says_what_is_missing(
    mortal: DaskProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "PATIENCE_S", 1.0)
    address = mortal.address
    assert why(address) == f"{address}: it has no workers; start some: dask worker {address}"


def test_a_shard_of_a_killed_worker_goes_on_elsewhere(
    mortal: DaskProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, heir = mortal.add_worker(), mortal.add_worker()
    found: list[tuple[int, tuple[str, str, str]]] = []

    def on_progress(index: int, account: ShardResult, finding: Finding | None) -> None:
        if finding is not None:
            found.append((index, finding.signature))
        if len(found) == 2 and victim.poll() is None:
            victim.send_signal(signal.SIGKILL)
            victim.wait()

    with connected(mortal.address, "reference", None, 1) as cluster:
        assert cluster.threads == 2
        watched = Watched(cluster)
        monkeypatch.setattr(cluster, "submit", watched)
        plans = shards(PLAN, 2)
        accounts = run_on(cluster, plans, jobs=2, on_progress=on_progress)
    assert (victim.poll(), heir.poll()) == (-signal.SIGKILL, None)
    seeds = [task.plan.seed for task in watched.tasks]
    (lost,) = {seed for seed in seeds if seeds.count(seed) == 2}
    first, second = (task.plan for task in watched.tasks if task.plan.seed == lost)
    assert (sorted({*seeds}), first.first, second.first > 0) == ([7, 8], 0, True)
    for plan, account in zip(plans, accounts, strict=True):
        assert (account.plan, account.runs, account.interrupted) == (plan, 300, False)
        assert not account.faults
        assert len({finding.signature for finding in account.new}) == len(account.new) == 1
    assert sorted(place for place, _ in found) == [0, 1]  # nothing is told twice


def test_another_python_runs_them_where_the_workers_are(
    processes: DaskProcesses, folder: Path
) -> None:
    python = folder / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >> asked\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with connected(processes.address, "reference", str(python), 1) as cluster:
        plans = [Plan(budget=Budget(runs=2))]
        (account,) = run_on(cluster, plans, jobs=1, python=str(python))
    assert account.runs == 2
    assert (
        "-m workerfuzz.harness.campaigns.executors.worker_process" in (folder / "asked").read_text()
    )


def test_shards_end_with_what_they_have_when_asked(processes: DaskProcesses) -> None:
    def on_progress(index: int, account: ShardResult, finding: Finding | None) -> None:
        if finding is not None:
            raise KeyboardInterrupt

    endless = Plan(subject="strangers:Touchy", budget=Budget(runs=10**9))
    with connected(processes.address, "reference", None, 1) as cluster:
        (account,) = run_on(cluster, [endless, endless], jobs=1, on_progress=on_progress)
    assert account.interrupted
    assert len(account.new) == 1
    assert not account.faults


def test_a_subject_that_cannot_be_had_is_refused(processes: DaskProcesses) -> None:
    with connected(processes.address, "reference", None, 1) as cluster:
        (account,) = run_on(cluster, [Plan(subject="dusk")], jobs=1)
    assert account.refused.startswith('unknown subject "dusk"; did you mean "dask"?')


def test_a_python_that_will_not_do_is_told(processes: DaskProcesses) -> None:
    text = why(processes.address, python="nowhere/python")
    assert text.endswith(": nowhere/python: no such file or directory")
    assert text.startswith(f"{processes.address}: its worker tcp://127.0.0.1:")


def test_a_worker_is_no_scheduler(processes: DaskProcesses) -> None:
    with connected(processes.address, "reference", None, 1) as cluster:
        (worker,) = cluster.client.scheduler_info()["workers"]
    assert why(worker) == f"{worker}: that is a worker, not a scheduler"


def test_another_release_carries_nothing(
    processes: DaskProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = dask_cluster.distributed.__version__
    monkeypatch.setattr(dask_cluster.distributed, "__version__", "2000.1.0")
    assert why(processes.address) == (
        f"{processes.address}: its scheduler is distributed {here}, and this is 2000.1.0; "
        "use the same release for the campaign: --python fuzzes another one"
    )


def test_workers_of_another_format_carry_nothing(
    processes: DaskProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "FORMAT", 1000)
    assert f"speaks format {FORMAT} of shards, and this one 1000; use the same" in why(
        processes.address
    )


def test_a_cluster_that_loses_all_its_workers_is_given_up(
    mortal: DaskProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "ALONE_S", 0.0)
    worker = mortal.add_worker()

    def on_progress(index: int, account: ShardResult, finding: Finding | None) -> None:
        worker.kill()

    endless = Plan(subject="strangers:Touchy", budget=Budget(runs=10**9))
    with connected(mortal.address, "reference", None, 1) as cluster:
        (account,) = run_on(cluster, [endless], jobs=1, on_progress=on_progress)
    assert account.faults == ["the cluster had no worker for 0 s"]
    assert len(account.new) == 1


def test_workers_without_workerfuzz_carry_nothing(mortal: DaskProcesses) -> None:
    mortal.add_worker("-c", WITHOUT)
    assert ": no workerfuzz of this release for its worker tcp://127.0.0.1:" in why(mortal.address)


def test_workers_that_do_not_answer_are_not_waited_for(
    processes: DaskProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "VERSIONS_S", 0.0)
    assert why(processes.address) == f"{processes.address}: not all of its workers answer"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("somewhere", "expected an address like tcp://scheduler:8786: host and port are needed"),
        ("tcp://:8786", "expected an address like tcp://scheduler:8786: host and port are needed"),
        (
            "tcp://a:99999",
            "expected an address like tcp://scheduler:8786: Port out of range 0-65535",
        ),
        ("tcp://nowhere.invalid:8786", "*"),
        (
            "http://a:1",
            "expected an address like tcp://scheduler:8786: unknown address scheme 'http'",
        ),
    ],
)
def test_an_address_that_leads_nowhere_is_told_in_a_line(address: str, text: str) -> None:
    assert why(address).startswith(f"{address}: {text}".rstrip("*"))


def test_where_nobody_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    assert why(address) == f"{address}: connection refused"


def test_who_is_no_scheduler_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "PATIENCE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        assert why(address) == f"{address}: no Dask scheduler answers there"


def test_a_local_cluster_runs_shards() -> None:
    with connected("local", "reference", None, 2) as cluster:
        assert cluster.threads == 2
        accounts = run_on(cluster, shards(Plan(budget=Budget(runs=6)), 2), jobs=2)
    assert [account.runs for account in accounts] == [3, 3]
    assert not any(account.faults for account in accounts)


def refuse(**options: object) -> object:
    raise AssertionError("Status.init")


def test_a_release_that_starts_no_cluster_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster.distributed, "LocalCluster", refuse)
    here = dask_cluster.distributed.__version__
    assert why("local") == f"local: distributed {here} starts no cluster: Status.init"


class Worker:
    """The part of a Dask worker that tells about itself and about a task."""

    def __init__(self, status: str, state: str | None) -> None:
        task = type("Task", (), {"state": state})
        self.status = type("Status", (), {"name": status})
        self.state = type("State", (), {"tasks": {"key": task} if state is not None else {}})


@pytest.mark.parametrize(
    ("status", "state", "is_unwanted"),
    [
        ("running", "executing", False),
        ("paused", "executing", False),
        ("running", "cancelled", True),
        ("running", None, True),
        ("closing", "executing", True),
    ],
)
def test_a_task_ends_when_nobody_wants_it(
    status: str, state: str | None, is_unwanted: bool
) -> None:
    assert dask_cluster.is_unwanted(Worker(status, state), "key") is is_unwanted


def test_a_task_tells_what_became_of_it() -> None:
    fine: Future[None] = Future()
    future = dask_cluster.detached(fine)
    fine.set_result(None)
    assert future.result() is None
    failed: Future[None] = Future()
    future = dask_cluster.detached(failed)
    failed.set_exception(ZeroDivisionError("of ours"))
    assert isinstance(future.exception(), ZeroDivisionError)
    gone: Future[None] = Future()
    future = dask_cluster.detached(gone)
    gone.cancel()
    gone.set_running_or_notify_cancel()
    assert future.cancelled()


class Stuck(Future[None]):
    """A task of a scheduler that does not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answers = Event(), Event()

    def cancel(self) -> bool:
        self.asked.set()
        self.answers.wait(60.0)
        return super().cancel()


def test_who_cancels_does_not_wait_for_the_scheduler() -> None:
    stuck = Stuck()
    future = dask_cluster.detached(stuck)
    future.cancel()
    assert future.cancelled()
    assert stuck.asked.wait(60.0)
    assert not stuck.cancelled()
    stuck.answers.set()
