"""Shards on a Dask cluster: the connection to its scheduler, and the tasks of its workers.

A task of the cluster is one shard, in a process of its own on the machine of a worker,
so that neither what a shard does to its process nor the version that it fuzzes matters to the cluster.
It reports its progress through a queue of the scheduler, and ends with what it has as soon as it is
cancelled, or its client is gone.
"""

import asyncio
import logging
import shutil
import socket
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import distributed
from distributed.core import rpc

import workerfuzz
from workerfuzz.harness.campaigns.executors.interpreter import ExecutorUnavailable, interpreter
from workerfuzz.harness.campaigns.executors.pool import Pool
from workerfuzz.harness.campaigns.executors.process_pool import run_shards
from workerfuzz.harness.campaigns.executors.protocol import FORMAT, Limits, ShardProgress
from workerfuzz.harness.campaigns.executors.remote_shard import (
    RemoteMessage,
    RemoteShard,
    RemoteTask,
)
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.wire import from_json, to_json
from workerfuzz.harness.campaigns.shard.executor import ProgressCallback, ignore_progress
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.files import reason
from workerfuzz.harness.engines.findings.finding import Finding

#: The cluster that is started here.
LOCAL: Final = "local"

#: Seconds in which a scheduler must answer.
PATIENCE_S: Final = 5.0

#: Seconds in which all workers must have said which release they have.
VERSIONS_S: Final = 75.0

#: Seconds for which the scheduler is waited for, once a campaign goes on.
QUEUE_S: Final = 3.0

#: Seconds for which a campaign goes on without any worker.
ALONE_S: Final = 60.0

#: Seconds between two looks at how many there are.
WORKERS_S: Final = 2.0

#: Errors of a scheduler that does not answer.
LOST: Final = (OSError, RuntimeError, ValueError, TimeoutError, futures.CancelledError)

#: Seconds between two reports of a shard that has found nothing meanwhile.
REPORT_S: Final = 3.0

#: States of a worker that is about to leave.
LEAVING: Final = frozenset({"closing", "closing_gracefully", "closed", "failed", "stopped"})


class Cluster:
    """A connection to the scheduler, for one campaign.

    Attributes:
        threads: tasks that run at a time.
        alone_since: when its last worker was gone; None: there are some.
        looked: when it was last asked for workers.
    """

    def __init__(self, client: Any, threads: int) -> None:
        self.client = client
        self.threads = threads
        self.executor = client.get_executor(pure=False)
        self.mailbox = distributed.Queue(f"workerfuzz-{uuid.uuid4().hex}", client=client)
        self.alone_since: float | None = None
        self.looked = 0.0

    def submit(self, task: RemoteTask) -> "futures.Future[None]":
        return detached(self.executor.submit(carry_out, to_json(task)))

    def wait(self, running: Sequence[RemoteShard], seconds: float) -> None:
        """Wait until one of them ends, or time has passed; then hand out the messages."""
        futures.wait([shard.future for shard in running], seconds, futures.FIRST_COMPLETED)
        if any(shard.future.cancelled() for shard in running):
            time.sleep(seconds)  # those are not waited for, but for their last messages
        gone = [shard for shard in running if shard.future.done()]
        names = {shard.task.name: shard for shard in running}
        for message in self.messages():
            if message.task in names:
                names[message.task].messages.append(message)
        for shard in gone:
            shard.gone = True
        self.look_after(running)

    def messages(self) -> list[RemoteMessage]:
        """Return the messages since the last call; none where the scheduler is gone."""
        with suppress(*LOST):
            came = self.mailbox.get(batch=True, callback_timeout=QUEUE_S)
            return [from_json(raw, RemoteMessage) for raw in came]
        return []

    def look_after(self, running: Sequence[RemoteShard]) -> None:
        """Without a worker nothing goes on, and a new one may come."""
        now = time.monotonic()
        if now - self.looked < WORKERS_S:
            return
        self.looked = now
        with suppress(*LOST):
            if self.client.sync(
                self.client.scheduler.ncores, workers=None, callback_timeout=QUEUE_S
            ):
                self.alone_since = None
            elif self.alone_since is None:
                self.alone_since = now
        if self.alone_since is not None and now - self.alone_since > ALONE_S:
            for shard in running:
                shard.hopeless = f"the cluster had no worker for {ALONE_S:g} s"


