"""Mistakes of somebody who writes a subject, and exceptions of a subject, are told where they are."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.cli import run_command
from workerfuzz.harness.engines.findings.finding_writer import keep
from workerfuzz.harness.subjects import get
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies.worker import FindMissing, Pause, Step

HEAD = """
from workerfuzz.harness.subjects.plain import PlainSubject, PlainWorker
from workerfuzz.statemachine.worker import events

class Quiet(PlainWorker):
    def react(self, event):
        return []

class Own(PlainSubject):
    worker_class = Quiet
"""


@pytest.fixture
def module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The name of a module in the current folder that nobody has imported yet."""
    monkeypatch.chdir(tmp_path)
    name = f"own_{abs(hash(request.node.nodeid))}"
    yield name
    sys.modules.pop(name, None)


def write(module: str, text: str) -> str:
    Path(f"{module}.py").write_text(HEAD + text, encoding="utf-8")
    return f"{module}:Own"


def test_the_current_folder_is_on_the_path_only_while_a_subject_is_imported(module: str) -> None:
    Path(f"{module}_sibling.py").write_text("import sys\nPATH = [*sys.path]", encoding="utf-8")
    place = write(module, f"\nfrom {module}_sibling import PATH\nOwn.path = PATH\n")
    before = [*sys.path]
    subject = get(place)
    assert vars(type(subject))["path"] == [str(Path.cwd()), *before]
    assert sys.path == before


def test_the_path_is_as_before_where_an_import_fails(module: str) -> None:
    before = [*sys.path]
    with pytest.raises(SubjectUnavailable):
        get(write(module, "\n1 / 0\n"))
    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\ndef f(:\n", "cannot be imported: SyntaxError: invalid syntax (MODULE.py:12)"),
        ("\n1 / 0\n", "cannot be imported: ZeroDivisionError: division by zero (MODULE.py:12)"),
        ("\nimport nosuch\n", "cannot be imported: No module named 'nosuch'"),
        (
            "    def __init__(self): raise ValueError('not today')\n",
            "cannot be imported: ValueError: not today (MODULE.py:11)",
        ),
        (
            "    takes = ('compute-tsk',)\n",
            'takes "compute-tsk", which is no kind of step; did you mean "compute-task"?',
        ),
        (
            "    takes = 'pause'\n",
            "has a string for takes; expected several, as in ('pause',)",
        ),
        (
            "    worker_class = None\n",
            "needs a worker_class that inherits from PlainWorker; found none",
        ),
        (
            "    worker_class = dict\n",
            "needs a worker_class that inherits from PlainWorker; found dict",
        ),
        (
            "\nclass Own: pass\n",
            "is no Subject: Own has no cannot, exempt, name, peers, pool, run_config, version, "
            "why_not_alone, worker; see docs/extending.md",
        ),
        ("\nOwn = Quiet.react\n", "cannot be imported: TypeError: "),
    ],
)
def test_a_mistake_is_told_in_a_line(text: str, problem: str, module: str) -> None:
    place = write(module, text)
    with pytest.raises(SubjectUnavailable) as raised:
        get(place)
    told = f'subject "{place}" {problem}'.replace("MODULE", module)
    assert str(raised.value).startswith(told)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["\n1 / 0\n", "    takes = 'pause'\n"])
def test_a_mistake_is_one_line_and_status_2(
    text: str, module: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The process that would have fuzzed it refuses."""
    place = write(module, text)
    with pytest.raises(SubjectUnavailable) as raised:
        get(place)
    assert run_command(["run", "--subject", place, "--runs", "20", "--seed", "1"]) == 2
    output = capfd.readouterr()
    assert output.err.splitlines()[-1] == f"workerfuzz: {raised.value}"
    assert output.err.count("workerfuzz: ") == 1
    assert "nothing new" not in output.out


@pytest.mark.parametrize(
    ("reaction", "made"),
    [("return None", "None"), ("return 3", "a int"), ("return ['x']", "a str")],
)
def test_a_reaction_that_is_no_instructions_is_a_mistake(
    reaction: str, made: str, module: str
) -> None:
    place = write(module, bad_reaction(reaction))
    with pytest.raises(SubjectUnavailable) as raised:
        WorkerWorld(get(place)).apply(FindMissing())
    assert str(raised.value) == (
        f"BadReaction.react made {made} of FindMissing; "
        "expected instructions: yield each of them, or return a list"
    )


def bad_reaction(reaction: str) -> str:
    """A subject that does this where keys are missing."""
    return f"""
class BadReaction(PlainWorker):
    def react(self, event):
        if isinstance(event, events.FindMissing):
            {reaction}
        return []
Own.worker_class = BadReaction
"""


@pytest.mark.parametrize("options", [["--engine", "walk"], ["--jobs", "1"]], ids=" ".join)
def test_a_mistake_that_a_run_meets_is_one_line_and_status_2(
    options: list[str], module: str, capfd: pytest.CaptureFixture[str]
) -> None:
    place = write(module, bad_reaction("return None"))
    with pytest.raises(SubjectUnavailable) as raised:
        WorkerWorld(get(place)).apply(FindMissing())
    command = ["run", "--subject", place, "--runs", "50", "--seed", "1", "--quiet"]
    assert run_command([*command, *options]) == 2
    output = capfd.readouterr()
    assert output.err == f"workerfuzz: {raised.value}\n"
    assert "nothing new" not in output.out


RAISING = """
class Raising(PlainWorker):
    def react(self, event):
        if isinstance(event, events.Pause):
            return self.stop()
        return [{}["elsewhere"]]

    def stop(self):
        return [{}["stopped"]]
Own.worker_class = Raising
"""


def broken(place: str, step: Step) -> Violation:
    with pytest.raises(Violation) as raised:
        WorkerWorld(get(place)).apply(step)
    return raised.value


def test_a_signature_knows_the_innermost_frame_of_a_subject(module: str) -> None:
    place = write(module, RAISING)
    here, there = broken(place, Pause()), broken(place, FindMissing())
    assert signature(here) == Signature(
        "no_handler_raises", "KeyError", 'stop: return [{}["stopped"]]'
    )
    assert signature(there) == Signature(
        "no_handler_raises", "KeyError", 'react: return [{}["elsewhere"]]'
    )


def test_a_finding_shows_the_frames_of_the_subject_and_none_of_ours(module: str) -> None:
    place = write(module, RAISING)
    lines = keep(get(place), broken(place, Pause()), None).lines
    file = Path(f"{module}.py").resolve()
    assert [line.strip() for line in lines[1:6]] == [
        "KeyError: 'stopped'",
        f'File "{file}", line 15, in react',
        "return self.stop()",
        f'File "{file}", line 19, in stop',
        'return [{}["stopped"]]',
    ]
    assert not any("workerfuzz/harness" in line for line in lines)
