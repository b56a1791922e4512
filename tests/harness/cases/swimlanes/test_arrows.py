"""Each arrow of a chart leads from the step that sent a message to the one that delivered it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples.wiretap import Seen, Tap, TappedMaker, TappedSubject, counting

from workerfuzz.harness.cases.format.case import Case, CaseStep, ScopeName
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.swimlanes.chart import Arrow, Chart
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.worker_state import ADDRESS
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.text import word

REGRESSIONS = Path(__file__).parents[4] / "regressions"
#: But those of processes, which need a process of their own.
CASES = [
    path
    for path in sorted(REGRESSIONS.rglob("*.case"))
    if "scope: process\n" not in path.read_text()
]
STEPS = 80

#: Kinds of step that get a run anywhere, and how much more often they are chosen.
LIKED = {"deliver": 8, "begin": 6, "succeed": 6, "serve": 6, "receive": 4, "submit": 2}


def random_case(scope: ScopeName, subject: Any, seed: int) -> Case:
    """The steps of a random run, up to where something breaks."""
    chooser = RandomChooser(f"arrows {seed}")
    run_config = SCOPES[scope].draw(chooser)
    world = SCOPES[scope].open(subject, run_config)
    try:
        for _ in range(STEPS):
            kinds = [kind for kind in world.possible() for _ in range(LIKED.get(kind.word, 1))]
            world.apply(world.draw(chooser.pick(kinds), chooser))
    except Violation:
        pass
    finally:
        world.close()
    scenes = tuple(CaseStep(step) for step in world.steps)
    return Case(title="random", scope=scope, config=run_config.config, scenes=scenes)


# Clusters


def tapped(case: Case, name: str) -> tuple[Chart, Tap]:
    tap = Tap()
    with counting(tap):
        return chart_of(case, TappedMaker(get_cluster(name), tap)), tap


def as_seen(arrow: Arrow, chart: Chart) -> Seen:
    """Return an arrow in the form in which a tap records it; of a client's request, only its type."""
    of_client = chart.lane(arrow.sender).role == "client"
    says = (arrow.says[0].split()[0],) if of_client else arrow.says
    sender = "client" if says == ("update-data",) else arrow.sender
    says = ("data of nothing",) if says == ("data of nothing",) else says
    return Seen(
        str(arrow.kind), sender, arrow.receiver, says, arrow.sent, arrow.ended, str(arrow.fate)
    )


def check_cluster(case: Case, name: str) -> Chart:
    chart, tap = tapped(case, name)
    assert [as_seen(arrow, chart) for arrow in chart.arrows] != []
    assert sorted((as_seen(arrow, chart) for arrow in chart.arrows), key=str) == tap.seen()
    return chart


@pytest.mark.parametrize("seed", range(12))
def test_arrows_of_a_random_cluster_of_ours_are_what_was_sent_and_delivered(seed: int) -> None:
    check_cluster(random_case(ScopeName.CLUSTER, get_cluster("reference"), seed), "reference")


@pytest.mark.parametrize("seed", range(12))
def test_arrows_of_a_random_cluster_of_dask_are_what_was_sent_and_delivered(seed: int) -> None:
    pytest.importorskip("distributed")
    check_cluster(random_case(ScopeName.CLUSTER, get_cluster("dask"), seed), "dask")


def test_random_clusters_have_all_kinds_and_fates() -> None:
    seen = set()
    for seed in range(60, 90):
        chart = chart_of(
            random_case(ScopeName.CLUSTER, get_cluster("reference"), seed), get("reference")
        )
        seen |= {(str(arrow.kind), str(arrow.fate)) for arrow in chart.arrows}
    assert seen >= {
        ("message", "arrived"),
        ("message", "lost"),
        ("request", "arrived"),
        ("request", "lost"),
        ("data", "arrived"),
        ("data", "lost"),
        ("call", "arrived"),
    }


# One worker


def expected(calls: list[tuple[Any, Any]]) -> Iterator[Seen]:
    """Of one worker: who sends each event, and who hears each instruction, in the same row."""
    for row, (event, issued) in enumerate(calls, start=1):
        kind = word(type(event))
        if isinstance(event, events.UpdateData):
            yield Seen("call", "client", ADDRESS, (kind,), row, row)
        elif kind.startswith("gather-dep"):
            fate = "lost" if kind == "gather-dep-network-failure" else "arrived"
            yield Seen("data", event.worker, ADDRESS, (kind,), row, row, fate)
        elif kind in FROM_SCHEDULER:
            yield Seen("message", "scheduler", ADDRESS, (kind,), row, row)
        for transfer in issued:
            if isinstance(transfer, do.GatherDep):
                yield Seen("request", ADDRESS, transfer.worker, ("gather-dep",), row, row)
            elif isinstance(transfer, do.Message):
                yield Seen("message", ADDRESS, "scheduler", (word(type(transfer)),), row, row)


FROM_SCHEDULER = {
    "compute-task", "free-keys", "forget-keys", "acquire-replicas", "remove-replicas", "steal-request",
    "cancel-compute", "refresh-who-has", "remove-worker",
}  # fmt: skip


def check_worker(case: Case, name: str) -> Chart:
    subject = TappedSubject(get(name))
    chart = chart_of(case, subject)
    drawn = [
        as_seen(arrow, chart)._replace(says=(arrow.says[0].split()[0],)) for arrow in chart.arrows
    ]
    assert sorted(drawn, key=str) == sorted(expected(subject.calls), key=str)
    assert chart.rows[-1].number >= len(case.steps) or chart.breach is not None
    return chart


@pytest.mark.parametrize("seed", range(12))
def test_arrows_of_a_random_worker_are_what_it_got_and_issued(seed: int) -> None:
    check_worker(random_case(ScopeName.WORKER, get("reference"), seed), "reference")


@pytest.mark.parametrize("seed", range(10))
def test_arrows_of_a_random_worker_of_dask_are_what_it_got_and_issued(seed: int) -> None:
    pytest.importorskip("distributed")
    check_worker(random_case(ScopeName.WORKER, get("reference"), seed), "dask")


# The corpus


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_arrows_of_a_case_are_what_was_sent_and_delivered(path: Path) -> None:
    case = load(path)
    for name in case.subjects:
        if name == "dask":
            pytest.importorskip("distributed")
        check = check_cluster if case.scope is ScopeName.CLUSTER else check_worker
        chart = check(case, name)
        assert [row.line for row in chart.rows[1 : chart.steps + 1]] == [
            scene.line for scene in case.scenes if scene.step is not None
        ][: chart.steps]
