"""A diagnosis for people: one screen, the root first, in plain sentences."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.cases.format.casefile import case_command
from workerfuzz.harness.diagnose.diagnosis import ChainGroup, Diagnosis
from workerfuzz.harness.diagnose.known_shapes import MOST_CANDIDATES, Candidate
from workerfuzz.harness.diagnose.model import SCHEDULER, ClusterDump
from workerfuzz.harness.diagnose.names import printable
from workerfuzz.harness.diagnose.waiting import Link, RootKind, named
from workerfuzz.harness.diagnose.worker_case import WorkerCase

#: Most of each that fits on one screen.
MOST_GROUPS: Final = 4
MOST_LINKS: Final = 6
MOST_CONTRADICTIONS: Final = 5
MOST_LINES: Final = 14

#: Headline of a group of chains, by the kind of their root.
HEADLINES: Final[Mapping[RootKind, str]] = MappingProxyType(
    {
        RootKind.STUCK: "will not come: nothing that goes on would bring it",
        RootKind.NO_ANSWER: "depends on a worker that did not answer",
        RootKind.UNSATISFIABLE: "may not be computed by any worker that is there",
        RootKind.PAUSED: "waits for a worker that is paused",
        RootKind.TRANSFER: "waits for a copy that takes long",
        RootKind.RUNNING: "waits for a function that runs",
        RootKind.MOVING: "is on its way",
    }
)

#: The same in the summary of what goes on, for any number of keys.
GOING_ON: Final[Mapping[RootKind, str]] = MappingProxyType(
    {
        RootKind.RUNNING: "behind functions that run",
        RootKind.TRANSFER: "behind copies between workers",
        RootKind.MOVING: "with news a moment ago",
    }
)


def seconds(amount: float) -> str:
    """``3.2 s``, ``40 s``, ``12 min`` or ``3.4 h``."""
    if amount < 10:
        return f"{amount:.1f} s"
    if amount < 120:
        return f"{amount:.0f} s"
    return f"{amount / 60:.0f} min" if amount < 7200 else f"{amount / 3600:.1f} h"


def count(number: int, what: str) -> str:
    """``1 key`` or ``2 keys``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def report(diagnosis: Diagnosis, width: int, *, everything: bool = False) -> Iterator[str]:
    """Yield the lines of a diagnosis; only printable characters.

    Args:
        everything: all of it, and not only what fits on one screen.
    """
    for line in lines_of(diagnosis, everything=everything):
        text = printable(line)
        indent = len(text) - len(text.lstrip())
        hanging = " " * (indent + hanging_of(text[indent:]))
        wrapped = textwrap.wrap(
            text[indent:], max(width - indent, 30), break_long_words=False, break_on_hyphens=False,
            subsequent_indent=hanging[indent:],
        )  # fmt: skip
        yield from (" " * indent + line for line in wrapped) if wrapped else [""]


def hanging_of(text: str) -> int:
    """Width of the place in front of a sentence: two blanks follow it."""
    place, blanks, _ = text.partition("  ")
    rest = text[len(place) :]
    return len(place) + len(rest) - len(rest.lstrip()) if blanks and len(place) < 24 else 2


def lines_of(diagnosis: Diagnosis, *, everything: bool = False) -> Iterator[str]:
    """Yield the lines of a diagnosis before they are wrapped."""
    most = (lambda number: 10**9) if everything else (lambda number: number)
    yield from heading(diagnosis)
    for group in diagnosis.groups[: most(MOST_GROUPS)]:
        yield ""
        yield from of_group(diagnosis, group, most(MOST_LINKS))
    if len(diagnosis.groups) > most(MOST_GROUPS):
        rest = diagnosis.groups[MOST_GROUPS:]
        keys = count(sum(len(group.wanted) for group in rest), "key")
        yield f"And {keys} in {len(rest)} other ways; --all tells."
    yield from of_going_on(diagnosis)
    yield from of_contradictions(diagnosis, most(MOST_CONTRADICTIONS))
    yield from of_candidates(diagnosis, most(MOST_CANDIDATES))
    yield from of_story(diagnosis, most(MOST_LINES))


def heading(diagnosis: Diagnosis) -> Iterator[str]:
    dump = diagnosis.dump
    release = f"distributed {dump.release}" if dump.release else "distributed of unknown release"
    if not dump.has_scheduler:
        yield f"{dump.source}: {release}, one worker alone; nobody is known to want anything of it"
    else:
        workers = count(len(dump.scheduler.workers), "worker")
        tasks = count(len(dump.scheduler.tasks), "task")
        wanted = count(diagnosis.wanted, "key")
        read = f"{tasks} read, of those that are not there" if dump.is_partial else tasks
        yield f"{dump.source}: {release}, {workers}, {read}, {wanted} wanted"
    for address, why in dump.silent.items():
        yield f"{dump.labels[address]} ({address}) did not answer: {why}"
    mentioned = dict.fromkeys(
        link.place
        for group in diagnosis.groups[:MOST_GROUPS]
        for link in group.chain.links
        if link.place != SCHEDULER and dump.labels[link.place] not in link.place
    )
    for address in mentioned:
        yield f"{dump.labels[address]} is {address}"


