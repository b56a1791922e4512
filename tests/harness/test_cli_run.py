"""The command line where something runs: `run` and `show`."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from workerfuzz import __version__
from workerfuzz.harness import subjects as registry
from workerfuzz.harness.campaigns.mutants import measure
from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.mutants.measure import Measured
from workerfuzz.harness.cases.replay import batch
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects.protocol import WorkerSubject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.scopes import World
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.properties.worker.records import role_fits_state
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.worker_state import WorkerState

CASE = """\
workerfuzz-case 1
title: a transfer breaks
scope: worker
subject: reference, dask

> compute-task y needs x@b
x: - -> flight
y: - -> waiting
! gather-dep b x

> gather-dep-network-failure b
x: flight -> missing
"""

Say = Callable[..., tuple[int, str, str]]
Put = Callable[[str], str]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Writes a case beside which commands run; returns its name."""
    monkeypatch.chdir(tmp_path)

    def put(text: str) -> str:
        Path("some.case").write_text(text)
        return "some.case"

    return put


def test_show_plays_a_case(put: Put, say: Say) -> None:
    status, out, _ = say("show", "--text", put(CASE))
    assert status == 0
    assert out == (
        "a transfer breaks\n"
        f"worker of reference {__version__}, the default worker\n"
        "\n"
        "   6  > compute-task y needs x@b\n"
        "      x: - -> flight\n"
        "      y: - -> waiting\n"
        "      ! gather-dep b x\n"
        "      = x flight, y waiting\n"
        "\n"
        "  11  > gather-dep-network-failure b\n"
        "      x: flight -> missing\n"
        "      = x missing, y waiting\n"
        "      > rest\n"
        "      every property holds\n"
    )


def test_show_tells_what_is_impossible(put: Put, say: Say) -> None:
    status, out, _ = say("show", "--text", put(CASE + "> secede y\n"))
    assert status == 1
    assert out.endswith("  13  > secede y\n      impossible: y is not running\n")


@pytest.mark.usefixtures("touchy")
def test_show_tells_what_broke(put: Put, say: Say) -> None:
    status, out, _ = say("show", "--text", put(CASE))
    assert status == 1
    assert out.endswith(
        "  11  > gather-dep-network-failure b\n"
        "      ~ role_fits_state: What a task is for and the state it is in fit together (R5, R6, R8).\n"
        "        x is missing\n"
    )


def test_show_says_what_is_wrong_with_a_file(say: Say, put: Put) -> None:
    status, out, err = say("show", put(""))
    assert (status, out) == (2, "")
    assert err == "workerfuzz: some.case: the file is empty\n"


def test_a_campaign_says_what_it_did(say: Say) -> None:
    status, out, err = say("run", "--engine", "walk", "--runs", "3", "--seed", "7")
    assert (status, err) == (0, "")
    begins, done, reached, verdict, *rest = out.splitlines()
    assert begins == (
        "fuzzing reference, engine walk, seed 7, 3 runs; Ctrl-C ends it with what there is"
    )
    assert re.fullmatch(
        r"reference \S+, engine walk, seed 7: 3 runs, \d+ steps in \d+\.\d s \([\d,]+ steps/s\)",
        done,
    )
    assert re.fullmatch(r"reached \d+ of 54 edges of the worker, \d+ of \d+ kinds of step", reached)
    assert verdict == "nothing new was found"
    assert rest[:3] == [
        "",
        "next:",
        "  workerfuzz demo                    # see a bug being found",
    ]
    assert len(out.splitlines()) <= 15


