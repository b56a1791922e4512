"""Dask's scheduler in one thread: no socket, no event loop, no thread, no clock.

Its classes are subclassed where they reach for these by a method. Where they reach for them by a name
of their module, the name has another meaning for the duration of a call: see ``Patches``.

Source: distributed 2026.8.0, scheduler.py, Scheduler; stealing.py, WorkStealing.
"""

import asyncio
import copy
import inspect
import itertools
import logging
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Final, ParamSpec, TypeAlias, TypeVar

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, Envelope
from workerfuzz.harness.subjects.dask.failures import LoggedError
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, peer_at

#: More transitions than any call should cause; Dask raises then.
MOST_TRANSITIONS: Final = 10_000

#: Logger above every logger of distributed.
_ROOT: Final = "distributed"

T = TypeVar("T")
Arguments = ParamSpec("Arguments")

#: Values by name: of a module, or to replace some of its own.
Names: TypeAlias = dict[str, DaskObject]


# Messages: who sent what to whom

#: Messages are packed and unpacked on the way: lists arrive as tuples, and nothing is shared.
_CONTAINERS: Final[frozenset[type[DaskObject]]] = frozenset({dict, list, tuple, set, frozenset})


def copied(value: DaskObject) -> DaskObject:
    """Return a value as it arrives at the other end."""
    kind = type(value)
    if kind is dict:
        copy = value.copy()
        if not _CONTAINERS.isdisjoint(map(type, value.values())):
            for key, item in value.items():
                if type(item) in _CONTAINERS:
                    copy[key] = copied(item)
        return copy
    if kind is list or kind is tuple:
        flat = _CONTAINERS.isdisjoint(map(type, value))
        return tuple(value) if flat else tuple(map(copied, value))
    if kind is set or kind is frozenset:
        return set(value)
    return value


class Outbox:
    """Messages that the current call made anybody send."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent: dict[tuple[str, str], list[object]] = {}

    def send(self, sender: str, receiver: str, messages: Iterable[DaskObject]) -> None:
        self._sent.setdefault((sender, receiver), []).extend(map(copied, messages))

    def collected(self) -> list[Envelope]:
        """Return all of them, once."""
        if not self._sent:
            return []
        sent, self._sent = self._sent, {}
        return [Envelope(*pair, tuple(messages)) for pair, messages in sent.items()]


class Stream:
    """Connection from the scheduler to a worker or client. Stands in for ``BatchedSend``."""

    __slots__ = ("outbox", "receiver")

    def __init__(self, *args: DaskObject, **named: DaskObject) -> None:
        self.outbox: Outbox | None = None
        self.receiver = ""

    def send(self, *messages: DaskObject) -> None:
        assert self.outbox is not None
        self.outbox.send(SCHEDULER, self.receiver, messages)

    def abort(self) -> None: ...


class Streams(dict[str, Stream]):
    """Streams by address; one that enters learns where it leads."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__()
        self.outbox = outbox

    def __setitem__(self, where: str, stream: Stream) -> None:
        stream.outbox, stream.receiver = self.outbox, peer_at(where)
        super().__setitem__(where, stream)


# Stubs


class Inert:
    """Object that takes any call, and any attribute, and does nothing."""

    def __call__(self, *args: DaskObject, **named: DaskObject) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> "Inert":
        return INERT


INERT: Final = Inert()


class Asyncio:
    """The module ``asyncio``, where coroutines are run at once instead of by a loop."""

    def __getattr__(self, name: str) -> DaskObject:
        return getattr(asyncio, name)

    @staticmethod
    async def gather(
        *awaitables: Awaitable[DaskObject], return_exceptions: bool = False
    ) -> list[DaskObject]:
        """Run one after the other, none of which waits. If one raises, the others run all the same."""
        results: list[DaskObject] = []
        raised: list[Exception] = []
        for awaitable in awaitables:
            try:
                results.append(await awaitable)
            except Exception as error:  # noqa: BLE001  # it is raised once all have run
                raised.append(error)
                results.append(error)
        if raised and not return_exceptions:
            raise raised[0]
        return results

    @staticmethod
    async def sleep(delay: float) -> None:
        """Do not wait: each reading of the clock takes a second."""


