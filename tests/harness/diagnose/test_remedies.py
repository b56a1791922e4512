"""Ways around known bugs: each is tried on the cluster in which its case has come to rest."""

import tomllib

import pytest
from examples.dumps import diagnosis_of, model

from workerfuzz.harness.diagnose.known_shapes import (
    REMEDIES,
    RestingWorld,
    cases_of_clusters,
    resource,
    rest_shape,
)
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.strategies.cluster import BY_WORD

TOLD = tomllib.loads(resource(REMEDIES))


class TreatedWorld(RestingWorld):
    """A cluster that comes to rest, is treated, and comes to rest again."""

    treatment: list[str]

    def come_to_rest(self) -> None:
        super().come_to_rest()
        assert self.dump is not None
        assert rest_shape(model(self.dump)).chains
        for text in self.treatment:
            word, *arguments = text.split()
            self.apply(BY_WORD[word].parse(arguments))
        super().come_to_rest()


@pytest.mark.parametrize("number", TOLD)
def test_the_way_around_leaves_nothing_stuck(number: str) -> None:
    (case,) = (case for name, case in cases_of_clusters().items() if name.startswith(f"{number}-"))
    run_config = CLUSTER.run_config_of(case.steps, case.config)
    world = TreatedWorld(get_cluster("dask"), run_config)
    world.treatment = TOLD[number]["tried"]
    assert violation_of(world, case.steps) is None
    assert world.dump is not None
    assert rest_shape(model(world.dump)).chains == ()


def test_it_is_told_with_the_upstream_issue() -> None:
    (found,) = diagnosis_of("unreadable").candidates
    assert found.upstream == "dask/distributed#7060"
    assert found.workaround.startswith("restart the worker that waits")
