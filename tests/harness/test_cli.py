"""The command line: what is printed, and the exit status."""

import os
import pdb
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

import pytest

from workerfuzz.harness import cli
from workerfuzz.harness import subjects as registry
from workerfuzz.harness.cases.replay import batch
from workerfuzz.harness.cases.replay.replay import Replay
from workerfuzz.harness.cli import options
from workerfuzz.harness.subjects.protocol import Subject, SubjectUnavailable
from workerfuzz.harness.subjects.reference import worker as reference
from workerfuzz.statemachine.properties.property import Property
from workerfuzz.statemachine.properties.worker.records import role_fits_state

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

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="needs distributed")

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Writes a case into the folder ``cases``, beside which commands run."""
    monkeypatch.chdir(tmp_path)

    def put(text: str = CASE, name: str = "0001-some.case") -> Path:
        path = Path("cases", name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return put


class Said:
    """Output and exit status of a command."""

    def __init__(self, capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> None:
        self.status = cli.run_command(arguments)
        captured = capsys.readouterr()
        self.out = captured.out
        self.err = captured.err


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Runs a command in this process, which must not be replaced by another one."""
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    return lambda *arguments: Said(capsys, arguments)


Say = Callable[..., Said]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "workerfuzz.harness.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )


def test_help_lists_the_commands(say: Say) -> None:
    output = say("--help")
    assert output.status == 0
    for command in ("run", "replay", "show", "mutants", "subjects", "properties"):
        assert f"\n  {command} " in output.out


def test_no_command_is_a_request_for_help(say: Say) -> None:
    assert say().out == say("--help").out


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom workerfuzz.harness import cli\ncli.run_command(['--help'])\n"
        "heavy = {'hypothesis', 'pytest', 'distributed', 'workerfuzz.statemachine'}\n"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("workerfuzz repl", ["replay"]),
        ("workerfuzz run --scope ", ["worker", "cluster", "process"]),
        ("workerfuzz run --subject d", ["dask"]),
        ("workerfuzz show --subject ref", ["reference"]),
        ("workerfuzz nightly --subject ref", ["reference"]),
    ],
)
def test_a_shell_is_told_what_may_follow(typed: str, offered: list[str]) -> None:
    asked = {
        "_WORKERFUZZ_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    process = run(**asked)
    assert (process.returncode, process.stdout.split(), process.stderr) == (0, offered, "")


def test_a_shell_can_learn_to_complete() -> None:
    process = run("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert process.returncode == 0
    assert "complete -o default -F _workerfuzz_completion workerfuzz" in process.stdout


def test_version_is_told(say: Say) -> None:
    from workerfuzz import __version__

    output = say("--version")
    assert (output.status, output.out) == (0, f"workerfuzz {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fuzz"], "workerfuzz: No such command 'fuzz'"),
        (["replay"], "workerfuzz: Missing argument 'PATH...'"),
        (["replay", "--rewrit", "x"], "workerfuzz: No such option: --rewrit"),
        (
            ["run", "--for", "3 days"],
            "workerfuzz: Invalid value for '--for': expected a time like 20s, 5m or 1h, "
            'found "3 days"',
        ),
        (["run", "--engine", "magic"], "workerfuzz: Invalid value for '--engine': "),
        (["run", "--runs", "0"], "workerfuzz: Invalid value for '--runs': "),
        (
            ["run", "--subject", "dask"],
            "workerfuzz: a dask worker trusts its scheduler; alone it is only replayed",
        ),
        (["run", "--subject", "dusk"], 'workerfuzz: unknown subject "dusk"; did you mean "dask"?'),
    ],
)
def test_a_wrong_command_gets_one_line(say: Say, arguments: list[str], message: str) -> None:
    output = say(*arguments)
    assert output.status == 2
    assert output.err.startswith(message)
    assert output.err.count("\n") == 1
    assert output.out == ""


