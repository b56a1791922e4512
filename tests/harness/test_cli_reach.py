"""The command line: `reach`, which looks for a way to a configuration of a cluster."""

from collections.abc import Callable
from pathlib import Path

from workerfuzz.harness.cases.format.casefile import load

Say = Callable[..., tuple[int, str, str]]


def test_the_case_is_written_and_can_be_shown(say: Say) -> None:
    status, out, err = say("reach", "w0 cancelled(executing)", "--seed", "1", "--out", "it.case")
    assert (status, err) == (0, "")
    assert "it.case" in out
    assert load(Path("it.case")).title == "reached: w0 cancelled(executing)"
    status, out, _ = say("show", "it.case", "--text")
    assert status == 0
    assert "cancelled" in out


def test_the_case_is_printed_where_no_file_is_given(say: Say) -> None:
    status, out, _ = say("reach", "scheduler processing", "--seed", "1")
    assert status == 0
    assert out.startswith("workerfuzz-case 1\n")


def test_a_configuration_that_no_run_reached_is_told(say: Say) -> None:
    status, out, err = say("reach", "scheduler erred; w0 memory", "--cpu", "0.1s", "--seed", "1")
    assert (status, err) == (1, "")
    assert out.startswith("not reached in ")
    assert "seed 1: scheduler erred; w0 memory" in out


def test_a_text_that_is_no_configuration_is_one_line(say: Say) -> None:
    status, out, err = say("reach", "w0 lost")
    assert (status, out) == (2, "")
    assert "a worker has no state lost" in err
    assert len(err.splitlines()) == 1
