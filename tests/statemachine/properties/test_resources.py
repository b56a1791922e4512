"""Amounts of resources are floats: rounding is no leak, and an amount that is missing is one."""

from collections.abc import Mapping

import pytest
from examples.events_of import compute
from examples.tiny import Tiny, TinyWorker

from workerfuzz.harness.subjects.protocol import WorkerSubject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.properties.resources import is_same_amount
from workerfuzz.statemachine.properties.utilization import (
    ABOUT_RESOURCES,
    UtilizationObservation,
    resources_are_conserved,
)
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

#: What 0.6 is, less 0.1, 0.2 and 0.3, and with these given back in the same order.
DRIFTED = 0.6 - 0.1 - 0.2 - 0.3 + 0.1 + 0.2 + 0.3


def test_the_example_does_drift() -> None:
    assert DRIFTED != 0.6
    assert 0.3 - 0.1 - 0.2 < 0


@pytest.mark.parametrize("total", [1e-6, 0.3, 1.0, 64e9])
def test_rounding_is_no_difference_and_a_thousandth_is_one(total: float) -> None:
    assert is_same_amount(total * (1 + 1e-12), total, total)
    assert not is_same_amount(total * 0.999, total, total)


def test_nothing_of_a_total_of_nothing_is_exact() -> None:
    assert is_same_amount(0, 0, 0)
    assert not is_same_amount(1e-12, 0, 0)


def leaks(left: float, taken: tuple[float, ...]) -> list[str]:
    """Of a reference worker with 0.6 that runs tasks which take so much."""
    config = RunConfig(WorkerConfig(nthreads=4, resources={"cpu": 0.6}))
    with WorkerWorld(ReferenceSubject(), config) as world:
        for number, amount in enumerate(taken):
            world.handle_event(compute(f"x{number}", number + 1, resources={"cpu": amount}))
        assert isinstance(world.view, ReferenceWorker)
        world.view.worker.available_resources["cpu"] = left
        return list(resources_are_conserved.check(UtilizationObservation(world.view, world)))


def test_the_reference_is_judged_with_that_tolerance() -> None:
    assert leaks(DRIFTED, ()) == []
    assert leaks(0.6 - 0.1 - 0.2 - 0.3, (0.1, 0.2, 0.3)) == []
    assert leaks(0.5, ()) == ["cpu: 0.5 left, should be 0.6"]
    assert leaks(0.6, (0.1,)) == ["cpu: 0.6 left, should be 0.5"]


class MeteredWorker(TinyWorker):
    left = 0.6

    def available_resources(self) -> Mapping[str, float]:
        return {"cpu": self.left}


class Metered(Tiny):
    """Somebody else's; ``left`` is what it says of its resources, whatever happens."""

    worker_class = MeteredWorker

    def __init__(self, left: float) -> None:
        self.left = left

    def worker(self, config: WorkerConfig) -> WorkerSubject:
        worker = MeteredWorker(config)
        worker.left = self.left
        return worker


def property_broken_by(left: float) -> str:
    config = RunConfig(WorkerConfig(resources={"cpu": 0.6}))
    with WorkerWorld(Metered(left), config) as world:
        try:
            world.apply(parse("compute-task x"))
            world.finish()
        except Violation as violation:
            return violation.property
    return ""


def test_subjects_of_others_are_judged_with_that_tolerance() -> None:
    assert property_broken_by(DRIFTED) == ""
    assert property_broken_by(0.6 * (1 + 1e-12)) == ""
    assert property_broken_by(0.7) == "resources_are_conserved"
    assert property_broken_by(-0.1) == "resources_are_conserved"
    assert property_broken_by(0.5) == "resources_are_conserved"


def test_subjects_that_show_no_resources_are_not_judged_by_them() -> None:
    assert Tiny().exempt().keys() == {item.name for item in ABOUT_RESOURCES}
    assert Metered(0.6).exempt() == {}
