"""Every legal transition of a task. These tables are the design.

A pair that is no edge goes through ``released`` if both halves are edges: the worker survives what
nobody anticipated. ``DETOURS`` lists the pairs for which that is expected; any other pair is an error.

Data alone: ``table`` says what is done on each edge; properties judge by what stands here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from workerfuzz.statemachine.worker.states import State as S

Edge: TypeAlias = tuple[S, S]


# fmt: off
#: Every transition that a worker may make, and the events that ask for it.
EDGES: Final[Mapping[Edge, str]] = MappingProxyType({
    # start          finish          asked for by
    (S.RELEASED,      S.WAITING):      "ComputeTask",
    (S.RELEASED,      S.FETCH):        "a task here needs it, or AcquireReplicas",
    (S.RELEASED,      S.MISSING):      "the same, and nobody holds it",
    (S.RELEASED,      S.MEMORY):       "UpdateData",
    (S.RELEASED,      S.FORGOTTEN):    "ForgetKeys",

    (S.WAITING,       S.READY):        "all dependencies are here",
    (S.WAITING,       S.CONSTRAINED):  "the same, and it needs resources",
    (S.WAITING,       S.ERROR):        "a dependency failed",
    (S.WAITING,       S.RESCHEDULED):  "StealRequest",
    (S.WAITING,       S.RELEASED):     "FreeKeys, CancelCompute",

    (S.READY,         S.EXECUTING):    "a thread is free",
    (S.READY,         S.WAITING):      "a dependency went, or ComputeTask again",
    (S.READY,         S.RESCHEDULED):  "StealRequest",
    (S.READY,         S.RELEASED):     "FreeKeys, CancelCompute",

    (S.CONSTRAINED,   S.EXECUTING):    "a thread and its resources are free",
    (S.CONSTRAINED,   S.WAITING):      "a dependency went, or ComputeTask again",
    (S.CONSTRAINED,   S.RESCHEDULED):  "StealRequest",
    (S.CONSTRAINED,   S.RELEASED):     "FreeKeys, CancelCompute",

    (S.EXECUTING,     S.MEMORY):       "ExecuteSuccess",
    (S.EXECUTING,     S.ERROR):        "ExecuteFailure",
    (S.EXECUTING,     S.RESCHEDULED):  "Reschedule",
    (S.EXECUTING,     S.LONG_RUNNING): "Secede",
    (S.EXECUTING,     S.CANCELLED):    "FreeKeys, its thread runs on",
    (S.EXECUTING,     S.RESUMED):      "the same, and a task here needs it",

    (S.LONG_RUNNING,  S.MEMORY):       "ExecuteSuccess",
    (S.LONG_RUNNING,  S.ERROR):        "ExecuteFailure",
    (S.LONG_RUNNING,  S.RESCHEDULED):  "Reschedule",
    (S.LONG_RUNNING,  S.CANCELLED):    "FreeKeys, its thread runs on",
    (S.LONG_RUNNING,  S.RESUMED):      "the same, and a task here needs it",

    (S.FETCH,         S.FLIGHT):       "a transfer was opened",
    (S.FETCH,         S.MISSING):      "the last holder went",
    (S.FETCH,         S.RELEASED):     "nobody needs it any more",

    (S.MISSING,       S.FETCH):        "RefreshWhoHas, or another message naming a holder",
    (S.MISSING,       S.RELEASED):     "nobody needs it any more",

    (S.FLIGHT,        S.MEMORY):       "GatherDepSuccess, key arrived",
    (S.FLIGHT,        S.FETCH):        "GatherDep*, key did not",
    (S.FLIGHT,        S.MISSING):      "the same, and nobody else holds it",
    (S.FLIGHT,        S.ERROR):        "the same, suspicious_limit times",
    (S.FLIGHT,        S.CANCELLED):    "nobody needs it, transfer still open",
    (S.FLIGHT,        S.RESUMED):      "ComputeTask, transfer still open",

    (S.CANCELLED,     S.EXECUTING):    "ComputeTask, same content",
    (S.CANCELLED,     S.LONG_RUNNING): "ComputeTask, same content",
    (S.CANCELLED,     S.FLIGHT):       "a task here needs it, or AcquireReplicas",
    (S.CANCELLED,     S.RESUMED):      "needed in the other way",
    (S.CANCELLED,     S.RELEASED):     "what it held came back",

    (S.RESUMED,       S.EXECUTING):    "ComputeTask, same content",
    (S.RESUMED,       S.LONG_RUNNING): "ComputeTask, same content",
    (S.RESUMED,       S.FLIGHT):       "compute withdrawn, a task here needs it",
    (S.RESUMED,       S.CANCELLED):    "nobody needs it any more",
    (S.RESUMED,       S.MEMORY):       "GatherDepSuccess, key arrived",
    (S.RESUMED,       S.RELEASED):     "what it held came back, of no use",

    (S.MEMORY,        S.RELEASED):     "FreeKeys, RemoveReplicas",
    (S.ERROR,         S.RELEASED):     "FreeKeys, or one more try",
    (S.RESCHEDULED,   S.RELEASED):     "the steal was granted, or FreeKeys",
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
