"""A night as Markdown, as long as the summary of a step in CI may be."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.finding_text import harm_and_what, what
from workerfuzz.harness.report.groups import Group, groups
from workerfuzz.harness.report.night_report import tables
from workerfuzz.harness.report.night_report.night_report import Morning

#: Findings that are told one by one; GitHub cuts a summary off at 1 MiB.
MOST: Final = 50

#: Characters of a case that are shown.
LONGEST: Final = 4_000

#: What would mean something in the middle of a line; everything else means itself there.
MEANS_SOMETHING: Final = "\\`*_{}[]<>()#+-!|~&"


def markdown(morning: Morning) -> str:
    """The whole text."""
    return "\n".join((*head(morning), *found(morning), *fuzzed(morning), *since(morning), ""))


def plain(text: str) -> str:
    """Text that means nothing but itself, on one line."""
    line = " ".join(text.split())
    return "".join(f"\\{it}" if it in MEANS_SOMETHING else it for it in line)


def code(text: str) -> str:
    """A name in the middle of a line."""
    return f"`{' '.join(text.split()).replace('`', chr(39))}`"


def fenced(text: str) -> Iterator[str]:
    """Lines as they are, in a fence that none of them can end."""
    fence = "```"
    while fence in text:
        fence += "`"
    yield from (fence, *text.splitlines(), fence)


def head(morning: Morning) -> Iterator[str]:
    """Verdict, and why."""
    sign = "❌" if morning.reasons else "✅"
    yield f"## {sign} workerfuzz: {morning.verdict}"
    yield ""
    night = morning.night
    versions = ", ".join(f"{name} {version}" for name, version in night.versions.items())
    lasted = f"{morning.lasted} long" if morning.lasted else "it has not ended"
    ended = ", interrupted" if night.interrupted else ""
    yield plain(f"{night.began[:16]} UTC, {lasted}{ended}, seed {night.seed}; {versions}")
    yield ""
    yield from (f"- **{plain(reason)}**" for reason in morning.headlines)
    yield from (f"- {plain(problem)}" for problem in morning.problems)


def found(morning: Morning) -> Iterator[str]:
    """New findings with their cases, then the others by name."""
    new = morning.new
    if new:
        yield ""
        yield f"### New: {len(new)}"
    for met in new[:MOST]:
        yield from finding(met, morning.command("replay", met))
    if len(new) > MOST:
        yield ""
        yield f"And {len(new) - MOST} more; the report as HTML has them all."
    yield from listed(
        "Seen before", (f"{code(it.signature[0])} {plain(what(it))}" for it in morning.seen)
    )
    yield from listed("Known", (f"{times(it)}: {plain(it.known)}" for it in morning.known))
    yield from listed(
        "Fixed",
        (plain(f"{it.title}, in {it.where}" if it.where else it.title) for it in morning.fixed),
    )
    gone = (f"{code(it.signature[0])} {plain(it.known or what(it))}" for it in morning.gone)
    yield from listed("Met the night before, and not this time", gone)


def finding(met: Finding, replay: str) -> Iterator[str]:
    """A finding that opens, with its case and the command that replays it."""
    yield ""
    yield (
        f"<details><summary><code>{escaped(met.signature[0])}</code> "
        f"{escaped(harm_and_what(met))}, {times(met)}</summary>"
    )
    yield ""
    yield plain(met.sentence)
    if met.case:
        yield ""
        cut = "\n..." if len(met.case.text) > LONGEST else ""
        yield from fenced(met.case.text[:LONGEST] + cut)
    if replay:
        yield ""
        yield "Replay it:"
        yield ""
        yield from fenced(replay)
    yield ""
    yield "</details>"


def times(met: Finding) -> str:
    """``1 run``, ``1,200 runs``."""
    return f"{met.occurrences:,} run{'' if met.occurrences == 1 else 's'}"


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


def fuzzed(morning: Morning) -> Iterator[str]:
    """What was done to each system."""
    if morning.groups:
        yield from table(
            ("system", "runs", "steps", "steps/s", "edges", "never reached", "broken runs"),
            ([*in_numbers(group)] for group in morning.groups),
        )


def in_numbers(group: Group) -> Iterator[str]:
    """One row."""
    yield plain(group.name)
    yield f"{group.done.runs:,}"
    yield f"{group.done.steps:,}"
    yield f"{tables.speed(group) * len(group.shards):,.0f}"
    yield ", ".join(map(str, group.parties())) or "none"
    yield f"{len(group.open())}"
    yield f"{group.done.found:,}"


def since(morning: Morning) -> Iterator[str]:
    """What is different from the night before."""
    if morning.before is None:
        return
    for it in tables.compared(morning.groups, groups(morning.before.shards)):
        rows = (
            (
                it_.name,
                f"{it_.before:,.0f}",
                f"{it_.now:,.0f}",
                it_.told + (f", {it_.judged}" if it_.judged else ""),
            )
            for it_ in it.changes
        )
        yield from table(
            (f"{plain(it.name)}, since the night before", "then", "now", "change"), rows
        )
        if it.gained:
            yield ""
            yield f"Reached now, and not then: {plain(', '.join(it.gained))}"
        if it.lost:
            yield ""
            yield f"Reached then, and not now: {plain(', '.join(it.lost))}"
