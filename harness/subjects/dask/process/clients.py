"""The clients of a simulation: their calls and their futures."""

import gc
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, assert_never

from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from distributed import Client, Lock

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.subjects.dask.failures import describe
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.dask.process.endings import perform
from workerfuzz.harness.subjects.dask.process.loop import SimulatedLoop
from workerfuzz.harness.subjects.dask.process.ordered_sets import OrderedSet
from workerfuzz.harness.subjects.dask.process.transport import address_of
from workerfuzz.harness.subjects.process_protocol import FutureStatus
from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS, NoticeStatus, Options
from workerfuzz.strategies.cluster.view import Pair
from workerfuzz.strategies.process.view import ClientCall

#: Virtual seconds in which a participant must have started or closed.
PATIENCE_S: Final = 60.0

#: Name of the lock that clients share.
LOCK: Final = "lock"

#: Calls after which workers and connections end.
_ENDING_WORKERS: Final = (ClientCall.RETIRE, ClientCall.RESTART)

#: By the name that a future has for it.
_STATUSES: Final[Mapping[str, NoticeStatus]] = {
    "pending": NoticeStatus.PENDING,
    "finished": NoticeStatus.FINISHED,
    "error": NoticeStatus.ERRED,
    "cancelled": NoticeStatus.CANCELLED,
    "lost": NoticeStatus.LOST,
}


def annotations(options: Options) -> dict[str, object]:
    """Return the options of a task as annotations of Dask."""
    found: dict[str, object] = {
        "priority": options.priority,
        "retries": options.retries,
        "resources": dict(options.resources),
        "workers": [*map(address_of, options.workers)],
        "allow_other_workers": options.loose,
    }
    return {name: value for name, value in found.items() if value}


