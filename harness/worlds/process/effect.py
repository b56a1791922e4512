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

    __slots__ = ("traffic", "transitions")

    def __init__(self, transitions: Iterable[TaskTransition], traffic: Iterable[Traffic]) -> None:
        self.transitions: Sequence[TaskTransition] = [*transitions]
        self.traffic: Sequence[Traffic] = [*traffic]

    def lines(self) -> list[str]:
        """As a case writes it."""
        transitions = net(self.transitions)
        changed = [f"{who} {key}: {start} -> {end}" for who, key, start, end in transitions]
        return [
            *changed,
            *(f"! {traffic.pipe} {traffic.words}" for traffic in self.traffic if traffic.words),
        ]
