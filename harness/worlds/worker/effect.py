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
        do.Execute: lambda it: f"{it.key} run={it.run_id}",
        do.GatherDep: lambda it: " ".join((it.worker, *it.keys)),
        do.RetryBusyWorkerLater: lambda it: it.worker,
        do.TaskFinished: lambda it: f"{it.key} run={it.run_id}",
        do.TaskErred: lambda it: (
            it.key
            + (f" run={it.run_id}" if it.run_id is not None else "")
            + (f" cause={it.cause}" if it.cause is not None else "")
        ),
        do.AddKeys: lambda it: " ".join(it.keys),
        do.ReleaseWorkerData: lambda it: it.key,
        do.LongRunning: lambda it: f"{it.key} run={it.run_id}",
        do.Reschedule: lambda it: f"{it.key} run={it.run_id}",
        do.RequestRefreshWhoHas: lambda it: " ".join(it.keys),
        do.StealResponse: lambda it: f"{it.key} {it.state or '-'}",
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
            *(f"! {text.word(type(it))} {ARGUMENTS[type(it)](it)}" for it in self.instructions),
        ]
