"""Summary of a campaign as the command line prints it: the work done, the edges reached, the verdict."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format.casefile import case_command, fixed_options
from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.protocol import Explored, ExploredUniverse
from workerfuzz.harness.subjects import DEFAULT, declaration, has_clusters
from workerfuzz.harness.worlds.scopes import SCOPES

#: Columns of commands beside which there is room for their purposes.
WIDEST: Final = 50

#: Findings whose case is named among the next commands.
SUGGESTED: Final = 2


def campaign_lines(account: ShardResult, *, verbose: bool = False) -> Iterator[str]:
    """The same for every scope and every engine.

    Args:
        verbose: list every kind of step, the kinds that the subject does not have, and everything
            that was not reached. Otherwise these are counted.
    """
    done, plan = account.total, account.plan
    yield first_line(account)
    if account.explored is not None:
        yield explored_line(account.explored)
        yield from map(universe_line, account.explored.universes)
    yield f"reached {', '.join(reached(account, done))}"
    if verbose:
        yield from detail_lines(account, done)
    if plan.corpus:
        entries = f"{account.corpus_size:,} {'entry' if account.corpus_size == 1 else 'entries'}"
        yield (
            f"corpus {plan.corpus}: runs were mutated from {entries}, {account.corpus_added:,} added"
        )
    yield from finding_lines(account)
    commands = [*next_commands(account)]
    if commands:
        yield ""
        yield "next:"
        yield from aligned(commands)


def wrapped(lines: Iterable[str], columns: int) -> Iterator[str]:
    """Lines of prose, broken between words; commands, drawings and cases stay as they are."""
    for line in lines:
        if len(line) <= columns or is_verbatim(line):
            yield line
        else:
            indent = " " * (len(line) - len(line.lstrip()) + 2)
            yield from textwrap.wrap(
                line,
                columns,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )


def is_verbatim(line: str) -> bool:
    """True of a command, a step, or a row of a drawing, which a line break would destroy."""
    return line.lstrip().startswith(("replay it: ", "workerfuzz ", "> ")) or "│" in line


def first_line(account: ShardResult) -> str:
    """The system, the engine and the amount of work."""
    done = account.total
    interrupted = ", interrupted" if account.interrupted else ""
    rate = done.steps / account.seconds if account.seconds else 0
    plan = account.plan
    what = SCOPES[plan.scope].systems
    seed = "" if plan.explores else f", seed {plan.seed}"
    return (
        f"{what}{plan.subject} {account.version}, engine {plan.engine}{seed}: "
        f"{done.runs:,} runs, {done.steps:,} steps in {account.seconds:.1f} s{interrupted} "
        f"({rate:,.0f} steps/s)"
    )


#: The limit that ended an exploration before it was complete.
ENDS: Final[Mapping[str, str]] = {
    "depth": "longer runs were not asked for",
    "states": "the limit of states was reached",
    "time": "its time was over",
    "": "it was interrupted",
}


def explored_line(extent: Explored) -> str:
    """The size of the space that was explored, and whether that is all of it."""
    text = f"{extent.states:,} states, {extent.transitions:,} transitions, depth {extent.depth}"
    if extent.is_complete:
        return f"{text}: complete"
    return f"{text}, {extent.frontier:,} states not expanded: not complete, {ENDS[extent.stopped]}"


def universe_line(universe: ExploredUniverse) -> str:
    """The same of one universe among others."""
    found = f", {counted(universe.findings, 'finding')}" if universe.findings else ""
    text = (
        f"  {universe.universe} (cost {universe.cost}): {universe.states:,} states, "
        f"{universe.transitions:,} transitions, {universe.seconds:.1f} s{found}"
    )
    if universe.is_complete:
        return f"{text}: complete"
    left, why = universe.frontier, ENDS[universe.stopped]
    return f"{text}: depth {universe.depth}, {left:,} states not expanded, {why}"


def by_reason(cannot: Mapping[str, str]) -> Mapping[str, list[str]]:
    """Kinds of step that a subject does not have, by the reason."""
    found: dict[str, list[str]] = {}
    for word, why in cannot.items():
        found.setdefault(why, []).append(word)
    return found


def reached(account: ShardResult, done: Counters) -> Iterator[str]:
    """Transition edges of each participant, kinds of step, and other *sometimes* properties."""
    others = [name for name in account.expected if " -> " not in name]
    for participant in ("worker", "scheduler"):
        prefix = f"{participant} "
        known = {name for name in account.expected if name.startswith(prefix)}
        taken = {name for name in done.edges if name.startswith(prefix)}
        others = [name for name in others if name not in known]
        if known:
            yield f"{len(known & taken)} of {len(known)} edges of the {participant}"
        elif taken:
            yield f"{len(taken)} edges of the {participant}"
    kinds = [word for word in account.kinds if word not in account.cannot]
    yield f"{sum(word in done.taken for word in kinds)} of {len(kinds)} kinds of step"


def detail_lines(account: ShardResult, done: Counters) -> Iterator[str]:
    """The long lists."""
    yield step_line(account, done)
    for why, words in by_reason(account.cannot).items():
        yield f"{account.plan.subject} {account.version} has no {', '.join(words)}: {why}"
    unreached = account.unreached()
    if unreached:
        yield f"not reached, and so not tested: {', '.join(unreached)}"


def step_line(account: ShardResult, done: Counters) -> str:
    """The count of each kind of step, and the share of the time in which it was possible."""
    words = [
        f"{word} {done.taken.get(word, 0):,}{share_possible(word, done)}"
        for word in account.kinds
        if word not in account.cannot
    ]
    return f"steps taken (and possible): {', '.join(words)}"


def share_possible(word: str, done: Counters) -> str:
    """`` (34%)`` in the runs that were watched; nothing for a kind that only others had."""
    possible = done.possible.get(word, 0)
    if not done.watched or (not possible and done.taken.get(word)):
        return ""
    share = possible / done.watched
    return f" ({'<1%' if 0 < share < 0.005 else f'{share:.0%}'})"


def finding_lines(account: ShardResult) -> Iterator[str]:
    """Known bugs, fixed ones, and new findings; the most harmful first."""
    known = [finding for finding in account.findings if not finding.is_new]
    for finding in sorted(known, key=lambda finding: (finding.rank, -finding.occurrences)):
        behind = f", {finding.passed} of them went on" if finding.passed else ""
        yield f"known, {counted(finding.occurrences, 'run')}{behind}: {finding.known}"
    ended = sum(finding.occurrences - finding.passed for finding in known)
    if ended:
        runs = account.total.runs
        yield f"{ended} of {runs:,} runs ended in a known bug ({ended / runs:.0%})"
    for title in account.fixed:
        yield f"fixed in {account.version}: {title}"
    for finding in account.new:
        yield from found_lines(finding)
    if account.new or not (failures(account) or is_incomplete(account)):
        yield verdict(account.new, known)
    elif failures(account):
        yield f"no verdict: {counted(len(failures(account)), 'failure')} of the harness"
    else:
        yield "no verdict: not everything was reached"


def failures(account: ShardResult) -> list[str]:
    """Everything that kept the harness from doing all of its work, a line each."""
    return [*account.faults, *account.unreadable, *filter(None, [account.corpus_error])]


def is_incomplete(account: ShardResult) -> bool:
    """True of a campaign that should have reached everything, and did not."""
    deep = account.plan.budget.profile == "deep" and not account.interrupted
    return deep and bool(account.unreached())


def verdict(new: Sequence[Finding], known: Sequence[Finding]) -> str:
    """One line about all findings."""
    beside = f", {len(known)} known" if known else ""
    return (
        f"{counted(len(new), 'new finding')}{beside}" if new else f"nothing new was found{beside}"
    )


def next_commands(account: ShardResult) -> Iterator[tuple[str, str]]:
    """Commands that a user may type next, each with its purpose."""
    plan = account.plan
    fixed = fixed_options(plan.fixed)
    if account.new:
        for finding in account.new[:SUGGESTED]:
            if finding.path:
                yield case_command("show", finding.path, plan.subject), "draw it"
        paths = [finding.path for finding in account.new if finding.path]
        if paths:
            folder = Path(paths[0]).parent
            yield case_command("replay", folder, plan.subject, *fixed), "after a fix"
        return
    if failures(account) or is_incomplete(account) or plan.explores:
        return
    if declaration(plan.subject).is_model:
        yield "workerfuzz demo", "see a bug being found"
    subject = "" if plan.subject == DEFAULT else f" --subject {plan.subject}"
    scope = "" if plan.scope == "worker" else f" --scope {plan.scope}"
    options = "".join(f" {word}" for word in fixed)
    yield f"workerfuzz run{subject}{scope}{options} --for 5m --verbose", "longer, and in detail"
    if plan.scope == "worker" and has_clusters(plan.subject):
        yield f"workerfuzz run{subject} --scope cluster", "scheduler and workers"
    yield "workerfuzz nightly --for 8h", "everything, with a report"


def aligned(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Commands, and their purposes in a column of their own."""
    width = max(len(command) for command, _ in rows)
    for command, purpose in rows:
        yield f"  {command:{width}}  # {purpose}" if width <= WIDEST else f"  {command}"


