"""A corpus without what it can do without: few entries that reach all that all of them reach."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from workerfuzz.harness.cases.format import corpus, corpus_entry
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.engines.walk.feedback import FEEDBACKS
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.playing import play
from workerfuzz.harness.worlds.scopes import FuzzingScope


@dataclass(frozen=True, slots=True)
class Minimised:
    """Result of minimising a corpus.

    Attributes:
        before, after: entries of the subject at that scope; all others stay.
        features: what these reach, before and after.
        problems: files that could not be read, and stay; a line each.
    """

    before: int
    after: int
    features: int
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"{counted(self.before, 'corpus entry')}, of which {self.after:,} reach all"
        return f"{text} {counted(self.features, 'feature')}"


#: Gives entries one after the other, and may show how many were given.
Follow: TypeAlias = Callable[[Sequence[CorpusEntry]], Iterable[CorpusEntry]]


def minimise(
    folder: Path, subject: AnySubject, scope: FuzzingScope, follow: Follow = iter
) -> Minimised:
    """Take away the entries of a subject without which the others reach as much.

    They are replayed on the release that is here, whichever they were found on; those that stay say
    what they reach on it, so that a walk which loads them takes nothing of that for new. Nothing is
    lost where it is interrupted: entries go when those that stay are written.

    Raises:
        CaseError: as ``corpus.load`` does.
        OSError: an entry could not be written or taken away.
    """
    loaded = corpus.load(folder)
    entries = loaded.of(subject.name, scope.name, scope.kinds)
    reached = [reaches(entry, subject, scope) for entry in follow(entries)]
    kept = covering(entries, [frozenset(features) for features in reached])
    text = f"{subject.name} {subject.version()}"
    written = {corpus.store(folder, entry) for entry in retold(entries, reached, kept, text)}
    corpus.drop(
        folder, (entry for entry in entries if corpus.path_of(folder, entry) not in written)
    )
    features = len(frozenset().union(*reached))
    return Minimised(len(entries), len(kept), features, loaded.problems)


def reaches(entry: CorpusEntry, subject: AnySubject, scope: FuzzingScope) -> tuple[str, ...]:
    """All features of an entry on this subject, whoever reached them first, in order."""
    feedback = FEEDBACKS[scope.name]()
    world = scope.open(subject, entry.run_config, observer=feedback.observe)
    for _ in play(world, entry.steps, skip_impossible=True, rest=False):
        pass  # where it breaks something by now, all that it reached before counts
    return tuple(feedback.fresh)


def retold(
    entries: Sequence[CorpusEntry], reached: Sequence[Sequence[str]], kept: Sequence[int], text: str
) -> Iterator[CorpusEntry]:
    """Those that stay; each has the features that none before it has."""
    told: set[str] = set()
    for place in kept:
        first = tuple(feature for feature in reached[place] if feature not in told)
        told.update(first)
        yield replace(entries[place], reached=first, subject=text)


def covering(entries: Sequence[CorpusEntry], reached: Sequence[frozenset[str]]) -> list[int]:
    """Places of few entries that reach everything: again and again the one that adds most.

    Of equals the shortest, then the first by its text. No other way is known to be much better in
    general.

    Returns:
        the shortest first; the same for the same universes and steps, whatever else the entries say.
    """
    texts = [corpus_entry.format(replace(entry, reached=(), subject="")) for entry in entries]
    places = sorted(
        range(len(entries)), key=lambda number: (len(entries[number].steps), texts[number])
    )
    missing = set().union(*reached)
    kept: set[int] = set()
    # Lazy greedy: what an entry adds never grows, so one that still adds as much as when it was put
    # into the heap adds most of all; others are put back with what they add now.
    heap = [(-len(reached[place]), rank, place) for rank, place in enumerate(places)]
    heapq.heapify(heap)
    while missing:
        gain, rank, best = heap[0]
        added = len(reached[best] & missing)
        if added != -gain:
            heapq.heapreplace(heap, (-added, rank, best))
            continue
        heapq.heappop(heap)
        kept.add(best)
        missing -= reached[best]
    kept = needed(kept, reached)
    return [place for place in places if place in kept]


def needed(kept: set[int], reached: Sequence[frozenset[str]]) -> set[int]:
    """Without those that others, chosen later, make superfluous; the one that reaches least first."""
    times = Counter(feature for place in kept for feature in reached[place])
    left = set(kept)
    for place in sorted(kept, key=lambda place: (len(reached[place]), place)):
        if all(times[feature] > 1 for feature in reached[place]):
            times.subtract(reached[place])
            left.discard(place)
    return left
