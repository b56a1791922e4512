"""The effect of one step of a cluster, as a case writes it."""

from collections.abc import Iterable, Sequence

from workerfuzz.harness.subjects.cluster_protocol import (
    Action,
    ClusterSubject,
    Envelope,
    TaskTransition,
)
from workerfuzz.harness.worlds.worker.effect import ARGUMENTS
from workerfuzz.strategies import text

#: How a change writes that there is no record; and what subjects call that.
NOTHING = "-"
ABSENT = frozenset({"forgotten", NOTHING})


class ClusterEffect:
    """The effect of one step on a cluster.

    Attributes:
        participants: those that something happened to.
        actions: what workers want done, in the order issued.
        envelopes: what was sent, in that order; its subject puts the messages in words.
        unread: transitions of each call, in order; read when somebody asks for these.
    """

    __slots__ = ("_transitions", "actions", "cluster", "envelopes", "participants", "unread")

    def __init__(self, cluster: ClusterSubject) -> None:
        self.cluster = cluster
        self.participants: dict[str, None] = {}
        self.actions: list[tuple[str, Action]] = []
        self.envelopes: list[Envelope] = []
        self.unread: list[Iterable[TaskTransition]] = []
        self._transitions: list[TaskTransition] = []

    @property
    def transitions(self) -> Sequence[TaskTransition]:
        """Every transition, in order."""
        for transitions in self.unread:
            self._transitions += transitions
        self.unread.clear()
        return self._transitions

    def lines(self) -> list[str]:
        """As a case writes it."""
        return [
            *(
                f"{participant} {key}: {start} -> {end}"
                for participant, key, start, end in net(self.transitions)
            ),
            *(
                f"! {worker} {text.word(type(message))} {ARGUMENTS[type(message)](message)}"
                for worker, message in self.actions
            ),
            *(
                f"! {envelope.sender}->{envelope.receiver} {words}"
                for envelope in self.envelopes
                for words in self.cluster.message_texts(envelope)
            ),
        ]


def net(transitions: Iterable[TaskTransition]) -> list[tuple[str, str, str, str]]:
    """First and last state of each task on each participant, where they differ; sorted."""
    spans: dict[tuple[str, str], tuple[str, str]] = {}
    for participant, key, start, finish in transitions:
        first, _ = spans.get((participant, key), (start, finish))
        spans[participant, key] = (first, finish)
    return [
        (participant, key, start, NOTHING if finish in ABSENT else finish)
        for (participant, key), (start, finish) in sorted(spans.items())
        if start != finish
    ]