def found_lines(finding: Finding) -> Iterator[str]:
    """All lines of one new finding."""
    yield ""
    yield f"new, {counted(finding.occurrences, 'run')}, first in run {finding.run}:"
    yield from finding.lines


@dataclass(frozen=True, slots=True)
class SummaryLines:
    """Summary of fuzzing within a test suite.

    Attributes:
        fuzzed: the work done on each system, a line each.
        known: titles of known bugs that came up.
        failed: new findings and failures of the harness; empty if there is none.
        interrupted: Ctrl-C ended it.
    """

    fuzzed: list[str]
    known: list[str]
    failed: list[str]
    interrupted: bool


def in_suite(accounts: Sequence[ShardResult]) -> SummaryLines:
    """Summarise the results of one process of a test suite."""
    fuzzed = [first_line(shard) for shard in accounts if not shard.refused]
    known = [
        finding.known for shard in accounts for finding in shard.findings if not finding.is_new
    ]
    new = [line for shard in accounts for finding in shard.new for line in found_lines(finding)]
    wrong = [line for shard in accounts for line in (*shard.faults, shard.refused) if line]
    failed = [*(f"workerfuzz: {line}" for line in wrong), *new]
    return SummaryLines(
        fuzzed,
        [*dict.fromkeys(known)],
        [*failed, *fuzzed] if failed else [],
        any(shard.interrupted for shard in accounts),
    )