def detached(task: "futures.Future[None]") -> "futures.Future[None]":
    """The same task; who cancels it does not wait for the scheduler, which may be gone."""
    detached_: futures.Future[None] = futures.Future()

    def ended(_: object) -> None:
        with suppress(futures.InvalidStateError):  # nobody wants it any more
            if task.cancelled():
                detached_.cancel()
                detached_.set_running_or_notify_cancel()
            elif error := task.exception():
                detached_.set_exception(error)
            else:
                detached_.set_result(None)

    def unwanted(_: object) -> None:
        if detached_.cancelled() and not task.done():
            threading.Thread(target=task.cancel, daemon=True).start()

    task.add_done_callback(ended)
    detached_.add_done_callback(unwanted)
    return detached_


@contextmanager
def connected(address: str, subject: str, python: str | None, jobs: int) -> Iterator[Cluster]:
    """A cluster on which shards of that subject can run.

    Args:
        address: of the scheduler; ``local``: a cluster is started in this process.
        python: interpreter in which they run, on each machine; None: that of the workers.
        jobs: threads of a cluster that is started.

    Raises:
        CannotCarry: they cannot; says why in a line.
    """
    with quietly():
        if address == LOCAL:
            with local_cluster(jobs) as local, opened(local) as client:
                yield Cluster(client, threads_of(client, address, subject, python))
        else:
            asyncio.run(check_scheduler(address))
            with opened(address) as client:
                yield Cluster(client, threads_of(client, address, subject, python))


@contextmanager
def quietly() -> Iterator[None]:
    """Silence the logs of a cluster in this process."""
    before = logging.root.manager.disable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(before)


@contextmanager
def local_cluster(jobs: int) -> Iterator[Any]:
    """One worker with so many threads, in this process: shards have processes of their own.

    Raises:
        CannotCarry: this release cannot start it.
    """
    try:
        cluster = distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=jobs,
            processes=False,
            dashboard_address=None,
            memory_limit=0,
        )
    except Exception as error:  # noqa: BLE001 - releases before 2023.1 cannot, on Python 3.11
        raise ExecutorUnavailable(
            f"{LOCAL}: distributed {distributed.__version__} starts no cluster: {reason_of(error)}"
        ) from None
    with cluster:
        yield cluster


@contextmanager
def opened(address: Any) -> Iterator[Any]:
    """A client of that scheduler."""
    try:
        client = distributed.Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, AssertionError, ImportError, ValueError) as error:
        raise ExecutorUnavailable(f"{address}: {reason_of(error)}") from None
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=PATIENCE_S)


# What must be there


async def check_scheduler(address: str) -> None:
    """There is a scheduler, of this version. Raises CannotCarry."""
    try:
        reach(address)
        async with asyncio.timeout(PATIENCE_S), rpc(address) as scheduler:
            identity, versions = await scheduler.identity(), await scheduler.versions()
    except TimeoutError:
        raise ExecutorUnavailable(f"{address}: no Dask scheduler answers there") from None
    except OSError as error:
        raise ExecutorUnavailable(f"{address}: {reason_of(error)}") from None
    except (ValueError, TypeError) as error:
        raise ExecutorUnavailable(
            f"{address}: expected an address like tcp://scheduler:8786: {reason_of(error)}"
        ) from None
    if identity["type"] != "Scheduler":
        raise ExecutorUnavailable(
            f"{address}: that is a {identity['type'].lower()}, not a scheduler"
        )
    compare(address, "scheduler", versions)


def reach(address: str) -> None:
    """Somebody listens there: a client would find out later. Raises OSError, ValueError."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme in {"tcp", "tls"}:
        if not parts.hostname or not parts.port:
            raise ValueError("host and port are needed")
        socket.create_connection((parts.hostname, parts.port), PATIENCE_S).close()


def compare(address: str, what: str, versions: Mapping[str, Any]) -> None:
    """They must be of the release that is here. Raises CannotCarry."""
    there = versions["packages"]["distributed"]
    if there != distributed.__version__:
        raise ExecutorUnavailable(
            f"{address}: its {what} is distributed {there}, and this is {distributed.__version__}; "
            f"use the same release for the campaign: --python fuzzes another one"
        )


def threads_of(client: Any, address: str, subject: str, python: str | None) -> int:
    """The number of its threads, if all workers can do it, and say so in time. Raises CannotCarry."""
    done: futures.Future[int] = futures.Future()

    def check() -> None:
        try:
            done.set_result(checked(client, address, subject, python))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            done.set_exception(error)

    threading.Thread(target=check, daemon=True).start()
    if futures.wait([done], VERSIONS_S).not_done:
        raise ExecutorUnavailable(f"{address}: not all of its workers answer")
    return done.result()


def checked(client: Any, address: str, subject: str, python: str | None) -> int:
    """The same, however long it takes."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except (TimeoutError, futures.TimeoutError):
        raise ExecutorUnavailable(
            f"{address}: it has no workers; start some: dask worker {address}"
        ) from None
    for worker, versions in client.get_versions()["workers"].items():
        compare(address, f"worker {worker}", versions)
    for worker, answer in client.run(greet, subject, python, on_error="return").items():
        if isinstance(answer, BaseException):
            raise ExecutorUnavailable(
                f"{address}: no workerfuzz of this release for its worker {worker}: {reason_of(answer)}"
            )
        version, form, problem = answer
        if form != FORMAT:
            raise ExecutorUnavailable(
                f"{address}: its worker {worker} has workerfuzz {version}, which speaks format {form} "
                f"of shards, and this one {FORMAT}; use the same release"
            )
        if problem:
            raise ExecutorUnavailable(f"{address}: its worker {worker}: {problem}")
    return sum(client.nthreads().values())


