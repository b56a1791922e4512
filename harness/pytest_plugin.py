"""Cases in a test suite: ``*.case`` files are collected, one item for each subject they are about.

Loaded by its entry point in every pytest run of everybody who installed this package. Until a file
is found that is ours, nothing else of ours is imported, nor Hypothesis.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

#: First bytes of a file that is ours.
MAGIC: Final = b"workerfuzz-case "

REFERENCE: Final = "reference"

#: How an item tells the terminal, through xdist, that it rewrote its file.
REWROTE: Final = "workerfuzz_rewrote"

CHILD: Final = pytest.StashKey[Any]()


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
    parser.addini(
        "workerfuzz_subject",
        "systems that cases are replayed on, and that WorkerMachine fuzzes",
        default=REFERENCE,
    )


def subjects(config: pytest.Config) -> tuple[str, ...]:
    """The systems that the user chose, by name."""
    chosen = config.getoption("--workerfuzz-subject") or config.getini("workerfuzz_subject")
    return tuple(dict.fromkeys(chosen.replace(",", " ").split())) or (REFERENCE,)


def pytest_configure(config: pytest.Config) -> None:
    if subjects(config) != (REFERENCE,):
        choose(subjects(config))


def pytest_unconfigure(config: pytest.Config) -> None:
    if subjects(config) != (REFERENCE,):
        choose((REFERENCE,))
    child = config.stash.get(CHILD, None)
    if child is not None:
        child.close()


def choose(names: tuple[str, ...]) -> None:
    """Tells machines, which know nothing of pytest."""
    from workerfuzz.harness.cases import chosen

    chosen.subjects = names


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
        from workerfuzz.harness.cases import casefile, known, reading
        from workerfuzz.harness.cases.case import CaseError
        from workerfuzz.harness.cases.spelling import unknown

        path = shown(self.path)
        try:
            if self.config.getoption("--case-rewrite"):
                case = casefile.parse_leniently(reading.read(path), path)
            else:
                case = casefile.load(path)
        except CaseError as error:
            raise self.CollectError(f"workerfuzz: {error}") from None
        for name in subjects(self.config):
            if not known.is_subject(name):
                raise self.CollectError(f"workerfuzz: {unknown('subject', name, known.subjects())}")
            if name in case.subjects:
                yield CaseItem.from_parent(self, name=name, title=case.title)


class CaseFailed(Exception):
    """A replay did not go as it is written; the lines say how."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))


class CaseItem(pytest.Item):
    """One case on one subject, which is its name."""

    def __init__(self, *, title: str, **its: Any) -> None:
        super().__init__(**its)
        self.title = title

    def runtest(self) -> None:
        from workerfuzz.harness.cases.replay import Outcome

        done = self.replay()
        if done.outcome is Outcome.BREAKS_AS_KNOWN:
            pytest.xfail(f"known to break: {done.report[1].strip(' ~')}")
        if not done.fine:
            lines = (*done.report, *done.drawing, f"again: {done.command}")
            raise CaseFailed((self.title, *lines))

    def replay(self) -> Any:
        from workerfuzz.harness.cases import casefile, child
        from workerfuzz.harness.cases.case import CaseError
        from workerfuzz.harness.cases.lanes.excerpt import with_excerpt
        from workerfuzz.harness.cases.replay import replay
        from workerfuzz.harness.subjects import get
        from workerfuzz.harness.subjects.protocol import SubjectUnavailable

        path = shown(self.path)
        try:
            case = self.rewritten(path) if self.config.getoption("--case-rewrite") else None
            if self.name == REFERENCE:
                case, subject = case or casefile.load(path), get(self.name)
                return with_excerpt(replay(case, subject), case, subject)
            if CHILD not in self.config.stash:
                self.config.stash[CHILD] = child.Child()
            return self.config.stash[CHILD].replay(path.absolute(), self.name)
        except (CaseError, SubjectUnavailable, child.ChildFailed) as error:
            raise CaseFailed((self.title, f"workerfuzz: {error}")) from None

    def rewritten(self, path: Path) -> Any:
        from workerfuzz.harness.cases.rewrite import rewrite

        after = rewrite(path)
        if after.changed:
            self.user_properties.append((REWROTE, str(path)))
        return after.case

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any, **__: Any) -> Any:
        """A replay speaks for itself; anything else is our fault, and has a traceback."""
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    rewrote = {
        path
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, path in getattr(report, "user_properties", ())
        if name == REWROTE
    }
    for path in sorted(rewrote):
        terminalreporter.write_line(f"rewritten: {path}")
