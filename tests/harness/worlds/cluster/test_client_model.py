"""The client model: what answers what, and each excuse with exactly its reason."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.client_model import ClientModel
from workerfuzz.harness.worlds.cluster.drain import settle
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.statemachine.properties.excuses import Excuse
from workerfuzz.statemachine.scheduler.client_requests import (
    Cancel,
    ClientNotice,
    NoticeStatus,
    Release,
    Scattered,
    Submit,
)
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse

A = TaskSpec(key="a")
B = TaskSpec(key="b", dependencies=("a",))
C = TaskSpec(key="c", dependencies=("b",))
ALONE = TaskSpec(key="b")


def graph(*specs: TaskSpec, wanted: Iterable[str] = ()) -> Submit:
    return Submit(specs=specs, wanted=tuple(wanted) or (specs[-1].key,))


def model_after(*requests: object, client: str = "c0") -> ClientModel:
    """The model once a client has asked for all that, and the scheduler has got it."""
    model = ClientModel(("c0", "c1"))
    for request in requests:
        ask(model, request, client)
    return model


def ask(model: ClientModel, request: object, client: str = "c0", *, arrives: bool = True) -> None:
    model.note_request(client, request)  # type: ignore[arg-type]  # any request
    if arrives:
        model.note_arrival(client, request)  # type: ignore[arg-type]  # the same


def tell(model: ClientModel, key: str, status: NoticeStatus, graphs: int | None = None) -> None:
    """A notice to c0 that was sent by the time that so many graphs had arrived."""
    arrived = model.graphs_arrived["c0"] if graphs is None else graphs
    model.notices_under_way["c0"].append((arrived, model.scatters["c0"]))
    model.note_delivered("c0", [ClientNotice(key, status)])


def test_what_rests_on_a_key_is_all_that_needs_it_now() -> None:
    assert list(model_after(graph(A, B, C)).dependents_of(["a"])) == ["a", "b", "c"]
    assert list(model_after(graph(A, B, C), graph(ALONE)).dependents_of(["a"])) == ["a"]


@pytest.mark.parametrize("status", [NoticeStatus.CANCELLED, NoticeStatus.ERRED])
def test_an_answer_that_was_sent_before_the_request_arrived_is_late(status: NoticeStatus) -> None:
    model = model_after(graph(A), Release(keys=("a",)), graph(A))
    tell(model, "a", status, graphs=1)
    assert model.late == {("c0", "a"): None}
    assert model.ended_late == {("c0", "a"): status}
    tell(model, "a", NoticeStatus.FINISHED)
    assert model.statuses["c0"] == {"a": NoticeStatus.FINISHED}
    assert not model.late
    assert model.ended_late, "the client has heard it"


def test_a_client_that_can_tell_ignores_a_late_answer() -> None:
    model = model_after(graph(A), Release(keys=("a",)), graph(A))
    model.notices_under_way["c0"].append((1, 0))
    model.note_delivered("c0", [ClientNotice("a", NoticeStatus.CANCELLED, requests=(1, 0))])
    assert model.statuses["c0"] == {"a": NoticeStatus.PENDING}
    assert not model.ended_late


def test_what_is_asked_for_once_more_has_to_be_told_once_more() -> None:
    model = model_after(graph(A))
    tell(model, "a", NoticeStatus.FINISHED)
    ask(model, graph(A))
    assert model.late == {("c0", "a"): None}


def test_a_cancellation_excuses_what_it_reaches_and_nothing_asked_for_later() -> None:
    model = model_after(graph(A, B, C, wanted=("a", "b", "c")))
    ask(model, graph(C), arrives=False)  # under way while the scheduler gets the next one
    model.note_arrival("c0", Cancel(keys=("a",)))
    assert model.is_excused(Excuse.CANCELLED, "c0", "b")
    assert not model.is_excused(Excuse.CANCELLED, "c0", "c")
    ask(model, graph(A, B))
    assert not model.is_excused(Excuse.CANCELLED, "c0", "b")


@pytest.mark.parametrize("force", [False, True])
def test_a_cancellation_of_another_client_excuses_with_force_alone(force: bool) -> None:
    model = model_after(graph(A))
    ask(model, graph(A), "c1")
    ask(model, Cancel(keys=("a",), force=force), "c1")
    assert model.is_excused(Excuse.CANCELLED, "c0", "a") is force


def test_a_graph_without_its_input_is_excused_and_one_with_it_is_not() -> None:
    model = model_after(graph(A), Cancel(keys=("a",)), graph(B))
    assert model.is_excused(Excuse.UNKNOWN_INPUT, "c0", "b")
    assert not model_after(graph(A), graph(B)).is_excused(Excuse.UNKNOWN_INPUT, "c0", "b")


def test_scattered_data_is_lost_with_its_last_holder_or_when_nobody_wants_it() -> None:
    model = model_after(Scattered(who_has={"a": ("w0",)}), graph(B))
    model.data["a"] = "a"
    model.note_death((), {"a": ("w0", "w1")}, {"a": ("w1",)})
    assert not model.is_excused(Excuse.DATA_LOST, "c0", "b")
    model.note_death((), {"a": ("w1",)}, {"a": ()})
    assert model.is_excused(Excuse.DATA_LOST, "c0", "b")
    other = model_after(Scattered(who_has={"a": ("w0",)}), graph(B), Release(keys=("a",)))
    other.data["a"] = "a"
    assert other.is_excused(Excuse.DATA_LOST, "c0", "b")


def test_scattered_data_overtakes_graphs_and_so_does_the_news_of_its_loss() -> None:
    model = ClientModel(("c0",))
    ask(model, graph(A), arrives=False)
    ask(model, Scattered(who_has={"b": ("w0",)}))
    model.notices_under_way["c0"] += [(0, 0), (0, 1)]
    model.note_delivered("c0", [ClientNotice("b", NoticeStatus.CANCELLED, requests=(0, 0))])
    assert model.statuses["c0"]["b"] is NoticeStatus.FINISHED, "that was before the scatter"
    model.note_delivered("c0", [ClientNotice("b", NoticeStatus.CANCELLED, requests=(0, 1))])
    assert model.statuses["c0"]["b"] is NoticeStatus.CANCELLED
    assert not model.ended_late


def test_an_actor_dies_with_its_worker_and_deaths_are_counted_for_each_task() -> None:
    model = model_after(graph(TaskSpec(key="a", actor=True), B), graph(ALONE))
    model.note_death(("b",), {"a": ("w0",)}, {"a": ()})
    assert model.is_excused(Excuse.ACTOR_DIED, "c0", "a")
    assert not model.is_excused(Excuse.ACTOR_DIED, "c0", "b")
    assert model.deaths == {"b": 1}


def test_the_second_request_does_not_end_as_the_first_did() -> None:
    """The input of issue 12."""
    config = ClusterRunConfig(ClusterConfig(workers=1))
    with ClusterWorld(get_cluster("reference"), config) as world:
        for line in (
            "submit c0 a want a", "deliver c0->scheduler", "cancel c0 a", "submit c0 a want a",
            "deliver c0->scheduler", "deliver c0->scheduler", "deliver scheduler->c0",
        ):  # fmt: skip
            world.apply(parse(line, BY_WORD))
        settle(world)
        assert world.client_model.statuses["c0"] == {"a": NoticeStatus.FINISHED}
        world.finish()


def test_the_page_of_excuses_lists_them_all() -> None:
    page = (Path(__file__).parents[4] / "docs" / "excuses.md").read_text(encoding="utf-8")
    lines = " ".join(page.split())
    assert [
        excuse.name for excuse in Excuse if f"| `{excuse.name}` | {excuse.value} |" not in lines
    ] == []