def reason_of(error: BaseException) -> str:
    """In a line."""
    if isinstance(error, OSError) and error.strerror:
        return reason(error)
    return " ".join(str(error).split()) or type(error).__name__


# On workers


async def greet(subject: str, python: str | None) -> tuple[str, int, str]:
    """Version of workerfuzz, and of what passes between processes; and why shards cannot run here."""
    problem = ""
    if python is not None:
        try:
            await asyncio.to_thread(interpreter, python, subject)
        except ExecutorUnavailable as error:
            problem = str(error)
    return workerfuzz.__version__, FORMAT, problem


def carry_out(message: bytes) -> None:
    """Run a shard in a process of this machine."""
    task = from_json(message, RemoteTask)
    if not Path(task.plan.corpus).is_dir():
        task = replace(task, plan=replace(task.plan, corpus=""))
    worker = distributed.get_worker()
    key = worker.get_current_task()
    mailbox = distributed.Queue(task.mailbox, client=distributed.get_client())
    channel = RemoteChannel(task, mailbox.put)
    try:
        channel.send(ShardProgress())
        (result,) = run_shards(
            [task.plan],
            on_progress=channel.on_progress,
            python=(shutil.which(task.python) or task.python) if task.python else sys.executable,
            limits=task.limits,
            is_over=lambda: is_unwanted(worker, key),
        )
        channel.send(ShardProgress(result=result, is_last=True))
    finally:
        with suppress(Exception):
            mailbox.close()


def is_unwanted(worker: Any, key: Any) -> bool:
    """Nobody waits for that task any more, or the worker leaves."""
    task = worker.state.tasks.get(key)
    return task is None or task.state == "cancelled" or worker.status.name in LEAVING


class RemoteChannel:
    """The channel from a remote shard: findings at once, other progress now and then."""

    def __init__(self, task: RemoteTask, put: Callable[[bytes], None]) -> None:
        self.task = task
        self.put = put
        self.attempt = uuid.uuid4().hex
        self.sent = 0.0
        self.bugs = 0

    def send(self, progress: ShardProgress) -> None:
        message = RemoteMessage(task=self.task.name, attempt=self.attempt, progress=progress)
        self.put(to_json(message))
        self.sent = time.monotonic()

    def on_progress(self, index: int, result: ShardResult, finding: Finding | None) -> None:
        is_old = time.monotonic() - self.sent >= REPORT_S
        if finding is not None or len(result.findings) != self.bugs or is_old:
            self.bugs = len(result.findings)
            new = result.findings.index(finding) if finding is not None else None
            self.send(ShardProgress(result=result, new=new))


def run_on(
    cluster: Cluster,
    plans: Iterable[Plan],
    *,
    jobs: int,
    on_progress: ProgressCallback = ignore_progress,
    python: str = "",
    limits: Limits | None = None,
) -> list[ShardResult]:
    """Run shards on a cluster; return their results.

    A corpus must be in a folder that the machines share; on those that have no such folder, shards do
    without.

    Args:
        jobs: tasks at a time.
        python: interpreter in which they run, on each machine; empty: that of the workers.
        limits: what a process may take; by default those of ``Limits``.
    """

    def begin(index: int, plan: Plan) -> RemoteShard:
        return RemoteShard(
            index,
            plan,
            cluster.submit,
            mailbox=cluster.mailbox.name,
            python=python,
            limits=limits or Limits(),
        )

    with Pool(begin, cluster.wait, on_progress) as pool:
        with pool.noting_signals():
            pool.work(map(shared, plans), jobs, lambda: False)
        return pool.results()


def shared(plan: Plan) -> Plan:
    """Give its corpus a name by which other machines find it."""
    if not plan.corpus:
        return plan
    folder = Path(plan.corpus).absolute()
    with suppress(OSError):  # a shard reports it
        folder.mkdir(parents=True, exist_ok=True)
    return replace(plan, corpus=str(folder))
