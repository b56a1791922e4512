"""The loss of a scheduler: another one begins with what the workers report, and clients submit again.

Messages from and to the lost scheduler are lost with it; threads and transfers go on.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from workerfuzz.harness.subjects.cluster_protocol import (
    SCHEDULER,
    CallResult,
    ClusterSubject,
    Envelope,
    RebuildableCluster,
)
from workerfuzz.harness.worlds.cluster.assignments import AssignmentRecord
from workerfuzz.harness.worlds.cluster.client_model import ClientModel
from workerfuzz.harness.worlds.cluster.effect import ClusterEffect
from workerfuzz.statemachine.properties.assignments import (
    RebuiltObservation,
    work_survives_its_scheduler,
)
from workerfuzz.statemachine.properties.property import O, Property
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler.client_requests import Options
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.instructions import Execute
from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.cluster.view import Pair

#: Runs whose workers have this limit end once more, with a scheduler that is lost: one of five.
SUSPICIOUS_LIMIT: Final = 1


class LosingCluster(Protocol):
    """The part of a world of a cluster that is needed to lose its scheduler."""

    run_config: ClusterRunConfig
    cluster: ClusterSubject
    assignments: AssignmentRecord
    client_model: ClientModel
    present: dict[str, None]
    scattering: dict[tuple[str, str, str], list[int]]
    gathering: dict[Pair, None]
    retiring: dict[str, None]
    closing: dict[str, None]
    paused: dict[str, None]
    unnoticed: dict[str, None]
    issued: dict[Pair, Execute]
    running: dict[Pair, Execute]
    served: dict[Pair, Mapping[str, object]]
    effect: ClusterEffect

    @property
    def pool(self) -> Collection[str]:
        """Keys, each depending on earlier ones only."""

    @property
    def mail(self) -> dict[Pair, Any]:
        """Batches that were sent and have not arrived, by sender and receiver."""

    def scatter(self, client: str, key: str, worker: str) -> None:
        """A client puts a value on a worker, and tells the scheduler."""

    def note_presence(self) -> None:
        """Somebody came, went, was paused, or runs again."""

    def note_wants(self) -> None:
        """A client wished for something."""

    def send_request(
        self, client: str, request: client_requests.ClientRequest, *, at_once: bool
    ) -> None:
        """A client asks the scheduler."""

    def call(self, participant: str, happens: Callable[..., CallResult], *about: object) -> None:
        """Let one participant act, and note what it sends."""

    def step(self, step: None, action: Callable[..., None], *about: object) -> ClusterEffect:
        """Let something happen; check what it can have broken."""

    def sweep(self) -> None:
        """Check every structural property."""

    def demand(self, item: Property[O], observation: O) -> None:
        """Raise Violation where a property does not hold."""


def can_lose_scheduler(world: LosingCluster) -> bool:
    """Return whether another scheduler is to take the place of that of a run, and can.

    No worker may have anything of a former content of a key: nobody could tell it from the present one.
    """
    return (
        world.run_config.config.worker.suspicious_limit == SUSPICIOUS_LIMIT
        and isinstance(world.cluster, RebuildableCluster)
        and bool(world.present)
        and not world.scattering
        and not world.client_model.disconnecting
        and not world.client_model.removed
        and not world.gathering
        and not world.retiring
        and not world.closing
        and all(spec == world.client_model.contents.get(key) for key, spec in contents(world))
        and all(value == world.client_model.expected(key) for key, value in arriving(world))
    )


def contents(world: LosingCluster) -> Iterator[tuple[str, object]]:
    """Yield what workers were to compute, and what threads run."""
    for (worker, key), spec in world.assignments.contents.items():
        if worker in world.present:
            yield key, spec
    for table in (world.issued, world.running):
        yield from ((key, execution.spec) for (_, key), execution in table.items())


def values(world: LosingCluster) -> Iterator[tuple[str, object]]:
    """Yield the values that workers store."""
    for worker in world.present:
        yield from world.cluster.worker(worker).data().items()


def arriving(world: LosingCluster) -> Iterator[tuple[str, object]]:
    """Yield the values that workers store, and those on their way to another one."""
    yield from values(world)
    for served in world.served.values():
        yield from served.items()


def lose_scheduler(world: LosingCluster) -> None:
    """Let another scheduler take the place of the one of a world, which goes on with that."""
    cluster, model = world.cluster, world.client_model
    assert isinstance(cluster, RebuildableCluster)
    world.mail.clear()
    world.unnoticed.clear()
    former, world.assignments = world.assignments, carried_over(world)
    wanted = model.begin_anew()
    stored = {key: None for key, _ in values(world)}
    model.lost.update((key, None) for key in model.data if key not in stored)
    world.note_presence()
    at_work = [*threads_that_count(world, needed(model, wanted, stored))]
    envelopes = [
        *world.step(None, world.call, SCHEDULER, cluster.rebuild, tuple(world.present)).envelopes
    ]
    world.sweep()
    for client, keys in wanted.items():
        for key in keys:
            holders = [worker for worker in world.present if key in cluster.worker(worker).data()]
            if key in model.data and holders:
                envelopes += world.step(None, world.scatter, client, key, holders[0]).envelopes
        graph = graph_again(world, former, [key for key in keys if key not in model.data])
        if graph.wanted:
            envelopes += world.step(None, ask_at_once, world, client, graph).envelopes
    envelopes += world.step(None, world.call, SCHEDULER, cluster.release_found).envelopes
    again, freed = sent(cluster, envelopes)
    observation = RebuiltObservation(at_work, stored, again, freed)
    world.demand(work_survives_its_scheduler, observation)


def ask_at_once(world: LosingCluster, client: str, request: client_requests.ClientRequest) -> None:
    world.send_request(client, request, at_once=True)


def carried_over(world: LosingCluster) -> AssignmentRecord:
    """The record of what workers were asked for. Restrictions and counts are lost with the scheduler.

    So a task may have those that its user gave it, or none; or the resources of a former request for
    it, where a worker has not been told yet that it is not wanted any more.
    """
    former = world.assignments
    record = AssignmentRecord(world.run_config.config)
    for worker in world.present:
        record.note_join(worker)
        record.running[worker] = worker not in world.paused
        record.gone[worker] = former.gone[worker]
    for name in ("to_compute", "contents", "requests"):
        table = getattr(former, name)
        setattr(
            record, name, {pair: value for pair, value in table.items() if pair[0] in world.present}
        )
    record.options = {
        key: [*given, *(Options(resources=options.resources) for options in given)]
        for key, given in former.options.items()
    }
    for (worker, key), request in record.requests.items():
        if key in record.options and world.cluster.worker(worker).state(key) is not None:
            record.options[key].append(Options(resources=request.resources))
    record.graphs = {key: [0] for key in former.graphs}
    return record


def needed(
    model: ClientModel, wanted: dict[str, tuple[str, ...]], stored: Collection[str]
) -> Collection[str]:
    """Return keys whose values are still to be made, for what clients want."""
    found: dict[str, None] = {}
    left = [key for keys in wanted.values() for key in keys]
    while left:
        key = left.pop()
        if key not in found and key not in stored and key in model.contents:
            found[key] = None
            left += model.contents[key].dependencies
    return found


def threads_that_count(world: LosingCluster, keys: Collection[str]) -> Iterator[Pair]:
    """Yield threads of the requests that reached a worker last, for values that are still to be made."""
    to_compute, requests = world.assignments.to_compute, world.assignments.requests
    stored = {key: None for key, _ in values(world)}
    for worker, key in (*world.issued, *world.running):
        others = [pair for pair in to_compute if pair[1] == key]
        is_last = (worker, key) == max(others, key=lambda pair: requests[pair].run_id, default=None)
        inputs = world.client_model.contents[key].dependencies
        if is_last and key in keys and all(key in stored for key in inputs):
            yield worker, key


def graph_again(
    world: LosingCluster, former: AssignmentRecord, keys: Sequence[str]
) -> client_requests.Submit:
    """Return the graph that a client submits which wants these keys."""
    contents = world.client_model.contents
    needs = world.client_model.needed_by(keys)
    return client_requests.Submit(
        specs=tuple(contents[key] for key in world.pool if key in needs and key in contents),
        wanted=tuple(keys),
        options={key: given[-1] for key, given in former.options.items() if given and key in needs},
    )


def sent(cluster: ClusterSubject, envelopes: Collection[Envelope]) -> tuple[list[Pair], list[Pair]]:
    """Return tasks that workers are requested to compute, and keys that they are told to leave."""
    requested: list[Pair] = []
    freed: list[Pair] = []
    for envelope in envelopes:
        for event in cluster.worker_events(envelope):
            if isinstance(event, events.ComputeTask):
                requested.append((envelope.receiver, event.key))
            elif isinstance(event, events.FreeKeys | events.ForgetKeys):
                freed += [(envelope.receiver, key) for key in event.keys]
    return requested, freed
