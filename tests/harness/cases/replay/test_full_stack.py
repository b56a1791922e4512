"""Known bugs of clusters on whole processes: shown there too, or the step that is impossible is told."""

from pathlib import Path
from typing import Any

import pytest
from examples.process_runs import OLDEST, in_own_process, is_simulated

from workerfuzz.harness.cli import run_command

pytestmark = pytest.mark.skipif(
    not is_simulated(), reason=f'needs distributed >={OLDEST}: pip install "workerfuzz[dask]"'
)

KNOWN = Path(__file__).parents[4] / "regressions" / "known"

#: Numbers of cases, by what they show on whole processes.
SHOWN = {
    "0001": "shows the same",  # a cancellation
    "0003": "shows the same",  # a retry
    "0017": "shows the same",  # a worker that dies, and the scheduler notices
    "0020": "shows the same",  # mail that crosses
    "0022": "shows the same",  # other content of a key
    "0080": "shows the same",  # a scatter of which the scheduler hears later
    "0082": "shows the same",
    "0012": "is impossible",
    "0033": "is impossible",
}


@pytest.fixture(scope="module")
def results() -> Any:
    paths = {number: str(next(KNOWN.glob(f"{number}-*.case"))) for number in SHOWN}
    return in_own_process(
        "from pathlib import Path\n"
        "from workerfuzz.harness.cases.format.casefile import load\n"
        "from workerfuzz.harness.cases.replay.full_stack import replay_at_full_stack\n"
        "done = {number: replay_at_full_stack(load(Path(path))) for number, path in "
        f"{paths!r}.items()}}\n"
        "tell({number: [it.shown, it.told] for number, it in done.items()})"
    )


@pytest.mark.parametrize("number", SHOWN)
def test_a_case_of_a_cluster_shows_what_it_can(results: Any, number: str) -> None:
    assert results[number][0] == SHOWN[number], results[number]


def test_the_step_that_is_impossible_is_told(results: Any) -> None:
    assert results["0012"][1].startswith("garble w1 w0: ")
    assert "actors are not simulated" in results["0033"][1]


@pytest.mark.parametrize(
    "options", [["--subject", "dask"], ["--rewrite"], ["--fixed", "all", "--pdb"]]
)
def test_options_of_other_replays_are_refused(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["replay", "--full-stack", *options, str(KNOWN)]) == 2
    assert "not together with --full-stack" in capsys.readouterr().err


def test_where_no_case_is_of_a_cluster_nothing_is_replayed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = next(KNOWN.parent.glob("0001-*.case"))
    assert run_command(["replay", "--full-stack", str(case)]) == 2
    told = capsys.readouterr()
    assert "nothing was replayed: no case is about clusters of dask" in told.err
    assert told.out == ""
