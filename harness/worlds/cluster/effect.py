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
        parties: those that something happened to.
        actions: what workers want done, in the order issued.
        posts: what was sent, in that order; its subject puts the messages in words.
        unread: transitions of each call, in order; turned into moves when somebody asks for these.
    """

    __slots__ = ("_moves", "actions", "cluster", "parties", "posts", "unread")

    def __init__(self, cluster: ClusterSubject) -> None:
        self.cluster = cluster
        self.parties: dict[str, None] = {}
        self.actions: list[tuple[str, Action]] = []
        self.posts: list[Envelope] = []
        self.unread: list[Iterable[TaskTransition]] = []
        self._moves: list[TaskTransition] = []

    @property
    def moves(self) -> Sequence[TaskTransition]:
        """Every transition, in order."""
        for moves in self.unread:
            self._moves += moves
        self.unread.clear()
        return self._moves

    def lines(self) -> list[str]:
        """As a case writes it."""
        return [
            *(f"{party} {key}: {start} -> {end}" for party, key, start, end in net(self.moves)),
            *(
                f"! {worker} {text.word(type(it))} {ARGUMENTS[type(it)](it)}"
                for worker, it in self.actions
            ),
            *(
                f"! {post.sender}->{post.receiver} {words}"
                for post in self.posts
                for words in self.cluster.say(post)
            ),
        ]


def net(moves: Iterable[TaskTransition]) -> list[tuple[str, str, str, str]]:
    """First and last state of each task on each party, where they differ; sorted."""
    spans: dict[tuple[str, str], tuple[str, str]] = {}
    for party, key, start, finish in moves:
        first, _ = spans.get((party, key), (start, finish))
        spans[party, key] = (first, finish)
    return [
        (party, key, start, NOTHING if finish in ABSENT else finish)
        for (party, key), (start, finish) in sorted(spans.items())
        if start != finish
    ]