class Versions:
    """Module of versions: everybody runs the same release."""

    @staticmethod
    def get_versions(*args: DaskObject, **named: DaskObject) -> dict[str, DaskObject]:
        return {}

    @staticmethod
    def error_message(*args: DaskObject, **named: DaskObject) -> dict[str, DaskObject]:
        return {}


class Connections:
    """Connections to workers, for requests that wait for their answer: it is there already."""

    def __call__(self, *args: DaskObject, **named: DaskObject) -> "Connections":
        return self

    def remove(self, where: str) -> None: ...

    async def gather(self, **named: DaskObject) -> dict[str, str]:
        return {"status": "OK"}


class Server:
    """Part of the base class that a scheduler keeps: the one with sockets and a work directory."""

    def __init__(
        self,
        *,
        handlers: dict[str, DaskObject],
        stream_handlers: dict[str, DaskObject],
        **others: DaskObject,
    ) -> None:
        self.handlers = handlers
        self.stream_handlers = stream_handlers
        self.periodic_callbacks: dict[str, DaskObject] = {}
        self.rpc = Connections()
        self.digests = None
        self.id = "scheduler"
        self._ongoing_background_tasks = INERT


async def materialize(function: Callable[..., DaskObject], **named: DaskObject) -> DaskObject:
    """Return the graph that a client sent, which needs no thread to become one."""
    sent = next((named[name] for name in ("expr", "graph") if name in named), None)
    return sent.materialized if sent is not None else {}


#: By the name in ``distributed.scheduler``. A release that has no such name does without it.
_SCHEDULER_NAMES: Final[Mapping[str, DaskObject]] = {
    "asyncio": Asyncio(),
    "version_module": Versions,
    "normalize_address": lambda where: where,
    "deserialize": lambda header, frames: header,
    "offload": materialize,
    "setproctitle": lambda title: None,
    "validate_key": lambda key: None,  # a Name is a string that it does not know
}


def log_error(self: object, kind: object, error: BaseException | None, trace: object) -> None:
    """Replace ``distributed.utils._LogErrors.__exit__``: log under the name of the package.

    Dask guesses a module from the stack, or from ``sys.path``.
    """
    if error is not None:
        logging.getLogger("distributed").error(error)


#: As ``_SCHEDULER_NAMES``, needed only while a scheduler is made.
_CONSTRUCTION: Final[Mapping[str, DaskObject]] = {
    "ServerNode": Server,
    "IOLoop": INERT,
    "PeriodicCallback": INERT,
    "psutil": INERT,
    "preloading": INERT,
    "get_handlers": lambda **named: [],
    "addresses_from_user_args": lambda **named: [],
    "get_fileno_limit": lambda: 1024,
}


class Counts:
    """The clock of a cluster, of which each reading takes a second, and its run ids."""

    __slots__ = ("clock", "run_ids")

    def __init__(
        self, clock: Iterator[int] | None = None, run_ids: Iterator[int] | None = None
    ) -> None:
        self.clock = itertools.count(1) if clock is None else clock
        self.run_ids = itertools.count() if run_ids is None else run_ids

    def copy(self) -> "Counts":
        return Counts(copy.copy(self.clock), copy.copy(self.run_ids))


def no_time() -> float:
    """Return the same time always: a worker is busy for none, however long the machine was."""
    return 0.0


def run_synchronously(
    function: Callable[..., DaskObject], /, *args: DaskObject, **named: DaskObject
) -> DaskObject:
    """Return the result of a function, or of the coroutine that it returns, which must not wait."""
    result = function(*args, **named)
    if not inspect.iscoroutine(result):
        return result
    try:
        result.send(None)
    except StopIteration as stop:
        return stop.value
    result.close()
    raise RuntimeError(f"{result.__qualname__} waits for something")


