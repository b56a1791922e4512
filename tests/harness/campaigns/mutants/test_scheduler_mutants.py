"""Each mutant of the scheduler, and of what it says to workers, is caught by the walk of clusters."""

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import OF_SCHEDULER
from workerfuzz.harness.campaigns.mutants.measure import MOST_STEPS, measure
from workerfuzz.harness.campaigns.mutants.mutant import Mutant

#: Seeds of walks that find a mutant early, where that of the others takes long.
SEEDS = {"tries-never-end": 4}


@pytest.mark.parametrize("mutant", OF_SCHEDULER, ids=lambda mutant: mutant.name)
def test_mutant_is_caught(mutant: Mutant) -> None:
    found = measure(
        mutant, "walk", seed=SEEDS.get(mutant.name, 0), most_steps=MOST_STEPS, scope="cluster"
    )
    assert found.is_right, found


def test_there_are_enough_of_them() -> None:
    assert len(OF_SCHEDULER) >= 12


def test_the_healthy_model_is_not_caught() -> None:
    assert measure(None, "walk", most_steps=5_000, scope="cluster").is_right
