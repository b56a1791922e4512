"""Fuzzing beside the tests of somebody's suite: ``--workerfuzz-for``."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from examples.accounts import account, met
from examples.strangers import settle_in

from workerfuzz.harness import pytest_plugin
from workerfuzz.harness.campaigns.executors import pytest_shards
from workerfuzz.harness.report.campaign_summary import in_suite

pytest_plugins = ["pytester"]

#: Where this package is not installed, its entry point is missing.
INSTALLED = bool(entry_points(group="pytest11", name="workerfuzz"))
LOAD = [] if INSTALLED else ["-p", pytest_plugin.__name__]

STRICT = ["--strict-markers", "--strict-config", "-W", "error", "-p", "no:cacheprovider"]


@pytest.fixture
def tests(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with two tests, beside systems of other people."""
    settle_in(pytester.path)
    pytester.makepyfile("def test_a():\n    pass\n\ndef test_b():\n    pass\n")
    return pytester


def run(tests: pytest.Pytester, *options: str) -> pytest.RunResult:
    return tests.runpytest_subprocess(*LOAD, *STRICT, "--workerfuzz-for", "0.2s", *options)


def test_without_xdist_there_is_one_item(tests: pytest.Pytester) -> None:
    done = run(tests, "-v", "--workerfuzz-seed", "7")
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines(
        [
            "workerfuzz: fuzzing reference, clusters of reference for 0.2 s in each process, seed 7",
            "workerfuzz[[]1 of 1] PASSED*",
            "fuzzed: clusters of reference *, engine walk, seed 7: * runs, * steps in 0.* s *",
            "fuzzed: reference *, engine walk, seed 7: * runs, * steps in 0.* s *",
        ]
    )


def test_each_process_of_xdist_has_a_shard_with_a_seed_of_its_own(tests: pytest.Pytester) -> None:
    done = run(tests, "-v", "-n", "2", "--workerfuzz-scope", "worker")
    done.assert_outcomes(passed=4)
    text = done.stdout.str()
    passed = re.findall(r"\[(gw[01])\].* PASSED (workerfuzz\[[12] of 2\])", text)
    assert len(set(dict(passed))) == 2
    assert {name for _, name in passed} == {"workerfuzz[1 of 2]", "workerfuzz[2 of 2]"}
    printed = re.search(r"^workerfuzz: fuzzing reference .*, seed (\d+)$", text, re.MULTILINE)
    assert printed is not None
    seed = int(printed[1])
    assert re.findall(r"^fuzzed: .*, seed (\d+):", text, re.MULTILINE) == [
        str(number) for number in sorted((seed, seed + 1), key=str)
    ]


def test_what_is_new_fails_and_is_written_once(tests: pytest.Pytester) -> None:
    done = run(
        tests, "-n", "2", "--workerfuzz-subject", "strangers:Touchy", "--workerfuzz-for", "1s"
    )
    done.assert_outcomes(passed=3, failed=1)  # the process that found it first reports it
    (path,) = (tests.path / "regressions").iterdir()
    done.stdout.fnmatch_lines(
        [
            "*__ workerfuzz[[]? of 2] __*",
            "new, * run*, first in run *:",
            "role_fits_state: *",
            "after * step* (shrunk from *):",
            f"replay it: workerfuzz replay regressions/{path.name} --subject strangers:Touchy",
        ]
    )
    done.stdout.fnmatch_lines(["FAILED workerfuzz[[]? of 2] - role_fits_state: *"])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_a_bug_is_claimed_once_and_reported_where_nothing_can_be_claimed(tmp_path: Path) -> None:
    claims = [pytest_shards.claim(tmp_path / name) for name in ("a", "a", "b", "none/c", "none/c")]
    assert claims == [True, False, True, True, True]


def test_what_goes_wrong_fails_in_a_line(tests: pytest.Pytester) -> None:
    done = run(tests, "--workerfuzz-subject", "strangers:Clumsy")
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(
        ["workerfuzz: the harness failed, in run 0 of seed *: ZeroDivisionError: of ours *"]
    )
    done.stdout.no_fnmatch_line("*Traceback*")


def test_shards_are_chosen_by_name(tests: pytest.Pytester) -> None:
    run(tests, "-k", "workerfuzz", "--workerfuzz-scope", "worker").assert_outcomes(
        passed=1, deselected=2
    )
    run(tests, "-k", "test_a").assert_outcomes(passed=1, deselected=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--workerfuzz-for", "2x"],
            '*: error: argument --workerfuzz-for: expected a time like 20s, 5m or 1h, found "2x"',
        ),
        (
            ["--workerfuzz-subject", "refrence"],
            'ERROR: workerfuzz: unknown subject "refrence"; did you mean "reference"?',
        ),
        (
            ["-n", "2", "--workerfuzz-subject", "refrence"],
            'ERROR: workerfuzz: unknown subject "refrence"; did you mean "reference"?',
        ),
    ],
)
def test_bad_usage_is_told_in_a_line(
    tests: pytest.Pytester, options: list[str], message: str
) -> None:
    done = run(tests, *options)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([message])


def test_known_bugs_are_told_and_fail_nothing() -> None:
    known = met(known="an old acquaintance")
    told = in_suite([account(findings=[known]), account(findings=[known])])
    assert told.known == ["an old acquaintance"]
    assert not told.failed
    assert [line.partition(":")[0] for line in told.fuzzed] == [
        "clusters of dask 2026.8.0, engine walk, seed 1"
    ] * 2


class Ended:
    """Shards that somebody interrupted."""

    def __init__(self) -> None:
        self.interrupted = account(interrupted=True)

    def fuzz(self, *_: object) -> object:
        return [self.interrupted]


def test_an_interrupted_shard_ends_the_session(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile("def test_a():\n    pass\n")
    monkeypatch.setattr(pytest_shards, "fuzz", Ended().fuzz)
    plugins = [] if INSTALLED else [pytest_plugin]
    done = pytester.runpytest_inprocess(*STRICT, "--workerfuzz-for", "1s", plugins=plugins)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(["fuzzed: clusters of dask *, interrupted *", "*Interrupted: *"])
