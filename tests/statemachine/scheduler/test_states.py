"""R51: what the scheduler believes, from messages alone, follows from the worker's state by a table."""

from collections.abc import Iterable

import pytest

from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, SEEN_BY_SCHEDULER
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.from_scheduler import (
    AcquireReplicas,
    CancelCompute,
    ComputeTask,
    ForgetKeys,
    FreeKeys,
    RemoveReplicas,
)
from workerfuzz.strategies.worker.run_config import draw_run_config


class Beliefs:
    """States of tasks as a scheduler infers them from its requests and the worker's messages."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}

    def ask(self, step: Step) -> None:
        if isinstance(step, ComputeTask):
            self.states[step.key] = "processing"
            self.elsewhere(holding.key for holding in step.needs if holding.peers)
        elif isinstance(step, AcquireReplicas):
            self.elsewhere(holding.key for holding in step.holdings)
        elif isinstance(step, FreeKeys | ForgetKeys):
            for key in step.names:
                self.states.pop(key, None)
        elif isinstance(step, CancelCompute) and self.states.get(step.key) != "memory":
            self.states.pop(step.key, None)  # it does not hear whether that came in time

    def elsewhere(self, keys: Iterable[str]) -> None:
        """Copies exist, so what failed here succeeded there."""
        for key in keys:
            if self.states.get(key) == "erred":
                self.states.pop(key)

    def hear(self, instruction: Instruction) -> None:
        match instruction:
            case do.TaskFinished():
                self.states[instruction.key] = "memory"
            case do.TaskErred(run_id=int()):
                self.states[instruction.key] = "erred"
            case do.Reschedule():
                self.states[instruction.key] = "released"
            case do.StealResponse() if instruction.state in NEEDS_INPUTS:
                self.states.pop(instruction.key, None)
            case do.AddKeys():
                for key in instruction.keys:  # scattered, after its request was answered
                    if self.states.get(key) in ("erred", "released"):
                        self.states.pop(key)
            case do.ReleaseWorkerData():
                if self.states.get(instruction.key) == "memory":
                    self.states.pop(instruction.key)
            case _:
                pass


@pytest.mark.parametrize("seed", range(40))
def test_what_the_scheduler_believes_follows_from_the_state_here(seed: int) -> None:
    chooser = RandomChooser(f"beliefs {seed}")
    world = WorkerWorld(ReferenceSubject(), draw_run_config(chooser))
    beliefs = Beliefs()
    for _ in range(60):
        step = world.draw(chooser.pick(world.possible()), chooser)
        beliefs.ask(step)
        if isinstance(step, RemoveReplicas):
            continue  # it sends these only for replicas, which are not what it believes in here
        for instruction in world.apply(step).instructions:
            beliefs.hear(instruction)
        for key, reported_task in beliefs.states.items():
            state = world.view.state(key)
            assert state is not None
            assert SEEN_BY_SCHEDULER.get(state) == reported_task, f"{key} is {state} after {step}"
