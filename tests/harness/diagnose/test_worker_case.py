"""Cases from the log of a worker."""

import gzip
from pathlib import Path

import msgpack
import pytest
from examples.dumps import Plain, dump_of, model

from workerfuzz.harness.cases.format.casefile import format as formatted
from workerfuzz.harness.cases.format.casefile import load, parse
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.cli import run_command
from workerfuzz.harness.diagnose.diagnosis import diagnosed
from workerfuzz.harness.diagnose.worker_case import STEPS, LogSlice, WorkerCase, worker_cases
from workerfuzz.harness.subjects import get
from workerfuzz.harness.subjects.dask.conversion import KINDS

W0, W1 = "w0:0", "w1:0"


def case_of(plain: Plain) -> WorkerCase:
    (found,) = worker_cases(diagnosed(model(plain), 0.0))
    return found


def refusal_of(plain: Plain) -> str:
    found = case_of(plain)
    assert found.case is None
    return found.refusal


def test_a_log_becomes_two_steps_that_replay() -> None:
    found = case_of(dump_of("unreadable"))
    assert found.case is not None
    assert [str(step) for step in found.case.steps] == [
        "compute-task z needs y@a",
        "gather-dep-failure a",
    ]
    assert any("proves that a worker which is told so" in note for note in found.case.notes)
    read = parse(formatted(found.case))
    assert replay(read, get("dask")).outcome is ReplayOutcome.BREAKS_AS_KNOWN


def test_the_log_of_a_stale_finish_becomes_a_case() -> None:
    found = case_of(dump_of("stale"))
    assert found.case is not None, found.refusal
    assert len(found.case.steps) <= 6
    assert replay(found.case, get("dask")).outcome is ReplayOutcome.BREAKS_AS_KNOWN


def test_every_event_of_dask_has_a_step() -> None:
    assert STEPS.keys() == set(KINDS.values()) - {"AlreadyCancelledEvent"}


def test_holders_are_narrowed_to_the_peer_that_was_asked() -> None:
    plain = dump_of("unreadable")
    worker = plain["workers"][W1]
    event = next(logged for logged in worker["stimulus_log"] if logged["key"] == "c")
    event["who_has"]["a"] = ["other:0", W0]
    part = LogSlice(model(plain).workers[W1], ("c", "a"))
    (request,) = (
        step for step in part.steps() if str(step).startswith(f"compute-task {part.names['c']}")
    )
    assert f"{part.names['a']}@{part.peer(W0)}" in str(request).split()


def test_keys_that_are_tuples_or_steer_a_terminal_have_other_names() -> None:
    text = msgpack.packb(dump_of("unreadable"))
    plain = msgpack.unpackb(text)
    worker = plain["workers"][W1]
    for event in worker["stimulus_log"]:
        if event.get("key") == "c":
            event["key"] = ["c\x1b", 0]
    worker["tasks"]["['c\\x1b', 0]"] = dict(worker["tasks"].pop("c"), key=["c\x1b", 0])
    scheduled = plain["scheduler"]["tasks"]
    scheduled["['c\\x1b', 0]"] = dict(scheduled.pop("c"), key=["c\x1b", 0])
    found = case_of(plain)
    assert found.case is not None, found.refusal
    assert formatted(found.case).replace("\n", "").isprintable()


def test_a_log_without_its_beginning_is_refused_and_the_setting_named() -> None:
    plain = dump_of("unreadable")
    worker = plain["workers"][W1]
    kept = len(worker["stimulus_log"])
    worker["config"] = {"distributed": {"admin": {"low-level-log-length": kept}}}
    text = refusal_of(plain)
    assert text.startswith(f"the beginning of its log is gone: it keeps {kept} events")
    assert "distributed.admin.low-level-log-length" in text


def test_a_hang_of_the_scheduler_gives_no_case() -> None:
    assert refusal_of(dump_of("retry")).startswith("the hang is the scheduler's")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"stimulus_log": []}, "its log of events is empty"),
        (
            {"stimulus_log": [{"cls": "OddEvent", "key": "c", "stimulus_id": "", "handled": 1.0}]},
            "no step of a worker stands for OddEvent",
        ),
        (
            {"stimulus_log": [{"cls": "FreeKeysEvent", "keys": ["z"], "handled": 1.0}]},
            "no event of its log is about c, a",
        ),
        (
            {"stimulus_log": [{"cls": "FreeKeysEvent", "keys": ["a"], "handled": 1.0}]},
            "replayed, its log does not end in the states of the dump: c is unknown and was waiting",
        ),
    ],
)
def test_what_gives_no_case_says_why(changes: Plain, text: str) -> None:
    plain = dump_of("unreadable")
    plain["workers"][W1] |= changes
    assert refusal_of(plain).startswith(text)


def test_a_worker_that_did_not_answer_has_no_log() -> None:
    plain = dump_of("unreadable")
    plain["workers"][W1] = "gone"
    assert refusal_of(plain) == "the worker did not answer: there is no log"


def test_one_worker_alone_gives_a_case() -> None:
    assert case_of(dump_of("unreadable")["workers"][W1]).case is not None


def test_the_command_writes_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump = tmp_path / "dump"
    dump.write_bytes(gzip.compress(msgpack.packb(dump_of("unreadable"))))
    folder = tmp_path / "cases"
    arguments = ["diagnose", str(dump), "--settled", "0s", "--cases", str(folder)]
    assert run_command(arguments) == 1
    (path,) = folder.iterdir()
    assert load(path).steps
    assert f"{path}: 2 steps of 4 events break validate_state." in capsys.readouterr().out
    assert run_command([*arguments, "--json"]) == 1
    assert [*folder.iterdir()] == [path]
    assert str(path) in capsys.readouterr().err
    path.unlink()
    folder.rmdir()
    folder.touch()
    assert run_command(arguments) == 2


def test_the_command_says_why_there_is_no_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = tmp_path / "dump"
    dump.write_bytes(gzip.compress(msgpack.packb(dump_of("retry"))))
    run_command(["diagnose", str(dump), "--settled", "0s", "--cases", str(tmp_path / "cases")])
    assert "No case of scheduler (c, b): the hang is the scheduler's" in capsys.readouterr().out
    assert not (tmp_path / "cases").exists()
