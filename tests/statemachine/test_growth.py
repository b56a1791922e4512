"""Work that grows in line with a message: no table is read from its start again and again."""

import ast
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples.events_of import compute

from workerfuzz.statemachine.scheduler import machine as scheduler_machine
from workerfuzz.statemachine.scheduler.client_requests import Submit
from workerfuzz.statemachine.scheduler.machine import handle_message
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import machine as worker_machine
from workerfuzz.statemachine.worker.machine import handle_stimulus, merge
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.statemachine.worker.transitions.outcome import Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState

MODEL = Path(__file__).parents[2] / "statemachine"


def first_items_taken(source: str) -> Iterator[int]:
    """Lines that take the first item of a table by iterating over it, and remove it.

    A dict keeps the places of what was removed: the next search for its first item passes all of them.
    """
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        removed = {
            ast.unparse(target.value)
            for node in ast.walk(function)
            if isinstance(node, ast.Delete)
            for target in node.targets
            if isinstance(target, ast.Subscript)
        }
        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Attribute(value=table, attr="pop"), args=[_, *_]):
                    removed.add(ast.unparse(table))
        for node in ast.walk(function):
            match node:
                case ast.Call(
                    func=ast.Name(id="next"),
                    args=[ast.Call(func=ast.Name(id="iter"), args=[table]), *_],
                ):
                    first = ast.unparse(table)
                case ast.For(iter=table, body=[*_, ast.Return() | ast.Break()]):
                    first = ast.unparse(table)
                case _:
                    continue
            if first in removed:
                yield node.lineno


@pytest.mark.parametrize(
    "body",
    [
        "key = next(iter(left)); del left[key]",
        "key = next(iter(left)); left.pop(key)",
        "for key in left: return left.pop(key)",
    ],
)
def test_a_queue_made_of_a_dict_is_noticed(body: str) -> None:
    assert list(first_items_taken(f"def f(left):\n {body}")) == [2]


def test_no_dict_of_the_model_is_used_as_a_queue() -> None:
    found = {
        f"{path.relative_to(MODEL)}:{line}"
        for path in sorted(MODEL.rglob("*.py"))
        for line in first_items_taken(path.read_text(encoding="utf-8"))
    }
    assert found == set()


class Counted(OrderedDict[str, object]):
    """A queue that counts what is taken from it."""

    taken = 0

    def popitem(self, last: bool = True) -> tuple[str, object]:
        assert not last, "first in, first out"
        Counted.taken += 1
        return super().popitem(last)


@pytest.mark.parametrize("size", [50, 500])
def test_each_key_of_a_message_is_looked_at_once(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_machine, "OrderedDict", Counted)
    monkeypatch.setattr(scheduler_machine, "OrderedDict", Counted)
    keys = tuple(f"k{number}" for number in range(size))
    Counted.taken = 0
    handle_stimulus(WorkerState(), events.UpdateData(values=dict.fromkeys(keys, 1)))
    assert Counted.taken == 2 * size  # recommended, then reviewed
    Counted.taken = 0
    specs = tuple(TaskSpec(key=key) for key in keys)
    handle_message(SchedulerState(), "c", Submit(specs=specs, wanted=keys))
    assert Counted.taken == 2 * size  # to waiting, then to no-worker


def test_a_state_recommended_twice_keeps_its_first_place_and_payload() -> None:
    pending = OrderedDict(x=Recommendation(State.MEMORY, 1), y=Recommendation(State.FETCH))
    merge(pending, {"y": Recommendation(State.FETCH), "x": Recommendation(State.MEMORY, 2)})
    assert list(pending.items()) == [
        ("x", Recommendation(State.MEMORY, 1)),
        ("y", Recommendation(State.FETCH)),
    ]


def test_reviews_keep_the_order_of_their_keys() -> None:
    worker = WorkerState()
    handle_stimulus(worker, events.Pause(), compute("z", 1, x="a", w="b"))
    handle_stimulus(worker, events.RefreshWhoHas(who_has={"x": (), "w": ()}))
    assert [key for key, _ in worker.changes] == ["x", "w"]
