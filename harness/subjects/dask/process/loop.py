"""An asyncio loop without selector, threads or clock, and the clock that it has instead.

It never blocks: ``run_ready`` runs callbacks first in, first out, as asyncio promises, until none is
left. The things that asyncio would wait for are listed: timers, and calls given to an executor. Each
callback belongs to a participant (a simulated process), by its context; those of a dead one never run.
"""

import asyncio
import contextvars
import functools
import heapq
import itertools
import re
import weakref
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Final, NamedTuple, TypeVar, TypeVarTuple

from tornado.ioloop import IOLoop, PeriodicCallback

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject

#: The participant that the current callback belongs to.
PARTICIPANT: Final[contextvars.ContextVar[str]] = contextvars.ContextVar("participant", default="")

#: Callbacks that may run without time passing. Closing a large cluster takes about two thousand.
MOST_CALLBACKS: Final = 20_000

#: Times that a coroutine may go on when it is broken off.
MOST_OBJECTIONS: Final = 5

#: The first second: any number that looks like a time.
EPOCH_S: Final = 1_700_000_000.0

#: Timers so close to each other are due together: sums of floats.
_SAME_TIME_S: Final = 1e-6

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class Livelock(Exception):
    """Callbacks that schedule callbacks for ever, without time passing."""


class Clock:
    """Seconds since the epoch. They stand still until somebody advances them."""

    def __init__(self) -> None:
        self.now = EPOCH_S

    def time(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


#: Of this process; ``Simulation`` sets it back.
CLOCK: Final = Clock()


class UnhandledError(NamedTuple):
    """An exception that nobody awaited, as the loop's exception handler is told of it."""

    participant: str
    message: str
    error: BaseException | None


class ExecutorCall:
    """A call that was given to an executor. It runs when the simulation says so.

    Attributes:
        key: of the task that it runs; empty for any other call.
    """

    def __init__(self, loop: "SimulatedLoop", function: Callable[[], object], key: str) -> None:
        self.participant = PARTICIPANT.get()
        self.function = function
        self.key = key
        self.future: asyncio.Future[object] = loop.create_future()

    def run(self) -> None:
        """Call the function as a thread would: without a running loop."""
        if self.future.cancelled():
            return
        running = events._get_running_loop()
        events._set_running_loop(None)
        try:
            result = self.function()
        except BaseException as error:  # noqa: BLE001  # an executor hands over whatever was raised
            self.future.set_exception(error)
        else:
            self.future.set_result(result)
        finally:
            events._set_running_loop(running)


class SimulatedLoop(asyncio.AbstractEventLoop):
    """The loop of all participants.

    Attributes:
        ready: callbacks that run before anything else happens.
        timers: heap of callbacks with the time when they are due.
        threads: calls in the workers' executors, in the order issued.
        dead: participants whose callbacks do not run any more.
        unhandled: exceptions that nobody awaited.
        abandoned: tasks of dead participants: were they collected, they would run their last blocks.
    """

    def __init__(self) -> None:
        self.ready: deque[events.Handle] = deque()
        self.timers: list[tuple[float, int, events.TimerHandle]] = []
        self.threads: list[ExecutorCall] = []
        self.dead: set[str] = set()
        self.unhandled: list[UnhandledError] = []
        self.abandoned: list[asyncio.Task[DaskObject]] = []
        self.callbacks = 0
        self._tasks: dict[str, weakref.WeakValueDictionary[int, asyncio.Task[DaskObject]]] = {}
        self._numbers = itertools.count()
        self._closed = False

    # The interface of asyncio

    def time(self) -> float:
        return CLOCK.now

    def call_soon(
        self,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: contextvars.Context | None = None,
    ) -> events.Handle:
        handle = events.Handle(callback, args, self, context)
        self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # there is but one thread

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: contextvars.Context | None = None,
    ) -> events.TimerHandle:
        return self.call_at(CLOCK.now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: contextvars.Context | None = None,
    ) -> events.TimerHandle:
        handle = events.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self.timers, (when, next(self._numbers), handle))
        return handle

    def _timer_handle_cancelled(self, handle: events.TimerHandle) -> None:
        """Do nothing: it is skipped when its time comes."""

    def create_future(self) -> asyncio.Future[DaskObject]:
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: DaskObject,
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[DaskObject]:
        task = asyncio.Task(coro, loop=self, name=name or "task", context=context)
        participant = PARTICIPANT.get() if context is None else context.get(PARTICIPANT, "")
        dictionary = self._tasks.setdefault(participant, weakref.WeakValueDictionary())
        dictionary[next(self._numbers)] = task
        return task

    def run_in_executor(
        self, executor: DaskObject, func: Callable[[*Arguments], T], *args: *Arguments
    ) -> asyncio.Future[T]:
        call = ExecutorCall(self, lambda: func(*args), getattr(func, "key", ""))
        if call.key:
            self.threads.append(call)
        else:  # serialisation, and the like: it depends on nothing that happens meanwhile
            call.run()
        return call.future  # type: ignore[return-value]  # of what the function returns

    def call_exception_handler(self, context: dict[str, DaskObject]) -> None:
        error = UnhandledError(PARTICIPANT.get(), context["message"], context.get("exception"))
        self.unhandled.append(error)

    default_exception_handler = call_exception_handler

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Break off all tasks, so that none runs its last blocks whenever it happens to be collected."""
        for participant in [*self._tasks]:
            self.kill(participant)
        events._set_running_loop(self)
        try:
            for task in self.abandoned:
                break_off(task)
        finally:
            events._set_running_loop(None)
        self._closed = True
        self.abandoned.clear()
        self.ready.clear()
        self.timers.clear()
        self.threads.clear()

    # The interface of the simulation

    def run_ready(self) -> None:
        """Run callbacks until none is ready. Raises Livelock."""
        ready, dead, ran = self.ready, self.dead, 0
        events._set_running_loop(self)
        try:
            while ready:
                handle = ready.popleft()
                if handle._cancelled or (dead and _participant(handle) in dead):
                    continue
                handle._run()
                ran += 1
                if ran > MOST_CALLBACKS:
                    raise Livelock(repr(handle)[:200])
        finally:
            events._set_running_loop(None)
            self.callbacks += ran

    def next_timer(self) -> float | None:
        """Return the time when the next timer is due."""
        timers = self.timers
        while timers:
            when, _, handle = timers[0]
            if not handle._cancelled and _participant(handle) not in self.dead:
                return when
            heapq.heappop(timers)
        return None

    def named_timers(self, until: float) -> list[tuple[float, str]]:
        """Return when each timer is due, not beyond ``until``, and its name, in that order."""
        return [
            (when, f"{_participant(handle)}.{name_of(handle)}")
            for when, _, handle in sorted(self.timers, key=lambda timer: timer[:2])
            if when <= until and not handle._cancelled and _participant(handle) not in self.dead
        ]

    def advance(self, until: float | None = None) -> bool:
        """Let time pass to the next timer, not beyond ``until``. Return whether one is due."""
        when = self.next_timer()
        if when is None or (until is not None and when > until):
            CLOCK.now = max(CLOCK.now, until or 0.0)
            return False
        CLOCK.now = max(CLOCK.now, when)
        while (when := self.next_timer()) is not None and when <= CLOCK.now + _SAME_TIME_S:
            self.ready.append(heapq.heappop(self.timers)[2])
        return True

    def spawn(self, participant: str, call: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Return a task of a participant."""
        return self.create_task(call, context=context_of(participant))

    def call(self, participant: str, function: Callable[[*Arguments], T], *args: *Arguments) -> T:
        """Call a function as a callback of a participant, and return its result."""
        events._set_running_loop(self)
        try:
            return context_of(participant).run(function, *args)
        finally:
            events._set_running_loop(None)

    def kill(self, participant: str) -> None:
        """Run nothing of a participant any more."""
        self.dead.add(participant)
        self.threads = [call for call in self.threads if call.participant != participant]
        self.abandon(participant)

    def abandon(self, participant: str) -> None:
        """Keep the tasks of a participant that never go on, and do not complain of them."""
        for task in [*self._tasks.pop(participant, {}).values()]:
            task._log_destroy_pending = False
            self.abandoned.append(task)


