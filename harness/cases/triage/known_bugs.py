"""Bugs of released systems that we know: cases with ``breaks:`` in ``regressions/known``."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.cases.format.case import Case, open_world
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.format.files import case_files
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.subjects.process_protocol import ProcessSystem
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties import cluster as must
from workerfuzz.statemachine.properties.assignments import paused_workers_are_given_nothing
from workerfuzz.statemachine.properties.crashes import every_call_returns, process_survives

#: Properties that a process may break for ever, or with its end.
DEADLY: Final = frozenset({process_survives.name, every_call_returns.name})

#: Where their cases are.
FOLDER: Final = Path(str(files("workerfuzz.regressions") / "known"))


#: Scopes whose cases tell what is known at a scope: signatures are the same at both.
KNOWN_FROM: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"cluster": ("cluster",), "process": ("cluster", "process")}
)


def known_cases(folder: Path = FOLDER) -> Iterator[Case]:
    """Every known bug's cases, in the order of their names."""
    yield from packaged_cases() if folder == FOLDER else cases_in(folder)


def cases_in(folder: Path) -> Iterator[Case]:
    """The cases in a folder, if there are any."""
    if folder.is_dir() and any(folder.iterdir()):
        yield from map(load, case_files([folder]))


@cache
def packaged_cases() -> tuple[Case, ...]:
    """The cases of this package; they are read once."""
    return tuple(cases_in(FOLDER))


@dataclass(frozen=True, slots=True)
class Known:
    """Known bugs of one version of a subject.

    Attributes:
        bugs: the property that is broken and the case that shows it, by the shape of the violation.
        fixed: cases that should break there, and do not.
    """

    bugs: Mapping[str, Sequence[tuple[str, Case]]] = field(default_factory=dict)
    fixed: tuple[Case, ...] = ()

    def case_of(self, found: Signature) -> Case | None:
        """Return the case of a known bug; None where it is new."""
        return next(self.cases_of(found), None)

    def cases_of(self, found: Signature) -> Iterator[Case]:
        """Yield all cases that declare a signature, those of the same property first.

        An exception is the same bug whichever property noticed it.
        """
        same = self.bugs.get(found.shape, ())
        yield from (case for broken, case in same if broken == found.property)
        if found.is_raised:
            yield from (case for broken, case in same if broken != found.property)


def breaks_one_of(case: Case, subject: AnySubject, properties: Collection[str]) -> bool:
    """As far as is known, it breaks one of these on this version of a subject."""
    broken = case.known_breaks(subject.name, subject.version())
    return any(known_break.property in properties for known_break in broken)


def known_bugs(
    subject: ClusterSystem | ProcessSystem,
    folder: Path = FOLDER,
    fixed: Collection[str] = (),
    scope: str = "cluster",
) -> Known:
    """Return the known bugs of this version of a subject.

    The signature of a bug is the one that its case declares; a case that declares none is replayed, and
    that of the property which it says is broken counts. Those that would end this process are left out.

    Args:
        fixed: trial fixes in place; the bugs that they fix are not known.
        scope: at which they are met; at that of processes, those of clusters are met as well.
    """
    found: dict[str, list[tuple[str, Case]]] = {}
    mended: list[Case] = []
    for case in known_cases(folder):
        broken = {
            known_break.property
            for known_break in case.known_breaks(subject.name, subject.version())
        }
        if case.scope not in KNOWN_FROM[scope] or not broken or {*case.fixes} & {*fixed}:
            continue
        if process_survives.name in broken:
            continue
        violation = violation_of(open_world(case, subject), case.steps)
        if violation is None:
            if case.scope == scope:
                mended.append(case)
            continue
        mark = signature(violation)
        shapes = case.signatures or ((mark.shape,) if mark.property in broken else ())
        for shape in shapes:
            found.setdefault(shape, []).extend(
                (broken_property, case) for broken_property in sorted(broken)
            )
    return Known(found, tuple(mended))


#: What only looks at tables or messages: leftovers, the subject's validation of itself between two
#: events, what a paused worker is given and begins later.
LEAVES_WORLD_SOUND: Final = frozenset(
    {
        must.nothing_is_left.name,
        must.late_answers_end_nothing.name,
        paused_workers_are_given_nothing.name,
        "scheduler_validate_state",
        "validate_state",
        "waiting_is_counted",
    }
)


def remainder(
    violation: Violation, is_known: Callable[[Signature], bool]
) -> tuple[Violation | None, list[Violation]]:
    """Return what of a violation is not known and ends its run, and what is known.

    Each line of a counterexample about leftovers is one of them: known ones are left out, with what else
    is left of the same keys in the same place.
    """
    if violation.property not in LEAVES_WORLD_SOUND:
        return violation, []
    parts = [*parts_of(violation)]
    known = [violation for violation in parts if is_known(signature(violation))]
    new = [
        violation
        for violation in parts
        if violation not in known and not goes_with(violation, known)
    ]
    if not new:
        return None, known
    if not known:
        return violation, []
    left = replace(
        violation, counterexample="\n".join(violation.counterexample for violation in new)
    )
    return left, known


def goes_with(part: Violation, known: Iterable[Violation]) -> bool:
    """The same participant has no other keys left than those of a known leftover."""
    participant, keys = left_in(part)
    return any(
        participant == left_in(violation)[0] and keys <= left_in(violation)[1]
        for violation in known
    )


def left_in(part: Violation) -> tuple[str, Set[str]]:
    """Return the participant of a line ``w1: tasks: a (error)`` and the keys that it is about."""
    participant, _, rest = part.counterexample.partition(": ")
    keys = rest.partition(": ")[2]
    return participant, {word for word in keys.split() if not word.startswith("(")}


def parts_of(violation: Violation) -> Iterator[Violation]:
    """Yield a violation for each thing that is left; else the violation itself."""
    if violation.property != must.nothing_is_left.name:
        yield violation
        return
    for line in violation.counterexample.splitlines():
        yield replace(violation, counterexample=line)
