"""Lines that the command line prints before and after a night."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.nightly.budget_split import BudgetSplit
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.shard.counters import total
from workerfuzz.harness.cases.format.casefile import fixed_options, replay_command
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.campaign_summary import verdict
from workerfuzz.harness.worlds.scopes import SCOPES

#: Reasons of one phase that are told again in the end.
MOST: Final = 5


def first_lines(night: Night, sharing: BudgetSplit, *, resumed: bool) -> Iterator[str]:
    """Lines before a night begins, or goes on."""
    what = ", ".join(
        f"{target} {night.versions.get(target.subject, '')}".rstrip() for target in night.targets
    )
    if resumed:
        yield f"night {night.name} goes on: {what}; {sharing.left()} left"
    else:
        yield f"night {night.name}, seed {night.seed}: {what}; {night.budget}"
    if night.trial_fixes:
        yield f"with the trial fixes {', '.join(night.trial_fixes)}, where a system has any"
    yield "Ctrl-C ends it with its report; --resume goes on with it"


def last_lines(night: Night, folder: Path, *, only_new: bool = False) -> Iterator[str]:
    """Summary of a night."""
    new = [finding for finding in night.findings if finding.is_new]
    known = [finding for finding in night.findings if not finding.is_new]
    if not only_new:
        for target in night.targets:
            shards = [
                shard
                for shard in night.shards
                if (shard.plan.subject, shard.plan.scope) == target.system
            ]
            done = total(shard.total for shard in shards)
            yield f"{target}: {done.runs:,} runs, {done.steps:,} steps, {done.seconds:,.0f} s of CPU"
        for finding in known:
            yield f"known, {counted(finding.occurrences, 'run')}: {finding.known}"
        for line in night.fixed:
            yield f"fixed: {line}"
    for finding in new:
        yield from new_lines(finding, folder, night.python)
    yield from red_lines(night)
    yield closing(night, verdict(new, known))


def red_lines(night: Night) -> Iterator[str]:
    """Reasons why the night is red, up to ``MOST`` of each phase."""
    for phase in night.phases:
        for why in phase.red[:MOST]:
            yield f"red: {phase.name}: {why}"
        if len(phase.red) > MOST:
            yield f"red: {phase.name}: and {len(phase.red) - MOST} more, told above"


def new_lines(finding: Finding, folder: Path, python: str = "") -> Iterator[str]:
    """All lines of one new finding.

    Args:
        python: interpreter in whose environment it was found; empty: this one.
    """
    what = f"{SCOPES[finding.scope].systems}{finding.subject}"
    yield ""
    runs, first = counted(finding.occurrences, "run"), f"run {finding.run} of seed {finding.seed}"
    yield f"new, {runs} of {what}, first {first}:"
    yield from finding.lines or [
        f"{finding.signature[0]}: {finding.sentence}",
        finding.counterexample,
        "not shrunk",
    ]
    if finding.path:
        options = fixed_options(finding.fixed)
        path = folder / finding.path
        yield f"replay it: {replay_command(path, finding.subject, *options, python=python)}"
    else:
        yield "it could not be written; here it is:"
        yield from finding.case.text.splitlines()


def closing(night: Night, text: str) -> str:
    """The last line."""
    interrupted = ", interrupted: --resume goes on with it" if night.interrupted else ""
    found = any(finding.is_new for finding in night.findings)
    if night.red and not found:  # "nothing new was found" would sound like success
        return f"the night is red{interrupted}"
    return f"{text}; the night is {'red' if night.red else 'green'}{interrupted}"
