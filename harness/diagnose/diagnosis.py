"""The diagnosis of a cluster: what its dump comes to, ready to be told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from workerfuzz.harness.diagnose.contradictions import Contradiction, contradictions
from workerfuzz.harness.diagnose.known_shapes import Candidate, looks_like
from workerfuzz.harness.diagnose.model import ClusterDump
from workerfuzz.harness.diagnose.story import story
from workerfuzz.harness.diagnose.waiting import Chain, RootKind, Waiting

#: A key without news for so long has come to rest, in seconds.
SETTLED_S: Final = 10.0

#: Nothing has to be done about what waits for these.
GOING_ON: Final = frozenset({RootKind.MOVING, RootKind.RUNNING})


@dataclass(frozen=True, slots=True)
class ChainGroup:
    """Chains that end alike.

    Attributes:
        chain: the one that has waited for longest.
        wanted: all keys that wait like this, that of ``chain`` first.
        roots: the keys at which they end.
    """

    chain: Chain
    wanted: tuple[str, ...]
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that is told of one dump.

    Attributes:
        groups: chains that stand, the worst first.
        going_on: number of wanted keys on their way, by what they wait for.
        contradictions: those that are settled; any of them makes the exit status 1.
        candidates: known bugs that it looks like, most likely first.
        story: (place, sentence) about the root of the first group.
        story_of: keys that the story is about.
    """

    dump: ClusterDump
    settled_s: float
    wanted: int
    groups: tuple[ChainGroup, ...]
    going_on: Mapping[RootKind, int]
    longest_run: Chain | None
    contradictions: tuple[Contradiction, ...]
    candidates: tuple[Candidate, ...]
    story: tuple[tuple[str, str], ...]
    story_of: tuple[str, ...]

    @property
    def is_contradictory(self) -> bool:
        return bool(self.contradictions)


def diagnosed(dump: ClusterDump, settled_s: float = SETTLED_S) -> Diagnosis:
    """Diagnose a dump."""
    chains = Waiting(dump, settled_s).chains()
    standing = [chain for chain in chains if stands(chain, settled_s)]
    groups = grouped(standing)
    broken = contradictions(dump, settled_s)
    going_on = Counter(chain.kind for chain in chains if not stands(chain, settled_s))
    running = [chain for chain in chains if chain.kind is RootKind.RUNNING]
    keys = keys_of_story(groups, broken)
    return Diagnosis(
        dump,
        settled_s,
        len(dump.wanted()),
        groups,
        going_on,
        max(running, key=lambda chain: chain.age_s, default=None),
        tuple(broken),
        tuple(looks_like(dump, standing, broken)),
        tuple(story(dump, keys)),
        keys,
    )


def stands(chain: Chain, settled_s: float) -> bool:
    """Something has to be done about it: it does not go on by itself, as far as can be told."""
    if chain.kind is RootKind.TRANSFER:
        return chain.age_s >= settled_s
    return chain.kind not in GOING_ON


def grouped(chains: Sequence[Chain]) -> tuple[ChainGroup, ...]:
    """Return chains by kind and shape; the order of the first of each stays."""
    found: dict[tuple[RootKind, str], list[Chain]] = {}
    for chain in chains:
        found.setdefault((chain.kind, chain.shape), []).append(chain)
    return tuple(
        ChainGroup(
            same[0],
            tuple(dict.fromkeys(chain.wanted for chain in same)),
            tuple(dict.fromkeys(chain.root.key for chain in same)),
        )
        for same in found.values()
    )


def keys_of_story(groups: Sequence[ChainGroup], broken: Sequence[Contradiction]) -> tuple[str, ...]:
    """Return the keys at the end of the worst chain: the root, and what waits for it there."""
    if groups:
        links = groups[0].chain.links[-2:]
        return tuple(dict.fromkeys(link.key for link in links if link.key))
    return tuple(dict.fromkeys(contradiction.key for contradiction in broken[:1]))


def as_data(diagnosis: Diagnosis) -> dict[str, object]:
    """Return a diagnosis as JSON can carry it."""
    dump = diagnosis.dump
    return {
        "source": dump.source,
        "distributed": dump.release,
        "settled_s": diagnosis.settled_s,
        "tasks": len(dump.scheduler.tasks),
        "wanted": diagnosis.wanted,
        "workers": sorted(dump.scheduler.workers or dump.workers),
        "silent": dump.silent,
        "waiting": [
            {
                "kind": group.chain.kind.name.lower(),
                "shape": group.chain.shape,
                "age_s": group.chain.age_s,
                "wanted": group.wanted,
                "roots": group.roots,
                "clients": group.chain.clients,
                "chain": [
                    {"place": link.place, "key": link.key, "sentence": link.sentence}
                    for link in group.chain.links
                ],
            }
            for group in diagnosis.groups
        ],
        "going_on": {kind.name.lower(): count for kind, count in diagnosis.going_on.items()},
        "contradictions": [asdict(contradiction) for contradiction in diagnosis.contradictions],
        "looks_like": [asdict(candidate) for candidate in diagnosis.candidates],
        "story_of": diagnosis.story_of,
        "story": [{"place": place, "sentence": text} for place, text in diagnosis.story],
    }