def test_a_verbose_campaign_lists_steps_and_what_was_not_reached(say: Say) -> None:
    status, out, err = say("run", "-q", "-v", "--engine", "walk", "--runs", "3", "--seed", "7")
    assert (status, err) == (0, "")
    assert "\nsteps taken (and possible): compute-task " in out
    assert "\nnot reached, and so not tested: " in out
    taken = re.sub(r"\s+", " ", out.partition("steps taken")[2].partition("\nnot reached")[0])
    assert not re.search(r" [1-9][\d,]* \(0%\)", taken), "what was taken was possible"


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_a_summary_breaks_between_words(
    say: Say, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    arguments = ("run", "-q", "-v", "--engine", "walk", "--runs", "3", "--seed", "7")
    monkeypatch.setenv("COLUMNS", "100000")
    words = say(*arguments)[1].split()
    monkeypatch.setenv("COLUMNS", str(columns))
    out = say(*arguments)[1]
    prose = [line for line in out.splitlines() if "workerfuzz " not in line]
    assert max(map(len, prose)) <= columns
    timed = re.compile(r"[\d.,]+|\([\d,]+")  # the time that it took
    assert [part for part in out.split() if not timed.fullmatch(part)] == [
        word for word in words if not timed.fullmatch(word)
    ]


def test_without_a_budget_a_campaign_takes_20_seconds(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    budgets = []
    monkeypatch.setattr(
        "workerfuzz.harness.cli.execution.fuzz",
        lambda campaign, _: budgets.append(campaign.plan.budget),
    )
    monkeypatch.setattr("workerfuzz.harness.cli.execution.finish", lambda *_, verbose: None)
    for options in ([], ["--scope", "cluster"], ["--runs", "3"], ["--for", "1m"], ["--cpu", "5"]):
        assert say("run", *options) == (0, "", "")
    budgets_told = ["20 s", "20 s", "3 runs", "60 s", "5 s of CPU"]
    assert [str(budget) for budget in budgets] == budgets_told
    budgets.clear()
    assert say("run", "--profile", "deep") == (0, "", "")
    assert say("run", "--engine", "explore") == (0, "", "")
    assert [budget.seconds for budget in budgets] == [None, None]


def test_a_quiet_campaign_says_what_came_of_it_alone(say: Say) -> None:
    status, out, err = say("run", "--quiet", "--engine", "walk", "--runs", "3")
    assert status == 0
    assert out.startswith("reference ")
    assert err == ""


def test_a_campaign_that_must_reach_all_fails_if_it_does_not(say: Say) -> None:
    status, out, err = say("run", "--engine", "walk", "--runs", "1", "--profile", "deep")
    assert status == 1
    text = "this many runs should have reached everything; the list above says what they did not"
    assert err == f"workerfuzz: {text}\n"
    assert "\nnot reached, and so not tested: " in out
    assert out.endswith("no verdict: not everything was reached\n")
    assert "nothing new" not in out


def test_an_interrupted_campaign_prints_what_there_is(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions: Iterator[Callable[..., World]] = iter([Walker.run, interrupt])
    monkeypatch.setattr(Walker, "run", lambda *overrides: next(functions)(*overrides))  # noqa: PLW0108 - twice
    status, out, _ = say("run", "--engine", "walk")
    assert status == 130
    text = " ".join(out.split())
    assert re.search(r": 1 runs, \d+ steps in \d+\.\d s, interrupted \(", text)


def interrupt(*_: object) -> World:
    raise KeyboardInterrupt


class TouchyWorker(ReferenceWorker):
    """Breaks a property as soon as something is missing."""

    def check(self, touched: Collection[str] | None) -> Iterator[Broken]:
        for key in self.keys():
            if self.state(key) is State.MISSING:
                yield role_fits_state, f"{key} is missing"
        yield from super().check(touched)


class Touchy(ReferenceSubject):
    """A reference with a bug."""

    def worker(self, config: WorkerConfig) -> WorkerSubject:
        return TouchyWorker(WorkerState(config))


@pytest.fixture
def touchy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plants the bug."""
    for module in (registry, batch):
        monkeypatch.setattr(module, "get", lambda name: Touchy())


@pytest.mark.usefixtures("touchy")
@pytest.mark.parametrize("engine", ["walk", "hypothesis"])
def test_what_a_campaign_finds_is_a_case(say: Say, engine: str) -> None:
    status, out, _ = say("run", "--engine", engine, "--runs", "60", "--seed", "1", "--out", "cases")
    assert status == 1
    (path,) = Path("cases").iterdir()
    assert re.fullmatch(r"role_fits_state-[0-9a-f]{20}\.case", path.name)
    assert f"\nreplay it: workerfuzz replay {path}\n1 new finding\n" in out
    assert f"\n  workerfuzz show {path}\n  workerfuzz replay " in out
    status, out, _ = say("replay", "cases")
    assert status == 1
    assert out.endswith("1 broken\n")


@pytest.mark.usefixtures("touchy")
def test_what_cannot_be_written_is_printed(put: Put, say: Say) -> None:
    path = put(CASE)
    status, out, _ = say("run", "--engine", "walk", "--runs", "60", "--seed", "1", "--out", path)
    assert status == 1
    assert f"{path}: file exists; the case was not written; here it is:\n" in out
    text = out[out.index("workerfuzz-case 1") :]
    assert text.endswith("\n~ role_fits_state\n1 new finding\n")
    assert Path(path).read_text() == CASE


#: What three mutants came to, and the healthy model.
RESULTS = (
    Measured("any-input-will-do", "", steps=60000, seconds=9.0),
    Measured("story-has-a-gap", "pets_are_fed", 1234, ("pause", "unpause"), "x", True, 0.5),
    Measured("two-peers-are-asked", problem="ZeroDivisionError: by zero"),
    Measured("healthy", steps=9000, seconds=5.0),
)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutants that take no time."""

    def measure_all(
        names: object,
        engine: str,
        on_result: Callable[[Measured], None],
        *,
        seed: int,
        scope: str,
    ) -> None:
        for result in RESULTS:
            on_result(result)

    monkeypatch.setattr(measure, "measure_all", measure_all)


@pytest.mark.usefixtures("measured")
def test_mutants_are_told_as_they_come(say: Say) -> None:
    status, out, err = say("mutants")
    assert (status, err) == (1, "")
    assert out == (
        "  ! any-input-will-do: nothing broke; 60,000 steps, 9.0 s\n"
        "  ! story-has-a-gap: pets_are_fed, which is not what should; 1,234 steps, 0.5 s; "
        "shown by 2 and rest\n"
        "  ? two-peers-are-asked: ZeroDivisionError: by zero\n"
        "  = healthy: nothing broke; 9,000 steps, 5.0 s\n"
        "1 of 3 caught, the healthy model passes\n"
    )


def test_an_unknown_mutant_is_bad_input(say: Say) -> None:
    status, out, err = say("mutants", "story-has-gaps")
    assert (status, out) == (2, "")
    assert err == (
        'workerfuzz: Invalid value: unknown mutant "story-has-gaps"; did you mean '
        '"story-has-a-gap"?\n'
    )


def test_exploring_says_how_much_there_is(say: Say) -> None:
    status, out, err = say(
        "run", "--engine", "explore", "--keys", "1", "--allow", "requests=1", "--quiet"
    )
    assert (status, err) == (0, "")
    done, explored, *_, verdict = out.splitlines()
    assert re.match(r"reference \S+, engine explore: [\d,]+ runs, ", done)
    assert re.fullmatch(r"[\d,]+ states, [\d,]+ transitions, depth \d+: complete", explored)
    assert verdict == "nothing new was found"


def test_exploring_a_budget_tells_each_universe(say: Say) -> None:
    options = ("--engine", "explore", "--scope", "cluster", "--budget", "0", "--frontier", "kept")
    status, out, err = say("run", *options, "--quiet")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert "7 states, 6 transitions, depth 7: complete" in lines
    assert any(
        re.fullmatch(r"  keys=1 \(cost 0\): 7 states, 6 transitions, 0\.\d s: complete", line)
        for line in lines
    )
    assert list(Path("kept").iterdir())


@pytest.mark.parametrize(
    ("options", "ending"),
    [
        (
            ("--depth", "3"),
            "depth 3, 173 states not expanded: not complete, longer runs were not asked for",
        ),
        (("--runs", "50"), "not complete, the limit of states was reached"),
    ],
)
def test_exploring_says_what_ended_it(say: Say, options: tuple[str, ...], ending: str) -> None:
    status, out, _ = say("run", "--engine", "explore", "--keys", "1", *options, "--quiet")
    assert status == 0
    assert ending in " ".join(" ".join(out.splitlines()[1:4]).split())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--keys", "2"), "--keys is for --engine explore"),
        (
            ("--engine", "explore", "--allow", "steal"),
            'expected KIND=N, such as steal=1, found "steal"',
        ),
        (("--engine", "explore", "--allow", "steel=1"), "steel"),
        (("--budget", "2"), "--budget is for --engine explore"),
        (("--engine", "explore", "--universe", "key=1"), 'did you mean "keys"?'),
        (
            ("--engine", "explore", "--universe", "keys=1", "--keys", "2"),
            "--universe and --budget tell how many keys",
        ),
        (
            ("--engine", "explore", "--universe", "keys=1", "--budget", "2"),
            "--universe is one universe",
        ),
        (
            ("--engine", "explore", "--scope", "cluster", "--peers", "1"),
            "--peers is for one worker; a cluster has --workers",
        ),
    ],
)
def test_what_cannot_be_explored_is_told(say: Say, options: tuple[str, ...], problem: str) -> None:
    status, _, err = say("run", *options)
    assert status == 2
    assert problem in err


def test_what_exploring_finds_is_a_case(say: Say) -> None:
    options = ("--keys", "1", "--depth", "4", "--out", "cases", "--quiet")
    with named("released-value-stays").planted():
        status, out, _ = say("run", "--engine", "explore", *options)
    assert status == 1
    assert "stores_what_is_in_memory" in out
    assert list(Path("cases").iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_campaign_says_at_once_that_it_is_ending(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "workerfuzz.harness.cli", "run", "--for", "1h"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as campaign:
        assert campaign.stdout is not None
        assert campaign.stdout.readline().startswith("fuzzing ")
        campaign.send_signal(number)
        out, err = campaign.communicate()
    assert campaign.returncode == 130, err
    assert err.startswith("workerfuzz: ending; Ctrl-C again ends at once\n")
    assert ", interrupted (" in " ".join(out.split())
