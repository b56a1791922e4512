"""The future of a scheduler and of messages as plain data: equal where both continue alike.

Tables whose order decides in which order things are said are kept in that order; of tables of workers it
decides nothing.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import fields
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


def fingerprint(scheduler: SchedulerState, its: Canonical) -> tuple[Hashable, ...]:
    """One item for each record, in the order of their making, and one for all that is beside them."""
    workers = [scheduler.workers[name] for name in its.sorted(scheduler.workers)]
    return (
        *(record(task, its) for task in scheduler.tasks.values()),
        (
            tuple([worker_record(worker, its) for worker in workers]),
            tuple([(name, *client.wants) for name, client in scheduler.clients.items()]),
            tuple([key for _, key in scheduler.queued]),
            tuple(sorted(scheduler.no_worker)),
        ),
    )


def record(task: SchedulerTask, its: Canonical) -> tuple[Hashable, ...]:
    """One record."""
    return (
        task.key,
        task.state,
        content(task.spec),
        edition(task.edition, its),
        tuple([(key, edition(number, its)) for key, number in task.editions.items()]),
        options(task.options, its),
        its.priority(task.priority),
        tuple(task.wanted_by),
        tuple(task.dependents),
        tuple(task.needed_by),
        its.peers(task.who_has),
        task.nbytes,
        its.peers(task.known_to),
        tuple(
            [
                (its.name(name), its.number("confirm", task.unconfirmed[name]))
                for name in its.sorted(task.unconfirmed)
            ]
        ),
        task.renewed,
        task.let_go,
        its.name(task.processing_on),
        its.run(task.run_id),
        task.theft and (stimulus(task.theft.stimulus_id, its), its.name(task.theft.thief)),
        its.name(task.bound_for),
        task.seceded,
        its.name(task.home),
        task.retries_left,
        task.suspicion,
        task.miscarriages,
        task.failure,
    )


def worker_record(worker: WorkerRecord, its: Canonical) -> tuple[Hashable, ...]:
    return (
        its.name(worker.name),
        worker.running,
        tuple(worker.processing),
        tuple(worker.seceded),
        tuple(sorted(worker.has_what)),
        tuple([(its.number("confirm", it), keys) for it, keys in worker.asked.items()]),
    )


def edition(number: int, its: Canonical) -> int | None:
    """None where it is not known what content a value has."""
    return its.number("edition", number) if number else None


def options(options: Options, its: Canonical) -> Hashable:
    return (
        options.priority,
        options.retries,
        tuple(options.resources.items()),
        its.peers(options.workers),
        options.loose,
    )


def stimulus(stimulus_id: str, its: Canonical) -> Hashable:
    """A question whether a task may be stolen names a run and a thief."""
    steal, _, rest = stimulus_id.partition("-")
    run_id, _, thief = rest.partition("-")
    return (steal, its.run(int(run_id)), its.name(thief)) if thief else stimulus_id


def plain_message(it: Any, its: Canonical) -> tuple[Hashable, ...]:
    """Anything that parties say to each other."""
    kind: Any = type(it)
    parts = [SAID.get(name, said)(getattr(it, name), its) for name in names_of(kind)]
    return (kind.__name__, *parts)


@cache
def names_of(kind: Hashable) -> tuple[str, ...]:
    """Names of what a message is made of; its class is a named tuple or a dataclass."""
    given: Any = kind
    found: tuple[str, ...] | None = getattr(given, "_fields", None)
    return found if found is not None else tuple(item.name for item in fields(given))


def said(value: Any, its: Canonical) -> Hashable:
    """One thing in a message, by its type."""
    match value:
        case TaskSpec():
            return (value.key, content(value))
        case Request():
            return request(value, its)
        case Options():
            return options(value, its)
        case tuple():
            return tuple([said(item, its) for item in value])
        case Mapping():
            return tuple([(key, said(item, its)) for key, item in value.items()])
        case _:
            named: Hashable = its.name(value)
            return named


#: How a part of a message is told by what it is called, where its type does not say.
SAID: Final[Mapping[str, Any]] = {
    "run_id": lambda run_id, its: None if run_id is None else its.run(run_id),
    "number": lambda number, its: its.number("confirm", number),
    "stimulus_id": stimulus,
    "who_has": lambda table, its: tuple([(key, its.peers(it)) for key, it in table.items()]),
}


def ranks(priorities: Iterable[Priority]) -> dict[Priority, Priority]:
    """Other priorities in the same order, by those that are: graphs are only more or less recent."""
    made = {it for it in priorities if len(it) == PARTS}
    places = sorted({it[1:] for it in made})
    order = {place: number for number, place in enumerate(places)}
    return {it: (it[0], order[it[1:]]) for it in made}
