"""From a run that breaks a property to the few steps that matter.

Steps are taken away in ever smaller chunks, then simplified, then the rest is renamed. What remains is
1-minimal: the last pass tried to take away each single step, and every time the bug was gone. A step
that is impossible without one that was taken away goes with it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workerfuzz.harness.cases.scopes import WORKER, Scope, scope_of
from workerfuzz.harness.cases.signature import Signature, signature
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.strategies.steps import Step

Steps = tuple[Step, ...]

#: Makes a signature.
Sign = Callable[[Violation], Signature]

#: After so long it stops with what it has, in seconds of CPU.
PATIENCE_S: Final = 60.0


class Impatient(Exception):
    """The time for shrinking is over."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What is left of a run.

    Attributes:
        violation: the same bug, with the steps that are left.
        before: number of steps there were.
        replays: how many runs it took to find out.
        interrupted: Ctrl-C, or the end of its time, came before it was certain that no single step
            can go.
        stopped: it was Ctrl-C: who called this should end, too.
    """

    violation: Violation
    before: int
    replays: int
    interrupted: bool = False
    stopped: bool = False

    @property
    def steps(self) -> Steps:
        return self.violation.steps

    @property
    def config(self) -> Any:
        return self.violation.universe.config


def replay(
    subject: Any, config: Any, steps: Sequence[Step], scope: Scope = WORKER
) -> Violation | None:
    """What these steps break, in the world that a case of them would have.

    Steps that are impossible when they are reached are left out.
    """
    world = scope.open(subject, scope.universe_of(steps, config))
    try:
        for step in steps:
            try:
                world.apply(step)
            except ImpossibleStep:
                continue
        world.finish()
    except Violation as violation:
        return violation
    finally:
        world.close()
    return None


class Shrinker:
    """Holds the smallest run so far that shows the bug.

    Attributes:
        clock: by which its patience is measured.
    """

    clock: Callable[[], float] = staticmethod(time.process_time)

    def __init__(
        self, subject: Any, violation: Violation, patience_s: float, sign: Sign = signature
    ) -> None:
        self.sign = sign
        self.subject = subject
        self.violation = violation
        self.scope = scope_of(violation)
        self.deadline = self.clock() + patience_s
        self.wanted = sign(violation)
        self.replays = 0

    @property
    def steps(self) -> Steps:
        return self.violation.steps

    @property
    def config(self) -> Any:
        return self.violation.universe.config

    def shows(self, steps: Sequence[Step], config: Any = None) -> bool:
        """Whether these steps show the same bug; if so, they are kept. Raises Impatient."""
        self.replays += 1
        if self.clock() > self.deadline:
            raise Impatient
        found = self.replay(steps, config or self.config)
        if found is None or self.sign(found) != self.wanted:
            return False
        self.violation = found
        return True

    def replay(self, steps: Sequence[Step], config: Any) -> Violation | None:
        """What steps break; a subclass may take them elsewhere."""
        return replay(self.subject, config, steps, self.scope)

    def drop_chunks(self) -> None:
        """Take away half of the steps, then quarters, and so on (ddmin without complements)."""
        size = max(len(self.steps) // 2, 1)
        while size > 1:
            start = 0
            while start < len(self.steps):
                if not self.shows(self.steps[:start] + self.steps[start + size :]):
                    start += size
            size = size // 2

    def drop_single_steps(self) -> bool:
        """Take away single steps, last first, until none can go. Returns whether one did."""
        before = len(self.steps)
        place = len(self.steps) - 1
        while place >= 0:
            self.shows(self.steps[:place] + self.steps[place + 1 :])
            place = min(place, len(self.steps)) - 1
        return len(self.steps) < before

    def simplify_steps(self) -> bool:
        """Replace steps by simpler ones. Returns whether one was."""
        simplified = False
        place = 0
        while place < len(self.steps):
            if any(
                self.shows((*self.steps[:place], simpler, *self.steps[place + 1 :]))
                for simpler in self.steps[place].simpler()
            ):
                simplified = True
            else:
                place += 1
        return simplified

    def simplify_config(self) -> None:
        """Leave options at their defaults where they do not matter."""
        while any(self.shows(self.steps, it) for it in self.scope.simpler(self.config)):
            pass

    def rename(self) -> None:
        """Give keys and parties the usual names."""
        steps = self.steps
        for names in self.scope.usual_names(steps):
            renamed = tuple(step.renamed(names) for step in steps)
            if renamed != steps and self.shows(renamed):
                self.rename()
                return

    def run(self) -> Shrunk:
        before, interrupted, stopped = len(self.steps), False, False
        try:
            self.drop_chunks()
            self.simplify_config()
            while self.drop_single_steps() or self.simplify_steps():
                pass
            self.simplify_config()
            self.rename()
            while self.drop_single_steps():
                pass
        except Impatient:
            interrupted = True
        except KeyboardInterrupt:
            interrupted = stopped = True
        return Shrunk(self.violation, before, self.replays, interrupted, stopped)


def shrink(
    subject: Any, violation: Violation, patience_s: float = PATIENCE_S, sign: Sign = signature
) -> Shrunk:
    """The smallest run that we find with the same signature; ends 1-minimal.

    What needs a universe that no case can describe stays as it is.

    Args:
        sign: what tells bugs apart.
    """
    return Shrinker(subject, violation, patience_s, sign).run()
