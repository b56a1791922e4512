"""What follows from one step of a cluster, as a case writes it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workerfuzz.harness.subjects.cluster import Action, ClusterSubject, Move, Post
from workerfuzz.harness.worlds.effect import ARGUMENTS
from workerfuzz.strategies import text

#: How a change writes that there is no record; and what subjects call that.
NOTHING = "-"
ABSENT = frozenset({"forgotten", NOTHING})


@dataclass(slots=True)
class ClusterEffect:
    """Net effect of one step.

    Attributes:
        moves: every transition, in order.
        actions: what workers want done, in the order issued.
        posts: what was sent, in that order; its subject puts the messages in words.
    """

    cluster: ClusterSubject
    moves: Sequence[Move]
    actions: Sequence[tuple[str, Action]]
    posts: Sequence[Post]

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


def net(moves: Iterable[Move]) -> list[tuple[str, str, str, str]]:
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
