"""A shard on a cluster adds up to one account, whatever becomes of the machines that it runs on."""

from concurrent.futures import Future

from examples.accounts import met, tally
from msgspec.structs import replace

from workerfuzz.harness.campaigns.executors.pool import GRACE_S
from workerfuzz.harness.campaigns.executors.protocol import Limits, ShardProgress
from workerfuzz.harness.campaigns.executors.remote_shard import (
    MOST_LOSSES,
    ON_ITS_WAY_S,
    RemoteMessage,
    RemoteShard,
    RemoteTask,
)
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding, SeenBefore

PLAN = Plan(subject="dask", scope="cluster", budget=Budget(seconds=60.0, runs=100))

CASE = """\
workerfuzz-case 1
title: it breaks
scope: cluster
subject: dask
config: workers=1 nthreads=1

> submit c0 a want a
"""

#: What was found, and was shrunk.
BUG = met("nothing_is_left", case=CASE, lines=["it breaks"], length=1, is_minimal=True)


def rough() -> Finding:
    """A finding that is being shrunk."""
    return met("no_data_is_lost", case=CASE)


class Cluster:
    """Takes tasks, and does nothing about them."""

    def __init__(self) -> None:
        self.tasks: list[RemoteTask] = []
        self.futures: list[Future[None]] = []

    def submit(self, task: RemoteTask) -> "Future[None]":
        self.tasks.append(task)
        self.futures.append(Future())
        return self.futures[-1]


def account(runs: int, *found: Finding, plan: Plan = PLAN, **overrides: object) -> ShardResult:
    done = {"swarm": tally(runs - plan.first)}
    return replace(ShardResult(plan, "7", done, [*found], runs=runs, seconds=runs / 2), **overrides)


