"""The command line: `demo`, which shows a bug being found."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from workerfuzz.harness import cli
from workerfuzz.harness.campaigns.mutants import measure
from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.mutants.measure import PlantedSearch
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cli.demo import BUGS, SEED, DemoBug

#: Steps within which every bug of the list is found: a second or so of CPU time.
MOST_STEPS = 5_000

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Say:
    """Runs a command; exit status, what it printed, what it complained of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def say(*arguments: str) -> tuple[int, str, str]:
        status = cli.run_command(arguments)
        return status, *capsys.readouterr()

    return say


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.mutant)
def test_every_bug_is_found_shrunk_drawn_and_fixed(say: Say, bug: DemoBug) -> None:
    status, out, err = say("demo", bug.mutant, "--out", "demo")
    assert (status, err) == (0, "")
    (path,) = Path("demo").iterdir()
    commands = [line for line in out.splitlines() if line.startswith("$ ")]
    assert commands == [
        f"$ workerfuzz mutants {bug.mutant}",
        f"$ workerfuzz run --engine walk --seed {SEED} --out demo",
        f"$ workerfuzz show {path}",
        f"$ workerfuzz replay {path}",
        f"$ workerfuzz replay {path}",
        f"$ workerfuzz replay --rewrite {path}",
        f"$ workerfuzz replay {path}",
    ]
    (steps,) = re.findall(r"^after ([\d,]+) steps: ", out, re.MULTILINE)
    assert int(steps.replace(",", "")) <= MOST_STEPS
    assert "▶●" in out, "it is drawn"
    assert re.search(
        r"^1 broken$.*^1 differs$.*^1 as written; 1 rewritten$", out, re.MULTILINE | re.DOTALL
    )
    assert f"#{bug.issue}" in {*named(bug.mutant).origin.split()}


def test_the_list_names_bugs_and_issues(say: Say) -> None:
    status, out, err = say("demo", "--list")
    assert (status, err) == (0, "")
    assert 5 <= len(BUGS) <= 8
    assert out.splitlines()[:2] == [
        f"{BUGS[0].mutant} (dask/distributed#{BUGS[0].issue})",
        f"  {BUGS[0].sentence}",
    ]
    assert max(map(len, out.splitlines())) <= 80


def test_without_a_folder_it_names_one(
    say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    status, out, _ = say("demo")
    assert status == 0
    path = Path(out.splitlines()[-1])
    assert path.parent.name.startswith("workerfuzz-demo-")
    assert load(path)


def test_an_unknown_bug_is_bad_input(say: Say) -> None:
    assert say("demo", "busy-peer-is-given-upp") == (
        2,
        "",
        'workerfuzz: Invalid value: unknown bug "busy-peer-is-given-upp"; did you mean '
        '"busy-peer-is-given-up"?\n',
    )


def test_a_bug_that_is_not_found_is_a_fault(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        measure, "PlantedSearch", lambda scope, seed: PlantedSearch(scope, seed, most_steps=1)
    )
    monkeypatch.setattr(PlantedSearch, "by_walk", lambda self: None)
    status, _, err = say("demo", "--out", "demo")
    assert (status, err) == (3, "workerfuzz: 0 steps did not find it\n")


def test_a_folder_that_takes_no_case_is_told(say: Say) -> None:
    Path("demo").write_text("")
    status, _, err = say("demo", "--out", "demo")
    assert (status, err) == (3, "workerfuzz: demo: file exists; the case was not written\n")