# Patching


class _ErrorCollector(logging.Handler):
    """Collects records of errors without formatting them."""

    def __init__(self, collected: list[LoggedError]) -> None:
        super().__init__(logging.ERROR)
        self.collected = collected

    def handle(self, record: logging.LogRecord) -> bool:
        error = record.msg if isinstance(record.msg, BaseException) else sys.exc_info()[1]
        self.collected.append(LoggedError("" if record.msg is error else str(record.msg), error))
        return True


class ErrorLogger(logging.Logger):
    """Logger of a module of Dask that makes no records of what is no error."""

    def __init__(self, collected: list[LoggedError]) -> None:
        super().__init__(_ROOT, logging.ERROR)
        self.addHandler(_ErrorCollector(collected))


class Patches:
    """Replacements of names of Dask's modules, for the duration of a call.

    Modules, classes and loggers belong to the whole process. Each cluster has replacements of its own
    and puts them in place for each call; however the call ends, all is then as it was before. Calls
    of clusters in different threads take turns.

    Args:
        replacements: values by name, each after the module or object whose names they replace; those
            that it does not have are left out.
        errors: collects what is logged as an error.
    """

    _turn: Final = threading.RLock()

    def __init__(
        self, replacements: Iterable[tuple[object, Names]], errors: list[LoggedError]
    ) -> None:
        self._logger = logging.getLogger(_ROOT)
        self._level: int | None = None
        collecting = {"handlers": [_ErrorCollector(errors)], "propagate": False}
        self._replacements = [
            (vars(owner), {name: value for name, value in names.items() if name in vars(owner)})
            for owner, names in (*replacements, (self._logger, collecting))
        ]
        self._log_errors = sys.modules["distributed.utils"]._LogErrors
        self._originals: list[tuple[Names, Names]] = []
        self._exit: object = None

    def call(
        self, function: Callable[Arguments, T], /, *args: Arguments.args, **named: Arguments.kwargs
    ) -> T:
        """Call a function with the replacements in place."""
        with self._turn:
            try:
                self._replace()
                return function(*args, **named)
            finally:
                try:
                    self._restore()
                except BaseException:  # a time limit or Ctrl-C may come in between
                    self._restore()
                    raise

    def _replace(self) -> None:
        for namespace, values in self._replacements:
            self._originals.append((namespace, {name: namespace[name] for name in values}))
            namespace.update(values)
        self._exit = self._log_errors.__exit__
        self._log_errors.__exit__ = log_error
        if not self._logger.isEnabledFor(logging.ERROR):  # as somebody configured it
            self._level = self._logger.level
            self._logger.setLevel(logging.ERROR)

    def _restore(self) -> None:
        """Restore whatever was replaced; called again, where the first call was interrupted."""
        originals = self._originals
        while originals:
            namespace, values = originals[-1]
            namespace.update(values)
            originals.pop()
        if self._exit is not None:
            self._log_errors.__exit__ = self._exit
            self._exit = None
        if self._level is not None:
            self._logger.setLevel(self._level)
            self._level = None


def scheduler_patches(
    scheduler: ModuleType,
    stealing: ModuleType,
    task: DaskObject,
    counts: Counts,
    errors: list[LoggedError],
) -> Patches:
    """Return the patches for calls of a scheduler, with a clock and run ids of its own.

    Args:
        scheduler: the module ``distributed.scheduler``.
        stealing: the module ``distributed.stealing``.
        task: the subclass of ``TaskState`` that ``counted_tasks`` made.
        counts: of the cluster that is called.
    """
    clock = counts.clock.__next__
    timed = {"time": clock, "monotonic": clock, "logger": ErrorLogger(errors)}
    imported_late = {"deserialize": _SCHEDULER_NAMES["deserialize"]}  # in 2023.6, say
    return Patches(
        (
            (scheduler, {**_SCHEDULER_NAMES, **timed, "BatchedSend": Stream, "TaskState": task}),
            (stealing, timed),
            (sys.modules["distributed.protocol"], imported_late),
            (task._run_id_iterator, {"counter": counts.run_ids}),
        ),
        errors,
    )


