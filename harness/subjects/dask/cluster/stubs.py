"""What the scheduler's modules get instead of clocks, sockets, threads and event loops.

Dask reaches these through names of its modules. While a cluster is used, the names mean what is here;
whoever else uses Dask in the process does so in between, and finds its own.
"""

import asyncio
import inspect
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final


class Ignorant:
    """Takes any call, and any attribute, and does nothing."""

    def __call__(self, *args: Any, **named: Any) -> None:
        """Whatever it was."""

    def __getattr__(self, name: str) -> "Ignorant":
        return IGNORANT


IGNORANT: Final = Ignorant()


class Asyncio:
    """The module, where coroutines are run at once instead of by a loop."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def gather(*awaitables: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
        """One after the other; Dask gives it nothing that waits. If one raises, the others run on."""
        results: list[Any] = []
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
        """Time passes by being asked for."""


class Versions:
    """Everybody runs the same release."""

    @staticmethod
    def get_versions(*args: Any, **named: Any) -> dict[str, Any]:
        return {}

    @staticmethod
    def error_message(*args: Any, **named: Any) -> dict[str, Any]:
        return {}


class Server:
    """What a scheduler keeps of the base class that has sockets and a work directory."""

    def __init__(
        self, *, handlers: dict[str, Any], stream_handlers: dict[str, Any], **others: Any
    ) -> None:
        self.handlers = handlers
        self.stream_handlers = stream_handlers
        self.periodic_callbacks: dict[str, Any] = {}
        self.rpc = Ignorant()
        self.digests = None
        self.id = "scheduler"
        self._ongoing_background_tasks = IGNORANT


async def materialize(function: Callable[..., Any], **named: Any) -> Any:
    """Instead of a thread that turns what a client sent into a graph: it has that shape already."""
    sent = next((named[name] for name in ("expr", "graph") if name in named), None)
    return sent.materialized if sent is not None else {}


#: By the name in ``distributed.scheduler``. A release that has no such name does without it.
SCHEDULER: Final[Mapping[str, Any]] = {
    "asyncio": Asyncio(),
    "version_module": Versions,
    "normalize_address": lambda where: where,
    "deserialize": lambda header, frames: header,
    "offload": materialize,
    "setproctitle": lambda title: None,
    "validate_key": lambda key: None,  # a Name is a string that it does not know
}


def log_error(self: object, kind: object, error: BaseException | None, trace: object) -> None:
    """Under Dask's name. It guesses whose fault it is from the stack, or from ``sys.path``."""
    if error is not None:
        logging.getLogger("distributed").error(error)


#: Of the class behind ``distributed.utils.log_errors``.
LOG_ERRORS: Final[Mapping[str, Any]] = {"__exit__": log_error}

#: As ``SCHEDULER``, needed only while a scheduler is made.
CONSTRUCTION: Final[Mapping[str, Any]] = {
    "ServerNode": Server,
    "IOLoop": IGNORANT,
    "PeriodicCallback": IGNORANT,
    "psutil": IGNORANT,
    "preloading": IGNORANT,
    "get_handlers": lambda **named: [],
    "addresses_from_user_args": lambda **named: [],
    "get_fileno_limit": lambda: 1024,
}


@contextmanager
def replaced(module: Any, names: Mapping[str, Any]) -> Iterator[None]:
    """Names of a module mean something else for a while."""
    before = swap(module, names)
    try:
        yield
    finally:
        swap(module, before)


def swap(module: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    """Give names of a module, or of a class, other values; those that it had."""
    found = vars(module)
    before = {name: found[name] for name in names if name in found}
    for name in before:
        setattr(module, name, names[name])
    return before


def clock() -> Callable[[], int]:
    """Seconds since it was made; every look at it takes one."""
    return itertools.count(1).__next__


def no_time() -> float:
    """What a worker does takes none, however long the machine was busy with something else."""
    return 0.0


def finished(result: Any) -> Any:
    """What a call returned, or the coroutine that it returned, which must not wait for anything."""
    if not inspect.iscoroutine(result):
        return result
    try:
        result.send(None)
    except StopIteration as stop:
        return stop.value
    result.close()
    raise RuntimeError(f"{result.__qualname__} waits for something")
