"""`workerfuzz show`: lanes, tables, the transcript; on any terminal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from examples.lane_cases import ALONE, CLUSTER, IMPOSSIBLE
from rich.console import Console

from workerfuzz.harness.cases.format.casefile import parse
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.cli import run_command
from workerfuzz.harness.report.swimlanes.terminal import show
from workerfuzz.harness.subjects import get

Say = Callable[..., tuple[int, str, str]]
KNOWN = Path(__file__).parents[2] / "regressions" / "known"


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Shows a case that is given as text; exit status, what it printed, what it complained of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONHASHSEED", "0")

    def say(text: str, *options: str) -> tuple[int, str, str]:
        Path("some.case").write_text(text, encoding="utf-8")
        status = run_command(["show", "some.case", *options])
        return status, *capsys.readouterr()

    return say


def test_a_case_is_shown_as_lanes(say: Say) -> None:
    status, out, err = say(ALONE)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[:2] == ["a transfer breaks", f"worker of {ours()}, the default worker"]
    assert lines[3].split() == ["scheduler", "worker", "b"]
    assert "●──────────────────────▶● compute-task y needs x@b" in out
    assert lines[-1] == "every property holds, after each step and at rest"


def ours() -> str:
    return f"reference {get('reference').version()}"


def test_where_nobody_looks_at_a_terminal_there_is_plain_text(say: Say) -> None:
    _, out, _ = say(CLUSTER)
    assert "\x1b" not in out
    assert [line for line in out.splitlines() if line != line.rstrip()] == []


def test_a_narrow_terminal_gets_a_list(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    status, out, _ = say(CLUSTER)
    assert status == 0
    assert "  3 deliver scheduler->w0\n    scheduler->w0: compute-task a, since 2\n" in out


def test_what_is_impossible_is_told(say: Say) -> None:
    status, out, _ = say(IMPOSSIBLE)
    assert status == 1
    assert "✗ in step 2: impossible\n  A step could not be taken.\n  y is not running\n" in out


def test_every_table_of_a_step_is_shown(say: Say) -> None:
    status, out, _ = say(ALONE, "--step", "1")
    assert status == 0
    assert out.startswith("after step 1 of 2: compute-task y needs x@b\nworker\n  tasks\n")


def test_what_steps_change_is_shown(say: Say) -> None:
    _, out, _ = say(ALONE, "--diff")
    assert out.startswith("step 1 of 2: compute-task y needs x@b\n")
    assert "step 2 of 2: gather-dep-network-failure b\n" in out
    _, out, _ = say(ALONE, "--diff", "--step", "2")
    assert out.startswith("step 2 of 2: gather-dep-network-failure b\n  worker tasks\n")
    assert "step 1" not in out


def test_a_step_that_is_not_there_is_told(say: Say) -> None:
    status, out, err = say(IMPOSSIBLE, "--step", "9")
    assert (status, out) == (2, "")
    assert err == "workerfuzz: some.case: there is no step 9; the last one is 2\n"


def test_a_case_is_played_on_the_first_subject_that_it_is_about(say: Say) -> None:
    pytest.importorskip("distributed")
    text = next(KNOWN.glob("0004-*.case")).read_text(encoding="utf-8")
    status, out, _ = say(text)
    assert status == 1
    assert "cluster of dask " in out
    assert "✗ at rest: wanted_keys_resolve" in out
    assert "the story of c" in out


def coloured(text: str, **options: object) -> str:
    screen = Console(width=80, highlight=False, markup=False, **options)  # type: ignore[arg-type]  # as they are
    with screen.capture() as capture:
        show(chart_of(parse(text), get("reference")), screen)
    return capture.get()


def test_states_are_coloured_cells_in_a_terminal() -> None:
    out = coloured(CLUSTER, force_terminal=True, color_system="standard")
    assert "\x1b[30;42m a memory \x1b[0m" in out
    assert "\x1b[30;43m c waiting \x1b[0m" in out


def test_no_color_leaves_the_letters() -> None:
    out = coloured(CLUSTER, force_terminal=True, color_system="standard", no_color=True)
    assert "\x1b[30;42m" not in out
    assert " a memory " in out
    assert "●" in out


# Pictures


@pytest.mark.parametrize(
    ("option", "begins"),
    [("--svg", "<svg "), ("--html", "<!doctype html>"), ("--mermaid", "sequenceDiagram\n")],
)
def test_a_picture_goes_to_a_file_or_to_standard_output(say: Say, option: str, begins: str) -> None:
    assert say(IMPOSSIBLE, option, "picture") == (0, "", "")
    assert Path("picture").read_text(encoding="utf-8").startswith(begins)
    status, out, _ = say(IMPOSSIBLE, option, "-")
    assert status == 0
    assert out == Path("picture").read_text(encoding="utf-8")


def test_a_picture_that_cannot_be_written_is_told(say: Say) -> None:
    status, out, err = say(ALONE, "--svg", "nowhere/x.svg")
    assert (status, out) == (2, "")
    text = "no such file or directory; the picture was not written: name another file"
    assert err == f"workerfuzz: nowhere/x.svg: {text}\n"


def test_a_folder_of_cases_becomes_a_folder_of_pages(
    say: Say, capsys: pytest.CaptureFixture[str]
) -> None:
    say(ALONE)
    Path("bad.case").write_text("workerfuzz-case 1\n", encoding="utf-8")
    assert run_command(["show", ".", "--html", "out"]) == 0
    output = capsys.readouterr()
    assert output.out == "1 of 2 cases drawn: out/index.html\n"
    assert output.err.startswith("workerfuzz: bad.case has no picture: bad.case")
    assert Path("out/some.html").is_file()


def test_a_folder_without_pages_is_told(say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    say(ALONE)
    Path("out").write_text("in the way", encoding="utf-8")
    assert run_command(["show", ".", "--html", "out"]) == 2
    output = capsys.readouterr().err
    assert output.startswith("workerfuzz: out: ")
    assert output.endswith("; the pages were not written: name another folder\n")


def test_a_folder_is_shown_as_pages_alone(say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    say(ALONE)
    Path("cases").mkdir()
    assert run_command(["show", "cases"]) == 2
    output = capsys.readouterr().err
    assert output == "workerfuzz: cases: a folder; --html DIR makes a page of each of its cases\n"
