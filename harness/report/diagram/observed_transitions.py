"""Number of times that runs took each transition, read from a night or a shard."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workerfuzz.harness.campaigns.nightly.folder import FolderError
from workerfuzz.harness.campaigns.nightly.night_files import shards_at
from workerfuzz.harness.campaigns.shard.counters import total
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.report.groups import groups


@dataclass(frozen=True, slots=True)
class ObservedTransitions:
    """Transitions that were taken.

    Attributes:
        counts: by names such as ``worker flight -> memory``; 0 for those that could have been.
        description: whose runs they are, for people.
    """

    counts: Mapping[str, int]
    description: str


def observed_in(
    path: Path, participant: str, subject: str | None, scope: str | None
) -> ObservedTransitions:
    """Return the transitions that runs of a subject and a scope took; None: of any.

    Raises:
        FolderError: nothing is there, or no such runs are.
    """
    every = shards_at(path)
    shown = [
        shard
        for shard in every
        if subject in (None, shard.plan.subject) and scope in (None, shard.plan.scope)
    ]
    seen = of_shards(shown, participant)
    if not seen.description:
        wanted = " of ".join(filter(None, (scope, subject)))
        raise FolderError(
            f"{path}: no runs{f' of {wanted}' if wanted else ''} with a {participant}; there are "
            f"{', '.join(group.name for group in groups(every)) or 'none'}"
        )
    return seen


def of_shards(shards: Iterable[ShardResult], participant: str) -> ObservedTransitions:
    """Return the transitions that runs of shards with such a participant took."""
    shown = [group for group in groups(shards) if group.edges(participant).counts]
    done = total(group.done for group in shown)
    counts = {name: 0 for group in shown for name in group.edges(participant).known} | done.edges
    description = (
        f"{counted(done.runs, 'run')} of {', '.join(group.name for group in shown)}"
        if shown
        else ""
    )
    return ObservedTransitions(counts, description)
