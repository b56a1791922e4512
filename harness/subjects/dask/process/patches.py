"""Everything that distributed reaches outside its own code, and the replacement that it gets.

There is one table, ``PATCHES``, and one owner, ``simulated``: all is in place while a simulation is
open and as before afterwards. The classes under test are not changed.
"""

import contextvars
import gc
import itertools
import logging
import random
import sys
import time
import uuid
import warnings
from asyncio import get_running_loop
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from operator import attrgetter
from types import ModuleType
from typing import Final, NamedTuple, NoReturn

import dask
import distributed
import distributed.batched
import distributed.diskutils
import distributed.node
import distributed.proctitle
import distributed.shuffle
import distributed.system_monitor
import distributed.utils_comm
import distributed.versions
from distributed.comm.registry import backends
from distributed.protocol import pickle as _pickle

from workerfuzz.harness.subjects.dask.failures import LoggedError
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.dask.process import ordered_sets
from workerfuzz.harness.subjects.dask.process.loop import CLOCK, EPOCH_S
from workerfuzz.harness.subjects.dask.process.transport import (
    SCHEME,
    Connection,
    SimulatedBackend,
)

assert _pickle  # it registers itself as a serializer when it is imported

#: Packages whose modules may have imported a patched name.
_PACKAGES: Final = ("distributed", "dask", "tornado")

#: Loggers above all others that a simulation may write to.
_LOGGERS: Final = ("distributed", "asyncio", "tornado")

#: Oldest release that everything here was tried with.
OLDEST: Final = "2024.6.0"

#: Bytes that a process uses beyond what it manages: as few as they can be.
_MEMORY_NBYTES: Final = 0


# Replacements


class Substitute:
    """A module in which a few names have another meaning."""

    def __init__(self, module: ModuleType, **names: object) -> None:
        self._module = module
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> object:
        return getattr(self._module, name)


class SimulatedThreadPoolExecutor:
    """An executor whose calls the loop keeps. ``Worker.execute`` goes by the name of its class."""

    _max_workers = 1

    def shutdown(self, *args: object, **named: object) -> None: ...

    def submit(self, *args: object, **named: object) -> NoReturn:
        raise AssertionError("a call went past the loop")


class FixedMemory:
    """Readings of a process that uses as much memory as a step says."""

    def __init__(self) -> None:
        self.rss = _MEMORY_NBYTES

    def memory_info(self) -> "FixedMemory":
        return self


class FixedMonitor:
    """A ``SystemMonitor`` that reads what steps say."""

    count = 0
    last_time = 0.0
    gpu_name = None
    gpu_memory_total = -1

    def __init__(self, *args: object, **named: object) -> None:
        self.proc = FixedMemory()
        self.quantities: dict[str, object] = {}

    def update(self) -> dict[str, object]:
        return {}

    def recent(self) -> dict[str, object]:
        return {"cpu": 0.0, "memory": self.proc.rss, "time": CLOCK.now, "num_fds": 3}

    def range_query(self, start: int = 0) -> dict[str, object]:
        return {}

    def get_process_memory(self) -> int:
        return self.proc.rss

    def close(self) -> None: ...


class NoCollector:
    """A collector of garbage that collects nothing: that is done between runs."""

    def __init__(self, *args: object, **named: object) -> None: ...

    def collect(self) -> None: ...


class NoWorkSpace:
    """A work directory that nobody makes."""

    base_dir = dir_path = "simulated"

    def __init__(self, *args: object, **named: object) -> None: ...

    def new_work_dir(self, **named: object) -> "NoWorkSpace":
        return self

    def release(self) -> None: ...


class TaskCall(partial[object]):
    """The call that a thread makes for a task, with the key by which the loop lists it."""

    key: str = ""


async def run_in_executor_with_context(
    executor: DaskObject, func: Callable[..., object], /, *args: DaskObject, **named: DaskObject
) -> object:
    """Do as the original does, and let the loop know for which task it is."""
    call = TaskCall(contextvars.copy_context().run, func, *args, **named)
    if (place := KEY_OF_TASK.get(func.__name__)) is not None:
        call.key = str(args[place])
    return await get_running_loop().run_in_executor(executor, call)


#: Place of the key among the arguments of the function of ``distributed.worker`` that runs a task.
KEY_OF_TASK: Final[Mapping[str, int]] = {"_run_task": 3, "apply_function": 4}


def no_http_server(node: DaskObject, *args: object, **named: object) -> None:
    node.http_application = Substitute(distributed, applications=[])
    node.http_server = None


@cache
def same_versions(*args: object, **named: object) -> Mapping[str, Mapping[str, str]]:
    """Return the versions of a process: everybody has the same."""
    return {"host": {}, "packages": {"python": "3", "dask": "0", "distributed": "0"}}


def next_uuid(*args: object, **named: object) -> uuid.UUID:
    return uuid.UUID(int=random.getrandbits(128), version=4)


def refuse_to_sleep(seconds: float) -> NoReturn:
    raise AssertionError(f"a simulation was to sleep for {seconds} s")


def nothing(*args: object, **named: object) -> None: ...