@pytest.mark.parametrize(
    ("text", "seconds"), [("20s", 20), ("5m", 300), ("1.5h", 5400), ("7", 7), ("0.5s", 0.5)]
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert options.duration(text) == seconds


def test_all_as_written(put: Put, say: Say) -> None:
    put()
    put(name="0002-other.case")
    output = say("replay", "cases")
    assert (output.status, output.out, output.err) == (0, "2 as written\n", "")


def test_what_differs_is_shown(put: Put, say: Say) -> None:
    put()
    put(CASE.replace("flight -> missing", "flight -> fetch"), "0002-wrong.case")
    output = say("replay", "cases/")
    assert output.status == 1
    assert output.out == (
        "cases/0002-wrong.case:12: > gather-dep-network-failure b\n"
        "  - x: flight -> fetch\n"
        "  + x: flight -> missing\n"
        "1 as written, 1 differs\n"
    ).replace(":12:", ":11:")


def test_a_bad_file_does_not_stop_the_others(put: Put, say: Say) -> None:
    put(CASE.replace("gather-dep-network", "gather-dep-netwrk"), "0000-bad.case")
    put()
    output = say("replay", "cases")
    assert output.status == 2
    assert output.err == (
        'workerfuzz: cases/0000-bad.case:11: unknown step "gather-dep-netwrk-failure"; did you '
        'mean "gather-dep-network-failure"?\n'
    )
    assert output.out == "1 as written, 1 not readable\n"


def test_an_impossible_step_is_bad_input(put: Put, say: Say) -> None:
    put(CASE + "> secede y\n")
    output = say("replay", "cases")
    assert output.status == 2
    assert output.out == (
        "cases/0001-some.case:13: > secede y\n  impossible: y is not running\n1 impossible\n"
    )


def test_a_path_that_is_not_there_says_so(put: Put, say: Say) -> None:
    put()
    output = say("replay", "case", "cases")
    assert output.status == 2
    assert output.err == "workerfuzz: case: no such file or directory\n"
    assert output.out == "1 as written, 1 not readable\n"


def test_an_empty_folder_says_so(tmp_path: Path, say: Say) -> None:
    output = say("replay", str(tmp_path))
    assert (output.status, output.out) == (2, "")
    assert output.err == f"workerfuzz: {tmp_path}: no *.case file is in this folder\n"


def test_rewriting_puts_it_right(put: Put, say: Say) -> None:
    path = put(CASE.replace("missing", "fetch"))
    output = say("replay", "--rewrite", "cases")
    assert (output.status, output.out) == (0, "1 as written; 1 rewritten\n")
    assert path.read_text() == CASE
    assert say("replay", "--rewrite", "cases").out == "1 as written\n"


def test_a_case_about_others_is_counted(put: Put, say: Say) -> None:
    put(CASE.replace("reference", "dask"))
    put(name="0002-other.case")
    output = say("replay", "--subject", "reference", "cases")
    assert (output.status, output.out) == (0, "1 as written, 1 not about this subject\n")


@needs_dask
def test_a_case_is_replayed_on_each_subject_that_it_names(put: Put, say: Say) -> None:
    put(BOTH)
    put(CASE.replace("reference", "dask"), "0002-dask.case")
    assert say("replay", "cases").out == "3 as written\n"
    assert say("replay", "--subject", "reference", "cases/0001-some.case").out == "1 as written\n"


def test_a_subject_that_is_not_installed_is_counted(put: Put, say: Say) -> None:
    put(CASE.replace("reference", "reference, nowhere:Tiny"))
    output = say("replay", "cases")
    assert (output.status, output.out) == (0, "1 as written, 1 on subjects not installed\n")


@pytest.mark.parametrize(
    ("about", "options", "why"),
    [
        ("nowhere:Tiny", [], "not installed here: nowhere:Tiny"),
        ("nowhere:Tiny", ["--subject", "reference"], "no case is about reference [0-9].*"),
        (
            "reference\nbreaks: role_fits_state on reference >=9999",
            [],
            "no case is about the versions that are installed here",
        ),
    ],
)
def test_nothing_replayed_is_bad_input(
    put: Put, say: Say, about: str, options: list[str], why: str
) -> None:
    put(CASE.replace("reference", about))
    output = say("replay", *options, "cases")
    assert output.status == 2
    assert re.fullmatch(f"workerfuzz: nothing was replayed: {why}\n", output.err)


def test_the_debugger_stops_where_the_subject_raises(
    put: Put, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    stopped: list[str] = []

    def post_mortem(trace: TracebackType) -> None:
        stopped.append(traceback.extract_tb(trace)[-1].name)

    def rotten(self: object, *_: object) -> None:
        raise KeyError("rotten")

    monkeypatch.setattr(pdb, "post_mortem", post_mortem)
    monkeypatch.setattr(reference, "handle_stimulus", rotten)
    output = say("replay", "--pdb", "cases")
    assert (output.status, stopped) == (1, ["rotten"])
    assert output.out.startswith("KeyError: 'rotten'\n")


def touchy(self: reference.ReferenceWorker, touched: object) -> Iterator[tuple[Property, str]]:
    """A check that is broken from the first step on."""
    yield role_fits_state, "x is odd"


def test_without_an_exception_the_debugger_stops_nowhere(
    put: Put, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    monkeypatch.setattr(reference.ReferenceWorker, "check", touchy)
    output = say("replay", "--pdb", "cases")
    assert output.status == 1
    assert output.err == (
        "workerfuzz: role_fits_state: the subject raised nothing, so --pdb stops nowhere\n"
    )


@pytest.mark.parametrize(
    "config", ["nthreads=1", "suspicious-limit=5 nthreads=1", "cpu=4 nthreads=2"]
)
def test_a_config_may_repeat_defaults_for_every_command(put: Put, say: Say, config: str) -> None:
    path = put(CASE.replace("\n\n", f"\nconfig: {config}\n\n", 1))
    assert say("replay", "cases").out == "1 as written\n"
    assert say("show", str(path)).status == 0
    assert say("replay", "--rewrite", "cases").out == "1 as written; 1 rewritten\n"
    assert say("replay", "--rewrite", "cases").out == "1 as written\n"


def test_a_config_is_spaced_as_all_lines_are(put: Put, say: Say) -> None:
    put(CASE.replace("\n\n", "\nconfig:  nthreads=1\n\n", 1))
    output = say("replay", "cases")
    assert output.status == 2
    assert 'not in canonical form: expected "config: nthreads=1"' in output.err


def test_an_unknown_subject_is_bad_input(
    put: Put, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    output = say("replay", "--subject", "dusk", "cases")
    assert (output.status, output.out) == (2, "")
    assert output.err == 'workerfuzz: unknown subject "dusk"; did you mean "dask"?\n'


def one_after_the_other(*functions: Callable[..., object]) -> Callable[..., object]:
    """Calls another one each time."""
    left = iter(functions)

    def call(*overrides: object) -> object:
        return next(left)(*overrides)

    return call


def interrupt(*_: object) -> Replay:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("first", "status"), [(CASE, 130), (CASE.replace("ing", "ible"), 2)])
def test_an_interrupt_prints_what_there_is(
    put: Put, say: Say, monkeypatch: pytest.MonkeyPatch, first: str, status: int
) -> None:
    put(first)
    put(name="0002-slow.case")
    before = [batch.replay_here] if first == CASE else []  # what is no case is not replayed
    function = one_after_the_other(*before, interrupt)
    monkeypatch.setattr(batch, "replay_here", function)
    output = say("replay", "cases")
    assert output.status == status
    assert output.err.endswith("workerfuzz: interrupted\n")
    assert output.out.startswith("1 ")


def fault(*_: object) -> Replay:
    raise ZeroDivisionError("by zero")


def test_a_fault_of_ours_gets_one_line(put: Put, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    put()
    monkeypatch.setattr(batch, "replay_here", fault)
    output = say("replay", "cases")
    assert output.status == 3
    assert output.err.startswith(
        "workerfuzz: the harness failed, while replaying cases/0001-some.case: "
        "ZeroDivisionError: by zero (test_cli.py:"
    )
    assert output.err.count("\n") == 1


def test_a_fault_of_ours_tells_more_if_asked(
    put: Put, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    monkeypatch.setattr(batch, "replay_here", fault)
    monkeypatch.setenv("WORKERFUZZ_TRACEBACK", "1")
    assert "Traceback (most recent call last)" in say("replay", "cases").err


def test_subjects_have_versions(say: Say) -> None:
    from workerfuzz import __version__

    output = say("subjects")
    assert output.status == 0
    assert output.out.startswith(f"  reference  {__version__}\n  dask       ")


def unavailable(name: str) -> Subject:
    raise SubjectUnavailable(f'subject "{name}" is too old')


def test_subjects_that_cannot_be_had_say_why(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "get", unavailable)
    assert '  dask       subject "dask" is too old\n' in say("subjects").out


def test_a_subject_that_cannot_be_had_is_bad_input(
    put: Put, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    monkeypatch.setattr(registry, "get", unavailable)
    output = say("replay", "--subject", "dask", "cases")
    assert (output.status, output.out) == (2, "")
    assert output.err == 'workerfuzz: subject "dask" is too old\n'


def test_properties_are_told_in_words(say: Say) -> None:
    output = say("properties")
    assert output.status == 0
    assert output.out.startswith("always\n")
    assert "\nat rest\n" in output.out
    assert "  No event that can happen makes the worker raise" in output.out


def test_the_command_works_in_a_process(put: Put) -> None:
    done = run("replay", str(put()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 as written\n", "")


def test_a_terminal_of_few_letters_is_enough(put: Put) -> None:
    path = put(CASE.replace("a transfer", "eine Übertragung"))
    done = run("show", str(path), PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.startswith("eine \\xdcbertragung breaks\n")


@needs_dask
@pytest.mark.parametrize("seed", ["", "random", "7"])
def test_dask_has_a_fixed_hash_order(put: Put, seed: str) -> None:
    put(BOTH)
    done = run("replay", "--subject", "dask", "cases", PYTHONHASHSEED=seed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 as written\n", "")


def test_the_command_starts_again_for_other_subjects(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: started.append(arguments))
    monkeypatch.setenv("PYTHONHASHSEED", "random")
    options.fix_hash_order("reference")
    assert started == []
    options.fix_hash_order("dask")
    assert started == [[sys.executable, *sys.orig_argv[1:]]]
    assert os.environ["PYTHONHASHSEED"] == "0"
    options.fix_hash_order("dask")
    assert len(started) == 1
