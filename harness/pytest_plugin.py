"""Cases in a test suite: ``*.case`` files are collected, one item for each subject they are about.

With ``--workerfuzz-for`` each process that runs tests fuzzes beside them, for so long: one item more.

Loaded by its entry point in every pytest run of everybody who installed this package. Until a file
is found that is ours, nothing else of ours is imported, nor Hypothesis.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

#: First bytes of a file that is ours.
MAGIC: Final = b"workerfuzz-case "

DEFAULT: Final = "reference"

#: How an item tells the terminal, through xdist, that it rewrote its file.
REWROTE: Final = "workerfuzz_rewrote"

#: How an item tells the terminal what it fuzzed, and which bugs that are known came up.
FUZZED: Final = "workerfuzz_fuzzed"
KNOWN: Final = "workerfuzz_known"

#: The input of a process of pytest-xdist in which the seed is.
SEED: Final = "workerfuzz_seed"

#: Folder for cases of what is found, from where pytest was started.
FOLDER: Final = "regressions"


class XdistNode(Protocol):
    """A process of pytest-xdist, seen from the one that starts it."""

    config: pytest.Config
    workerinput: dict[str, object]


class TerminalReporter(Protocol):
    """The reporter of pytest, which has no public name in all releases.

    Attributes:
        stats: reports by outcome.
    """

    stats: Mapping[str, Sequence[object]]

    def write_line(self, line: str) -> None: ...


#: The process that replays cases for this one.
CHILD: Final = pytest.StashKey[object]()  # its class is not imported before it is needed

#: Subjects that are fuzzed, at their scopes.
TARGETS: Final = pytest.StashKey[Any]()  # their class is not imported before it is needed

#: Folder in which the processes of one session claim the bugs that they report, and their input for it.
CLAIMS: Final = pytest.StashKey[str]()
CLAIMS_INPUT: Final = "workerfuzz_claims"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("workerfuzz")
    group.addoption(
        "--workerfuzz-subject",
        metavar="NAME[,NAME]",
        help="systems that cases are replayed on; goes before the ini option workerfuzz_subject",
    )
    group.addoption(
        "--case-rewrite",
        action="store_true",
        help="write into each case what follows from its steps now; then read the difference",
    )
    group.addoption(
        "--workerfuzz-for",
        metavar="TIME",
        type=duration,
        help="fuzz beside the tests for 20s, 5m, 1h; in each process of pytest-xdist, where there are",
    )
    group.addoption(
        "--workerfuzz-scope",
        choices=("worker", "cluster", "process"),
        help="what --workerfuzz-for fuzzes; else each that a subject has",
    )
    group.addoption(
        "--workerfuzz-seed",
        metavar="S",
        type=int,
        help="seed of --workerfuzz-for; else a fresh one each time",
    )
    parser.addini(
        "workerfuzz_subject",
        "systems that cases are replayed on, and that WorkerMachine and --workerfuzz-for fuzz",
        default="",
    )


def duration(text: str) -> float:
    """The argument of ``--workerfuzz-for``, in seconds."""
    from workerfuzz.harness.campaigns.plan import budget

    try:
        return budget.duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def chosen(config: pytest.Config) -> tuple[str, ...]:
    """The systems that the user chose, by name; none: every one that a case names."""
    names = config.getoption("--workerfuzz-subject") or config.getini("workerfuzz_subject")
    return tuple(dict.fromkeys(names.replace(",", " ").split()))


def pytest_configure(config: pytest.Config) -> None:
    if chosen(config):
        choose(chosen(config))
    if config.getoption("--workerfuzz-for"):
        config.stash[TARGETS] = targets(config)
        config.option.workerfuzz_seed = seed_of(config)
        if not hasattr(config, "workerinput"):
            config.stash[CLAIMS] = tempfile.mkdtemp(prefix="workerfuzz-")


def targets(config: pytest.Config) -> Sequence[object]:
    """The subjects at their scopes that are fuzzed. A subject that cannot be had is bad usage."""
    from workerfuzz.harness.campaigns.plan.targets import targets as available
    from workerfuzz.harness.subjects.protocol import SubjectUnavailable

    try:
        return [*available(chosen(config) or (DEFAULT,), config.getoption("--workerfuzz-scope"))]
    except SubjectUnavailable as error:
        raise pytest.UsageError(f"workerfuzz: {error}") from None


def seed_of(config: pytest.Config) -> int:
    """The same for all processes: who starts them tells them."""
    given: int | None = config.getoption("--workerfuzz-seed")
    if given is None:
        given = getattr(config, "workerinput", {}).get(SEED)
    return int.from_bytes(os.urandom(4)) if given is None else given


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: XdistNode) -> None:
    """Tell a process of pytest-xdist that is started what all of them share."""
    node.workerinput[SEED] = node.config.getoption("--workerfuzz-seed")
    node.workerinput[CLAIMS_INPUT] = node.config.stash.get(CLAIMS, "")


def pytest_report_header(config: pytest.Config) -> str | None:
    if TARGETS not in config.stash:
        return None
    what = ", ".join(map(str, config.stash[TARGETS]))
    seconds, seed = config.getoption("--workerfuzz-for"), config.getoption("--workerfuzz-seed")
    return f"workerfuzz: fuzzing {what} for {seconds:g} s in each process, seed {seed}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """As many shards as there are processes; whoever chooses items by name can choose among them."""
    if TARGETS not in config.stash:
        return
    from workerfuzz.harness.campaigns.executors.pytest_shards import places

    shards: int = getattr(config, "workerinput", {}).get("workercount", 1)
    chunk = config.getoption("maxschedchunk", None)
    for place, index in enumerate(places(len(items), shards, chunk)):
        name = f"workerfuzz[{place + 1} of {shards}]"
        item = ShardItem.from_parent(session, name=name, nodeid=name)
        item.place = place
        items.insert(index, item)


def pytest_unconfigure(config: pytest.Config) -> None:
    if chosen(config):
        choose((DEFAULT,))
    if CLAIMS in config.stash:
        shutil.rmtree(config.stash[CLAIMS], ignore_errors=True)
    child = config.stash.get(CHILD, None)
    if child is not None:
        from workerfuzz.harness.cases.replay.replay_process import Child

        assert isinstance(child, Child)
        child.close()


def choose(names: tuple[str, ...]) -> None:
    """Tells machines, which know nothing of pytest."""
    from workerfuzz.harness.cases.replay import chosen_subjects

    chosen_subjects.subjects = names


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "CaseFile | None":
    if file_path.suffix == ".case" and is_ours(file_path):
        return CaseFile.from_parent(parent, path=file_path)
    return None


def is_ours(path: Path) -> bool:
    """Its first line says so. A file that cannot be read may be: collecting it tells why not."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return True


