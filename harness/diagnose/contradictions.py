"""Contradictions: properties that a dump shows to be broken, of keys that have come to rest.

A dump is no snapshot: while it is made, messages are under way, and a healthy cluster contradicts
itself hundreds of times. So a property counts only once its key, and what that depends on, has had no
news anywhere for some time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from workerfuzz.harness.diagnose.model import SCHEDULER, ClusterDump, DumpedWorker
from workerfuzz.statemachine.properties import any_worker
from workerfuzz.statemachine.properties.property import CHECKS, AnyProperty
from workerfuzz.statemachine.properties.scheduler import records as scheduler_records
from workerfuzz.statemachine.properties.scheduler.records import SchedulerObservation
from workerfuzz.statemachine.properties.standstill import (
    ACROSS,
    OF_A_WORKER,
    OF_THE_SCHEDULER,
    KeyAcross,
    KeyAtScheduler,
    KeyAtWorker,
)
from workerfuzz.statemachine.properties.view import WorkerView

#: Properties of the records of any scheduler that Dask's keeps as well.
OF_SCHEDULER_RECORDS: Final[tuple[AnyProperty, ...]] = (
    scheduler_records.released_for_a_reason,
    scheduler_records.waiting_for_a_reason,
    scheduler_records.processing_has_a_worker,
    scheduler_records.memory_has_a_holder,
    scheduler_records.holders_agree,
    scheduler_records.erred_has_a_failure,
    scheduler_records.inputs_know_their_dependents,
    scheduler_records.wants_agree,
)

#: Properties of any worker that its tables alone decide.
OF_ANY_WORKER: Final[tuple[AnyProperty, ...]] = (
    any_worker.stores_what_is_in_memory,
    any_worker.waits_for_its_inputs,
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A property that is broken by a key which has come to rest.

    Attributes:
        place: the scheduler, or the address of a worker.
        text: the counterexample.
        quiet_s: since the last news of the key and of its inputs, anywhere.
    """

    property: str
    sentence: str
    place: str
    key: str
    text: str
    quiet_s: float


class TouchedKey(NamedTuple):
    """One key of a worker, for properties that look at what an event touched."""

    view: WorkerView
    touched: tuple[str, ...]


def contradictions(dump: ClusterDump, settled_s: float) -> list[Contradiction]:
    """Return what contradicts itself, once for each property and key; the oldest first."""
    found: dict[tuple[str, str, str], Contradiction] = {}
    for place, key, item, text in broken(dump):
        quiet_s = settled_for(dump, key)
        if quiet_s >= settled_s:
            mark = (item.name, place, key)
            found.setdefault(
                mark, Contradiction(item.name, item.sentence, place, key, text, quiet_s)
            )
    return sorted(found.values(), key=lambda contradiction: -contradiction.quiet_s)


def settled_for(dump: ClusterDump, key: str) -> float:
    """Return the seconds since the last news of a key and of its inputs."""
    inputs = {
        dependency for worker in dump.workers.values() for dependency in worker.dependencies(key)
    }
    task = dump.scheduler.tasks.get(key)
    inputs |= set(task.dependencies if task is not None else ())
    return min(map(dump.quiet_s, (key, *inputs)))


def broken(dump: ClusterDump) -> Iterator[tuple[str, str, AnyProperty, str]]:
    """Yield (place, key, property, counterexample) of all that is broken, settled or not."""
    if dump.has_scheduler:
        yield from at_scheduler(dump)
    for worker in dump.workers.values():
        yield from at_worker(worker)
        if worker.address in dump.scheduler.workers:
            yield from across(dump, worker)


def checked(
    place: str, key: str, properties: Iterable[AnyProperty], observation: object
) -> Iterator[tuple[str, str, AnyProperty, str]]:
    for item, text in CHECKS.broken([(tuple(properties), observation)]):
        yield place, key, item, text


def at_scheduler(dump: ClusterDump) -> Iterator[tuple[str, str, AnyProperty, str]]:
    state = dump.scheduler
    for key, task in state.tasks.items():
        records = SchedulerObservation(state, (task,))
        yield from checked(SCHEDULER, key, OF_SCHEDULER_RECORDS, records)
        scheduler = KeyAtScheduler(key, state, dump.hosts.get(key, ()))
        yield from checked(SCHEDULER, key, OF_THE_SCHEDULER, scheduler)


def at_worker(worker: DumpedWorker) -> Iterator[tuple[str, str, AnyProperty, str]]:
    where = worker.address
    for key in {*worker.tasks, *worker.stored}:
        if key not in worker.actors:
            yield from checked(where, key, OF_ANY_WORKER, TouchedKey(worker, (key,)))
        record = KeyAtWorker(key, where, worker, worker.busy)
        yield from checked(where, key, OF_A_WORKER, record)


def across(dump: ClusterDump, worker: DumpedWorker) -> Iterator[tuple[str, str, AnyProperty, str]]:
    where = worker.address
    known = dump.scheduler.workers[where]
    keys = {*worker.tasks, *worker.stored, *known.has_what, *known.processing}
    for key in keys.intersection(dump.scheduler.tasks) if dump.is_partial else keys:
        key_across = KeyAcross(key, dump.scheduler, where, worker, key in worker.actors)
        yield from checked(where, key, ACROSS, key_across)
