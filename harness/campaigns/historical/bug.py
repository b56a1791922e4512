"""A bug of the zoo, and how a finding is recognised as that bug."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, TaskTransition
from workerfuzz.harness.worlds.violation import Violation

#: A transition: start and finish.
Edge = tuple[str, str]

#: Stands for any state in an edge.
ANY: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Conditions under which a finding shows a bug. All of them must hold.

    Attributes:
        said: regular expression, found in the signature or in the counterexample.
        path: transitions of one key on one participant, in this order, others between them.
        on_scheduler: that participant is the scheduler; otherwise a worker.
        steps: words of steps that the finding cannot do without.
        without: words of steps that are not in it.
        written: regular expression, found in the steps as a case writes them.
    """

    said: str
    path: tuple[Edge, ...] = ()
    on_scheduler: bool = False
    steps: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    written: str = ""

    def is_in(self, violation: Violation, transitions: Sequence[TaskTransition]) -> bool:
        """Given what moved in the run."""
        words = {step.word for step in violation.steps}
        return words.isdisjoint(self.without) and self.could_be_in(violation, transitions)

    def could_be_in(self, violation: Violation, transitions: Sequence[TaskTransition]) -> bool:
        """The same of a run that has steps which do not matter."""
        return (
            self.is_said_by(violation)
            and {step.word for step in violation.steps}.issuperset(self.steps)
            and re.search(self.written, "\n".join(map(str, violation.steps))) is not None
            and self.is_walked(transitions)
        )

    def is_said_by(self, violation: Violation) -> bool:
        """Its signature or its counterexample is as expected."""
        text = f"{signature(violation)}\n{violation.counterexample}"
        return re.search(self.said, text) is not None

    def is_walked(self, transitions: Sequence[TaskTransition]) -> bool:
        """One key went this way somewhere."""
        left: dict[tuple[str, str], list[Edge]] = {}
        for participant, key, start, finish in transitions:
            if (participant == SCHEDULER) != self.on_scheduler:
                continue
            to_go = left.setdefault((participant, key), [*self.path])
            if to_go and matches(to_go[0], (start, finish)):
                del to_go[0]
        return not self.path or any(not to_go for to_go in left.values())


def matches(wanted: Edge, edge: Edge) -> bool:
    return all(
        state in (ANY, state_of_edge) for state, state_of_edge in zip(wanted, edge, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalBug:
    """A bug that a release really had.

    Attributes:
        name: how the zoo calls it; a number of Dask where it has no other name.
        origin: the pull request that ended it, or the issue.
        last: the last release that has it.
        fixed: the first that has it no more; empty where there is none.
        words: what happens.
        signs: any of these shows it.
        limit_s: seconds of CPU in which it must be found.
    """

    name: str
    origin: str
    last: str
    fixed: str
    words: str
    signs: tuple[Sign, ...]
    limit_s: float = 60.0

    def is_in(self, violation: Violation, transitions: Sequence[TaskTransition]) -> bool:
        """It is what a shrunk run shows, given what moved in it."""
        return any(sign.is_in(violation, transitions) for sign in self.signs)

    def is_said_by(self, violation: Violation) -> bool:
        """A violation is as expected of it, whatever the steps."""
        return any(sign.is_said_by(violation) for sign in self.signs)

    def could_be_in(self, violation: Violation, transitions: Sequence[TaskTransition]) -> bool:
        """It may be what a run shows that was not shrunk."""
        return any(sign.could_be_in(violation, transitions) for sign in self.signs)