def shown(path: Path) -> Path:
    """As short as it can be from here."""
    relative = Path(os.path.relpath(path))
    return path if relative.parts[:1] == ("..",) else relative


class CaseFile(pytest.File):
    """One case."""

    def collect(self) -> Iterator["CaseItem"]:
        from workerfuzz.harness.cases.format import casefile, files, vocabulary
        from workerfuzz.harness.cases.format.case import CaseError
        from workerfuzz.harness.cases.format.spelling import unknown

        path = shown(self.path)
        try:
            if self.config.getoption("--case-rewrite"):
                case = casefile.parse_leniently(files.read(path), path)
            else:
                case = casefile.load(path)
        except CaseError as error:
            raise self.CollectError(f"workerfuzz: {error}") from None
        for name in chosen(self.config) or case.subjects:
            if not vocabulary.is_subject(name):
                raise self.CollectError(
                    f"workerfuzz: {unknown('subject', name, vocabulary.subjects())}"
                )
            if name in case.subjects:
                item = CaseItem.from_parent(self, name=name)
                item.title = case.title
                yield item


class Failed(Exception):
    """A replay did not go as it is written, or something was found.

    Attributes:
        headline: for the summary of pytest and the message in JUnit XML, complete in itself.
    """

    def __init__(self, headline: str, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.headline = headline


class Item(pytest.Item):
    """An item whose failures are told in its own words, without a traceback."""

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: object = None,  # pytest never gives one
    ) -> Any:  # pytest keeps the type of what it shows to itself
        """Represent a failure. Any other exception is our fault, and has a traceback."""
        if not isinstance(excinfo.value, Failed):
            return super().repr_failure(excinfo)
        shown = excinfo.getrepr(style="value")
        if shown.reprcrash is not None:
            shown.reprcrash.message = excinfo.value.headline
        return shown