class Shard:
    """A shard on such a cluster, and what is said of it."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.sent = RemoteShard(0, PLAN, self.cluster.submit, mailbox="box", limits=Limits())

    @property
    def task(self) -> RemoteTask:
        return self.cluster.tasks[-1]

    def says(
        self, progress: ShardProgress, attempt: str = "1", task: RemoteTask | None = None
    ) -> list[Finding | None]:
        message = RemoteMessage(task=(task or self.task).name, attempt=attempt, progress=progress)
        self.sent.messages.append(message)
        return self.sent.look(0.0)

    def ends(self, error: Exception | None = None) -> list[Finding | None]:
        future = self.cluster.futures[-1]
        future.set_exception(error) if error is not None else future.set_result(None)
        self.sent.gone = True
        return self.sent.look(0.0)


def test_a_shard_ends_with_its_last_word() -> None:
    shard = Shard()
    assert shard.says(ShardProgress()) == []
    assert shard.says(ShardProgress(result=account(5, BUG), new=0)) == [BUG]
    assert shard.says(ShardProgress(result=account(9, BUG))) == [None]
    assert not shard.sent.over
    assert shard.says(ShardProgress(result=account(100, BUG), is_last=True)) == [None]
    assert shard.sent.over
    assert shard.sent.result == account(100, BUG)
    assert len(shard.cluster.tasks) == 1


def test_what_is_left_is_sent_elsewhere_when_another_machine_begins() -> None:
    shard = Shard()
    shard.says(ShardProgress(result=account(40, BUG), new=0))
    first = shard.task
    assert shard.says(ShardProgress(), attempt="2") == []
    assert shard.cluster.futures[0].cancelled()
    rest = shard.task
    assert rest.name != first.name
    assert (rest.plan.first, rest.plan.budget) == (40, Budget(seconds=40.0, runs=60))
    assert rest.plan.seen == (SeenBefore(f"run {BUG.run}", BUG.signature),)
    shard.says(
        ShardProgress(result=account(99), is_last=True), attempt="2", task=first
    )  # of the other one
    assert not shard.sent.over
    again = replace(BUG, known="run 7", occurrences=3)
    shard.says(ShardProgress(result=account(100, again, plan=rest.plan), is_last=True), attempt="3")
    assert shard.sent.over
    done = shard.sent.result
    assert (done.runs, done.total.runs, done.interrupted) == (100, 100, False)
    assert [(finding.signature, finding.occurrences) for finding in done.new] == [
        (BUG.signature, 4)
    ]


def test_a_shard_whose_task_is_lost_is_sent_again() -> None:
    shard = Shard()
    shard.says(ShardProgress(result=account(40)))
    assert shard.ends(RuntimeError("killed")) == []
    assert shard.task.plan.first == 40
    shard.says(
        ShardProgress(result=account(50, plan=shard.task.plan, interrupted=True), is_last=True),
        "2",
    )
    assert not shard.sent.over  # nobody asked for its end: its worker leaves
    shard.ends()
    assert shard.task.plan.first == 50
    assert shard.sent.result.total.runs == 50
    assert not shard.sent.result.interrupted


def test_what_was_being_shrunk_is_kept_as_it_was_and_shrunk_where_it_comes_again() -> None:
    shard = Shard()
    shard.says(ShardProgress(result=account(40, rough())))
    (kept,) = shard.says(ShardProgress(), attempt="2")
    assert kept is not None
    assert (kept.signature, kept.is_minimal, kept.length) == (rough().signature, False, 1)
    assert kept.lines[0].startswith("no_data_is_lost: ")
    assert shard.task.plan.seen == ()
    assert [finding.signature for finding in shard.sent.result.new] == [rough().signature]


def test_nothing_is_left_where_the_budget_is_spent() -> None:
    shard = Shard()
    shard.says(ShardProgress(result=account(100)))
    shard.says(ShardProgress(), attempt="2")
    assert shard.sent.over
    assert len(shard.cluster.tasks) == 1


def test_who_loses_every_machine_is_given_up() -> None:
    shard = Shard()
    for _ in range(MOST_LOSSES):
        shard.ends(RuntimeError("killed\nby somebody"))
        assert not shard.sent.over
    shard.ends(RuntimeError("killed\nby somebody"))
    assert shard.sent.over
    assert shard.sent.result.faults == [
        f"a shard was lost {MOST_LOSSES + 1} times, the last time: RuntimeError: killed by somebody"
    ]


def test_a_cluster_that_is_gone_is_told() -> None:
    shard = Shard()
    shard.says(ShardProgress(result=account(40, rough())))
    shard.cluster.futures[0].cancel()
    shard.sent.gone = True
    (kept,) = shard.sent.look(0.0)
    assert kept is not None
    assert shard.sent.over
    assert shard.sent.result.interrupted
    assert shard.sent.result.faults == ["the scheduler of the cluster is gone"]


def test_a_cluster_without_workers_is_given_up() -> None:
    shard = Shard()
    shard.sent.hopeless = "no worker"
    assert shard.sent.look(0.0) == [None]
    assert shard.sent.over
    assert shard.sent.result.faults == ["no worker"]


def test_who_is_asked_to_end_has_time_for_a_last_word() -> None:
    shard = Shard()
    shard.says(ShardProgress())
    shard.sent.stop(0.0, at_once=False)
    assert shard.cluster.futures[0].cancelled()
    shard.sent.gone = True
    assert shard.sent.look(GRACE_S) == []
    shard.says(ShardProgress(result=account(9, BUG, interrupted=True), is_last=True))
    assert shard.sent.over
    assert (shard.sent.result.runs, shard.sent.result.interrupted) == (9, True)


def test_who_says_nothing_is_not_waited_for_longer_than_that() -> None:
    shard = Shard()
    shard.says(ShardProgress(result=account(9)))
    shard.sent.stop(0.0, at_once=False)
    assert shard.sent.look(GRACE_S + ON_ITS_WAY_S + 1.0) == [None]
    assert (shard.sent.over, shard.sent.result.runs) == (True, 9)


def test_who_never_began_ends_at_once() -> None:
    shard = Shard()
    shard.sent.stop(0.0, at_once=False)
    assert shard.sent.look(0.1) == [None]
    assert (shard.sent.over, shard.sent.result.interrupted) == (True, True)


def test_the_second_time_nobody_is_waited_for() -> None:
    shard = Shard()
    shard.says(ShardProgress())
    shard.sent.stop(0.0, at_once=False)
    shard.sent.stop(0.0, at_once=True)
    shard.sent.look(0.1)
    assert shard.sent.over


def test_a_machine_that_is_lost_while_all_is_to_end_is_not_replaced() -> None:
    shard = Shard()
    shard.says(ShardProgress(result=account(9)))
    shard.sent.stop(0.0, at_once=False)
    shard.says(ShardProgress(), attempt="2")
    assert shard.sent.over
    assert len(shard.cluster.tasks) == 1