def no_handlers(*args: object, **named: object) -> list[object]:
    return []


def simulated_time(module: ModuleType) -> Substitute:
    """Return the module ``time`` with a simulated clock."""
    return Substitute(module, sleep=refuse_to_sleep, **dict.fromkeys(_CLOCKS, CLOCK.time))


#: Functions of ``distributed.metrics`` that have a clock as a default.
_TIMED: Final = (
    "meter.__wrapped__", "ContextMeter.meter.__wrapped__", "DelayedMetricsLedger.__init__",
)  # fmt: skip

_CLOCKS: Final = ("time", "monotonic", "perf_counter", "thread_time", "process_time")


def with_simulated_clock(defaults: tuple[object, ...]) -> tuple[object, ...]:
    """Return the defaults of a function with the simulated clock for a real one."""
    real = [getattr(time, name) for name in _CLOCKS]
    return tuple(CLOCK.time if default in real else default for default in defaults)


# The table


@dataclass(frozen=True, slots=True)
class Patch:
    """One name that has another meaning while a simulation is open.

    Attributes:
        place: ``module:name`` or ``module:Class.name``.
        replacement: makes the new meaning out of the old one.
        reason: why that is needed.
        everywhere: not only there, but in all modules of Dask that have imported it.
        since: the release from which on the place is there.
    """

    place: str
    replacement: Callable[[DaskObject], object]
    reason: str
    everywhere: bool = False
    since: str = OLDEST

    def owner_and_name(self) -> tuple[DaskObject, str]:
        """Return the module or class that has the name. Raises AttributeError, ImportError."""
        module, _, path = self.place.partition(":")
        owner, _, name = path.rpartition(".")
        found = import_module(module)
        owner_found = attrgetter(owner)(found) if owner else found
        getattr(owner_found, name)
        return owner_found, name


def by(replacement: object) -> Callable[[DaskObject], object]:
    """Return a function that returns a replacement, whatever was there before."""
    return lambda original: replacement


PATCHES: Final[Sequence[Patch]] = (
    *(
        Patch(f"time:{name}", by(CLOCK.time), "time passes by steps alone", everywhere=True)
        for name in _CLOCKS
    ),
    Patch("time:sleep", by(refuse_to_sleep), "nothing waits for real time", everywhere=True),
    *(
        Patch(place, simulated_time, "time passes by steps alone")
        for place in ("tornado.ioloop:time", "distributed.metrics:timemod")
    ),
    *(
        Patch(f"distributed.metrics:{name}.__defaults__", with_simulated_clock, "durations are sent")
        for name in _TIMED
    ),
    Patch("uuid:uuid4", by(next_uuid), "entropy is fixed: names of clients are sent"),
    Patch("uuid:uuid1", by(next_uuid), "entropy is fixed: names of clients are sent"),
    Patch(
        "distributed.worker:threading",
        lambda module: Substitute(module, get_ident=lambda: 1),
        "the number of a thread is sent with each result",
    ),
    Patch(
        "distributed.worker:os",
        lambda module: Substitute(module, getpid=lambda: 1),
        "the number of a process is sent when a worker registers",
    ),
    Patch(
        "distributed.system_monitor:SystemMonitor", by(FixedMonitor),
        "memory and processor readings are fixed", everywhere=True,
    ),
    Patch(
        "distributed.worker_memory:ThrottledGC", by(NoCollector),
        "finalizers run where references end, or between runs", everywhere=True,
    ),
    Patch(
        "distributed.diskutils:WorkSpace", by(NoWorkSpace), "nothing is written to disk",
        everywhere=True,
    ),
    Patch(
        "distributed.utils:run_in_executor_with_context", by(run_in_executor_with_context),
        "the loop lists threads by their task", everywhere=True,
    ),
    Patch(
        "distributed.versions:get_versions", by(same_versions),
        "it imports and asks all that is installed", everywhere=True,
    ),
    Patch("distributed.node:ServerNode.start_http_server", by(no_http_server), "it takes a socket"),
    Patch("distributed.node:ServerNode._setup_logging", by(nothing), "it adds a handler for each"),
    Patch("distributed.worker:enable_gc_diagnosis", by(nothing), "it measures the real collector"),
    Patch("distributed.worker:disable_gc_diagnosis", by(nothing), "it measures the real collector"),
    Patch("distributed.scheduler:enable_gc_diagnosis", by(nothing), "it measures the real collector"),
    Patch("distributed.scheduler:disable_gc_diagnosis", by(nothing), "it measures the real collector"),
    Patch("distributed.proctitle:setproctitle", by(nothing), "it renames this process", everywhere=True),
    Patch("distributed.http:get_handlers", by(no_handlers), "nobody serves pages", everywhere=True),
    *(
        Patch(place, by_counting, "it counts for the whole process: a run begins anew")
        for place, by_counting in (
            ("distributed.scheduler:TaskState._run_id_iterator", lambda _: itertools.count()),
            ("distributed.client:Future._counter", lambda _: itertools.count()),
            ("distributed.client:Future._uid", by("0")),
            ("distributed.utils_comm:_round_robin_counter", lambda _: [0]),
            (f"{Connection.__module__}:Connection._numbers", lambda _: itertools.count(1)),
        )
    ),
)  # fmt: skip

