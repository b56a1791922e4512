"""Summary of a corpus as the command line prints it."""

from collections.abc import Iterator

from workerfuzz.harness.cases.format.corpus import Stats
from workerfuzz.harness.cases.format.spelling import counted


def stats_lines(stats: Stats) -> Iterator[str]:
    """Counts of entries, by scope and subject, and of the features that they reach."""
    total = stats.entries.total()
    steps = stats.steps / total if total else 0
    yield f"{counted(total, 'corpus entry')}, {steps:.1f} steps each, {stats.nbytes / 1024:,.1f} KiB"
    for (scope, subject), count in sorted(stats.entries.items()):
        yield f"  {scope}, {subject or 'no subject'}: {counted(count, 'corpus entry')}"
    for scope, count in sorted(stats.features.items()):
        yield f"  {scope}: {counted(count, 'feature')} reached"
