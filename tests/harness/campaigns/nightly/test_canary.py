"""The canary: a planted bug is found, or the night is red; so it is where the healthy model breaks."""

import pytest
from examples.accounts import met as found
from msgspec.structs import replace

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.nightly.canary import PLANTED, RUNS, Canary, canaries
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.executor import run_in_process
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import Finding, FindingCase


def test_each_scope_of_the_night_has_one_that_must_be_found_and_one_that_must_not() -> None:
    targets = [Target("dask", "cluster"), Target("reference", "cluster")]
    assert canaries(targets) == [
        Canary("cluster", "finish-is-kept-secret"),
        Canary("cluster"),
    ]
    assert len(canaries([Target("reference", "worker"), *targets])) == 4


@pytest.mark.parametrize("scope", list(PLANTED))
@pytest.mark.parametrize("seed", range(3))
def test_the_shards_of_a_night_find_it(scope: str, seed: int) -> None:
    its = [Canary(scope, PLANTED[scope]), Canary(scope)]
    done = run_in_process([one.plan(seed) for one in its], lambda *_: None)
    assert [list(one.wrong(account)) for one, account in zip(its, done, strict=True)] == [[], []]
    assert done[0].findings[0].run < RUNS / 4, "it is hardly ever missed"


def came_to(*met: Finding, runs: int = RUNS) -> ShardResult:
    tallies = {"swarm": Counters(runs=runs)}
    return ShardResult(Canary("worker").plan(0), counters=tallies, findings=list(met))


def test_what_is_wrong_is_said() -> None:
    (caught_by,) = named(PLANTED["worker"]).caught_by
    met = found(caught_by, case="text")
    other = replace(met, signature=Signature("other"))
    planted, healthy = Canary("worker", PLANTED["worker"]), Canary("worker")
    where = f"in {RUNS} runs at worker scope"
    assert list(planted.wrong(came_to(met))) == []
    assert list(planted.wrong(came_to(other))) == [
        f"{PLANTED['worker']} was planted, and not found {where}"
    ]
    assert list(planted.wrong(came_to(replace(met, case=FindingCase())))) == [
        f"{PLANTED['worker']} was planted and found, but there is no case of it"
    ]
    assert list(healthy.wrong(came_to())) == []
    assert list(healthy.wrong(came_to(other))) == [
        f"other breaks {where}, where nothing is planted"
    ]
    assert list(healthy.wrong(came_to(runs=3))) == [
        f"{RUNS} runs were due where nothing is planted, 3 were made"
    ]
