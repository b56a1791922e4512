"""A corpus without what it can do without: few stems that reach all that all of them reach."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workerfuzz.harness.cases import corpus, stemfile
from workerfuzz.harness.cases.scopes import Scope
from workerfuzz.harness.cases.stem import Stem
from workerfuzz.harness.engines.feedback import FEEDBACKS
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation


@dataclass(frozen=True, slots=True)
class Minimised:
    """What became of a corpus.

    Attributes:
        before, after: stems of the subject at that scope; all others stay.
        features: what these reach, before and after.
        problems: files that could not be read, and stay; a line each.
    """

    before: int
    after: int
    features: int
    problems: tuple[str, ...] = ()


def minimise(folder: Path, subject: Any, scope: Scope) -> Minimised:
    """Take away the stems of a subject without which the others reach as much.

    Nothing is lost where it is interrupted: stems go when it is known which ones.

    Raises:
        CaseError: as ``corpus.load`` does.
        OSError: a stem could not be taken away.
    """
    loaded = corpus.load(folder)
    stems = [stem for stem in loaded.of(scope.name) if stem.subject.split(" ")[0] == subject.name]
    reached = [reaches(stem, subject, scope) for stem in stems]
    kept = covering(stems, reached)
    corpus.drop(folder, (stem for place, stem in enumerate(stems) if place not in kept))
    features = len(frozenset().union(*reached))
    return Minimised(len(stems), len(kept), features, loaded.problems)


def reaches(stem: Stem, subject: Any, scope: Scope) -> frozenset[str]:
    """All features of a stem on this subject, whoever reached them first."""
    feedback = FEEDBACKS[scope.name]()
    world = scope.open(subject, stem.universe, observer=feedback.observe)
    try:
        for step in stem.steps:
            with suppress(ImpossibleStep):
                world.apply(step)
    except Violation:
        pass  # it breaks something by now; what it reached before counts
    finally:
        world.close()
    return frozenset(feedback.features)


def covering(stems: Sequence[Stem], reached: Sequence[frozenset[str]]) -> set[int]:
    """Places of few stems that reach everything: again and again the one that adds most.

    Of equals the shortest, then the first by name. No other way is known to be much better in general.
    """
    names = [corpus.name_of(stemfile.format(stem)) for stem in stems]
    places = sorted(range(len(stems)), key=lambda it: (len(stems[it].steps), names[it]))
    open_ = frozenset().union(*reached)
    kept: set[int] = set()
    while open_:
        best = max(places, key=lambda it: len(reached[it] & open_))
        kept.add(best)
        open_ -= reached[best]
    return needed(kept, reached)


def needed(kept: set[int], reached: Sequence[frozenset[str]]) -> set[int]:
    """Without those that others, chosen later, make superfluous."""
    for place in sorted(kept, key=lambda it: len(reached[it])):
        others = frozenset().union(*(reached[it] for it in kept if it != place))
        if reached[place] <= others:
            kept = kept - {place}
    return kept
