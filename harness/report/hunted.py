"""What the command line prints of a campaign on clusters."""

from collections.abc import Iterator

from workerfuzz.harness.campaigns.hunt import Hunt, Met
from workerfuzz.harness.engines.keeping import counted
from workerfuzz.strategies.cluster import CLUSTER_STEPS


def hunt_lines(hunt: Hunt) -> Iterator[str]:
    """What was done, what was found, and what was not reached."""
    subject = hunt.subject
    interrupted = ", interrupted" if hunt.interrupted else ""
    rate = hunt.steps / hunt.seconds if hunt.seconds else 0
    yield (
        f"clusters of {subject.name} {subject.version()}, engine walk, seed {hunt.seed}: "
        f"{hunt.runs:,} runs, {hunt.steps:,} steps in {hunt.seconds:.1f} s{interrupted} "
        f"({rate:,.0f} steps/s)"
    )
    yield from step_lines(hunt)
    yield from edge_lines(hunt)
    known = [met for met in hunt.met.values() if met.known is not None]
    for met in sorted(known, key=lambda met: -met.times):
        yield f"known, {counted(met.times, 'run')}: {met.known.title if met.known else ''}"
    for met in hunt.new():
        yield from found_lines(met)
    new = len(hunt.new())
    yield f"{counted(new, 'new finding')}, {len(known)} known" if new else "nothing new was found"


def edge_lines(hunt: Hunt) -> Iterator[str]:
    """What was reached of the transitions that there are, and what was not."""
    for party, edges in hunt.subject.edges().items():
        reached = {edge[1:] for edge in hunt.edges if edge[0] == party}
        missing = sorted(f"{start} -> {end}" for start, end in set(edges) - reached)
        total = f" of {len(edges)}" if edges else ""
        yield f"reached {len(reached & set(edges) or reached)}{total} edges of the {party}"
        if missing:
            yield f"  not reached: {', '.join(missing)}"


def step_lines(hunt: Hunt) -> Iterator[str]:
    """How often each kind of step was taken, and in how much of the time it was possible."""
    watched = max(hunt.watched, 1)
    said = [
        f"{kind.word} {hunt.taken[kind.word]:,} ({hunt.possible[kind.word] / watched:.0%})"
        for kind in CLUSTER_STEPS
    ]
    yield f"steps taken (and possible): {', '.join(said)}"
    cannot = hunt.subject.cannot()
    for word, why in cannot.items():
        yield f"{hunt.subject.name} has no {word}: {why}"
    never = [
        kind.word for kind in CLUSTER_STEPS if not hunt.taken[kind.word] and kind.word not in cannot
    ]
    if never:
        yield f"never taken: {', '.join(never)}"


def found_lines(met: Met) -> Iterator[str]:
    yield ""
    yield f"new, {counted(met.times, 'run')}, first in run {met.run}:"
    if met.kept is not None:
        yield f"  in production mode: {met.consequence}"
        yield from (f"  {line}" for line in met.kept.report())
    if met.alone is not None:
        yield "  one worker alone shows it:"
        yield from (f"    {line}" for line in met.alone.report())
    elif met.projected is not None:
        yield f"  not as a case of one worker: {met.projected.why}"
