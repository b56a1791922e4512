"""The client model: keys that were given up, and what rests on them."""

from workerfuzz.harness.worlds.cluster.client_model import ClientModel
from workerfuzz.statemachine.scheduler.client_requests import Cancel, Submit
from workerfuzz.statemachine.worker.task import TaskSpec


def books_of(*graphs: tuple[TaskSpec, ...]) -> ClientModel:
    books = ClientModel(("c0",))
    for graph in graphs:
        books.note_wish("c0", Submit(specs=graph, wanted=(graph[-1].key,), options={}))
    return books


A = TaskSpec(key="a")
B = TaskSpec(key="b", dependencies=("a",))
C = TaskSpec(key="c", dependencies=("b",))
ALONE = TaskSpec(key="b")


def test_what_rests_on_a_key_is_all_that_needs_it_now() -> None:
    assert list(books_of((A, B, C)).resting_on(["a"])) == ["a", "b", "c"]
    assert list(books_of((A, B, C), (ALONE,)).resting_on(["a"])) == ["a"]


def test_what_rested_on_a_key_before_is_given_up_with_it() -> None:
    books = books_of((A, B, C), (ALONE,))
    books.note_wish("c0", Cancel(keys=("a",)))
    assert list(books.given_up) == ["a", "b", "c"]
