"""Every kind of step: drawn ones are possible, and read back as they were written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.events import EVENTS
from workerfuzz.strategies import worker
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.hypothesis_chooser import HypothesisChooser
from workerfuzz.strategies.text import word
from workerfuzz.strategies.worker import WORKER_STEPS, BadText, Step
from workerfuzz.strategies.worker.run_config import draw_run_config


def drawn_steps(seed: int, count: int = 60) -> list[Step]:
    """Steps of a random run; each was possible when it was drawn."""
    chooser = RandomChooser(seed)
    world = WorkerWorld(ReferenceSubject(), draw_run_config(chooser))
    for _ in range(count):
        step = world.draw(chooser.pick(world.possible()), chooser)
        assert step.why_impossible(world) is None, f"{step}: {step.why_impossible(world)}"
        world.apply(step)
    return world.steps


@pytest.mark.parametrize("seed", range(20))
def test_drawn_step_is_possible_and_its_text_reads_back(seed: int) -> None:
    for step in drawn_steps(seed):
        assert worker.parse(str(step)) == step


@settings(max_examples=30, deadline=None, database=None)
@given(st.data())
def test_hypothesis_draws_by_the_same_rules(data: st.DataObject) -> None:
    chooser = HypothesisChooser(data)
    world = WorkerWorld(ReferenceSubject(), draw_run_config(chooser))
    for _ in range(10):
        step = world.draw(chooser.pick(world.possible()), chooser)
        assert worker.parse(str(step)) == step
        world.apply(step)


@pytest.mark.parametrize("seed", range(20))
def test_simpler_steps_are_shorter_and_still_steps(seed: int) -> None:
    for step in drawn_steps(seed):
        for simpler in step.simpler():
            assert type(simpler) is type(step)
            assert len(str(simpler)) <= len(str(step))
            assert worker.parse(str(simpler)) == simpler


def test_renaming_reaches_every_name() -> None:
    step = worker.parse("compute-task y spec=2 needs x:60@a,b z")
    renamed = step.renamed({"x": "q", "y": "r", "a": "d"})
    assert str(renamed) == "compute-task r spec=2 needs q:60@d,b z"


def test_there_is_a_step_for_every_event() -> None:
    assert [kind.word for kind in WORKER_STEPS] == [word(event) for event in EVENTS]


BAD = {
    "gather-dep-sucess b": 'unknown step "gather-dep-sucess"; did you mean "gather-dep-success"?',
    "": "expected a step",
    "pause now": 'nothing follows, found "now"; usage: pause',
    "compute-task": "expected a key; usage: compute-task KEY",
    "compute-task y needs": 'expected a key behind "needs"',
    "compute-task y needs y": "y depends on itself",
    "compute-task y needs x x": '"x" comes twice',
    "compute-task y cpu=0": "cpu must be positive, not 0",
    "compute-task y cpu=much": 'cpu must be a whole number, not "much"',
    "compute-task y priority=1 priority=2": '"priority" comes twice',
    "compute-task y x": 'expected name=value, found "x"',
    "free-keys": "expected at least 1 argument; usage: free-keys KEY...",
    "free-keys x x": '"x" comes twice',
    "steal-request x y": "expected 1 argument, found 2; usage: steal-request KEY",
    "acquire-replicas x:-1@a": "the size of x is negative: -1",
    "acquire-replicas x@": 'expected a peer, found ""',
    "acquire-replicas 7": 'expected a key, found "7"',
    "refresh-who-has x:7@a": "no size is told here, found x:7@a",
    "execute-success x value=five": 'value is one of none, zero, empty, not "five"',
    "execute-success x nbytes=-3": "nbytes is negative: -3",
    "execute-success x colour=red": 'expected nbytes or value, found "colour"',
    "gather-dep-success": "expected a peer; usage: gather-dep-success PEER [KEY...]",
}


@pytest.mark.parametrize(("line", "message"), BAD.items(), ids=BAD)
def test_bad_step_says_what_was_expected(line: str, message: str) -> None:
    with pytest.raises(BadText) as error:
        worker.parse(line)
    assert message in str(error.value)