def name_of(handle: events.Handle) -> str:
    """Return the name of what a timer calls: a periodic callback, or the coroutine that waits."""
    of: DaskObject = handle  # what asyncio and tornado keep to themselves
    callback: DaskObject = of._callback
    arguments: Sequence[DaskObject] = of._args
    while True:
        if isinstance(callback, functools.partial):
            callback, arguments = callback.func, (*callback.args, *arguments)
            continue
        owner: DaskObject = getattr(callback, "__self__", None)
        if isinstance(owner, PeriodicCallback):
            callback, arguments = owner.callback, ()
        elif isinstance(owner, IOLoop) and arguments:  # it calls its first argument
            callback, *arguments = arguments
        elif type(owner) is asyncio.Timeout:
            return _plain_name(getattr(owner, "_task", None)) + "-timeout"
        elif arguments and isinstance(arguments[0], asyncio.Future):
            return _plain_name(_waiting_for(arguments[0]))
        else:
            return _plain_name(callback)


def _waiting_for(future: asyncio.Future[object]) -> object:
    """Return the task that waits for a future, or the future."""
    waiting = [getattr(item, "__self__", None) for item, _ in future._callbacks or ()]
    return next((item for item in waiting if isinstance(item, asyncio.Task)), future)


def _plain_name(called: DaskObject) -> str:
    """Return the last part of the name of a function, or of the coroutine of a task."""
    if isinstance(called, asyncio.Task):
        called = called.get_coro()
    name = getattr(called, "__qualname__", type(called).__name__)
    return re.sub(r"[^\w-]", "", name.rpartition(".")[2]) or "timer"


def break_off(task: asyncio.Task[DaskObject]) -> None:
    """End the coroutine of a task, which may object to it a few times."""
    coroutine = task.get_coro()
    assert isinstance(coroutine, Coroutine)
    for _ in range(MOST_OBJECTIONS):
        try:
            coroutine.close()
        except Exception:  # noqa: BLE001, S112  # whatever its last blocks raise
            continue
        return


def _participant(handle: DaskObject) -> str:
    found: str = handle._context.get(PARTICIPANT, "")
    return found


def context_of(participant: str) -> contextvars.Context:
    """Return a fresh context that belongs to a participant."""
    context = contextvars.copy_context()
    context.run(PARTICIPANT.set, participant)
    return context
