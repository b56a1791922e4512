"""Dask's worker as a subject: what goes in, what comes out, what can be seen."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from workerfuzz.harness.subjects.dask.worker.worker import DaskSubject, DaskWorker
from workerfuzz.harness.subjects.protocol import Subject, SubjectRaised
from workerfuzz.harness.worlds.worker.effect import WorkerEffect
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.states import State as S
from workerfuzz.statemachine.worker.task import Request, TaskSpec, Transition

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason='needs distributed: pip install "workerfuzz[dask]"',
)


@pytest.fixture
def worker() -> DaskWorker:
    return DaskSubject().worker(WorkerConfig(nthreads=1, resources={"cpu": 2}))


def compute(
    key: str,
    run: int,
    needs: ev.WhoHas | None = None,
    *,
    cpu: int = 0,
    spec: int = 0,
    actor: bool = False,
    nbytes: ev.Nbytes | None = None,
) -> ev.ComputeTask:
    return ev.ComputeTask(
        spec=TaskSpec(key=key, dependencies=tuple(needs or ()), run_spec=spec, actor=actor),
        request=Request(run_id=run, resources={"cpu": cpu} if cpu else {}),
        who_has=needs or {},
        nbytes=nbytes or {},
    )


def play(worker: DaskWorker, *happened: ev.Event) -> list[str]:
    """The effect of the last event, as a case writes it."""
    lines: list[str] = []
    for event in happened:
        before = dict(zip(keys := worker.keys(), map(worker.state, keys), strict=True))
        issued = worker.handle(event)
        changes = tuple(
            (key, before.get(key), worker.state(key))
            for key in sorted(worker.touched())
            if before.get(key) is not worker.state(key)
        )
        lines = WorkerEffect(changes, tuple(issued)).lines()
    return lines


#: Each event at least once, and its effect.
EVERYTHING: tuple[tuple[ev.Event, list[str]], ...] = (
    (compute("x", 1), ["x: - -> executing", "! execute x run=1"]),
    (ev.FreeKeys(keys=("x",)), ["x: executing -> cancelled"]),
    (compute("x", 2), ["x: cancelled -> executing"]),
    (ev.Secede(key="x", run_id=1), ["x: executing -> long-running", "! long-running x run=2"]),
    (ev.FreeKeys(keys=("x",)), ["x: long-running -> cancelled"]),
    (ev.ExecuteSuccess(key="x", run_id=1, value=0), ["x: cancelled -> -"]),
    (compute("x", 3), ["x: - -> executing", "! execute x run=3"]),
    (
        ev.ExecuteSuccess(key="x", run_id=3, value=0, nbytes=5),
        ["x: executing -> memory", "! task-finished x run=3"],
    ),
    (
        compute("y", 4, {"x": (), "u": ("a",)}),
        ["u: - -> flight", "y: - -> waiting", "! gather-dep a u"],
    ),
    (
        ev.GatherDepSuccess(worker="a", values={"u": None}),
        ["u: flight -> memory", "y: waiting -> executing", "! add-keys u", "! execute y run=4"],
    ),
    (
        ev.ExecuteFailure(key="y", run_id=4, exception="no"),
        ["y: executing -> error", "! task-erred y run=4"],
    ),
    (ev.ForgetKeys(keys=("y",)), ["y: error -> -"]),
    (
        ev.AcquireReplicas(who_has={"v": ("b", "c"), "w": ("b",)}),
        ["v: - -> flight", "w: - -> flight", "! gather-dep b v w"],
    ),
    (
        ev.GatherDepBusy(worker="b"),
        [
            "w: flight -> fetch",
            "! retry-busy-worker-later b",
            "! request-refresh-who-has w",
            "! gather-dep c v",
        ],
    ),
    (ev.GatherDepNetworkFailure(worker="c"), ["v: flight -> fetch"]),
    (
        ev.RefreshWhoHas(who_has={"v": ("c",), "w": ()}),
        ["v: fetch -> flight", "w: fetch -> missing", "! gather-dep c v"],
    ),
    (ev.GatherDepFailure(worker="c"), ["v: flight -> error", "! task-erred v"]),
    (ev.FindMissing(), ["! request-refresh-who-has w"]),
    (ev.RetryBusyWorker(worker="b"), []),
    (ev.RemoveWorker(worker="b"), []),
    (
        ev.RemoveReplicas(keys=("x", "u")),
        ["u: memory -> -", "x: memory -> -", "! release-worker-data u", "! release-worker-data x"],
    ),
    (ev.UpdateData(values={"s": 1}), ["s: - -> memory"]),
    (ev.Pause(), []),
    (compute("z", 5, {"s": ()}), ["z: - -> ready"]),
    (compute("t", 6), ["t: - -> ready"]),
    (ev.StealRequest(key="t"), ["t: ready -> -", "! steal-response t ready"]),
    (ev.CancelCompute(key="z"), ["z: ready -> -"]),
    (ev.Unpause(), []),
    (compute("r", 7, cpu=1), ["r: - -> executing", "! execute r run=7"]),
    (ev.Reschedule(key="r", run_id=7), ["r: executing -> -", "! reschedule r run=7"]),
)


def test_every_event_has_its_effect(worker: DaskWorker) -> None:
    assert {type(event) for event, _ in EVERYTHING} == set(ev.EVENTS)
    for event, expected in EVERYTHING:
        lines = play(worker, event)
        known_run = worker.release.fields["ExecuteSuccessEvent"]
        if type(event) is ev.ExecuteSuccess and "run_id" not in known_run:
            continue
        assert lines == expected, event
        assert {broken.name for broken, _ in worker.check(None)} <= {"waiting_is_counted"}
    assert worker.keys() == ["s", "v", "w"]


def test_subject_and_worker_are_what_the_protocol_asks_for() -> None:
    subject: Subject = DaskSubject()
    assert subject.name == "dask"


def test_execute_names_the_run_the_content_and_the_inputs(worker: DaskWorker) -> None:
    play(worker, ev.UpdateData(values={"x": "scattered", "u": None}))
    event = compute("y", 7, {"x": (), "u": ("a",)}, spec=3)
    assert worker.handle(event) == [
        do.Execute(key="y", run_id=7, spec=event.spec, inputs={"x": "scattered", "u": None})
    ]


def test_execute_carries_only_inputs_that_are_here() -> None:
    worker = DaskSubject(validate=False).worker(WorkerConfig())
    play(worker, ev.UpdateData(values={"x": 1}), compute("u", 1), compute("y", 2, {"x": ()}))
    play(worker, ev.FreeKeys(keys=("x",)))
    (_, execute) = worker.handle(ev.ExecuteSuccess(key="u", run_id=1, value=0))
    assert isinstance(execute, do.Execute)
    assert execute.inputs == {}


def test_a_completion_carries_the_run_its_thread_was_started_for(worker: DaskWorker) -> None:
    play(worker, compute("x", 1), ev.FreeKeys(keys=("x",)), compute("x", 2))
    (finished,) = worker.handle(ev.ExecuteSuccess(key="x", run_id=1, value=0))
    assert isinstance(finished, do.TaskFinished)
    knows_runs = "run_id" in worker.release.fields["ExecuteSuccessEvent"]
    assert finished.run_id == (1 if knows_runs else 2)


def test_an_error_in_copying_has_no_run(worker: DaskWorker) -> None:
    play(worker, compute("y", 1, {"x": ("a",)}))
    (erred,) = worker.handle(ev.GatherDepFailure(worker="a", exception="garbage"))
    assert erred == do.TaskErred(key="x", run_id=None, exception="garbage", cause=None)


def test_keys_are_gathered_most_urgent_first(worker: DaskWorker) -> None:
    play(worker, ev.Pause(), ev.AcquireReplicas(who_has={"u": ("a",)}, nbytes={"u": 40}))
    play(worker, compute("y", 1, {"x": ("a",)}, nbytes={"x": 2}))
    assert worker.handle(ev.Unpause()) == [
        do.GatherDep(worker="a", keys=("x", "u"), total_nbytes=42)
    ]
    assert worker.transfers() == {"a": ["u", "x"]}


def test_a_message_brings_no_more_than_its_limit() -> None:
    worker = DaskSubject().worker(WorkerConfig(transfer_message_nbytes=100))
    sizes = {"u": 60, "v": 30, "w": 30}
    (gather,) = worker.handle(
        ev.AcquireReplicas(who_has=dict.fromkeys(sizes, ("a",)), nbytes=sizes)
    )
    assert isinstance(gather, do.GatherDep)
    assert (len(gather.keys), gather.total_nbytes) == (2, sum(sizes[key] for key in gather.keys))


def test_peers_that_are_equally_good_are_asked_by_name(worker: DaskWorker) -> None:
    needs = {"u": ("c", "a"), "v": ("b", "a"), "w": ("c", "b")}
    assert play(worker, compute("x", 1, needs))[-2:] == ["! gather-dep a u v", "! gather-dep b w"]


def test_a_steal_is_answered_under_its_own_stimulus(worker: DaskWorker) -> None:
    assert worker.handle(ev.StealRequest(key="x", stimulus_id="steal-17")) == [
        do.StealResponse(key="x", state=None, stimulus_id="steal-17")
    ]


def test_the_worker_itself_is_named_as_holder_of_what_is_here(worker: DaskWorker) -> None:
    play(worker, ev.UpdateData(values={"x": 1}))
    event = worker.stimulus(compute("y", 1, {"x": (), "u": ()}))
    assert [*event.who_has.items()] == [("x", ["self:0"]), ("u", [])]


def test_a_size_that_is_not_told_stays_as_it_was(worker: DaskWorker) -> None:
    play(worker, compute("y", 1, {"x": ("a",), "u": ("a",)}, nbytes={"x": 40}))
    event = worker.stimulus(ev.AcquireReplicas(who_has={"x": ("b",), "u": ("b",), "v": ("b",)}))
    assert [*event.nbytes.values()] == [40, 1, 1]


def test_cancelled_and_resumed_show_what_they_hold_and_what_comes_next(worker: DaskWorker) -> None:
    play(worker, compute("x", 1))
    assert (worker.previous("x"), worker.next("x")) == (None, None)
    play(worker, ev.FreeKeys(keys=("x",)))
    assert (worker.state("x"), worker.previous("x"), worker.next("x")) == (
        S.CANCELLED, S.EXECUTING, None,
    )  # fmt: skip
    play(worker, compute("y", 2, {"x": ("b",)}))
    assert (worker.state("x"), worker.previous("x"), worker.next("x")) == (
        S.RESUMED, S.EXECUTING, S.FETCH,
    )  # fmt: skip
    assert worker.threads() == {"x": False}
    play(worker, ev.Secede(key="x", run_id=1))
    assert worker.state("x") in (S.RESUMED, S.LONG_RUNNING)


def test_a_cancelled_transfer_is_still_a_transfer(worker: DaskWorker) -> None:
    play(worker, compute("y", 1, {"x": ("a", "b")}), ev.FreeKeys(keys=("y", "x")))
    assert worker.state("x") is S.CANCELLED
    assert worker.previous("x") is S.FLIGHT
    assert worker.transfers() == {"a": ["x"]}


def test_a_seceded_task_holds_its_thread_and_its_resources(worker: DaskWorker) -> None:
    play(worker, compute("x", 1, cpu=2), ev.Secede(key="x", run_id=1))
    assert worker.threads() == {"x": True}
    assert worker.available_resources() == {"cpu": 0}
    play(worker, ev.ExecuteSuccess(key="x", run_id=1, value=None))
    assert worker.threads() == {}
    assert worker.available_resources() == {"cpu": 2}


def test_holders_and_dependencies_have_their_plain_names(worker: DaskWorker) -> None:
    play(worker, compute("y", 1, {"x": ("b", "a", "self"), "u": ("c",)}))
    assert worker.holders("x") == ["a", "b"]
    assert worker.dependencies("y") == ["u", "x"]
    assert {type(key) for key in (*worker.keys(), *worker.holders("x"))} == {str}
    assert (worker.holders("v"), worker.dependencies("v"), worker.state("v")) == ([], [], None)


def test_an_actor_is_data_once_it_is_made(worker: DaskWorker) -> None:
    play(worker, compute("x", 1, actor=True))
    assert worker.data() == {}
    play(worker, ev.ExecuteSuccess(key="x", run_id=1, value=None))
    assert worker.data() == {"x": None}
    play(worker, ev.FreeKeys(keys=("x",)))
    assert worker.data() == {}


def test_a_pause_can_be_seen(worker: DaskWorker) -> None:
    assert not worker.paused()
    play(worker, ev.Pause())
    assert worker.paused()


def test_changes_name_the_event_and_both_halves_of_a_detour(worker: DaskWorker) -> None:
    play(worker, compute("x", 1), ev.Pause(), ev.ExecuteFailure(key="x", run_id=1), compute("x", 2))
    if worker.state("x") is S.ERROR:  # so did Dask answer until 2022.8.1
        assert worker.changes() == []
        return
    assert worker.changes() == [
        ("x", Transition("ComputeTask", S.ERROR, S.RELEASED, S.WAITING)),
        ("x", Transition("ComputeTask", S.RELEASED, S.WAITING, S.WAITING)),
        ("x", Transition("ComputeTask", S.WAITING, S.READY, S.READY)),
    ]
    play(worker, ev.ForgetKeys(keys=("x",)))
    assert worker.changes() == [
        ("x", Transition("ForgetKeys", S.READY, S.RELEASED, S.RELEASED)),
        ("x", Transition("ForgetKeys", S.RELEASED, S.FORGOTTEN, S.FORGOTTEN)),
    ]
    assert worker.touched() == ["x"]


def test_what_dask_raises_is_the_subjects_fault(worker: DaskWorker) -> None:
    with pytest.raises(SubjectRaised) as caught:
        worker.handle(compute("y", 1, {"x": ()}))
    assert isinstance(caught.value.__cause__, AssertionError)
    assert str(caught.value) == "AssertionError in _handle_compute_task (assert dep_workers)"


def test_what_the_adapter_raises_is_not_the_subjects_fault(worker: DaskWorker) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Earthquake(ev.Event):
        """Nothing that a worker knows of."""

    with pytest.raises(KeyError):
        worker.handle(Earthquake())


def test_transitions_are_bounded_for_each_event(worker: DaskWorker) -> None:
    worker.machine.transition_counter_max = 5
    for run in range(1, 9):
        play(worker, compute("x", run), ev.ExecuteSuccess(key="x", run_id=run, value=run))
        play(worker, ev.FreeKeys(keys=("x",)))
    with pytest.raises(SubjectRaised, match="TransitionCounterMaxExceeded"):
        worker.handle(compute("y", 9, dict.fromkeys("tuvwx", ("a",))))


def test_validation_is_a_property(worker: DaskWorker) -> None:
    play(worker, compute("y", 1, {"x": ("a",)}), ev.GatherDepFailure(worker="a"))
    ((broken, counterexample),) = worker.check(("x",))
    assert broken.name == "validate_state"
    assert "assert ts_wait.state in WAITING_FOR_DATA" in counterexample


def test_without_validation_a_worker_goes_on() -> None:
    worker = DaskSubject(validate=False).worker(WorkerConfig())
    play(worker, compute("y", 1, {"x": ("a",)}), ev.GatherDepFailure(worker="a"))
    assert [*worker.check(None)] == []
    assert worker.state("y") is S.WAITING


def test_dask_does_not_log_what_it_raises(
    worker: DaskWorker, caplog: pytest.LogCaptureFixture
) -> None:
    worker.release.logger.addHandler(caplog.handler)
    play(worker, ev.UpdateData(values={"x": 1}), compute("u", 1), compute("y", 2, {"x": ()}))
    play(worker, ev.FreeKeys(keys=("x",)))
    ((_, counterexample),) = worker.check(None)
    worker.release.logger.removeHandler(caplog.handler)
    assert counterexample.startswith("InvalidTaskState (key y, state ready): AssertionError in ")
    assert caplog.records == []


RUN = """
from workerfuzz.harness.subjects.dask.worker.worker import DaskSubject
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.task import Request, TaskSpec

worker = DaskSubject().worker(WorkerConfig())
names = tuple("abcdefghijklmnopqrstuvwxyz")
needs = {key: names[:3] for key in names[:-1]}
spec = TaskSpec(key="z", dependencies=names[:-1])
for event in (
    ev.ComputeTask(spec=spec, request=Request(run_id=1), who_has=needs),
    ev.GatherDepSuccess(worker="a", values=dict.fromkeys(names[5:20])),
    ev.GatherDepNetworkFailure(worker="b"),
    ev.FreeKeys(keys=names),
    ev.GatherDepBusy(worker="c"),
):
    print(worker.handle(event), worker.changes())
"""


def test_nothing_depends_on_the_hash_seed() -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", RUN],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    one, other = (run.communicate()[0] for run in runs)
    assert one == other
    assert one.count("\n") == 5