class CaseItem(Item):
    """One case on one subject, which is its name."""

    title = ""

    def runtest(self) -> None:
        from workerfuzz.harness.cases.format import casefile
        from workerfuzz.harness.cases.format.case import CaseError
        from workerfuzz.harness.cases.replay import replay_process
        from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay, with_excerpt
        from workerfuzz.harness.cases.replay.rewrite import rewrite
        from workerfuzz.harness.subjects import declaration, get
        from workerfuzz.harness.subjects.protocol import SubjectUnavailable

        path = shown(self.path)
        try:
            case = None
            if self.config.getoption("--case-rewrite"):
                after = rewrite(path)
                case = after.case
                if after.changed:
                    self.user_properties.append((REWROTE, str(path)))
            if declaration(self.name).is_embedded:
                case, subject = case or casefile.load(path), get(self.name)
                done = with_excerpt(replay(case, subject), case, subject)
            else:
                self.skip_where_not_installed()
                child = self.config.stash.get(CHILD, None)
                if not isinstance(child, replay_process.Child):
                    child = self.config.stash[CHILD] = replay_process.Child()
                done = child.replay(path.absolute(), self.name)
        except (CaseError, SubjectUnavailable, replay_process.ChildFailed) as error:
            headline = str(error).partition("\n")[0]
            raise Failed(headline, (self.title, f"workerfuzz: {error}")) from None
        if done.outcome is ReplayOutcome.BREAKS_AS_KNOWN:
            pytest.xfail(f"known to break: {done.report[1].strip(' ~')}")
        if not done.fine:
            lines = (*done.report, *done.drawing, f"again: {done.command}")
            raise Failed(done.headline, (self.title, *lines))

    def skip_where_not_installed(self) -> None:
        """Nobody chose the subject; the case names it."""
        from workerfuzz.harness.subjects import get
        from workerfuzz.harness.subjects.protocol import SubjectUnavailable

        if chosen(self.config):
            return
        try:
            get(self.name).version()
        except SubjectUnavailable as error:
            pytest.skip(f"nothing was replayed: {error}")

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


class ShardItem(Item):
    """The share of one process: each target in turn."""

    place = 0

    def runtest(self) -> None:
        from workerfuzz.harness.campaigns.executors import pytest_shards
        from workerfuzz.harness.report.campaign_summary import in_suite

        seconds, seed = (
            self.config.getoption(f"--workerfuzz-{option}") for option in ("for", "seed")
        )
        plans = pytest_shards.plans(self.config.stash[TARGETS], seconds, seed, self.place)
        own = self.config.stash.get(CLAIMS, "")
        claims = Path(getattr(self.config, "workerinput", {}).get(CLAIMS_INPUT, own))
        accounts = pytest_shards.fuzz(plans, Path(FOLDER), claims)
        done = in_suite(accounts)
        self.user_properties += [(FUZZED, line) for line in done.fuzzed]
        self.user_properties += [(KNOWN, title) for title in done.known]
        if done.interrupted:
            self.session.shouldstop = "interrupted"
        if done.failed:
            lines = "\n".join(done.failed).lstrip("\n").splitlines()
            headlines = [
                pytest_shards.headline(finding) for shard in accounts for finding in shard.new
            ]
            raise Failed("; ".join(headlines) or lines[0], lines)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    words: dict[str, set[str]] = {REWROTE: set(), FUZZED: set(), KNOWN: set()}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name in words:
                    words[name].add(value)
    for name, word in ((REWROTE, "rewritten"), (FUZZED, "fuzzed"), (KNOWN, "known")):
        for value in sorted(words[name]):
            terminalreporter.write_line(f"{word}: {value}")
