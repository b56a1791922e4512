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
    tables = {name: value for name, value in vars(world).items() if name not in NOT_COPIED}
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
    text = Canonical(names)
    boxes = sorted(world.mail.items(), key=lambda item: tuple(map(text.name, item[0])))
    cluster = copyable_cluster(world.subject.name, world.cluster)
    return (
        *cluster.fingerprint(text, [envelope for _, box in boxes for envelope in box]),
        under_way(world, text),
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


def under_way(world: ClusterEnvironment, text: Canonical) -> tuple[Hashable, ...]:
    """Threads, transfers, and who is there."""
    running = [(named(pair, text), execution) for pair, execution in world.running.items()]
    return (
        tuple(
            [
                (
                    *pair,
                    text.run(execution.run_id),
                    content(execution.spec),
                    tuple(execution.inputs.items()),
                )
                for pair, execution in sorted(running, key=lambda item: item[0])
            ]
        ),
        tuple(
            sorted([(*named(pair, text), transfer.keys) for pair, transfer in world.open.items()])
        ),
        tuple(
            sorted([(*named(pair, text), *table.items()) for pair, table in world.served.items()])
        ),
        *[
            tuple(sorted([named(pair, text) for pair in table]))
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
                    (*map(text.name, names), *[joined == world.joins[names[2]] for joined in those])
                    for names, those in world.scattering.items()
                ]
            )
        ),
        *[
            text.peers(workers)
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


def named(pair: tuple[str, str], text: Canonical) -> tuple[str, str]:
    one, other = pair
    return (text.name(one), text.name(other))


def overtaken(model: ClientModel) -> Iterator[tuple[str, str, int]]:
    """Yield how many more requests of a client, by key that it has scattered, are of the past."""
    for (client, key), sent in model.overtaken.items():
        if sent > model.requests_arrived[client]:
            yield client, key, sent - model.requests_arrived[client]


def client_model(model: ClientModel) -> tuple[Hashable, ...]:
    """The client model. Why a key failed matters only while it has, and is not read."""
    statuses = {
        (client, key): pair
        for client, table in model.statuses.items()
        for key, pair in table.items()
    }
    return (
        tuple([(client, *keys) for client, keys in model.wants.items()]),
        (
            tuple(sorted(statuses.items())),
            tuple([(client, *keys) for client, keys in model.held.items()]),
            tuple(
                [
                    pair
                    for pair, status in statuses.items()
                    if status is NoticeStatus.ERRED and model.failure_reasons.get(pair)
                ]
            ),
            tuple(model.failed),
            tuple(
                [
                    model.graphs_sent[client] - model.graphs_arrived[client]
                    for client in model.graphs_sent
                ]
            ),
            tuple([pair for pair in sorted(statuses) if model.has_arrived(*pair)]),
            tuple([(client, *sorted(keys)) for client, keys in model.scheduler_wants.items()]),
            tuple(model.changing.values()),
            tuple(sorted(model.scatter_of_request)),
            tuple(sorted(overtaken(model))),
        ),
        (
            tuple([(key, content(spec)) for key, spec in sorted(model.contents.items())]),
            tuple(sorted(model.data)),
            tuple(
                sorted(
                    [(key, spec is not None and content(spec)) for key, spec in model.failures],
                    key=repr,
                )
            ),
            *[tuple(sorted(getattr(model, name))) for name in EXCUSES],
            tuple([(key, *needs) for key, needs in sorted(model.needs.items())]),
            tuple(sorted(model.deaths.items())),
            (tuple(model.disconnecting), tuple(model.removed)),
        ),
    )
