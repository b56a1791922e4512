"""Failures that Dask reports itself: what it raises, logs as an error, and finds by its own validation.

Each is told in one line that is the same in every process: no story of the task and no time in it.
"""

import ast
import functools
import linecache
import operator
import textwrap
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sized
from types import MappingProxyType, TracebackType
from typing import Final, NamedTuple, NoReturn

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.protocol import (
    CIRCUMSTANCES,
    CounterexampleOfError,
    SubjectRaised,
)
from workerfuzz.statemachine.properties.property import AnyProperty, always

#: Errors that are what a user is to see, by how they begin in Dask's source.
ALLOWED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Task %s marked as failed because %d workers died": "it did, and the client is told",
        "Removing worker ": "scattered data went with its last worker; nothing could be done",
    }
)

#: Amounts of resources are sums of floats.
_NEARLY_NOTHING: Final = 1e-9

#: States in which a task may need its inputs here.
_NEEDING: Final = frozenset(
    {"waiting", "ready", "constrained", "executing", "long-running", "resumed"}
)

#: Attributes of Dask's own exceptions, besides the story of the task.
_DETAILS: Final = ("key", "start", "finish", "state")

#: Lines that a statement may take, in Dask's source.
_MOST_LINES: Final = 20

#: Relations between two amounts, of which one holds, in words.
_RELATIONS: Final[Mapping[str, Callable[[float, float], bool]]] = MappingProxyType(
    {"less than": operator.lt, "equal to": operator.eq, "more than": operator.gt}
)


def describe(error: BaseException) -> str:
    """Return type, task and states of an exception, and the assertion or the exception behind it.

    The same assertion fails for different reasons: it is followed by states and amounts in question.
    """
    root = error
    while root.__cause__ is not None:
        root = root.__cause__
    text = _headline(error) if root is error else f"{_headline(error)}: {_headline(root)}"
    shape = ", ".join(circumstances(root))
    return f"{text}{CIRCUMSTANCES}{shape}" if shape else text


def _headline(error: BaseException) -> str:
    name = type(error).__name__
    details = {detail: getattr(error, detail, None) for detail in _DETAILS}
    if details["key"] is not None:
        given = (f"{detail} {value}" for detail, value in details.items() if value is not None)
        return f"{name} ({', '.join(given)})"
    message = next(iter(str(error).splitlines()), "")
    if isinstance(error, AssertionError):
        message = ""  # a story, if there is one
    return f"{name}{_place(error)}" + (f": {message}" if message else "")


def _place(error: BaseException) -> str:
    """Return function and line of code that raised; nothing where the line says only that it raises."""
    frames = traceback.extract_tb(error.__traceback__) if error.__traceback__ else []
    if not frames or str(frames[-1].line).startswith("raise"):
        return ""
    return f" in {frames[-1].name} ({frames[-1].line})"


def circumstances(error: BaseException) -> Iterator[str]:
    """Yield the states and amounts that a failed assertion asks about, as ``ts_wait is error``.

    The assertion alone is the same for a dependency that failed and for one that was released, and for
    a resource that is taken twice and one that is given back twice.
    """
    trace = error.__traceback__
    if not isinstance(error, AssertionError) or trace is None:
        return
    while trace.tb_next is not None:
        trace = trace.tb_next
    statement = _statement(trace)
    if statement is None:
        return
    frame = trace.tb_frame
    read = functools.partial(_read, names={**frame.f_globals, **frame.f_locals})
    for node in ast.walk(statement.test):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield from _relation(node.left, node.comparators[0], read)
        if isinstance(node, ast.Attribute) and node.attr == "state":
            yield f"{ast.unparse(node.value)} is {read(node)}"
    if statement.msg is not None:
        yield from _signs(statement.msg, read)


def _statement(trace: TracebackType) -> ast.Assert | None:
    """Return the assertion that failed; None where its source is not there."""
    name, first = trace.tb_frame.f_code.co_filename, trace.tb_lineno
    source = ""
    for number in range(first, first + _MOST_LINES):
        source += linecache.getline(name, number)
        try:
            (statement,) = ast.parse(textwrap.dedent(source)).body
        except (SyntaxError, ValueError):
            continue
        return statement if isinstance(statement, ast.Assert) else None
    return None


