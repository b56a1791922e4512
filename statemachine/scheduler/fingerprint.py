"""The future of a scheduler and of messages as plain data: equal where both continue alike.

Tables whose order decides in which order things are said are kept in that order; of tables of workers it
decides nothing.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final

from workerfuzz.statemachine.scheduler.client_requests import Options
from workerfuzz.statemachine.scheduler.participants import WorkerRecord
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.task import SchedulerTask
from workerfuzz.statemachine.worker.canonical import Canonical
from workerfuzz.statemachine.worker.fingerprint import content, request
from workerfuzz.statemachine.worker.task import Priority, Request, TaskSpec

#: Of a priority that the scheduler made: of its user, of the graph, and in the graph.
PARTS: Final = 3


def fingerprint(scheduler: SchedulerState, canonical: Canonical) -> tuple[Hashable, ...]:
    """One item for each record, in the order of their making, and one for all that is beside them."""
    workers = [scheduler.workers[name] for name in canonical.sorted(scheduler.workers)]
    return (
        *(record(task, canonical) for task in scheduler.tasks.values()),
        (
            tuple([worker_record(worker, canonical) for worker in workers]),
            tuple([(name, *client.wants) for name, client in scheduler.clients.items()]),
            tuple(
                [
                    (name, key, sent - client.streamed)
                    for name, client in scheduler.clients.items()
                    for key, sent in client.overtaken.items()
                ]
            ),
            tuple([key for _, key in scheduler.queued]),
            tuple(sorted(scheduler.no_worker)),
            tuple(sorted(scheduler.removed_clients)),
        ),
    )


def record(task: SchedulerTask, canonical: Canonical) -> tuple[Hashable, ...]:
    """Return one record as plain data."""
    return (
        task.key,
        task.state,
        content(task.spec),
        edition(task.edition, canonical),
        tuple([(key, edition(number, canonical)) for key, number in task.editions.items()]),
        options(task.options, canonical),
        canonical.priority(task.priority),
        tuple(task.wanted_by),
        tuple(task.dependents),
        tuple(task.needed_by),
        canonical.peers(task.who_has),
        task.nbytes,
        canonical.peers(task.known_to),
        *[
            tuple(
                [
                    (canonical.name(name), canonical.number("confirm", table[name]))
                    for name in canonical.sorted(table)
                ]
            )
            for table in (task.unconfirmed, task.stored)
        ],
        canonical.peers(task.gathering),
        task.renewed,
        task.detached,
        canonical.name(task.processing_on),
        canonical.run(task.run_id),
        task.theft
        and (stimulus(task.theft.stimulus_id, canonical), canonical.name(task.theft.thief)),
        canonical.name(task.preferred_worker),
        task.seceded,
        canonical.name(task.home),
        task.retries_left,
        task.suspicion,
        task.input_failures,
        task.failure,
    )


def worker_record(worker: WorkerRecord, canonical: Canonical) -> tuple[Hashable, ...]:
    return (
        canonical.name(worker.name),
        worker.running,
        worker.retiring,
        tuple(worker.processing),
        tuple(worker.seceded),
        tuple(sorted(worker.has_what)),
        tuple(
            [(canonical.number("confirm", number), keys) for number, keys in worker.asked.items()]
        ),
    )


def edition(number: int, canonical: Canonical) -> int | None:
    """Return the canonical number of a content; None where it is unknown."""
    return canonical.number("edition", number) if number else None


def options(options: Options, canonical: Canonical) -> Hashable:
    return (
        options.priority,
        options.retries,
        tuple(options.resources.items()),
        canonical.peers(options.workers),
        options.loose,
    )


def stimulus(stimulus_id: str, canonical: Canonical) -> Hashable:
    """Return the stimulus id of a steal request, which names a run and a thief."""
    steal, _, rest = stimulus_id.partition("-")
    run_id, _, thief = rest.partition("-")
    return (steal, canonical.run(int(run_id)), canonical.name(thief)) if thief else stimulus_id


def plain_message(message: object, canonical: Canonical) -> tuple[Hashable, ...]:
    """Return any message between participants as plain data."""
    kind: type = type(message)
    parts = [
        BY_FIELD.get(name, canonical_value)(getattr(message, name), canonical)
        for name in names_of(kind)
    ]
    return (kind.__name__, *parts)


@cache
def names_of(kind: Hashable) -> tuple[str, ...]:
    """Return the names of the fields of a message; its class is a named tuple or a dataclass."""
    assert isinstance(kind, type)
    if is_dataclass(kind):
        return tuple(item.name for item in fields(kind))
    found: tuple[str, ...] = getattr(kind, "_fields")  # noqa: B009 - of a named tuple
    return found


def canonical_value(value: object, canonical: Canonical) -> Hashable:
    """Return one field of a message as plain data, by its type."""
    match value:
        case TaskSpec():
            return (value.key, content(value))
        case Request():
            return request(value, canonical)
        case Options():
            return options(value, canonical)
        case tuple():
            return tuple([canonical_value(item, canonical) for item in value])
        case Mapping():
            return tuple([(key, canonical_value(item, canonical)) for key, item in value.items()])
        case _:
            assert isinstance(value, Hashable)
            return canonical.name(value)


#: Plain data of a field of a message by its name, where its type does not tell.
BY_FIELD: Final[Mapping[str, Callable[[Any, Canonical], Hashable]]] = {
    "run_id": lambda run_id, canonical: None if run_id is None else canonical.run(run_id),
    "number": lambda number, canonical: canonical.number("confirm", number),
    "stimulus_id": stimulus,
    "requests": lambda requests, canonical: (
        None
    ),  # the environment knows whether the notice is late
    "streamed": lambda streamed, canonical: None,  # it arrives at once, and so do these
    "joined": lambda joined, canonical: None,
    "who_has": lambda table, canonical: tuple(
        [(key, canonical.peers(peers)) for key, peers in table.items()]
    ),
}


def ranks(priorities: Iterable[Priority]) -> dict[Priority, Priority]:
    """Return canonical priorities in the same order: graphs are only more or less recent."""
    made = {priority for priority in priorities if len(priority) == PARTS}
    places = sorted({priority[1:] for priority in made})
    order = {place: number for number, place in enumerate(places)}
    return {priority: (priority[0], order[priority[1:]]) for priority in made}
