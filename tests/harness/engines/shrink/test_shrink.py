"""Shrinking keeps the bug, and ends where no single step can go."""

from typing import Any

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.cases.triage.signature import Signature, located, signature
from workerfuzz.harness.engines.shrink import shrink as shrinking
from workerfuzz.harness.engines.shrink.shrink import Shrunk, replay, shrink
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get_cluster, system
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.scopes import CLUSTER, WORKER, FuzzingScope
from workerfuzz.harness.worlds.time_limit import TIME_LIMIT
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.worker import events, machine
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies import worker
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig

SUBJECT = ReferenceSubject()


@pytest.fixture
def kept_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that seceded gives back nothing when it ends."""
    give_back = WorkerState._give_back

    def forgetful(self: WorkerState, task: object) -> None:
        execution = getattr(task, "execution", None)
        if execution is None or not execution.seceded:
            give_back(self, task)  # type: ignore[arg-type]  # whatever it was called with

    monkeypatch.setattr(WorkerState, "_give_back", forgetful)


def found(subject: Any = SUBJECT, scope: FuzzingScope = WORKER) -> Violation:
    for seed in range(500):
        try:
            walk(subject, f"shrink {seed}", scope=scope)
        except Violation as violation:
            return violation
    raise AssertionError("nothing was found")


@pytest.mark.usefixtures("kept_slot")
def test_result_is_one_minimal_and_shows_the_same_bug() -> None:
    violation = found()
    shrunk = shrink(SUBJECT, violation)
    assert signature(shrunk.violation) == signature(violation)
    assert [step.word for step in shrunk.steps] == ["compute-task", "secede"]
    assert shrunk.violation.at_rest  # the thread ends when everything does
    for place in range(len(shrunk.steps)):
        rest = shrunk.steps[:place] + shrunk.steps[place + 1 :]
        other = replay(SUBJECT, shrunk.config, rest)
        assert other is None or signature(other) != signature(violation)


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("liar-is-believed", WORKER),
        ("freed-task-secedes-aloud", WORKER),
        ("released-actor-stays", WORKER),
        ("dead-worker-keeps-its-tasks", CLUSTER),
        ("stale-run-counts", CLUSTER),
    ],
)
def test_without_any_single_step_the_bug_is_gone(name: str, scope: FuzzingScope) -> None:
    subject = system("reference", scope.name)
    with named(name).planted():
        violation = found(subject, scope)
        shrunk = shrink(subject, violation)
        assert not shrunk.interrupted
        assert located(shrunk.violation) == located(violation)
        for place in range(len(shrunk.steps)):
            rest = shrunk.steps[:place] + shrunk.steps[place + 1 :]
            other = replay(subject, shrunk.config, rest, scope)
            assert other is None or located(other) != located(violation)


@pytest.mark.usefixtures("kept_slot")
def test_interruption_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    violation = found()
    replays = iter(range(3))

    def impatient(*arguments: object) -> Violation | None:
        if next(replays, None) is None:
            raise KeyboardInterrupt
        return replay(*arguments)  # type: ignore[arg-type]  # whatever it was called with

    monkeypatch.setattr(shrinking, "replay", impatient)
    shrunk = shrink(SUBJECT, violation)
    assert shrunk.interrupted
    assert signature(shrunk.violation) == signature(violation)


@pytest.mark.usefixtures("kept_slot")
def test_options_that_do_not_matter_are_left_at_their_defaults() -> None:
    violation = found()
    shrunk = shrink(SUBJECT, violation)
    assert shrunk.config == WorkerConfig()


def test_impossible_steps_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("execute-success x", "compute-task x", "unpause", "execute-success x")
    assert replay(SUBJECT, WorkerConfig(), [worker.parse(line) for line in lines]) is None


def test_signature_tells_exceptions_apart() -> None:
    one, other = (Violation("p", "", ""), Violation("p", "", ""))
    one.__cause__ = KeyError("x")
    assert signature(one) == Signature("p", "KeyError")
    assert signature(other) == Signature("p")
    assert str(signature(one)) == "p (KeyError)"


def breaking(*lines: str, config: WorkerConfig | None = None) -> Violation:
    """Return the violation by these steps."""
    violation = replay(SUBJECT, config or WorkerConfig(), [worker.parse(line) for line in lines])
    assert violation is not None
    return violation


def lines_of(shrunk: Shrunk) -> list[str]:
    return list(map(str, shrunk.steps))


def test_contents_are_simplified_everywhere_at_once() -> None:
    with named("value-that-is-here-is-not-reported").planted():
        shrunk = shrink(
            SUBJECT,
            breaking("compute-task z spec=1", "execute-success z", "compute-task z spec=1"),
        )
    assert lines_of(shrunk) == ["compute-task z", "execute-success z", "compute-task z"]
    assert shrunk.did == {"contents": 1}


#: Two bugs that break one property, and steps that show the first, which are almost a run of the other.
CLOSE = (
    (
        ("error-turns-into-memory", "found-key-takes-a-detour"),
        ("acquire-replicas w", "compute-task z", "execute-failure z", "update-data z"),
    ),
    (
        ("keys-of-a-dead-peer-stay-queued", "announced-holder-changes-nothing"),
        ("acquire-replicas y@a", "acquire-replicas z@a", "remove-worker a"),
    ),
)


@pytest.mark.parametrize(("bugs", "lines"), CLOSE, ids=lambda bugs: bugs[0])
def test_shrinking_does_not_slip_to_a_bug_nearby(
    bugs: tuple[str, str], lines: tuple[str, ...]
) -> None:
    first, second = map(named, bugs)
    with first.planted():
        violation = breaking(*lines)
        with second.planted():
            shrunk = shrink(SUBJECT, violation)
            slipped = shrink(SUBJECT, violation, sign=signature)
        alone = replay(SUBJECT, shrunk.config, shrunk.steps)
        elsewhere = replay(SUBJECT, slipped.config, slipped.steps)
    assert alone is not None
    assert located(alone) == located(shrunk.violation) == located(violation)
    assert elsewhere is None  # the property alone does not tell them apart


@pytest.mark.usefixtures("kept_slot")
def test_threads_and_resources_that_do_not_matter_go() -> None:
    config = WorkerConfig(nthreads=3, resources={"cpu": 2.0})
    violation = breaking(
        "compute-task x cpu=1", "compute-task z needs y@b,a", "secede x", config=config
    )
    shrunk = shrink(SUBJECT, violation)
    assert lines_of(shrunk) == ["compute-task z", "secede z"]
    assert shrunk.config == WorkerConfig()


def test_workers_clients_and_keys_that_do_not_matter_go() -> None:
    lines = (
        "submit c1 a b#1(a) c#2(b)[priority=1] d(a,c) want b,d",
        "submit c0 a want a",
        "deliver c0->scheduler",
        "deliver c1->scheduler",
        "deliver scheduler->w2",
        "deliver scheduler->w1",
    )
    subject = get_cluster("reference")
    run = [worker.parse(line, BY_WORD) for line in lines]
    with named("nobody-is-told-to-let-go").planted():
        violation = replay(subject, ClusterConfig(workers=3), run, CLUSTER)
        assert violation is not None
        shrunk = shrink(subject, violation)
    assert lines_of(shrunk) == ["submit c0 a b(a) want b"]
    assert shrunk.config == ClusterConfig(workers=1)


@pytest.mark.usefixtures("kept_slot")
def test_its_time_is_limited() -> None:
    violation = found()
    shrunk = shrink(SUBJECT, violation, patience_s=-1)
    assert (shrunk.interrupted, shrunk.stopped, shrunk.replays) == (True, False, 0)
    assert shrunk.violation is violation
    assert shrunk.account() == "0 replays (nothing was too much); it was not let finish"


@pytest.mark.usefixtures("kept_slot")
def test_it_says_what_it_did() -> None:
    violation = breaking("pause", "unpause", "compute-task y needs x", "compute-task w", "secede w")
    shrunk = shrink(SUBJECT, violation)
    assert shrunk.did.total() > 0
    did = ", ".join(f"{what} {times}" for what, times in shrunk.did.items())
    assert shrunk.account() == f"{shrunk.replays} replays ({did}); no single step can go"
    assert shrunk.did["names"] == 1


@pytest.mark.usefixtures("kept_slot")
def test_nothing_is_tried_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    violation = found()
    tried: list[tuple[str, ...]] = []

    def noting(subject: object, config: object, steps: object, scope: object) -> Violation | None:
        tried.append((repr(config), *map(str, steps)))  # type: ignore[call-overload]  # steps
        return replay(subject, config, steps, scope)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(shrinking, "replay", noting)
    assert shrink(SUBJECT, violation).replays == len(tried) == len(set(tried))


def test_a_call_that_does_not_return_is_shrunk_with_a_short_time_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each replay takes a fifth of a second instead of five; the last one takes the usual limit."""

    def loop(*_: object) -> None:
        limits.append(TIME_LIMIT.second_s)
        while True:
            pass

    limits: list[float] = []
    monkeypatch.setattr(machine, "HANDLERS", {**machine.HANDLERS, events.Pause: loop})
    monkeypatch.setattr("workerfuzz.harness.worlds.base.STEP_S", 1)
    monkeypatch.setattr("workerfuzz.harness.engines.shrink.shrink.STEP_S", 1)
    steps = [
        worker.parse(text, worker.BY_WORD) for text in ("compute-task y", "find-missing", "pause")
    ]
    violation = replay(SUBJECT, WorkerConfig(), steps)
    assert violation is not None
    assert violation.property == "every_call_returns"
    shrunk = shrink(SUBJECT, violation)
    assert [str(step) for step in shrunk.steps] == ["pause"]
    assert not shrunk.interrupted
    assert limits[0] == limits[-1] == 1.0
    assert max(limits[1:-1]) < 0.5
    assert TIME_LIMIT.second_s == 1.0
