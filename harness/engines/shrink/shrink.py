"""From a run that breaks a property to the few steps that matter.

Steps are taken away in ever smaller chunks, then whole keys, options, workers and threads; then what is
left is simplified, where need be at several steps at once, and renamed. What remains is 1-minimal: the
last pass tried to take away each single step, and every time the bug was gone. A step that is impossible
without one that was taken away goes with it. Where many steps remain, other keys may be there only to
decide on which workers tasks run: these are pinned to their workers, and it begins anew.

A run that breaks the same property in another way is not the same bug: what is looked for is
``located``, at either scope.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from workerfuzz.harness.cases.triage.signature import Signature, located
from workerfuzz.harness.engines.shrink.pinning import assigned, with_pin
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.playing import take_steps, violation_of
from workerfuzz.harness.worlds.scopes import WORKER, AnyConfig, FuzzingScope, scope_of
from workerfuzz.harness.worlds.time_limit import STEP_S, TIME_LIMIT
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties.crashes import every_call_returns
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies.worker import Step

Steps: TypeAlias = tuple[Step, ...]

Change: TypeAlias = Callable[[TaskSpec], TaskSpec]


def with_fewer_keys(steps: Sequence[Step]) -> Iterator[Steps]:
    """Without one key, wherever it is named; the last one first."""
    keys = dict.fromkeys(key for step in steps for key in step.keys())  # noqa: SIM118 - a step is no dict
    for key in reversed(keys):
        left = (step.without(key) for step in steps)
        yield tuple(step for step in left if step is not None)


def with_simpler_contents(steps: Sequence[Step]) -> Iterator[Steps]:
    """Contents that are simpler wherever they are given: of all keys, then of one."""
    for change in changes(steps):
        changed = tuple(step.recomputed(change) for step in steps)
        if changed != tuple(steps):
            yield changed


def changes(steps: Sequence[Step]) -> Iterator[Change]:
    """Yield simplifications to try; some may change nothing."""
    specs = dict.fromkeys(spec for step in steps for spec in step.contents())
    yield lambda spec: replace(spec, run_spec=0, actor=False)
    for key in dict.fromkeys(spec.key for spec in specs):
        mine = [spec for spec in specs if spec.key == key]
        yield of(key, lambda spec: replace(spec, run_spec=0))
        yield of(key, lambda spec: replace(spec, actor=False))
        yield of(key, renumbering(mine))
        for dependency in dict.fromkeys(
            dependency for spec in mine for dependency in spec.dependencies
        ):
            yield of(key, giving_up(dependency))


def of(key: str, change: Change) -> Change:
    """Only contents of one key change."""
    return lambda spec: change(spec) if spec.key == key else spec


def renumbering(specs: Sequence[TaskSpec]) -> Change:
    """Numbers of contents that differ, from 0 in the order in which they come."""
    numbers = {
        number: place for place, number in enumerate(dict.fromkeys(spec.run_spec for spec in specs))
    }
    return lambda spec: replace(spec, run_spec=numbers[spec.run_spec])


def giving_up(dependency: str) -> Change:
    """One input less."""

    def without(spec: TaskSpec) -> TaskSpec:
        left = tuple(key for key in spec.dependencies if key != dependency)
        return replace(spec, dependencies=left)

    return without


#: Makes a signature.
Sign = Callable[[Violation], Signature]

#: After so long it stops with what it has, in seconds of CPU.
PATIENCE_S: Final = 60.0

#: CPU time after which a step counts as one that does not return, while it is shrunk; in seconds.
GUARD_S: Final = 0.2

#: A step takes at most so many times as long as the slowest of those before.
SLOWEST: Final = 10

#: Tasks are pinned to workers where more steps than a reader likes are left.
LONG: Final = 8


class Impatient(Exception):
    """The time for shrinking is over."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Result of shrinking a run.

    Attributes:
        violation: the same bug, with the steps that are left.
        before: number of steps there were.
        replays: how many runs it took to find out.
        interrupted: Ctrl-C, or the end of its time, came before it was certain that no single step
            can go.
        stopped: it was Ctrl-C: who called this should end, too.
        did: how often it took away or simplified something, by what that was.
    """

    violation: Violation
    before: int
    replays: int
    interrupted: bool = False
    stopped: bool = False
    did: Counter[str] = field(default_factory=Counter)

    @property
    def steps(self) -> Steps:
        return self.violation.steps

    @property
    def config(self) -> AnyConfig:
        return self.violation.run_config.config

    def account(self) -> str:
        """Return a one-line summary of the shrinking."""
        did = ", ".join(f"{what} {times}" for what, times in self.did.items())
        ending = "it was not let finish" if self.interrupted else "no single step can go"
        return f"{self.replays} replays ({did or 'nothing was too much'}); {ending}"


def replay(
    subject: AnySubject, config: AnyConfig, steps: Sequence[Step], scope: FuzzingScope = WORKER
) -> Violation | None:
    """Return the violation by these steps, in the world that a case of them would have.

    Steps that are impossible when they are reached are left out.
    """
    return violation_of(scope.open(subject, scope.run_config_of(steps, config)), steps)


class Shrinker:
    """Holds the smallest run so far that shows the bug.

    Attributes:
        clock: by which its patience is measured.
    """

    clock: Callable[[], float] = staticmethod(time.process_time)

    def __init__(
        self, subject: AnySubject, violation: Violation, patience_s: float, sign: Sign = located
    ) -> None:
        self.sign = sign
        self.subject = subject
        self.violation = violation
        self.scope = scope_of(violation)
        self.deadline = self.clock() + patience_s
        self.wanted = sign(violation)
        self.replays = 0
        self.did: Counter[str] = Counter()
        self._in_vain: set[tuple[str, ...]] = set()

    @property
    def steps(self) -> Steps:
        return self.violation.steps

    @property
    def config(self) -> AnyConfig:
        return self.violation.run_config.config

    def shows(self, what: str, steps: Sequence[Step], config: AnyConfig | None = None) -> bool:
        """Return True if these steps show the same bug, and keep them then. Raises Impatient.

        Args:
            what: differs from those before.
        """
        attempt = (repr(config or self.config), *map(str, steps))
        if attempt in self._in_vain:
            return False
        if self.clock() > self.deadline:
            raise Impatient
        self.replays += 1
        found = self.replay(steps, config or self.config)
        if found is None or self.sign(found) != self.wanted:
            self._in_vain.add(attempt)
            return False
        self.did[what] += 1
        self.violation = found
        return True

    def replay(self, steps: Sequence[Step], config: AnyConfig) -> Violation | None:
        """Return the violation by these steps; a subclass may run them in another process."""
        return replay(self.subject, config, steps, self.scope)

    # Passes; each returns whether something could go

    def drop_chunks(self) -> None:
        """Take away half of the steps, then quarters, and so on (ddmin without complements)."""
        size = max(len(self.steps) // 2, 1)
        while size > 1:
            start = 0
            while start < len(self.steps):
                if not self.shows("chunks", self.steps[:start] + self.steps[start + size :]):
                    start += size
            size = size // 2

    def drop_single_steps(self) -> bool:
        """Take away single steps, last first, until none can go."""
        before = len(self.steps)
        place = len(self.steps) - 1
        while place >= 0:
            self.shows("steps", self.steps[:place] + self.steps[place + 1 :])
            place = min(place, len(self.steps)) - 1
        return len(self.steps) < before

    def simplify_steps(self) -> bool:
        """Replace steps by simpler ones."""
        simplified = False
        place = 0
        while place < len(self.steps):
            if any(
                self.shows("arguments", (*self.steps[:place], simpler, *self.steps[place + 1 :]))
                for simpler in self.steps[place].simpler()
            ):
                simplified = True
            else:
                place += 1
        return simplified

    def simplify(self, what: str, simpler: Callable[[Steps], Iterable[Steps]]) -> bool:
        """Replace all steps by others, as long as there are simpler ones."""
        simplified = False
        while any(self.shows(what, steps) for steps in simpler(self.steps)):
            simplified = True
        return simplified

    def simplify_config(self) -> bool:
        """Do without workers, and leave options at their defaults where they do not matter."""
        simplified = False
        while any(
            self.shows("options", self.steps, simpler)
            for simpler in self.scope.simpler(self.config)
        ):
            simplified = True
        return simplified

    def simplify_all(self) -> bool:
        """One pass of each kind."""
        return any(
            [
                self.simplify("keys", with_fewer_keys),
                self.simplify_config(),
                self.drop_single_steps(),
                self.simplify_steps(),
                self.simplify("contents", with_simpler_contents),
            ]
        )

    def pin_tasks(self) -> bool:
        """Pin tasks to the workers that they were given to; kept where fewer steps are left then."""
        former = self.violation
        workers = assigned(self.subject, self.config, self.steps, self.scope)
        try:
            for (place, key), worker in sorted(workers.items()):
                if len(self.steps) < len(former.steps):
                    break  # places have moved
                pinned = with_pin(self.steps, place, key, worker)
                if pinned != self.steps:
                    self.shows("pins", pinned)
            if self.steps != former.steps:
                self.drop_chunks()
                self.simplify_until_minimal()
        finally:
            is_shorter = len(self.steps) < len(former.steps)
            if not is_shorter:
                self.violation = former
        return is_shorter

    def simplify_until_minimal(self) -> None:
        while self.simplify_all():
            pass

    def rename(self) -> None:
        """Give keys and participants the usual names."""
        steps = self.steps
        for names in self.scope.usual_names(steps):
            renamed = tuple(step.renamed(names) for step in steps)
            if renamed != steps and self.shows("names", renamed):
                self.rename()
                return

    def run(self) -> Shrunk:
        before, interrupted, stopped = len(self.steps), False, False
        try:
            self.drop_chunks()
            self.simplify_until_minimal()
            while len(self.steps) > LONG and self.pin_tasks():
                pass
            self.rename()
            self.simplify_until_minimal()
        except Impatient:
            interrupted = True
        except KeyboardInterrupt:
            interrupted = stopped = True
        return Shrunk(self.violation, before, self.replays, interrupted, stopped, self.did)


def shrink(
    subject: AnySubject, violation: Violation, patience_s: float = PATIENCE_S, sign: Sign = located
) -> Shrunk:
    """The smallest run that we find with the same signature; ends 1-minimal.

    What needs a universe that no case can describe stays as it is.

    Of a call that does not return, one replay would take as long as the time limit: it is shrunk with a
    shorter one, and what is left is tried once more with the usual one.

    Args:
        sign: what tells bugs apart.
    """
    shrinker = Shrinker(subject, violation, patience_s, sign)
    if violation.property != every_call_returns.name:
        return shrinker.run()
    with TIME_LIMIT.hurried(max(GUARD_S, SLOWEST * slowest_call_s(shrinker)) / STEP_S):
        shrunk = shrinker.run()
    confirmed = shrinker.replay(shrunk.steps, shrunk.config)
    if confirmed is not None and sign(confirmed) == shrinker.wanted:
        return replace(shrunk, violation=confirmed)
    return Shrunk(violation, shrunk.before, shrunk.replays, True, shrunk.stopped)


def slowest_call_s(shrinker: Shrinker) -> float:
    """Return the longest CPU time of a step that came before the one that does not return."""
    steps = shrinker.steps if shrinker.violation.at_rest else shrinker.steps[:-1]
    slowest, before = 0.0, time.process_time()
    run_config = shrinker.scope.run_config_of(steps, shrinker.config)
    with shrinker.scope.open(shrinker.subject, run_config) as world:
        for _ in take_steps(world, steps, skip_impossible=True):
            now = time.process_time()
            slowest, before = max(slowest, now - before), now
    return slowest