#: Options of distributed that a simulation has: those that look at the real process are off.
CONFIG: Final[Mapping[str, object]] = {
    "distributed.admin.tick.interval": "1h",
    "distributed.admin.tick.limit": "1h",
    "distributed.admin.tick.cycle": "1h",
    "distributed.admin.system-monitor.interval": "1h",
    "distributed.admin.pdb-on-err": False,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1h",
    "distributed.worker.memory.rebalance.measure": "managed",
}


# The owner


class Binding(NamedTuple):
    """A name in a module or class, and what it means before and while a simulation is open."""

    owner: DaskObject
    name: str
    original: DaskObject
    replacement: Callable[[DaskObject], object]

    def apply(self) -> None:
        setattr(self.owner, self.name, self.replacement(self.original))

    def restore(self) -> None:
        setattr(self.owner, self.name, self.original)


@cache
def bindings() -> Sequence[Binding]:
    """Return everything that the table applies to. Raises AttributeError, ImportError."""
    found: list[Binding] = []
    modules = [module for name, module in [*sys.modules.items()] if name.split(".")[0] in _PACKAGES]
    for patch in PATCHES:
        owner, name = patch.owner_and_name()
        original = getattr(owner, name)
        if not patch.everywhere:
            found.append(Binding(owner, name, original, patch.replacement))
            continue
        for module in modules:
            names = [name for name, value in [*vars(module).items()] if value is original]
            found += (Binding(module, name, original, patch.replacement) for name in names)
    found += (
        Binding(owner, name, original, by(ordered))
        for owner, name, original, ordered in ordered_sets.replacements()
    )
    return found


@contextmanager
def simulated(seed: int, options: Mapping[str, object]) -> Iterator[list[LoggedError]]:
    """Have everything replaced for a while. The value is filled with what is logged as an error.

    Args:
        seed: of everything random.
        options: of distributed's configuration.
    """
    with ExitStack() as stack:
        stack.callback(_restore)
        for binding in bindings():
            binding.apply()
        CLOCK.now = EPOCH_S
        backends[SCHEME] = SimulatedBackend()
        stack.callback(backends.pop, SCHEME)
        stack.enter_context(dask.config.set({**CONFIG, **options}))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(_fixed_entropy(seed))
        errors = stack.enter_context(_collected_errors())
        stack.enter_context(_no_collection())
        yield errors


def _restore() -> None:
    for binding in bindings():
        binding.restore()


@contextmanager
def _fixed_entropy(seed: int) -> Iterator[None]:
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let finalizers run where references end, never somewhere in between."""
    enabled = gc.isenabled()
    _freeze_imported()
    gc.disable()
    hook = sys.unraisablehook
    try:
        yield
    finally:
        forget = getattr(distributed.core._expects_comm, "cache_clear", nothing)
        forget()  # it keeps every server, by its methods
        sys.unraisablehook = nothing  # coroutines that are broken off object to it
        gc.collect()
        sys.unraisablehook = hook
        if enabled:
            gc.enable()


@cache
def _freeze_imported() -> None:
    """Let the collector pass over what is imported: it stays anyway."""
    gc.collect()
    gc.freeze()


class ErrorCollector(logging.Handler):
    """Collects records of errors, with who logged them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.collected: list[LoggedError] = []

    def handle(self, record: logging.LogRecord) -> bool:
        given = [record.msg, *(record.args if isinstance(record.args, tuple) else ())]
        raised = [argument for argument in given if isinstance(argument, BaseException)]
        error = raised[0] if raised else record.exc_info[1] if record.exc_info else None
        text = "" if record.msg is error else str(record.msg)
        self.collected.append(LoggedError(text, error))
        return True


@contextmanager
def _collected_errors() -> Iterator[list[LoggedError]]:
    """Have all loggers of Dask write into a list, and nowhere else."""
    collector = ErrorCollector()
    roots = [logging.getLogger(name) for name in _LOGGERS]
    below = [
        logger
        for name, logger in [*logging.root.manager.loggerDict.items()]
        if isinstance(logger, logging.Logger)
        and name.split(".")[0] in _LOGGERS
        and logger not in roots
    ]
    before = [
        (logger, logger.handlers, logger.propagate, logger.level) for logger in (*roots, *below)
    ]
    try:
        for logger in below:
            logger.handlers, logger.propagate, logger.level = [], True, logging.NOTSET
        for logger in roots:
            logger.handlers, logger.propagate, logger.level = [collector], False, logging.ERROR
        _note_levels(roots[0])
        yield collector.collected
    finally:
        for logger, handlers, propagate, level in before:
            logger.handlers, logger.propagate, logger.level = handlers, propagate, level
        _note_levels(roots[0])


def _note_levels(logger: logging.Logger) -> None:
    """Let all loggers look up their levels anew, which each call of ``setLevel`` does to all of them."""
    logger.setLevel(logger.level)
