"""Cases in somebody's test suite."""

import fnmatch
import os
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from workerfuzz.harness import pytest_plugin
from workerfuzz.harness.cases.replay import chosen_subjects
from workerfuzz.harness.subjects.reference.worker import ReferenceWorker
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.properties.worker.records import role_fits_state
from workerfuzz.statemachine.worker.states import State

pytest_plugins = ["pytester"]

CASE = """\
workerfuzz-case 1
title: a transfer breaks
scope: worker
subject: reference

> compute-task y needs x@b
x: - -> flight
y: - -> waiting
! gather-dep b x

> gather-dep-network-failure b
x: flight -> missing
"""

#: The same case, about two subjects.
BOTH = CASE.replace("subject: reference", "subject: reference, dask")

WRONG = CASE.replace("flight -> missing", "flight -> fetch")

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="needs distributed")

#: Where this package is not installed, its entry point is missing.
INSTALLED = bool(entry_points(group="pytest11", name="workerfuzz"))
LOAD = [] if INSTALLED else ["-p", pytest_plugin.__name__]

STRICT = ["--strict-markers", "--strict-config", "-W", "error", "-p", "no:cacheprovider"]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> "Suite":
    return Suite(pytester)


class Suite:
    """A folder with cases, and pytest."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def put(self, text: str = CASE, name: str = "0001-some.case") -> Path:
        path = self.pytester.path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
        return path

    def run(self, *options: str) -> pytest.RunResult:
        """Quickly, in this process."""
        plugins = [] if INSTALLED else [pytest_plugin]
        return self.pytester.runpytest_inprocess(*STRICT, *options, plugins=plugins)

    def run_alone(self, *options: str) -> pytest.RunResult:
        """In a process of its own, which may be changed."""
        return self.pytester.runpytest_subprocess(*LOAD, *STRICT, *options)


def test_a_case_is_an_item(suite: Suite) -> None:
    suite.put(name="regressions/0001-some.case")
    done = suite.run("-v")
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["regressions/0001-some.case::reference PASSED*"])


def test_files_of_others_are_left_alone(suite: Suite) -> None:
    suite.put("some other case\n")
    suite.put("", "empty.case")
    suite.put(f"\n{CASE}", "late.case")
    suite.put(CASE, "0001-some.txt")
    suite.run().assert_outcomes()


def test_nothing_is_loaded_before_it_has_to(suite: Suite) -> None:
    suite.put("some other case\n")
    suite.pytester.makepyfile(
        """
        import sys

        def test_nothing_is_loaded():
            ours = {name for name in sys.modules if name.startswith("workerfuzz.")}
            assert ours <= {"workerfuzz.harness", "workerfuzz.harness.pytest_plugin"}
            assert not {"hypothesis", "rich", "typer", "packaging.specifiers"} & set(sys.modules)
        """
    )
    done = suite.run_alone()
    done.assert_outcomes(passed=1)


def test_a_difference_is_readable(suite: Suite) -> None:
    suite.put(WRONG)
    done = suite.run()
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "*__ 0001-some.case: reference __*",
            "a transfer breaks",
            "0001-some.case:11: > gather-dep-network-failure b",
            "  - x: flight -> fetch",
            "  + x: flight -> missing",
            "again: workerfuzz replay 0001-some.case",
        ],
        consecutive=True,
    )
    done.stdout.no_fnmatch_line("*Traceback*")
    done.stdout.no_fnmatch_line("*.py:*")


def touchy(self: ReferenceWorker, touched: object) -> Iterator[Broken]:
    """A check that breaks a property as soon as x is missing."""
    if self.state("x") is State.MISSING:
        yield role_fits_state, "x is missing"


def test_a_broken_property_is_told_in_words(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.put()
    monkeypatch.setattr(ReferenceWorker, "check", touchy)
    done = suite.run()
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "0001-some.case:11: > gather-dep-network-failure b",
            "  ~ role_fits_state: What a task is for and the state it is in fit together (R5, R6, R8).",
            "    x is missing",
            "again: workerfuzz replay 0001-some.case",
        ]
    )


BROKEN = "role_fits_state: x is missing"


@pytest.mark.parametrize(
    ("text", "broken", "headline"),
    [
        (WRONG, False, "differs after gather-dep-network-failure b"),
        (CASE, True, BROKEN),
        (CASE + "> secede y\n", False, "secede y: impossible: y is not running"),
        (
            CASE.replace("\n\n", "\nbreaks: role_fits_state on reference >=0\n\n", 1),
            False,
            "reference * does not break role_fits_state any more",
        ),
    ],
)
@pytest.mark.parametrize("options", [[], ["-n", "1"]])
def test_the_summary_and_junit_say_it_in_a_line(  # noqa: PLR0917 - of a table
    suite: Suite,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    broken: bool,
    headline: str,
    options: list[str],
) -> None:
    suite.put(text)
    if broken:
        monkeypatch.setattr(ReferenceWorker, "check", touchy)
        options = []  # what is patched is of this process
    monkeypatch.setenv("COLUMNS", "200")
    done = suite.run("--junit-xml", "junit.xml", *options)
    done.stdout.fnmatch_lines([f"FAILED 0001-some.case::reference - {headline}"])
    failure = ET.parse(suite.pytester.path / "junit.xml").find(".//failure")
    assert failure is not None
    assert fnmatch.fnmatchcase(failure.attrib["message"], headline)
    assert (failure.text or "").startswith("a transfer breaks\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CASE.replace("y needs", "y need"), '*:6: expected name=value, found "need"; usage: *'),
        (
            CASE.replace("case 1", "case 2"),
            "*:1: format 2 is newer than this workerfuzz understands, which is 1",
        ),
        (CASE.replace("scope", "# a\nscope"), '*:2: the header has no "scope:"'),
        (CASE.replace("\n\n> g", "\n\n\n> g") + "\n", "*:14: *--rewrite *"),
    ],
)
def test_a_bad_file_is_a_collection_error_of_one_line(
    suite: Suite, text: str, message: str
) -> None:
    suite.put(text)
    suite.put(CASE, "0002-good.case")
    done = suite.run("--continue-on-collection-errors")
    done.assert_outcomes(errors=1, passed=1)
    lines = [line for line in done.outlines if line.startswith("workerfuzz: ")]
    assert len(lines) == 1
    done.stdout.fnmatch_lines([message.replace("*:", "workerfuzz: 0001-some.case:", 1)])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_a_file_that_cannot_be_read_is_an_error(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = suite.put()
    monkeypatch.setattr(Path, "open", refuse)  # root may read what is forbidden
    assert pytest_plugin.is_ours(path)


def refuse(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_pipes_and_folders_are_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.case")
    (tmp_path / "folder.case").mkdir()
    assert not pytest_plugin.is_ours(tmp_path / "pipe.case")
    assert not pytest_plugin.is_ours(tmp_path / "folder.case")


def test_rewriting_puts_it_right(suite: Suite) -> None:
    path = suite.put(WRONG.replace("> comp", ">  comp"))
    done = suite.run("--case-rewrite")
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["rewritten: 0001-some.case"])
    assert path.read_text() == CASE
    again = suite.run("--case-rewrite")
    again.assert_outcomes(passed=1)
    again.stdout.no_fnmatch_line("rewritten: *")


def test_collecting_rewrites_nothing(suite: Suite) -> None:
    path = suite.put(WRONG)
    suite.run("--case-rewrite", "--collect-only")
    assert path.read_text() == WRONG


def test_rewriting_does_not_hide_what_is_impossible(suite: Suite) -> None:
    path = suite.put(WRONG + "> secede y\n")
    done = suite.run("--case-rewrite")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["  impossible: y is not running"])
    assert path.read_text() == WRONG + "> secede y\n"


def test_a_case_that_fails_is_drawn(suite: Suite) -> None:
    suite.put(CASE + "> secede y\n")
    done = suite.run()
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "  impossible: y is not running",
            "     scheduler  *worker  *",
            "  1   ●*▶● compute-task y *",
            "*✗ secede y: impossible*",
            "again: workerfuzz replay *",
        ]
    )


def with_breaks(versions: str) -> str:
    return CASE.replace("\n\n", f"\nbreaks: role_fits_state on reference {versions}\n\n", 1)


def test_a_bug_that_is_fixed_fails(suite: Suite) -> None:
    suite.put(with_breaks(">=0"))
    done = suite.run()
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "0001-some.case: reference * does not break role_fits_state any more",
            '  the bug is fixed: remove "breaks:", or narrow its versions',
        ]
    )


def test_a_bug_of_other_versions_is_no_matter(suite: Suite) -> None:
    suite.put(with_breaks(">=9999"))
    suite.run().assert_outcomes(passed=1)


def test_a_known_break_is_expected_to_fail(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.put(with_breaks(">=0"))
    monkeypatch.setattr(ReferenceWorker, "check", touchy)
    done = suite.run("-rx")
    done.assert_outcomes(xfailed=1)
    done.stdout.fnmatch_lines(
        ["XFAIL 0001-some.case::reference - *known to break: role_fits_state: What a task is for*"]
    )


def test_cases_run_on_several_cores(suite: Suite) -> None:
    for number in range(6):
        suite.put(CASE, f"{number:04}-good.case")
        suite.put(WRONG, f"{number:04}-wrong.case")
    done = suite.run_alone("-n", "2")
    done.assert_outcomes(passed=6, failed=6)
    done.stdout.fnmatch_lines(["  - x: flight -> fetch", "again: workerfuzz replay *-wrong.case"])


def test_cases_are_rewritten_on_several_cores(suite: Suite) -> None:
    paths = [suite.put(WRONG, f"{number:04}-wrong.case") for number in range(6)]
    done = suite.run_alone("-n", "2", "--case-rewrite")
    done.assert_outcomes(passed=6)
    assert [path.read_text() for path in paths] == [CASE] * 6
    done.stdout.fnmatch_lines([f"rewritten: {number:04}-wrong.case" for number in range(6)])


@needs_dask
def test_subjects_are_chosen_in_the_ini_file(suite: Suite) -> None:
    suite.pytester.makeini("[pytest]\nworkerfuzz_subject = reference dask\n")
    suite.put(BOTH)
    suite.put(CASE, "0002-other.case")
    done = suite.run("-v")
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines(["0001-some.case::dask PASSED*"])


@needs_dask
def test_each_subject_that_a_case_names_is_an_item(suite: Suite) -> None:
    suite.put(BOTH)
    suite.put(CASE.replace("reference", "nowhere:Tiny"), "0002-other.case")
    done = suite.run("-v", "-rs")
    done.assert_outcomes(passed=2, skipped=1)
    done.stdout.fnmatch_lines(
        [
            "0001-some.case::reference PASSED*",
            "0001-some.case::dask PASSED*",
            'SKIPPED [[]1[]] *: nothing was replayed: subject "nowhere:Tiny" cannot be imported: *',
        ]
    )


@needs_dask
def test_the_command_line_goes_before_the_ini_file(suite: Suite) -> None:
    suite.pytester.makeini("[pytest]\nworkerfuzz_subject = reference\n")
    suite.put(BOTH)
    done = suite.run("-v", "--workerfuzz-subject", "dask")
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["0001-some.case::dask PASSED*"])


def test_an_unknown_subject_is_an_error_of_one_line(suite: Suite) -> None:
    suite.put()
    done = suite.run("--workerfuzz-subject", "dusk")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(['workerfuzz: unknown subject "dusk"; did you mean "dask"?'])


def test_machines_are_told_the_subject(suite: Suite) -> None:
    suite.pytester.makepyfile(
        """
        from workerfuzz.harness.cases.replay import chosen_subjects

        def test_chosen():
            assert chosen_subjects.subjects == ("dask", "reference")
        """
    )
    suite.run("--workerfuzz-subject", "dask,reference").assert_outcomes(passed=1)
    assert chosen_subjects.subjects == ("reference",)


def test_a_subject_that_dies_fails_its_item_only(suite: Suite) -> None:
    suite.put(CASE.replace("reference", "dies, reference"))
    suite.put(CASE.replace("reference", "dies"), "0002-other.case")
    suite.pytester.makepyfile(
        others="""
        import os
        from workerfuzz.harness.subjects.reference.worker import ReferenceSubject

        class Dies(ReferenceSubject):
            name = "dies"
            def worker(self, config):
                os._exit(9)
        """
    )
    info = suite.pytester.path / "others-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: others\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[workerfuzz.subjects]\ndies = others:Dies\n")
    suite.pytester.syspathinsert()
    done = suite.run_alone("--workerfuzz-subject", "reference,dies")
    done.assert_outcomes(failed=2, passed=1)
    done.stdout.fnmatch_lines(["workerfuzz: the process that replayed it died with status 9"])
