"""Supported releases of distributed, and messages about all others."""

import importlib
import importlib.metadata
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, make_dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from workerfuzz.harness.subjects.dask import releases
from workerfuzz.harness.subjects.dask.worker.worker import DaskSubject
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.statemachine.worker.config import WorkerConfig

needs_distributed = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason='needs distributed: pip install "workerfuzz[dask]"',
)


@pytest.fixture(autouse=True)
def _looked_up_afresh() -> Iterator[None]:
    releases.installed.cache_clear()
    yield
    releases.installed.cache_clear()


@pytest.fixture
def release_without(request: pytest.FixtureRequest) -> Any:
    """The installed state machine, changed."""
    module = importlib.import_module("distributed.worker_state_machine")

    def changed(**changes: Any) -> SimpleNamespace:
        return SimpleNamespace(**{**vars(module), **changes})

    return changed


def imports(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    """Any import by name finds, or raises, this."""

    def import_module(name: str) -> object:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(importlib, "import_module", import_module)


def said() -> str:
    with pytest.raises(SubjectUnavailable) as caught:
        DaskSubject().version()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_distributed_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    imports(monkeypatch, ModuleNotFoundError("No module", name="distributed"))
    assert said() == 'subject "dask" needs distributed: pip install "workerfuzz[dask]"'
    with pytest.raises(SubjectUnavailable, match="needs distributed"):
        DaskSubject().worker(WorkerConfig())


def test_a_release_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    imports(monkeypatch, SimpleNamespace(__version__="2022.6.1"))
    assert said() == (
        'subject "dask" supports distributed 2022.7.0 and later; 2022.6.1 is installed'
    )


def test_a_release_too_old_to_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    imports(monkeypatch, AttributeError("no such thing in this Python"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2021.1.0")
    assert said().endswith("2021.1.0 is installed")


def test_an_import_that_fails_is_passed_on_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    imports(monkeypatch, ImportError("cannot import name 'x'\nfrom somewhere"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2026.1.0")
    assert said() == (
        'subject "dask" needs distributed, whose import failed: '
        "ImportError: cannot import name 'x'"
    )


def test_importing_the_subject_does_not_import_distributed() -> None:
    program = (
        "import sys, workerfuzz.harness.subjects\n"
        "import workerfuzz.harness.subjects.dask.worker.worker as it\n"
        "it.DaskSubject()\n"
        "sys.exit(bool({'dask', 'distributed'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@needs_distributed
def test_the_installed_release_is_known() -> None:
    import distributed

    assert DaskSubject().version() == distributed.__version__


@needs_distributed
@pytest.mark.parametrize(
    "lost",
    ["WorkerState", "TaskState", "Instruction", "PauseEvent", "GatherDep", "StealResponseMsg"],
)
def test_what_a_release_lacks_is_named(lost: str, release_without: Any) -> None:
    module = release_without()
    delattr(module, lost)
    with pytest.raises(SubjectUnavailable, match=rf"distributed 2099\.1: there is no .*{lost}"):
        releases.release_of(module, "2099.1")


@needs_distributed
def test_an_attribute_that_a_release_lacks_is_named(release_without: Any) -> None:
    class Nothing:
        """A WorkerState that has become something else."""

    with pytest.raises(SubjectUnavailable, match="WorkerState has no tasks"):
        releases.release_of(release_without(WorkerState=Nothing), "2099.1")


@needs_distributed
def test_a_new_field_of_an_event_is_named(release_without: Any) -> None:
    module = release_without()
    module.PauseEvent = make_dataclass(
        "PauseEvent", [("reason", str)], bases=(module.StateMachineEvent,)
    )
    try:
        with pytest.raises(SubjectUnavailable, match="PauseEvent has an unknown field reason"):
            releases.release_of(module, "2099.1")
    finally:
        restore_event_registry(module)


def restore_event_registry(module: Any) -> None:
    """Dask notes every kind of event under its name as it is made."""
    original = importlib.import_module("distributed.worker_state_machine").PauseEvent
    module.StateMachineEvent._classes["PauseEvent"] = original


@needs_distributed
def test_a_new_instruction_is_named(release_without: Any) -> None:
    module = release_without()

    @dataclass
    class Applaud:
        stimulus_id: str

    module.Applaud = type("Applaud", (Applaud, module.Instruction), {})
    with pytest.raises(SubjectUnavailable, match="there is an unknown instruction Applaud"):
        releases.release_of(module, "2099.1")


@needs_distributed
def test_a_new_argument_of_a_worker_is_named(release_without: Any) -> None:
    module = release_without()

    class Pickier(module.WorkerState):  # type: ignore[name-defined,misc]  # known at run time
        def __init__(self, *, mood: str, **others: Any) -> None:
            super().__init__(**others)

    module.WorkerState = Pickier
    with pytest.raises(SubjectUnavailable, match=r"no WorkerState can be made: .*'mood'"):
        releases.release_of(module, "2099.1")


@needs_distributed
def test_limits_reach_the_worker_under_the_names_of_its_release() -> None:
    config = WorkerConfig(
        nthreads=3,
        resources={"cpu": 2},
        transfer_count=5,
        transfer_throttle_nbytes=7,
        transfer_incoming_nbytes=11,
        transfer_message_nbytes=13,
    )
    machine = DaskSubject().worker(config).machine
    assert machine.nthreads == 3
    assert machine.total_resources == machine.available_resources == {"cpu": 2}
    expected = {
        "transfer_incoming_count_limit": 5,
        "total_out_connections": 5,
        "transfer_incoming_bytes_throttle_threshold": 7,
        "comm_threshold_bytes": 7,
        "transfer_incoming_bytes_limit": 11,
        "transfer_message_bytes_limit": 13,
        "transfer_message_target_bytes": 13,
        "target_message_size": 13,
    }
    found = {name: getattr(machine, name) for name in expected if hasattr(machine, name)}
    assert found == {name: expected[name] for name in found}
    assert sorted(found.values()) in ([5, 7, 13], [5, 7, 11, 13])


@needs_distributed
def test_distributed_itself_is_left_as_it_is() -> None:
    module = importlib.import_module("distributed.worker_state_machine")
    before = {kind: dict(vars(kind)) for kind in (module.WorkerState, module.TaskState)}
    worker = DaskSubject().worker(WorkerConfig())
    assert type(worker.machine) is not module.WorkerState
    assert {kind: dict(vars(kind)) for kind in before} == before
    assert hash(module.TaskState("x")) != hash(module.TaskState("x"))
    assert not module.logger.disabled
