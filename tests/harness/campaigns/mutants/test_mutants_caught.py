"""Each mutant is caught by a property that the catalogue names: by the walk, in a few thousand steps."""

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import MUTANTS, named
from workerfuzz.harness.campaigns.mutants.measure import Measured, measure
from workerfuzz.harness.campaigns.mutants.mutant import Mutant
from workerfuzz.harness.cases.format import vocabulary
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

SEED = 0

#: The walk finds each of them in fewer steps.
MOST_STEPS = 30_000

#: The healthy model is walked for so many; the frozen walks are twenty times as long.
HEALTHY_STEPS = 8_000

#: Too deep for a short walk: the steps that show them, in a worker with two threads and two cpus.
TOO_DEEP = {
    "lost-input-goes-unnoticed": (
        "pause", "update-data y", "compute-task z needs y", "free-keys y", "unpause",
    ),
    "task-that-does-not-fit-is-waited-for": (
        "compute-task x cpu=2", "compute-task y cpu=1", "compute-task z",
    ),
}  # fmt: skip

#: Need four ordered steps or more, whatever run they are found in.
LONG = (
    "seceded-task-has-no-way-back",
    "revived-secession-is-not-told",
    "resumed-task-is-left-alone",
    "resumed-task-starts-again",
    "resumed-task-is-rescheduled",
    "revived-copy-is-given-up",
    "secession-names-the-first-run",
    "failure-is-booked-on-the-new-run",
    "successor-of-a-copy-is-lost",
    "slot-is-given-back-twice",
)

#: Leaks and endless asking: seen only when everything outstanding has ended. Hangs are seen at once.
AT_REST = (
    "forgetting-is-only-freeing",
    "nobody-asks-for-the-missing",
    "keys-that-are-here-are-asked-for",
)

#: Corrupt a task that no step touched.
SWEPT = (
    "stranger-loses-a-holder",
    "stranger-loses-its-value",
    "announced-holder-changes-nothing",
)

BY_WALK = [mutant for mutant in MUTANTS if mutant.name not in TOO_DEEP]


@pytest.mark.parametrize("mutant", BY_WALK, ids=lambda mutant: mutant.name)
def test_mutant_is_caught(mutant: Mutant) -> None:
    found = measure(mutant, "walk", seed=SEED, most_steps=MOST_STEPS)
    assert found.problem == ""
    assert found.caught_by in mutant.caught_by, found
    assert_it_is_as_deep_as_it_should_be(found)


def assert_it_is_as_deep_as_it_should_be(found: Measured) -> None:
    kind = vocabulary.properties()[found.caught_by].kind
    if found.name in LONG:
        assert len(found.shrunk) >= 4, found
    if found.name in AT_REST:
        assert found.at_rest, found
        assert kind == "at rest", found
    if found.name in SWEPT:
        assert found.swept, found


def test_some_need_four_steps_some_show_at_rest_some_only_in_a_sweep() -> None:
    assert len(set(LONG)) >= 10
    assert len(set(AT_REST)) >= 3
    assert len(set(SWEPT)) >= 1
    for name in (*LONG, *AT_REST, *SWEPT):
        assert named(name) in BY_WALK


@pytest.mark.parametrize("name", TOO_DEEP)
def test_deep_mutant_is_caught_in_its_steps(name: str) -> None:
    def run() -> None:
        world = WorkerWorld(ReferenceSubject(), RunConfig(config))
        for step in TOO_DEEP[name]:
            world.apply(parse(step))
        world.finish()

    config = WorkerConfig(nthreads=2, resources={"cpu": 2})
    with named(name).planted(), pytest.raises(Violation) as caught:
        run()
    assert caught.value.property in named(name).caught_by
    run()  # and the healthy model passes


def test_healthy_model_is_not_caught() -> None:
    found = measure(None, "walk", seed=SEED, most_steps=HEALTHY_STEPS)
    assert found.is_right
    assert found.steps >= HEALTHY_STEPS
