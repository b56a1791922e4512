"""Every legal transition of a task, and what it does. This table is the design.

A pair without a row goes through ``released`` if both halves are rows: the worker survives what nobody
anticipated. ``DETOURS`` lists the pairs for which that is expected. Any other pair is an error.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from workerfuzz.statemachine.worker.states import State as S
from workerfuzz.statemachine.worker.transitions import computing, copying, settling
from workerfuzz.statemachine.worker.transitions.outcome import Action

Edge: TypeAlias = tuple[S, S]


class TransitionRow(NamedTuple):
    """Action of a transition, and the events that ask for it."""

    action: Action
    asked_by: str


# fmt: off
ROWS: Final[Mapping[Edge, TransitionRow]] = MappingProxyType({
    # start          finish                action                          asked for by
    (S.RELEASED,      S.WAITING):       TransitionRow(computing.to_waiting,           "ComputeTask"),
    (S.RELEASED,      S.FETCH):         TransitionRow(copying.to_fetch,               "a task here needs it, or AcquireReplicas"),
    (S.RELEASED,      S.MISSING):       TransitionRow(copying.to_missing,             "the same, and nobody holds it"),
    (S.RELEASED,      S.MEMORY):        TransitionRow(settling.to_memory,             "UpdateData"),
    (S.RELEASED,      S.FORGOTTEN):     TransitionRow(settling.to_forgotten,          "ForgetKeys"),

    (S.WAITING,       S.READY):         TransitionRow(computing.to_ready,             "all dependencies are here"),
    (S.WAITING,       S.CONSTRAINED):   TransitionRow(computing.to_constrained,       "the same, and it needs resources"),
    (S.WAITING,       S.ERROR):         TransitionRow(settling.to_error,              "a dependency failed"),
    (S.WAITING,       S.RESCHEDULED):   TransitionRow(settling.to_rescheduled,        "StealRequest"),
    (S.WAITING,       S.RELEASED):      TransitionRow(settling.to_released,           "FreeKeys, CancelCompute"),

    (S.READY,         S.EXECUTING):     TransitionRow(computing.start_executing,      "a thread is free"),
    (S.READY,         S.WAITING):       TransitionRow(computing.to_waiting,           "a dependency went, or ComputeTask again"),
    (S.READY,         S.RESCHEDULED):   TransitionRow(settling.to_rescheduled,        "StealRequest"),
    (S.READY,         S.RELEASED):      TransitionRow(settling.to_released,           "FreeKeys, CancelCompute"),

    (S.CONSTRAINED,   S.EXECUTING):     TransitionRow(computing.start_executing,      "a thread and its resources are free"),
    (S.CONSTRAINED,   S.WAITING):       TransitionRow(computing.to_waiting,           "a dependency went, or ComputeTask again"),
    (S.CONSTRAINED,   S.RESCHEDULED):   TransitionRow(settling.to_rescheduled,        "StealRequest"),
    (S.CONSTRAINED,   S.RELEASED):      TransitionRow(settling.to_released,           "FreeKeys, CancelCompute"),

    (S.EXECUTING,     S.MEMORY):        TransitionRow(settling.to_memory,             "ExecuteSuccess"),
    (S.EXECUTING,     S.ERROR):         TransitionRow(settling.to_error,              "ExecuteFailure"),
    (S.EXECUTING,     S.RESCHEDULED):   TransitionRow(settling.to_rescheduled,        "Reschedule"),
    (S.EXECUTING,     S.LONG_RUNNING):  TransitionRow(computing.secede,               "Secede"),
    (S.EXECUTING,     S.CANCELLED):     TransitionRow(copying.to_cancelled,           "FreeKeys, its thread runs on"),
    (S.EXECUTING,     S.RESUMED):       TransitionRow(copying.to_resumed,             "the same, and a task here needs it"),

    (S.LONG_RUNNING,  S.MEMORY):        TransitionRow(settling.to_memory,             "ExecuteSuccess"),
    (S.LONG_RUNNING,  S.ERROR):         TransitionRow(settling.to_error,              "ExecuteFailure"),
    (S.LONG_RUNNING,  S.RESCHEDULED):   TransitionRow(settling.to_rescheduled,        "Reschedule"),
    (S.LONG_RUNNING,  S.CANCELLED):     TransitionRow(copying.to_cancelled,           "FreeKeys, its thread runs on"),
    (S.LONG_RUNNING,  S.RESUMED):       TransitionRow(copying.to_resumed,             "the same, and a task here needs it"),

    (S.FETCH,         S.FLIGHT):        TransitionRow(copying.start_flight,           "a transfer was opened"),
    (S.FETCH,         S.MISSING):       TransitionRow(copying.to_missing,             "the last holder went"),
    (S.FETCH,         S.RELEASED):      TransitionRow(settling.to_released,           "nobody needs it any more"),

    (S.MISSING,       S.FETCH):         TransitionRow(copying.to_fetch,               "RefreshWhoHas, or another message naming a holder"),
    (S.MISSING,       S.RELEASED):      TransitionRow(settling.to_released,           "nobody needs it any more"),

    (S.FLIGHT,        S.MEMORY):        TransitionRow(settling.to_memory,             "GatherDepSuccess, key arrived"),
    (S.FLIGHT,        S.FETCH):         TransitionRow(copying.to_fetch,               "GatherDep*, key did not"),
    (S.FLIGHT,        S.MISSING):       TransitionRow(copying.to_missing,             "the same, and nobody else holds it"),
    (S.FLIGHT,        S.ERROR):         TransitionRow(settling.to_error,              "the same, suspicious_limit times"),
    (S.FLIGHT,        S.CANCELLED):     TransitionRow(copying.to_cancelled,           "nobody needs it, transfer still open"),
    (S.FLIGHT,        S.RESUMED):       TransitionRow(copying.to_resumed,             "ComputeTask, transfer still open"),

    (S.CANCELLED,     S.EXECUTING):     TransitionRow(computing.resume_executing,     "ComputeTask, same content"),
    (S.CANCELLED,     S.LONG_RUNNING):  TransitionRow(computing.resume_long_running,  "ComputeTask, same content"),
    (S.CANCELLED,     S.FLIGHT):        TransitionRow(copying.resume_flight,          "a task here needs it, or AcquireReplicas"),
    (S.CANCELLED,     S.RESUMED):       TransitionRow(copying.to_resumed,             "needed in the other way"),
    (S.CANCELLED,     S.RELEASED):      TransitionRow(settling.to_released,           "what it held came back"),

    (S.RESUMED,       S.EXECUTING):     TransitionRow(computing.resume_executing,     "ComputeTask, same content"),
    (S.RESUMED,       S.LONG_RUNNING):  TransitionRow(computing.resume_long_running,  "ComputeTask, same content"),
    (S.RESUMED,       S.FLIGHT):        TransitionRow(copying.resume_flight,          "compute withdrawn, a task here needs it"),
    (S.RESUMED,       S.CANCELLED):     TransitionRow(copying.to_cancelled,           "nobody needs it any more"),
    (S.RESUMED,       S.MEMORY):        TransitionRow(settling.to_memory,             "GatherDepSuccess, key arrived"),
    (S.RESUMED,       S.RELEASED):      TransitionRow(settling.to_released,           "what it held came back, of no use"),

    (S.MEMORY,        S.RELEASED):      TransitionRow(settling.to_released,           "FreeKeys, RemoveReplicas"),
    (S.ERROR,         S.RELEASED):      TransitionRow(settling.to_released,           "FreeKeys, or one more try"),
    (S.RESCHEDULED,   S.RELEASED):      TransitionRow(settling.to_released,           "the steal was granted, or FreeKeys"),
})

#: Pairs that are expected to go through released, and who asks for them.
DETOURS: Final[Mapping[Edge, str]] = MappingProxyType({
    (S.WAITING,      S.FETCH):         "compute withdrawn, a task here needs it",
    (S.WAITING,      S.MISSING):       "compute withdrawn, a task here needs it, nobody holds it",
    (S.READY,        S.FETCH):         "compute withdrawn, a task here needs it",
    (S.READY,        S.MISSING):       "compute withdrawn, a task here needs it, nobody holds it",
    (S.CONSTRAINED,  S.FETCH):         "compute withdrawn, a task here needs it",
    (S.CONSTRAINED,  S.MISSING):       "compute withdrawn, a task here needs it, nobody holds it",
    (S.RESCHEDULED,  S.FETCH):         "stolen or freed, a task here needs it",
    (S.RESCHEDULED,  S.MISSING):       "stolen or freed, a task here needs it, nobody holds it",
    (S.RESCHEDULED,  S.WAITING):       "ComputeTask again",
    (S.FETCH,        S.WAITING):       "ComputeTask",
    (S.MISSING,      S.WAITING):       "ComputeTask",
    (S.ERROR,        S.WAITING):       "ComputeTask again",
    (S.WAITING,      S.MEMORY):        "UpdateData",
    (S.READY,        S.MEMORY):        "UpdateData",
    (S.CONSTRAINED,  S.MEMORY):        "UpdateData",
    (S.FETCH,        S.MEMORY):        "UpdateData",
    (S.MISSING,      S.MEMORY):        "UpdateData",
    (S.ERROR,        S.MEMORY):        "UpdateData",
    (S.RESCHEDULED,  S.MEMORY):        "UpdateData",
})
# fmt: on

#: What each row does; the lookup of every transition.
TRANSITIONS: Final[Mapping[Edge, Action]] = MappingProxyType(
    {edge: row.action for edge, row in ROWS.items()}
)

#: What cancelled and resumed may hold (``previous``), and where each goes after that (``next``).
COMPOUND: Final[frozenset[tuple[S, S, S | None]]] = frozenset(
    {
        (S.CANCELLED, S.EXECUTING, None),
        (S.CANCELLED, S.LONG_RUNNING, None),
        (S.CANCELLED, S.FLIGHT, None),
        (S.CANCELLED, S.EXECUTING, S.WAITING),  # other content waits for the thread to end
        (S.CANCELLED, S.LONG_RUNNING, S.WAITING),
        (S.CANCELLED, S.FLIGHT, S.WAITING),
        (S.CANCELLED, S.FLIGHT, S.FETCH),
        (S.RESUMED, S.EXECUTING, S.FETCH),
        (S.RESUMED, S.LONG_RUNNING, S.FETCH),
        (S.RESUMED, S.FLIGHT, S.WAITING),
    }
)
