"""Claims about the reference worker as a whole: sums, and the sizes of its indexes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.worker.model_observation import ModelObservation
from workerfuzz.statemachine.worker.states import State


@always("Bytes under way are the sum of what open transfers were asked for.")
def incoming_bytes_are_conserved(observation: ModelObservation) -> Iterable[str]:
    worker = observation.worker
    total = 0
    for transfer in worker.transfers.values():
        total += transfer.nbytes
    if worker.incoming_nbytes != total:
        return (f"{worker.incoming_nbytes} bytes under way, transfers ask for {total}",)
    return ()


#: Checked after every event; their cost follows what is running and under way, not what is known.
TOTALS: Final[tuple[AnyProperty, ...]] = properties_in(globals())


@always("Each index holds as many keys as there are tasks in its state.")
def indexes_hold_nothing_else(observation: ModelObservation) -> Iterator[str]:
    """The totals: with the above, each index agrees with the states in both directions (R13)."""
    worker = observation.worker
    tasks = worker.tasks.values()
    count = Counter([task.state for task in tasks])
    holders = sum(len(task.who_has) for task in tasks)
    expected = {
        "ready": (len(worker.ready), count[State.READY]),
        "constrained": (len(worker.constrained), count[State.CONSTRAINED]),
        "missing": (len(worker.missing), count[State.MISSING]),
        "data": (len(worker.data) + len(worker.actors), count[State.MEMORY]),
        "threads": (
            len(worker.executing) + len(worker.long_running),
            sum(task.execution is not None for task in tasks),
        ),
        "in_flight": (
            len(worker.in_flight),
            sum(len(transfer.keys) for transfer in worker.transfers.values()),
        ),
        "has_what": (sum(map(len, worker.has_what.values())), holders),
        "data_needed": (
            sum(map(len, worker.data_needed.values())),
            sum(len(task.who_has) for task in tasks if task.state is State.FETCH),
        ),
    }
    for name, (found, right) in expected.items():
        if found != right:
            yield f"{name} holds {found} keys, should be {right}"
    for key, task in worker.tasks.items():
        if key != task.key or task.state is State.FORGOTTEN:
            yield f"the record under {key} is {task!r}"


@always("A whole story is contiguous, from released on (R46).")
def stories_are_whole(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    for task in worker.tasks.values():
        finish = State.RELEASED
        for change in task.history:
            if change.start is not finish:
                yield f"{task.key} went to {finish}, then on from {change.start}"
            finish = change.finish


#: Checked in a sweep only, because they go over all that is known.
COUNTS: Final[tuple[AnyProperty, ...]] = (indexes_hold_nothing_else, stories_are_whole)
