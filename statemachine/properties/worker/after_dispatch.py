"""Claims about what is started: the most urgent first, and transfers within their limits.

Each check is given the worker just after an event that started something.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.worker.model_observation import ModelObservation
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.task import Priority


@always("No task starts while a more urgent one is ready.", do.Execute)
def most_urgent_starts_first(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    started = worker.last.told(do.Execute)
    for _, key in worker.ready:
        left = worker.tasks[key].request
        for execution in started:
            request = worker.tasks[execution.key].request
            if left is not None and request is not None and left.priority < request.priority:
                yield f"{execution.key} starts, {key} is ready and more urgent"
        return


@always(
    "The peer that is asked first has no less urgent key than one that a limit leaves alone.",
    do.GatherDep,
)
def most_urgent_is_asked_first(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    first = worker.last.told(do.GatherDep)[0]
    urgency = worker.last.replaced(worker.tasks[first.keys[0]], "queued_at")
    room = worker.config.transfer_incoming_nbytes - worker.incoming_nbytes
    for peer, queue in worker.data_needed.items():
        is_left = peer not in worker.transfers and peer not in worker.busy_workers
        for left, key in queue if is_left else ():
            if left < urgency and worker.tasks[key].nbytes <= room:
                yield f"{first.worker} is asked for {first.keys[0]}, {peer} holds {key}: more urgent"
            break


@always(
    "Peers are asked in the order of their most urgent keys; of two with equally urgent ones, first "
    "the one with more keys.",
    do.GatherDep,
)
def peers_are_asked_in_order(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    started = worker.last.told(do.GatherDep)
    if len(started) < 2:
        return
    begun = [worker.tasks[key] for transfer in started for key in transfer.keys]
    ranks: list[tuple[Priority, int]] = []
    for transfer in started:
        held = [
            worker.last.replaced(task, "queued_at")
            for task in begun
            if transfer.worker in task.who_has
        ]
        held += [queued_at for queued_at, _ in worker.data_needed.get(transfer.worker, ())]
        ranks.append((min(held), -len(held)))
    for place, (former, latter) in enumerate(pairwise(ranks)):
        if latter < former:
            yield f"{started[place].worker} is asked before {started[place + 1].worker}"


@always(
    "A transfer brings as much as it may: it takes along the most urgent of the other keys that its "
    "peer holds, if the limits allow that.",
    do.GatherDep,
)
def transfers_use_the_limits(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    last = worker.last.told(do.GatherDep)[-1]  # no key was left to a transfer that began after it
    if any(worker.tasks[key].suspicion for key in last.keys):
        return  # it travels alone
    config, size = worker.config, last.total_nbytes
    others = worker.incoming_nbytes - size
    limit = min(config.transfer_incoming_nbytes - others, config.transfer_message_nbytes)
    for _, key in worker.data_needed.get(last.worker, ()):
        left = worker.tasks[key]
        if not left.suspicion:
            if size + left.nbytes <= limit:
                yield f"{last.worker} is asked for {', '.join(last.keys)}, and {key} would fit"
            return


@always("A key that could not be copied before is asked for alone (R38).", do.GatherDep)
def suspects_travel_alone(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    started = worker.last.told(do.GatherDep)
    for transfer in started:
        for key in transfer.keys if len(transfer.keys) > 1 else ():
            if worker.tasks[key].suspicion:
                yield f"{transfer.worker} is asked for {', '.join(transfer.keys)}; {key} failed before"


#: In the order in which they are checked.
STARTED: Final[tuple[AnyProperty, ...]] = properties_in(globals())
