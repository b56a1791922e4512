"""The effect of one step of processes, as a case writes it."""

from collections.abc import Iterable, Sequence

from workerfuzz.harness.subjects.cluster_protocol import TaskTransition
from workerfuzz.harness.subjects.process_protocol import Traffic
from workerfuzz.harness.worlds.cluster.effect import net


class ProcessEffect:
    """The effect of one step.

    Attributes:
        moves: every transition, in order.
        traffic: messages that were written to a pipe, in words, and those that were delivered.
    """

    __slots__ = ("moves", "traffic")

    def __init__(self, moves: Iterable[TaskTransition], traffic: Iterable[Traffic]) -> None:
        self.moves: Sequence[TaskTransition] = [*moves]
        self.traffic: Sequence[Traffic] = [*traffic]

    def lines(self) -> list[str]:
        """As a case writes it."""
        moves = net(self.moves)
        changed = [f"{who} {key}: {start} -> {end}" for who, key, start, end in moves]
        return [*changed, *(f"! {it.pipe} {it.words}" for it in self.traffic if it.words)]
