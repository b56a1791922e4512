"""Violations of known bugs after which a world is still sound."""

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import replace
from typing import Final

from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.properties import cluster as must

#: What only looks at tables: leftovers, and the subject's validation of itself between two events.
SOUND: Final = frozenset(
    {
        must.nothing_is_left.name,
        must.late_answers_end_nothing.name,
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
    if violation.property not in SOUND:
        return violation, []
    parts = [*parts_of(violation)]
    known = [it for it in parts if is_known(signature(it))]
    new = [it for it in parts if it not in known and not goes_with(it, known)]
    if not new:
        return None, known
    if not known:
        return violation, []
    left = replace(violation, counterexample="\n".join(it.counterexample for it in new))
    return left, known


def goes_with(part: Violation, known: Iterable[Violation]) -> bool:
    """The same participant has no other keys left than those of a known leftover."""
    participant, keys = left_in(part)
    return any(participant == left_in(it)[0] and keys <= left_in(it)[1] for it in known)


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