def worker_patches(worker: ModuleType, errors: list[LoggedError]) -> Patches:
    """Return the patches for calls of a worker: of the module ``distributed.worker_state_machine``."""
    return Patches(((worker, {"time": no_time, "logger": ErrorLogger(errors)}),), errors)


@contextmanager
def construction(scheduler: ModuleType) -> Iterator[None]:
    """Replace names of the scheduler's module that it uses only while a scheduler is made."""
    namespace = vars(scheduler)
    names = _CONSTRUCTION.keys() & namespace.keys()
    originals = {name: namespace[name] for name in names}
    try:
        namespace.update((name, _CONSTRUCTION[name]) for name in names)
        yield
    finally:
        namespace.update(originals)


# The scheduler and its work stealing


class Unconnected:
    """Methods of Dask's scheduler that do nothing here, or that need no network."""

    def _setup_logging(self, logger: DaskObject) -> None: ...

    def start_http_server(self, *args: DaskObject, **named: DaskObject) -> None: ...

    def log_event(self, topic: DaskObject, msg: DaskObject) -> None: ...

    def digest_metric(self, name: DaskObject, value: float) -> None: ...

    async def handle_worker(self, comm: DaskObject, worker: str) -> None: ...

    @staticmethod
    def materialize_graph(graph: DaskObject) -> DaskObject:
        """Between 2023.4.1 and 2023.9; later, ``offload`` does it."""
        return graph.materialized_by_key

    def coerce_address(self, addr: str, resolve: bool = True) -> str:
        return addr

    def __repr__(self) -> str:
        return "<Scheduler>"


def outspoken(stealing: type[DaskObject]) -> type[DaskObject]:
    """Return a subclass of a release's ``WorkStealing`` that logs an error where it raises.

    The scheduler catches what its plugins raise in a transition, and goes on.
    """
    logger = logging.getLogger(stealing.__module__)

    class OutspokenStealing(stealing):  # type: ignore[misc]  # known at run time only
        """A WorkStealing whose exceptions do not get lost."""

        def transition(self, *args: DaskObject, **named: DaskObject) -> None:
            try:
                stealing.transition(self, *args, **named)
            except Exception:
                logger.exception("Stealing failed in a transition")
                raise

    return OutspokenStealing


class RunIds:
    """Iterator of run ids: those of the cluster whose turn it is."""

    def __init__(self) -> None:
        self.counter: Iterator[int] = itertools.count()

    def __next__(self) -> int:
        return next(self.counter)


def counted_tasks(record: DaskObject) -> DaskObject:
    """Return a subclass of a release's ``TaskState`` whose run ids each cluster counts by itself.

    Dask counts those of all clusters of a process together.
    """

    class CountedTask(record):  # type: ignore[misc]  # known at run time only
        __slots__ = ()
        _run_id_iterator = RunIds()

    return CountedTask


def embedded(scheduler: type[DaskObject]) -> type[DaskObject]:
    """Return a subclass of a release's ``Scheduler`` that is never started."""
    slots = [name for base in scheduler.__mro__ for name in getattr(base, "__slots__", ())]

    class EmbeddedScheduler(Unconnected, scheduler):  # type: ignore[misc]  # known at run time only
        """A Scheduler whose messages go into ``Streams``."""

        def listen_to(self, streams: Streams, clients: Streams) -> None:
            """Send messages to workers and to clients there."""
            self.stream_comms = streams
            self.client_comms = clients

        def forget_everything(self) -> None:
            """Break its references to itself, a hundred of them. It is not used afterwards."""
            type(self)._instances.discard(self)
            self.tasks.clear()
            self.__dict__.clear()
            for name in slots:
                if hasattr(self, name):
                    delattr(self, name)

    return EmbeddedScheduler