def _read(node: ast.expr, names: Mapping[str, DaskObject]) -> DaskObject:
    """Return the value of a name, attribute, entry, size or constant; None of anything else."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return names.get(node.id)
        case ast.Attribute():
            return getattr(_read(node.value, names), node.attr, None)
        case ast.Subscript():
            holder, key = _read(node.value, names), _read(node.slice, names)
            return holder.get(key) if isinstance(holder, Mapping) else None
        case ast.Call(func=ast.Name(id="len"), args=[ast.expr() as sized], keywords=[]):
            value = _read(sized, names)
            return len(value) if isinstance(value, Sized) else None
        case _:
            return None


def _relation(
    left: ast.expr, right: ast.expr, read: Callable[[ast.expr], DaskObject]
) -> Iterator[str]:
    """Yield which of two amounts that are compared is the larger."""
    one, other = read(left), read(right)
    if isinstance(one, int | float) and isinstance(other, int | float):
        for words, holds in _RELATIONS.items():
            if holds(one, other):
                yield f"{ast.unparse(left)} is {words} {ast.unparse(right)}"


def _signs(message: ast.expr, read: Callable[[ast.expr], DaskObject]) -> Iterator[str]:
    """Yield which amounts of a table in the message of an assertion should be nothing, and are not."""
    table = read(message)
    for name in sorted(table, key=str) if isinstance(table, Mapping) else ():
        amount = table[name]
        if isinstance(amount, int | float) and abs(amount) > _NEARLY_NOTHING:
            yield f"{name} is {'above' if amount > 0 else 'below'} nothing"


class LoggedError(NamedTuple):
    """A record that Dask logged as an error.

    Attributes:
        text: as it stands in Dask's source, where nothing is filled in.
        error: the exception that was being handled.
    """

    text: str
    error: BaseException | None


_OURS: Final = "workerfuzz."
_DASKS: Final = ("distributed.", "dask.")


def blame(error: Exception) -> NoReturn:
    """Raise SubjectRaised where Dask is at fault, and the exception itself where this package is.

    Dask calls code of ours in places, and both call other libraries: at fault is the one of us two
    that was the last to call anything.
    """
    if isinstance(error, SubjectRaised):
        raise error
    ours = True
    trace = error.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        if name.startswith(_OURS):
            ours = True
        elif name.startswith(_DASKS):
            ours = False
        trace = trace.tb_next
    if ours:
        raise error
    raise SubjectRaised(describe(error)) from error


@always("The worker's own validation finds nothing wrong.")
def validate_state(machine: DaskObject) -> Iterator[str]:
    try:
        machine.validate_state()
    except Exception as error:  # noqa: BLE001  # whatever it raises is what it found
        yield CounterexampleOfError(describe(error), error)


@always("As many tasks are counted as waiting for data as there are.")
def waiting_is_counted(machine: DaskObject) -> Iterator[str]:
    """Before 2022.10.1 workers keep that number; Dask's assertion about it is commented out."""
    counted = getattr(machine, "waiting_for_data_count", None)
    waiting = sum(bool(task.waiting_for_data) for task in machine.tasks.values())
    if counted is not None and counted != waiting:
        yield f"{counted} counted as waiting, {waiting} waiting"


def properties_to_check(touched: Collection[str] | None) -> tuple[AnyProperty, ...]:
    """Return the properties of a worker to check after an event; None asks for all of them.

    A wrong count waits for a full sweep: it must not end a run before something worse can happen.
    """
    return (validate_state,) if touched is not None else (validate_state, waiting_is_counted)


@always("Dask logs no error, but what a user is to see.")
def nothing_is_logged_as_error(logged: Iterable[LoggedError]) -> Iterator[str]:
    for text, error in logged:
        if not any(text.startswith(allowed) for allowed in ALLOWED):
            yield _summary(text, error)


@always("A copy that may be dropped is kept only where a task needs it that is not cancelled.")
def copies_are_kept_for_a_reason(refused: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    """Given the copies that a worker has just refused to drop, and the states of who uses them."""
    for key, users in refused:
        if _NEEDING.isdisjoint(users.values()):
            text = ", ".join(f"{user} is {users[user]}" for user in sorted(users))
            yield f"{key} is kept; {text or 'nobody uses it'}"


@always("What is left of a worker's resources is what its running tasks did not take.")
def resources_are_taken(machine: DaskObject) -> Iterator[str]:
    """Given a worker of a release that does not check it itself, right after an event."""
    for name, total in machine.total_resources.items():
        needed = {
            task.key: task.resource_restrictions.get(name, 0) for task in machine.all_running_tasks
        }
        taken, left = sum(needed.values()), machine.available_resources[name]
        if abs(total - taken - left) < _NEARLY_NOTHING:
            continue
        begun = [
            transition
            for transition in machine.transitions
            if transition.finish == "executing" and needed.get(transition.key)
        ]
        if begun and left > total - taken:
            for move in begun:
                yield f"{move.key}, {move.start} -> {move.finish}, took no {name}"
        else:
            yield f"{left:g} of {total:g} {name} are left; running tasks need {taken:g}"


@always("The scheduler's own validation finds nothing wrong.")
def scheduler_validate_state(scheduler: DaskObject) -> Iterator[str]:
    try:
        scheduler.validate_state()
    except Exception as error:  # noqa: BLE001  # whatever it raises is what it found
        yield CounterexampleOfError(describe(error), error)


def _summary(text: str, error: BaseException | None) -> str:
    if error is None:
        return next(iter(text.splitlines()), "")
    return CounterexampleOfError(describe(error), error)
