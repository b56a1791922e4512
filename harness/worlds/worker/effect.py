"""The effect of one step: net changes of states, and the instructions that were issued."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies import text

#: What stands behind the word of an instruction in a case.
ARGUMENTS: Final[Mapping[type[Instruction], Callable[[Any], str]]] = MappingProxyType(
    {
        do.Execute: lambda instruction: f"{instruction.key} run={instruction.run_id}",
        do.GatherDep: lambda instruction: " ".join((instruction.worker, *instruction.keys)),
        do.RetryBusyWorkerLater: lambda instruction: instruction.worker,
        do.TaskFinished: lambda instruction: f"{instruction.key} run={instruction.run_id}",
        do.TaskErred: lambda instruction: (
            instruction.key
            + (f" run={instruction.run_id}" if instruction.run_id is not None else "")
            + (f" cause={instruction.cause}" if instruction.cause is not None else "")
        ),
        do.AddKeys: lambda instruction: " ".join(instruction.keys),
        do.ReleaseWorkerData: lambda instruction: instruction.key,
        do.LongRunning: lambda instruction: f"{instruction.key} run={instruction.run_id}",
        do.Reschedule: lambda instruction: f"{instruction.key} run={instruction.run_id}",
        do.RequestRefreshWhoHas: lambda instruction: " ".join(instruction.keys),
        do.StealResponse: lambda instruction: f"{instruction.key} {instruction.state or '-'}",
    }
)


@dataclass(slots=True)
class WorkerEffect:
    """Net effect of one step.

    Attributes:
        changes: (key, state before, state after), sorted by key; None where there is no record.
        instructions: in the order issued.
    """

    changes: tuple[tuple[str, State | None, State | None], ...]
    instructions: tuple[Instruction, ...]

    def lines(self) -> list[str]:
        """As a case writes it."""
        return [
            *(f"{key}: {before or '-'} -> {after or '-'}" for key, before, after in self.changes),
            *(
                f"! {text.word(type(instruction))} {ARGUMENTS[type(instruction)](instruction)}"
                for instruction in self.instructions
            ),
        ]
