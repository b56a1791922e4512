"""Looks for bugs of the zoo in the installed release, by random steps; and measures it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from workerfuzz.harness.campaigns.historical.bug import HistoricalBug
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.shard import Shard, fill
from workerfuzz.harness.cases.format import corpus_entry
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.cases.format.files import write
from workerfuzz.harness.cases.triage.known_bugs import remainder
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.engines.shrink.shrink import replay, shrink
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem, TaskTransition
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.going_on import GOING_ON
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.scopes import CLUSTER
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.worker import Step

#: Time to shrink one finding, in seconds of CPU. It does not count as time of the search.
SHRINKING_S: Final = 20.0

#: Findings of one signature that are shrunk in vain before the others of it are left alone. Where two
#: bugs break the same property in the same way, most of them may be of the other.
ATTEMPTS: Final = 25


@dataclass(frozen=True, slots=True)
class Sighting:
    """The result of the search for one bug.

    Attributes:
        cpu_s: seconds of CPU until it was found, or until the search was given up.
        steps: taken until then, in all runs together.
        shrunk: the finding; None where there is none.
    """

    bug: HistoricalBug
    cpu_s: float
    steps: int
    shrunk: Violation | None = None

    @property
    def is_found(self) -> bool:
        return self.shrunk is not None


def shortest(sightings: Iterable[Sighting]) -> Violation | None:
    """The shortest run that shows the bug; None where none does."""
    found = [sighting.shrunk for sighting in sightings if sighting.shrunk is not None]
    return min(found, key=lambda violation: len(violation.steps), default=None)


@dataclass(slots=True)
class HistoricalSearch(Shard):
    """The same runs as those of ``run --scope cluster``: every finding is compared with the bugs.

    Attributes:
        bugs: those that are still looked for; any other finding counts as known.
        sightings: those that were found.
        met: signatures of violations that ended runs; where the world is still sound, later runs go on.
        attempts: findings that were shrunk, by bug and signature.
        shrinking_s: seconds of CPU that went into shrinking.
        sighted: told of each bug that was found, at once.
    """

    bugs: list[HistoricalBug] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    met: set[Signature] = field(default_factory=set)
    attempts: Counter[tuple[str, Signature]] = field(default_factory=Counter)
    shrinking_s: float = 0.0
    sighted: Callable[[Sighting], None] = lambda sighting: None

    @property
    def steps(self) -> int:
        """Taken so far, in all runs together."""
        return sum(tally.steps for tally in self.spent_on.values())

    def cpu_s(self) -> float:
        """Seconds of CPU that the search took so far."""
        return time.process_time() - self.began_cpu - self.shrinking_s

    def spent(self) -> bool:
        """Every bug was found, or its time is over."""
        Shard.spent(self)  # which tells how far it is; ``super`` fails in a class with slots
        return all(self.cpu_s() >= bug.limit_s for bug in self.bugs)

    def remainder(self, violation: Violation) -> Violation | None:
        """Return what of a violation ends its run: a bug that is looked for, or what is new."""
        return unless_sound(violation, self.bugs, self.met.__contains__)

    def record_violation(self, violation: Violation) -> None:
        """Compare the violation that ended a run with the bugs that are looked for."""
        self.met.add(signature(violation))
        began, system = time.process_time(), cast("ClusterSystem", self.subject)
        cpu_s = self.cpu_s()
        text = transitions_of(system, violation) if self.bugs else []
        sought = [bug for bug in self.bugs if bug.could_be_in(violation, text)]
        sought = [bug for bug in sought if cpu_s < bug.limit_s and self.is_worth_it(bug, violation)]
        if sought:
            shrunk = shrink(self.subject, violation, SHRINKING_S).violation
            transitions = transitions_of(system, shrunk)
            for bug in [bug for bug in sought if bug.is_in(shrunk, transitions)]:
                self.bugs.remove(bug)
                self.sightings.append(Sighting(bug, cpu_s, self.steps, shrunk))
                self.sighted(self.sightings[-1])
        self.shrinking_s += time.process_time() - began

    def is_worth_it(self, bug: HistoricalBug, violation: Violation) -> bool:
        """Not too many like it were shrunk in vain."""
        attempt = bug.name, signature(violation)
        self.attempts[attempt] += 1
        return self.attempts[attempt] <= ATTEMPTS


def unless_sound(
    violation: Violation, bugs: Iterable[HistoricalBug], is_known: Callable[[Signature], bool]
) -> Violation | None:
    """Return what ends a run: all that may be one of the bugs, and what is not known or not sound."""
    if any(bug.is_said_by(violation) for bug in bugs):
        return violation
    return remainder(violation, is_known)[0]


def look_for(
    subject: ClusterSystem,
    bugs: Sequence[HistoricalBug],
    seed: int,
    tell: Callable[[Sighting], None],
    show: Callable[[HistoricalSearch], None] = lambda search: None,
) -> Sequence[Sighting]:
    """Searches until all are found or their time is over. Each is told at once.

    Args:
        show: told about once a second that the search goes on.
    """
    plan = Plan(subject=subject.name, scope="cluster", seed=seed)
    search = HistoricalSearch(plan, subject, bugs=[*bugs], sighted=tell)
    search.on_progress = lambda finding: show(search)
    fill(search)
    lost = [Sighting(bug, bug.limit_s, search.steps) for bug in search.bugs]
    for sighting in lost:
        tell(sighting)
    return sorted([*search.sightings, *lost], key=lambda sighting: bugs.index(sighting.bug))


def transitions_of(subject: ClusterSystem, violation: Violation) -> Sequence[TaskTransition]:
    """Every transition in the run of a violation."""
    transitions: list[TaskTransition] = []

    def observe(world: ClusterWorld, step: Step | None) -> None:
        transitions.extend(world.transitions)

    world = CLUSTER.open(subject, violation.run_config, observer=observe)
    violation_of(world, violation.steps)
    return transitions


def place(folder: Path, bug: HistoricalBug) -> Path:
    """Return the path of the run that shows a bug."""
    return folder / f"{bug.name.removeprefix('#')}.stem"


def keep(
    folder: Path, subject: ClusterSystem, bug: HistoricalBug, sightings: Iterable[Sighting]
) -> None:
    """Write down the shortest run that shows a bug, if there is one. The folder is made."""
    shrunk = shortest(sightings)
    if shrunk is None:
        return
    text = f"{subject.name} {subject.version()}"
    folder.mkdir(parents=True, exist_ok=True)
    write(
        place(folder, bug),
        corpus_entry.format(CorpusEntry(shrunk.run_config, shrunk.steps, (), text)),
    )


def is_shown(folder: Path, subject: ClusterSystem, bug: HistoricalBug) -> bool | None:
    """Tell whether the run that showed a bug elsewhere shows it on the installed release.

    Steps that are impossible there are left out. None: there is no such run.

    Raises:
        CaseError: the file is not as it was written.
    """
    path = place(folder, bug)
    if not path.exists():
        return None
    entry = corpus_entry.read(path.read_text(encoding="utf-8"), path)
    with GOING_ON.behind(lambda violation: unless_sound(violation, [bug], lambda mark: True)):
        violation = replay(subject, entry.run_config.config, entry.steps, CLUSTER)
        return violation is not None and bug.is_in(violation, transitions_of(subject, violation))


def replayed(
    folder: Path, subject: ClusterSystem, bugs: Sequence[HistoricalBug]
) -> dict[HistoricalBug, bool]:
    """Of each bug that has a run, whether that shows it here."""
    found = ((bug, is_shown(folder, subject, bug)) for bug in bugs)
    return {bug: shown for bug, shown in found if shown is not None}
