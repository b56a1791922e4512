"""How often properties are checked. Counting costs, so that only some runs are counted."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from workerfuzz.harness.campaigns.mutants.mutant import called
from workerfuzz.harness.cases.format.vocabulary import properties
from workerfuzz.harness.subjects.reference import worker
from workerfuzz.statemachine.properties.property import Check
from workerfuzz.statemachine.properties.record_features import RecordFeatures
from workerfuzz.statemachine.properties.records import INVARIANTS


@contextmanager
def counted(counts: dict[str, int]) -> Iterator[None]:
    """While this lasts, each check of a property of ours is counted under its name."""
    originals = {found.name: (found, found.check) for found in properties().values()}
    try:
        for name, (found, check) in originals.items():
            object.__setattr__(found, "check", counting(name, check, counts))
        with called(worker, "judged").changed(judging(counts)):
            yield
    finally:
        for found, check in originals.values():
            object.__setattr__(found, "check", check)


def counting(name: str, check: Check, counts: dict[str, int]) -> Check:
    """The same check, which counts itself."""

    def counted_check(*about: Any) -> Iterable[str]:
        counts[name] = counts.get(name, 0) + 1
        return check(*about)

    return counted_check


def judging(counts: dict[str, int]) -> Callable[..., Any]:
    """What a record breaks by its shape is looked up: that is a check, too."""

    def judged(original: Callable[[RecordFeatures], Any], shape: RecordFeatures) -> Any:
        for found in INVARIANTS:
            counts[found.name] = counts.get(found.name, 0) + 1
        return original(shape)

    return judged
