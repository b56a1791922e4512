"""The shards of a campaign run some at a time, and end when somebody asks."""

import signal
from collections.abc import Callable, Sequence

import pytest

from workerfuzz.harness.campaigns.executors.pool import Pool
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.executor import ignore_progress
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding


class Shard:
    """Needs so many looks, unless it is to end."""

    def __init__(self, index: int, plan: Plan) -> None:
        self.index = index
        self.result = ShardResult(plan)
        self.looks = plan.seed
        self.stops: list[bool] = []
        self.closed = False

    @property
    def over(self) -> bool:
        return self.looks <= 0

    def look(self, now: float) -> list[Finding | None]:
        self.looks -= 1
        return [None]

    def stop(self, now: float, *, at_once: bool) -> None:
        self.stops.append(at_once)
        self.looks = 0 if at_once else 1

    def close(self) -> None:
        self.closed = True


def never() -> bool:
    return False


def pool(wait: Callable[[Sequence[Shard], float], None] = lambda going, s: None) -> Pool[Shard]:
    return Pool(Shard, wait, ignore_progress)


def test_so_many_shards_go_on_at_a_time() -> None:
    going: list[list[int]] = []
    tested_pool = pool(lambda shards, seconds: going.append([shard.index for shard in shards]))
    tested_pool.work(iter([Plan(seed=2), Plan(seed=1), Plan(seed=1)]), 2, never)
    assert going == [[0, 1], [0, 2]]
    assert [account.plan.seed for account in tested_pool.results()] == [2, 1, 1]


def test_who_is_told_and_wants_the_end_gets_it() -> None:
    def tell(index: int, account: ShardResult, found: Finding | None) -> None:
        raise KeyboardInterrupt

    pool: Pool[Shard] = Pool(Shard, lambda going, seconds: None, tell)
    pool.work(iter([Plan(seed=9), Plan(seed=9)]), 1, never)
    (shard,) = pool.begun  # no further plan is taken
    assert shard.stops[0] is False


def test_what_is_asked_now_and_then_ends_all() -> None:
    tested_pool = pool()
    tested_pool.work(iter([Plan(seed=9)]), 1, lambda: True)
    (shard,) = tested_pool.begun
    assert shard.stops == [False]


def test_whoever_asks_twice_is_not_kept_waiting() -> None:
    def ask(going: Sequence[Shard], seconds: float) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)

    tested_pool = pool(ask)
    with tested_pool.noting_signals():
        tested_pool.work(iter([Plan(seed=9)]), 1, never)
    (shard,) = tested_pool.begun
    assert shard.stops == [True]


def test_signals_are_as_they_were_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pool().noting_signals():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_what_still_goes_on_is_closed() -> None:
    def fail(going: Sequence[Shard], seconds: float) -> None:
        raise ZeroDivisionError

    tested_pool = pool(fail)
    with pytest.raises(ZeroDivisionError), tested_pool:
        tested_pool.work(iter([Plan(seed=9)]), 1, never)
    (shard,) = tested_pool.begun
    assert shard.closed
