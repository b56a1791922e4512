"""Copies of a whole cluster, and what decides how it goes on, as plain data."""

from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final, TypeVar

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, copyable_cluster
from workerfuzz.harness.worlds.cluster.assignments import AssignmentRecord
from workerfuzz.harness.worlds.cluster.client_model import ClientModel
from workerfuzz.harness.worlds.cluster.effect import ClusterEffect
from workerfuzz.harness.worlds.cluster.environment import ClusterEnvironment
from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus
from workerfuzz.statemachine.worker.canonical import Canonical
from workerfuzz.statemachine.worker.fingerprint import content

W = TypeVar("W", bound=ClusterEnvironment)

#: Attributes of a world that its copy has for itself, or shares.
NOT_COPIED: Final = frozenset({"_possible", "cluster", "_on_close"})

#: Records of the environment, and all kinds of object that a copy has for itself.
RECORDS: Final = (ClientModel, AssignmentRecord)
COPIED: Final = frozenset({dict, list, deque, *RECORDS})

#: Sets of the client model that decide what may be told, and what is held against the cluster.
EXCUSES: Final = (
    "cancelled", "refused", "lost", "orphaned", "dead_actors", "failed_after_finish", "dropped",
    "released", "late", "ended_late",
)  # fmt: skip


def copied(world: ClusterEnvironment, kind: type[W]) -> W:
    """A ``ClusterWorld`` of its own. What happens to it is timed while the first one is open."""
    tables = {name: it for name, it in vars(world).items() if name not in NOT_COPIED}
    other = object.__new__(kind)
    other.__dict__.update(own(tables, {}), _possible=world._possible, _on_close=ExitStack())
    other.cluster = copyable_cluster(world.subject.name, world.cluster).copy()
    other._on_close.callback(other.cluster.close)
    other.effect = ClusterEffect(other.cluster)
    return other


def own(value: Any, known: dict[int, Any]) -> Any:
    """Tables are copied, each once, with what is inside of them; anything else never changes."""
    kind = type(value)
    if kind not in COPIED:
        return value
    found = known.get(id(value))
    if found is None:
        if kind is dict:
            found = value.copy()
            for key, item in value.items():
                if type(item) in COPIED:
                    found[key] = own(item, known)
        elif kind in RECORDS:
            found = object.__new__(kind)
            found.__dict__.update(own(vars(value), known))
        else:
            found = value.copy()
        known[id(value)] = found
    return found


def fingerprint(world: ClusterEnvironment, names: Mapping[str, str]) -> tuple[Hashable, ...]:
    """Of the cluster, of what is under way in it, and of what clients know.

    The record of assignments is no part of it: on a healthy scheduler the same follows from its tables.
    """
    its = Canonical(names)
    boxes = sorted(world.mail.items(), key=lambda item: tuple(map(its.name, item[0])))
    cluster = copyable_cluster(world.subject.name, world.cluster)
    return (
        *cluster.fingerprint(its, [envelope for _, box in boxes for envelope in box]),
        under_way(world, its),
        tuple(late_notices(world)),
        *client_model(world.client_model),
    )


def late_notices(world: ClusterEnvironment) -> Iterator[tuple[str, int, bool]]:
    """Yield whether each notice that is under way would be late now, or is of no account."""
    model = world.client_model
    for client in world.clients:
        batches = zip(
            world.mail.get((SCHEDULER, client), ()), model.notices_under_way[client], strict=True
        )
        for envelope, arrived in batches:
            for place, notice in enumerate(world.cluster.notices(envelope)):
                wanted = notice.key in world.wants[client]
                yield client, place, wanted and model.is_late((client, notice.key), arrived)


def under_way(world: ClusterEnvironment, its: Canonical) -> tuple[Hashable, ...]:
    """Threads, transfers, and who is there."""
    running = [(named(pair, its), it) for pair, it in world.running.items()]
    return (
        tuple(
            [
                (*pair, its.run(it.run_id), content(it.spec), tuple(it.inputs.items()))
                for pair, it in sorted(running, key=lambda item: item[0])
            ]
        ),
        tuple(sorted([(*named(pair, its), it.keys) for pair, it in world.open.items()])),
        tuple(sorted([(*named(pair, its), *it.items()) for pair, it in world.served.items()])),
        *[
            tuple(sorted([named(pair, its) for pair in table]))
            for table in (
                world.slotted,
                world.unserved,
                world.retrying,
                world.issued,
                world.gathering,
            )
        ],
        tuple(
            sorted(
                [
                    (*map(its.name, it), *[joined == world.joins[it[2]] for joined in those])
                    for it, those in world.scattering.items()
                ]
            )
        ),
        *[
            its.peers(workers)
            for workers in (
                world.present,
                world.unnoticed,
                world.paused,
                world.departed,
                world.retiring,
                world.closing,
            )
        ],
        world._joined,
    )


def named(pair: tuple[str, str], its: Canonical) -> tuple[str, str]:
    one, other = pair
    return (its.name(one), its.name(other))


def overtaken(model: ClientModel) -> Iterator[tuple[str, str, int]]:
    """Yield how many more requests of a client, by key that it has scattered, are of the past."""
    for (client, key), sent in model.overtaken.items():
        if sent > model.requests_arrived[client]:
            yield client, key, sent - model.requests_arrived[client]


def client_model(its: ClientModel) -> tuple[Hashable, ...]:
    """The client model. Why a key failed matters only while it has, and is not read."""
    statuses = {
        (client, key): it for client, table in its.statuses.items() for key, it in table.items()
    }
    return (
        tuple([(client, *keys) for client, keys in its.wants.items()]),
        (
            tuple(sorted(statuses.items())),
            tuple([(client, *keys) for client, keys in its.held.items()]),
            tuple(
                [
                    it
                    for it, status in statuses.items()
                    if status is NoticeStatus.ERRED and its.failure_reasons.get(it)
                ]
            ),
            tuple(its.failed),
            tuple(
                [its.graphs_sent[client] - its.graphs_arrived[client] for client in its.graphs_sent]
            ),
            tuple([pair for pair in sorted(statuses) if its.has_arrived(*pair)]),
            tuple([(client, *sorted(keys)) for client, keys in its.scheduler_wants.items()]),
            tuple(its.changing.values()),
            tuple(sorted(its.scatter_of_request)),
            tuple(sorted(overtaken(its))),
        ),
        (
            tuple([(key, content(spec)) for key, spec in sorted(its.contents.items())]),
            tuple(sorted(its.data)),
            tuple(
                sorted(
                    [(key, spec is not None and content(spec)) for key, spec in its.failures],
                    key=repr,
                )
            ),
            *[tuple(sorted(getattr(its, name))) for name in EXCUSES],
            tuple([(key, *needs) for key, needs in sorted(its.needs.items())]),
            tuple(sorted(its.deaths.items())),
            (tuple(its.disconnecting), tuple(its.removed)),
        ),
    )