def of_group(diagnosis: Diagnosis, group: ChainGroup, most: int) -> Iterator[str]:
    """Yield one chain from its root up, and who waits like that."""
    chain, dump = group.chain, diagnosis.dump
    yield headline(group)
    for number, link in enumerate(reversed(shortened(chain.links, most))):
        yield f"  {'root' if number == 0 else 'so'}  {place_of(dump, link)}: {link.sentence}"
    clients = ", ".join(chain.clients)
    yield f"  so  {clients or 'nobody'} waits for {chain.wanted}"
    if len(group.roots) > 1:
        yield f"  {len(group.roots):,} roots like this: {named(group.roots)}"


def headline(group: ChainGroup) -> str:
    """Return who waits, and for what kind of thing."""
    chain = group.chain
    what = chain.wanted if len(group.wanted) == 1 else f"Each of {named(group.wanted)}"
    return f"{what} {HEADLINES[chain.kind]}; no news for {seconds(chain.age_s)}."


def shortened(links: Iterable[Link], most: int) -> list[Link]:
    """Return the last links, and the first one; of those between, only how many there are."""
    listed = [*links]
    if len(listed) <= most:
        return listed
    left_out = len(listed) - most + 1
    gap = listed[1]._replace(sentence=f"and so on, for {left_out:,} more keys")
    return [listed[0], gap, *listed[-(most - 2) :]]


def place_of(dump: ClusterDump, link: Link) -> str:
    return SCHEDULER if link.place == SCHEDULER else dump.labels[link.place]


def of_going_on(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield a summary of what is on its way."""
    if not diagnosis.going_on:
        if not diagnosis.groups and diagnosis.dump.has_scheduler:
            yield "Every key that a client wants is there, or has failed and the client was told."
        return
    total = sum(diagnosis.going_on.values())
    parts = [f"{number:,} {GOING_ON[kind]}" for kind, number in diagnosis.going_on.items()]
    yield ""
    yield f"{count(total, 'key')} on the way: {', '.join(parts)}."
    longest = diagnosis.longest_run
    if longest is not None:
        root = longest.root
        where = diagnosis.dump.labels[root.place]
        yield f"  {root.key} has run on {where} for {seconds(longest.age_s)}: your function, not Dask"


def of_contradictions(diagnosis: Diagnosis, most: int) -> Iterator[str]:
    found = diagnosis.contradictions
    yield ""
    if not found:
        yield f"Nothing contradicts itself that has been quiet for {seconds(diagnosis.settled_s)}."
        return
    yield f"Contradictions, of keys without news for {seconds(diagnosis.settled_s)} or more:"
    for contradiction in found[:most]:
        where = (
            SCHEDULER
            if contradiction.place == SCHEDULER
            else diagnosis.dump.labels[contradiction.place]
        )
        quiet = seconds(contradiction.quiet_s)
        yield f"  {where}: {contradiction.text} ({contradiction.property}, {quiet})"
    if len(found) > most:
        yield f"  and {len(found) - most:,} more; --all tells"


def of_candidates(diagnosis: Diagnosis, most: int) -> Iterator[str]:
    found = diagnosis.candidates
    if not found:
        if diagnosis.contradictions:
            yield ""
            yield "It looks like no known bug: please report it, with this and the dump."
        return
    yield ""
    yield "Looks like, most likely first:"
    for number, candidate in enumerate(found[:most], 1):
        yield f"  {number}  {candidate.title}"
        yield f"     {' · '.join(told_of(candidate, diagnosis.dump.release))}"
        if candidate.workaround:
            yield f"     way around: {candidate.workaround}"
    if len(found) > most:
        yield f"  and {count(len(found) - most, 'other')}; --all tells"


def told_of(candidate: Candidate, release: str) -> Iterator[str]:
    other = f", though this is {release}" if candidate.is_release is False else ""
    yield f"distributed {candidate.releases}{other}"
    if candidate.upstream:
        yield candidate.upstream
    others = ", ".join(case[:4] for case in candidate.also)
    yield f"workerfuzz show regressions/known/{candidate.case}{f' (also {others})' * bool(others)}"


def of_story(diagnosis: Diagnosis, most: int) -> Iterator[str]:
    """Yield how it came, with the last lines where there are many."""
    lines = diagnosis.story
    if not lines:
        return
    yield ""
    left_out = len(lines) - most
    before = f" ({left_out:,} earlier lines: --all)" if left_out > 0 else ""
    yield f"How {named(diagnosis.story_of)} came there{before}:"
    labels = diagnosis.dump.labels
    width = max(len(labels[place]) for place, _ in lines)
    for place, text in lines[max(left_out, 0) :]:
        yield f"  {labels[place]:{width}}  {text}"


def of_case(diagnosis: Diagnosis, found: WorkerCase, path: Path | None) -> Iterator[str]:
    """Yield what came of the log of one worker."""
    where = SCHEDULER if found.place == SCHEDULER else diagnosis.dump.labels[found.place]
    keys = printable(named(found.keys))
    if found.case is None or path is None:
        yield f"No case of {where} ({keys}): {printable(found.refusal)}."
        return
    broken = found.case.breaks[0].property
    steps = count(len(found.case.steps), "step")
    yield f"Case of {where} ({keys}): {path}: {steps} of {found.events} events break {broken}."
    yield f"  It shows {where}'s half: {where}, told so, ends like this. Not why it was told so."
    yield f"  {case_command('replay', path, found.case.subjects[0])}"
