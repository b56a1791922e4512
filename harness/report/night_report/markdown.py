"""A night as Markdown, as long as the summary of a step in CI may be."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.finding_text import harm_and_what, what
from workerfuzz.harness.report.groups import Group, groups
from workerfuzz.harness.report.night_report import tables
from workerfuzz.harness.report.night_report.night_report import NightReport

#: Findings that are told one by one; GitHub cuts a summary off at 1 MiB.
MOST: Final = 50

#: Characters of a case that are shown.
LONGEST: Final = 4_000

#: What would mean something in the middle of a line; everything else means itself there.
MEANS_SOMETHING: Final = "\\`*_{}[]<>()#+-!|~&"


def markdown(night_report: NightReport) -> str:
    """The whole text."""
    return "\n".join(
        (*head(night_report), *found(night_report), *fuzzed(night_report), *since(night_report), "")
    )


def plain(text: str) -> str:
    """Text that means nothing but itself, on one line."""
    line = " ".join(text.split())
    return "".join(
        f"\\{character}" if character in MEANS_SOMETHING else character for character in line
    )


def code(text: str) -> str:
    """A name in the middle of a line."""
    return f"`{' '.join(text.split()).replace('`', chr(39))}`"


def fenced(text: str) -> Iterator[str]:
    """Lines as they are, in a fence that none of them can end."""
    fence = "```"
    while fence in text:
        fence += "`"
    yield from (fence, *text.splitlines(), fence)


def head(night_report: NightReport) -> Iterator[str]:
    """Verdict, and why."""
    sign = "❌" if night_report.reasons else "✅"
    yield f"## {sign} workerfuzz: {night_report.verdict}"
    yield ""
    night = night_report.night
    versions = ", ".join(f"{name} {version}" for name, version in night.versions.items())
    lasted = f"{night_report.lasted} long" if night_report.lasted else "it has not ended"
    ended = ", interrupted" if night.interrupted else ""
    yield plain(f"{night.began[:16]} UTC, {lasted}{ended}, seed {night.seed}; {versions}")
    yield ""
    yield from (f"- **{plain(reason)}**" for reason in night_report.headlines)
    yield from (f"- {plain(problem)}" for problem in night_report.problems)


def found(night_report: NightReport) -> Iterator[str]:
    """New findings with their cases, then the others by name."""
    new = night_report.new
    if new:
        yield ""
        yield f"### New: {len(new)}"
    for finding in new[:MOST]:
        yield from finding_details(finding, night_report.command("replay", finding))
    if len(new) > MOST:
        yield ""
        yield f"And {len(new) - MOST} more; the report as HTML has them all."
    yield from listed(
        "Seen before",
        (f"{code(finding.signature[0])} {plain(what(finding))}" for finding in night_report.seen),
    )
    yield from listed(
        "Known", (f"{times(finding)}: {plain(finding.known)}" for finding in night_report.known)
    )
    yield from listed(
        "Fixed",
        (
            plain(f"{fixed.title}, in {fixed.where}" if fixed.where else fixed.title)
            for fixed in night_report.fixed
        ),
    )
    gone = (
        f"{code(finding.signature[0])} {plain(finding.known or what(finding))}"
        for finding in night_report.gone
    )
    yield from listed("Found the night before, and not this time", gone)


def finding_details(finding: Finding, replay: str) -> Iterator[str]:
    """A finding that opens, with its case and the command that replays it."""
    yield ""
    yield (
        f"<details><summary><code>{escaped(finding.signature[0])}</code> "
        f"{escaped(harm_and_what(finding))}, {times(finding)}</summary>"
    )
    yield ""
    yield plain(finding.sentence)
    if finding.case.text:
        yield ""
        cut = "\n..." if len(finding.case.text) > LONGEST else ""
        yield from fenced(finding.case.text[:LONGEST] + cut)
    if replay:
        yield ""
        yield "Replay it:"
        yield ""
        yield from fenced(replay)
    yield ""
    yield "</details>"


def times(finding: Finding) -> str:
    """``1 run``, ``1,200 runs``."""
    return f"{finding.occurrences:,} run{'' if finding.occurrences == 1 else 's'}"


def escaped(text: str) -> str:
    """Text in the middle of HTML, which GitHub reads there."""
    line = " ".join(text.split())
    for letter, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        line = line.replace(letter, name)
    return line


def listed(name: str, lines: Iterable[str]) -> Iterator[str]:
    """A heading and a list; nothing where that is empty."""
    every = list(lines)
    if every:
        yield ""
        yield f"### {name}: {len(every)}"
        yield ""
        yield from (f"- {line}" for line in every[:MOST])
    if len(every) > MOST:
        yield f"- and {len(every) - MOST} more"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, the others to the right."""
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"| --- |{' ---: |' * (len(heads) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def fuzzed(night_report: NightReport) -> Iterator[str]:
    """Yield the work done on each system."""
    if night_report.groups:
        yield from table(
            (
                "system",
                "runs",
                "steps",
                "steps/s",
                "transitions taken",
                "not reached yet",
                "runs with a violation",
            ),
            ([*in_numbers(group)] for group in night_report.groups),
        )


def in_numbers(group: Group) -> Iterator[str]:
    """One row."""
    yield plain(group.name)
    yield f"{group.done.runs:,}"
    yield f"{group.done.steps:,}"
    yield f"{tables.speed(group) * len(group.shards):,.0f}"
    yield ", ".join(map(str, group.participants())) or "none"
    yield f"{len(group.open())}"
    yield f"{group.done.found:,}"


def since(night_report: NightReport) -> Iterator[str]:
    """Yield the differences from the night before."""
    if night_report.before is None:
        return
    for compared in tables.compared(night_report.groups, groups(night_report.before.shards)):
        rows = (
            (
                it_.name,
                f"{it_.before:,.0f}",
                f"{it_.now:,.0f}",
                it_.description + (f", {it_.judged}" if it_.judged else ""),
            )
            for it_ in compared.changes
        )
        yield from table(
            (f"{plain(compared.name)}, since the night before", "then", "now", "change"), rows
        )
        if compared.gained:
            yield ""
            yield f"Reached now, and not then: {plain(', '.join(compared.gained))}"
        if compared.lost:
            yield ""
            yield f"Reached then, and not now: {plain(', '.join(compared.lost))}"