class DaskClients(ABC):
    """Clients of Dask, each with the futures that its program keeps."""

    loop: SimulatedLoop
    _is_faulty: bool

    def __init__(self) -> None:
        self.clients: dict[str, DaskObject] = {}
        self.futures: dict[Pair, DaskObject] = {}
        self.locks: dict[str, DaskObject] = {}
        self._incarnations: dict[str, int] = {}
        self._have_raised = False

    @abstractmethod
    def _start_call(
        self, participant: str, word: str, keys: Sequence[str], make: Callable[[], object]
    ) -> None:
        """Let a participant call something that may take a while."""

    def _client(self, name: str) -> DaskObject:
        return Client(address_of(SCHEDULER), name=name, asynchronous=True, set_as_default=False)

    def process_of(self, name: str) -> str:
        """Return the participant that a worker or client is at present."""
        number = self._incarnations.get(name, 1)
        return name if number == 1 else f"{name}-{number}"

    def closed_clients(self) -> Sequence[str]:
        return [name for name, value in self.clients.items() if value.status == "closed"]

    def status(self, client: str, key: str) -> FutureStatus:
        future = self.futures[client, key]
        status = _STATUSES[future.status]
        error = future._state.exception if status is NoticeStatus.ERRED else None
        return FutureStatus(status, "" if error is None else describe(error))

    def send_request(self, client: str, request: client_requests.ClientRequest) -> None:
        match request:
            case client_requests.Submit():
                self.loop.call(self.process_of(client), self._submit, client, request)
            case client_requests.Release():
                self.loop.call(self.process_of(client), self._release, client, request.keys)
            case client_requests.Cancel():
                futures = self._futures(client, request.keys)
                cancel = self.clients[client].cancel
                self._start_call(
                    self.process_of(client),
                    "cancel",
                    request.keys,
                    lambda: cancel(futures, force=request.force),
                )
            case client_requests.Retry():
                futures = self._futures(client, request.keys)
                retry = self.clients[client].retry
                self._start_call(
                    self.process_of(client), "retry", request.keys, lambda: retry(futures)
                )
            case client_requests.Scattered():
                raise AssertionError("a client scatters by itself")
            case _:
                assert_never(request)

    def _futures(self, client: str, keys: Iterable[str]) -> list[DaskObject]:
        return [self.futures[client, key] for key in keys]

    def _submit(self, client: str, request: client_requests.Submit) -> None:
        listed = OrderedSet(spec.key for spec in request.specs)
        layers: dict[str, MaterializedLayer] = {}
        for spec in request.specs:
            key, needs = spec.key, spec.dependencies
            inputs = [key if key in listed else self.futures[client, key] for key in needs]
            task = (perform, f"={key}", spec.run_spec, f"={' '.join(needs)}", *inputs)
            table = annotations(request.options.get(key, NO_OPTIONS))
            layers[key] = MaterializedLayer({key: task}, annotations=table)
        needed = {spec.key: listed.intersection(spec.dependencies) for spec in request.specs}
        graph = HighLevelGraph(layers, needed)
        made = self.clients[client].get(graph, [*request.wanted], sync=False)
        for key, future in zip(request.wanted, made, strict=True):
            self.futures[client, key] = future

    def _release(self, client: str, keys: Iterable[str]) -> None:
        for key in keys:
            self.futures.pop((client, key)).release()

    def gather(self, client: str, keys: Sequence[str]) -> None:
        futures = dict(zip(keys, self._futures(client, keys), strict=True))
        self._start_call(
            self.process_of(client), "gather", keys, lambda: self.clients[client].gather(futures)
        )

    def scatter(self, client: str, key: str, value: object, worker: str) -> None:
        self._scatter(client, "scatter", key, value, workers=[address_of(worker)])

    def _scatter(self, client: str, word: str, key: str, value: object, **options: object) -> None:
        participant = self.process_of(client)

        async def scatter() -> None:
            made = await self.clients[client].scatter(
                {key: value}, hash=False, timeout=PATIENCE_S, **options
            )
            if participant == self.process_of(client):
                self.futures[client, key] = made[key]

        self._start_call(participant, word, (key,), scatter)

    def broadcast(self, client: str, key: str, value: object) -> None:
        self._scatter(client, "broadcast", key, value, broadcast=True)

    def make_call(
        self, client: str, call: ClientCall, keys: Sequence[str], workers: Sequence[str]
    ) -> None:
        if call in _ENDING_WORKERS:
            self._is_faulty = True
        item = self.clients[client]
        make: Callable[[], object]
        match call:
            case ClientCall.REPLICATE:
                make = partial(item.replicate, self._futures(client, keys))
            case ClientCall.REBALANCE:
                make = item.rebalance
            case ClientCall.RETIRE:
                make = partial(item.retire_workers, [*map(address_of, workers)], close_workers=True)
            case ClientCall.PUBLISH:
                futures = self._futures(client, keys)
                make = partial(item.publish_dataset, dict(zip(keys, futures, strict=True)))
            case ClientCall.UNPUBLISH:
                make = partial(item.unpublish_dataset, keys[0])
            case ClientCall.RESTART:
                make = partial(item.restart, timeout=PATIENCE_S, wait_for_workers=False)
            case ClientCall.LOCK:
                make = partial(self._lock, client)
            case ClientCall.UNLOCK:
                make = self.locks.pop(client).release
            case _:
                assert_never(call)
        self._start_call(self.process_of(client), call.value, keys, make)

    def _lock(self, client: str) -> object:
        item = self.clients[client]
        if "client" in inspect.signature(Lock).parameters:  # before 2024.6.1
            lock = Lock(LOCK, client=item)
        else:
            lock = Lock(LOCK, scheduler_rpc=item.scheduler, loop=item.loop)
        self.locks[client] = lock
        return lock.acquire()

    def leave(self, client: str) -> None:
        self._is_faulty = True
        self.locks.pop(client, None)
        for pair in [future for future in self.futures if future[0] == client]:
            del self.futures[pair]
        self._start_call(self.process_of(client), "leave", (), self.clients[client].close)

    def enter(self, client: str) -> None:
        self._incarnations[client] = self._incarnations.get(client, 1) + 1
        for pair in [future for future in self.futures if future[0] == client]:
            del self.futures[pair]

        async def start() -> None:
            self.clients[client] = await self._client(client)

        self._start_call(self.process_of(client), "enter", (), start)

    def drop_references(self) -> None:
        states = [future for client in self.clients.values() for future in client.futures.values()]
        found = [
            getattr(state, "exception", None) for state in states
        ]  # an attribute once it has failed
        raised = [item for item in found if item is not None]
        for error in raised:
            error.__traceback__ = None  # dask/distributed#8790: what was raised keeps its future
        if raised or self._have_raised:  # what a call raised keeps its futures as well
            gc.collect()
