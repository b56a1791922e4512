"""The three ways to choose offer the same, and the enumeration leaves nothing out."""

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies.choosers import Enumeration, RandomChooser
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster import workload_profile as graphs
from workerfuzz.strategies.cluster.from_clients import Cancel
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.cluster.submit import Submit
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.from_environment import ExecuteSuccess
from workerfuzz.strategies.worker.from_scheduler import ComputeTask, FreeKeys
from workerfuzz.strategies.worker.run_config import RunConfig, WorkloadProfile


def test_random_choices_follow_from_the_seed() -> None:
    one, other = RandomChooser("a"), RandomChooser("a")
    assert [one.integer(0, 99) for _ in range(50)] == [other.integer(0, 99) for _ in range(50)]
    assert {RandomChooser(seed).pick("abc") for seed in range(50)} == set("abc")


def test_enumeration_makes_every_choice_once() -> None:
    drawn = [
        (first, chooser.integer(0, first))
        for chooser in Enumeration()
        for first in [chooser.integer(0, 2)]
    ]
    assert drawn == [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]


def test_enumeration_draws_every_step_of_a_kind() -> None:
    world = WorkerWorld(ReferenceSubject(), RunConfig(keys=("x", "y"), peers=("a",)))
    drawn = {str(FreeKeys.draw(world, chooser)) for chooser in Enumeration()}
    assert drawn == {"free-keys x", "free-keys y", "free-keys x y"}


def test_equal_items_are_one_choice_of_an_enumeration() -> None:
    weighted = ("", "", "", "none", "zero", "none")
    assert [chooser.pick(weighted) for chooser in Enumeration()] == ["", "none", "zero"]


def test_the_variety_of_a_universe_limits_what_is_drawn() -> None:
    plain = WorkloadProfile(
        sizes=(None,), priorities=(0,), contents=(0,), actors=(False,), values=("",), together=1
    )
    world = WorkerWorld(
        ReferenceSubject(), RunConfig(keys=("x", "y"), peers=("a",), workload=plain)
    )
    drawn = {str(ComputeTask.draw(world, chooser)) for chooser in Enumeration()}
    assert drawn == {
        "compute-task x",
        "compute-task y",
        "compute-task y needs x",
        "compute-task y needs x@a",
        "compute-task y needs x@self",
    }
    assert {str(FreeKeys.draw(world, chooser)) for chooser in Enumeration()} == {
        "free-keys x",
        "free-keys y",
    }
    world.apply(parse("compute-task x"))
    assert [ExecuteSuccess.draw(world, enumeration) for enumeration in Enumeration()] == [
        ExecuteSuccess("x")
    ]


def test_the_variety_of_a_cluster_limits_what_is_drawn() -> None:
    plain = graphs.ClusterWorkloadProfile(contents=(0,), options=("",), forced=(False,), faithful=0)
    run_config = ClusterRunConfig(keys=("a", "b"), clients=("c0",), workload=plain)
    world = ClusterWorld(get_cluster("reference"), run_config)
    assert {str(Submit.draw(world, chooser)) for chooser in Enumeration()} == {
        "submit c0 a want a",
        "submit c0 b want b",
        "submit c0 a b want a,b",
        "submit c0 a b(a) want b",
        "submit c0 a b(a) want a,b",
    }
    world.apply(parse("submit c0 a want a", BY_WORD))
    assert [str(Cancel.draw(world, enumeration)) for enumeration in Enumeration()] == [
        "cancel c0 a"
    ]
    world.close()
