"""Validity of a night: it ran every target that was due, and its runs were new."""

from collections.abc import Iterable, Iterator
from typing import Final

from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import NightSummary
from workerfuzz.harness.campaigns.shard.counters import shared, total
from workerfuzz.harness.cases.format.spelling import counted

#: From this share on, tonight's runs are those of another night.
REPEATED: Final = 0.5


def sketch(night: Night) -> list[int]:
    """Of all its runs."""
    return total(shard.total for shard in night.shards).sketch


def likeness(night: Night, nights: Iterable[NightSummary]) -> tuple[float, NightSummary | None]:
    """The former night that had most of tonight's runs, and how many of the sample it had; 0 to 1."""
    tonight = sketch(night)
    most: tuple[float, NightSummary | None] = (0.0, None)
    for other in nights:
        its = shared(tonight, other.sketch)
        if its > most[0]:
            most = (its, other)
    return most


def told(night: Night, nights: list[NightSummary]) -> str:
    """One line on how many of the runs were new."""
    sampled, runs = len(sketch(night)), sum(shard.total.runs for shard in night.shards)
    share, other = likeness(night, nights)
    was = f"{share:.0%} of them were among those of night {other.name}" if other else "none is old"
    compared = (
        f"compared with {counted(len(nights), 'former night')}"
        if nights
        else "the first night here"
    )
    return f"{runs:,} runs; of {sampled} that were sampled, {was}; {compared}"


def wrong(night: Night, nights: list[NightSummary]) -> Iterator[str]:
    """Why the night proves nothing, a line each."""
    for target in night.targets:
        its = (it for it in night.shards if (it.plan.subject, it.plan.scope) == target.system)
        if not any(shard.total.runs for shard in its) and not night.interrupted:
            yield f"there was no run of {target}"
    for other in nights:
        if other.seed == night.seed:
            yield f"seed {night.seed} is that of night {other.name}, too; a night needs a fresh one"
    share, like = likeness(night, nights)
    if like is not None and share >= REPEATED:
        yield (
            f"tonight's runs are not new: {share:.0%} of those that were sampled are those of "
            f"night {like.name}; another --seed makes others"
        )
