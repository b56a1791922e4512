"""Cases in a test suite: ``*.case`` files are collected, one item for each subject they are about.

With ``--workerfuzz-for`` each process that runs tests fuzzes beside them, for so long: one item more.

Loaded by its entry point in every pytest run of everybody who installed this package. Until a file
is found that is ours, nothing else of ours is imported, nor Hypothesis.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

#: First bytes of a file that is ours.
MAGIC: Final = b"workerfuzz-case "

REFERENCE: Final = "reference"

#: How an item tells the terminal, through xdist, that it rewrote its file.
REWROTE: Final = "workerfuzz_rewrote"

#: How an item tells the terminal what it fuzzed, and which bugs that are known came up.
FUZZED: Final = "workerfuzz_fuzzed"
KNOWN: Final = "workerfuzz_known"

#: The input of a process of pytest-xdist in which the seed is.
SEED: Final = "workerfuzz_seed"

#: Folder for cases of what is found, from where pytest was started.
FOLDER: Final = "regressions"

CHILD: Final = pytest.StashKey[Any]()

#: What is fuzzed.
TARGETS: Final = pytest.StashKey[Any]()


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
        choices=("worker", "cluster"),
        help="what --workerfuzz-for fuzzes; else both, where a subject has both",
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
        default=REFERENCE,
    )


def duration(text: str) -> float:
    """The argument of ``--workerfuzz-for``, in seconds."""
    from workerfuzz.harness.campaigns.plan import budget

    try:
        return budget.duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def subjects(config: pytest.Config) -> tuple[str, ...]:
    """The systems that the user chose, by name."""
    chosen = config.getoption("--workerfuzz-subject") or config.getini("workerfuzz_subject")
    return tuple(dict.fromkeys(chosen.replace(",", " ").split())) or (REFERENCE,)


def pytest_configure(config: pytest.Config) -> None:
    if subjects(config) != (REFERENCE,):
        choose(subjects(config))
    if config.getoption("--workerfuzz-for"):
        config.stash[TARGETS] = targets(config)
        config.option.workerfuzz_seed = seed_of(config)


def targets(config: pytest.Config) -> Sequence[Any]:
    """What is fuzzed: the subjects at their scopes. A subject that cannot be had is bad usage."""
    from workerfuzz.harness.campaigns.plan.targets import targets as available
    from workerfuzz.harness.subjects.protocol import SubjectUnavailable

    try:
        return [*available(subjects(config), config.getoption("--workerfuzz-scope"))]
    except SubjectUnavailable as error:
        raise pytest.UsageError(f"workerfuzz: {error}") from None


def seed_of(config: pytest.Config) -> int:
    """The same for all processes: who starts them tells them."""
    given: int | None = config.getoption("--workerfuzz-seed")
    if given is None:
        given = getattr(config, "workerinput", {}).get(SEED)
    return int.from_bytes(os.urandom(4)) if given is None else given


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A process of pytest-xdist is started."""
    node.workerinput[SEED] = node.config.getoption("--workerfuzz-seed")


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
        item = ShardItem.from_parent(session, name=name, nodeid=name, place=place)
        items.insert(index, item)


def pytest_unconfigure(config: pytest.Config) -> None:
    if subjects(config) != (REFERENCE,):
        choose((REFERENCE,))
    child = config.stash.get(CHILD, None)
    if child is not None:
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
        from workerfuzz.harness.cases.format import casefile, reading, vocabulary
        from workerfuzz.harness.cases.format.case import CaseError
        from workerfuzz.harness.cases.format.spelling import unknown

        path = shown(self.path)
        try:
            if self.config.getoption("--case-rewrite"):
                case = casefile.parse_leniently(reading.read(path), path)
            else:
                case = casefile.load(path)
        except CaseError as error:
            raise self.CollectError(f"workerfuzz: {error}") from None
        for name in subjects(self.config):
            if not vocabulary.is_subject(name):
                raise self.CollectError(
                    f"workerfuzz: {unknown('subject', name, vocabulary.subjects())}"
                )
            if name in case.subjects:
                yield CaseItem.from_parent(self, name=name, title=case.title)


class Failed(Exception):
    """A replay did not go as it is written, or something was found; the lines say how, or what."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))


class Item(pytest.Item):
    """Speaks for itself when it fails."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any, **__: Any) -> Any:
        """Anything but what it says is our fault, and has a traceback."""
        if isinstance(excinfo.value, Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class CaseItem(Item):
    """One case on one subject, which is its name."""

    def __init__(self, *, title: str, **its: Any) -> None:
        super().__init__(**its)
        self.title = title

    def runtest(self) -> None:
        from workerfuzz.harness.cases.replay.replay import ReplayOutcome

        done = self.replay()
        if done.outcome is ReplayOutcome.BREAKS_AS_KNOWN:
            pytest.xfail(f"known to break: {done.report[1].strip(' ~')}")
        if not done.fine:
            lines = (*done.report, *done.drawing, f"again: {done.command}")
            raise Failed((self.title, *lines))

    def replay(self) -> Any:
        from workerfuzz.harness.cases.format import casefile
        from workerfuzz.harness.cases.format.case import CaseError
        from workerfuzz.harness.cases.replay import replay_process
        from workerfuzz.harness.cases.replay.replay import replay, with_excerpt
        from workerfuzz.harness.subjects import get
        from workerfuzz.harness.subjects.protocol import SubjectUnavailable

        path = shown(self.path)
        try:
            case = self.rewritten(path) if self.config.getoption("--case-rewrite") else None
            if self.name == REFERENCE:
                case, subject = case or casefile.load(path), get(self.name)
                return with_excerpt(replay(case, subject), case, subject)
            if CHILD not in self.config.stash:
                self.config.stash[CHILD] = replay_process.Child()
            return self.config.stash[CHILD].replay(path.absolute(), self.name)
        except (CaseError, SubjectUnavailable, replay_process.ChildFailed) as error:
            raise Failed((self.title, f"workerfuzz: {error}")) from None

    def rewritten(self, path: Path) -> Any:
        from workerfuzz.harness.cases.replay.rewrite import rewrite

        after = rewrite(path)
        if after.changed:
            self.user_properties.append((REWROTE, str(path)))
        return after.case

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


class ShardItem(Item):
    """What one process fuzzes: each target in turn."""

    def __init__(self, *, place: int, **its: Any) -> None:
        super().__init__(**its)
        self.place = place

    def runtest(self) -> None:
        from workerfuzz.harness.campaigns.executors import pytest_shards
        from workerfuzz.harness.report.campaign_summary import in_suite

        seconds, seed = (self.config.getoption(f"--workerfuzz-{it}") for it in ("for", "seed"))
        plans = pytest_shards.plans(self.config.stash[TARGETS], seconds, seed, self.place)
        done = in_suite(pytest_shards.fuzz(plans, Path(FOLDER)))
        self.user_properties += [(FUZZED, line) for line in done.fuzzed]
        self.user_properties += [(KNOWN, title) for title in done.known]
        if done.interrupted:
            self.session.shouldstop = "interrupted"
        if done.failed:
            raise Failed(done.failed)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


def pytest_terminal_summary(terminalreporter: Any) -> None:
    said: dict[str, set[str]] = {REWROTE: set(), FUZZED: set(), KNOWN: set()}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name in said:
                    said[name].add(value)
    for name, word in ((REWROTE, "rewritten"), (FUZZED, "fuzzed"), (KNOWN, "known")):
        for value in sorted(said[name]):
            terminalreporter.write_line(f"{word}: {value}")
