"""Names of distributed that are used, and those that a release lacks.

A release is looked at before it is used, so that one which is too new says so by name, in one line,
instead of failing in the middle of a run.
"""

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.subjects.dask.conversion import (
    DROPPED,
    FIELDS,
    KINDS,
    OPTIONAL_KINDS,
    READERS,
)
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject

#: What a record calls the state whose thread or transfer it holds, and the one after: by release.
PREVIOUS: Final = ("previous", "_previous")
NEXT: Final = ("next", "_next")

#: What a limit of ``WorkerConfig`` is called, newest name first.
LIMITS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "transfer_count": ("transfer_incoming_count_limit", "total_out_connections"),
        "transfer_throttle_nbytes": (
            "transfer_incoming_bytes_throttle_threshold",
            "comm_threshold_bytes",
        ),
        "transfer_incoming_nbytes": ("transfer_incoming_bytes_limit",),
        "transfer_message_nbytes": (
            "transfer_message_bytes_limit",
            "transfer_message_target_bytes",
            "target_message_size",
        ),
    }
)

#: Limits that some supported releases do not have, and since when they have them.
OPTIONAL_LIMITS: Final[Mapping[str, str]] = MappingProxyType(
    {"transfer_incoming_nbytes": "2022.9.1"}
)

_MODULE_HAS: Final = (
    "WorkerState", "TaskState", "StateMachineEvent", "Instruction", "Serialize", "logger",
)  # fmt: skip
_WORKER_HAS: Final = (
    "tasks", "data", "actors", "executing", "long_running", "in_flight_workers",
    "available_resources", "running", "rng", "transition_counter",
    "handle_stimulus", "validate_state", "_transition",
)  # fmt: skip
_TASK_HAS: Final = (
    "key", "state", "dependencies", "waiting_for_data", "who_has", "nbytes", "run_spec", "priority",
)  # fmt: skip


def unknown(module: DaskObject) -> Iterator[str]:
    """Yield, in words, what a release lacks, or has and is not known here."""
    for name in _MODULE_HAS:
        if not hasattr(module, name):
            yield f"there is no worker_state_machine.{name}"
            return  # what follows would fail for want of it
    worker_has = dir(module.WorkerState)
    yield from _lacking("WorkerState", worker_has, _WORKER_HAS)
    for limit, names in LIMITS.items():
        if limit not in OPTIONAL_LIMITS and not any(name in worker_has for name in names):
            yield f"WorkerState has no {names[0]}"
    task_has = [item.name for item in dataclasses.fields(module.TaskState)]
    yield from _lacking("TaskState", task_has, _TASK_HAS)
    for names in (PREVIOUS, NEXT):
        if not any(name in task_has for name in names):
            yield f"TaskState has no {names[0]}"
    fields = fields_by_kind(module)
    yield from _unknown_events(fields)
    yield from _unknown_instructions(module, fields)


def fields_by_kind(module: DaskObject) -> dict[str, frozenset[str]]:
    """Names of the fields of each event and of each instruction."""
    return {
        name: frozenset(item.name for item in dataclasses.fields(kind))
        for base in (module.StateMachineEvent, module.Instruction)
        for name, kind in _kinds(module, base)
        if dataclasses.is_dataclass(kind)
    }


def _kinds(module: DaskObject, base: type) -> Iterator[tuple[str, type]]:
    for name, kind in vars(module).items():
        if isinstance(kind, type) and issubclass(kind, base):
            yield name, kind


def _unknown_events(fields: dict[str, frozenset[str]]) -> Iterator[str]:
    for kind in KINDS.values():
        for name in sorted(fields.get(kind, frozenset()) - FIELDS.keys()):
            yield f"{kind} has an unknown field {name}"
        if kind not in fields and kind not in OPTIONAL_KINDS:
            yield f"there is no {kind}"


def _unknown_instructions(module: DaskObject, fields: dict[str, frozenset[str]]) -> Iterator[str]:
    for kind, reader in READERS.items():
        if kind in fields:
            yield from _lacking(kind, fields[kind], reader.reads)
        else:
            yield f"there is no {kind}"
    for name, class_ in _kinds(module, module.Instruction):
        issued = not class_.__subclasses__()
        if issued and name not in READERS and name not in DROPPED:
            yield f"there is an unknown instruction {name}"


def _lacking(owner: str, names: Collection[str], wanted: Collection[str]) -> Iterator[str]:
    for name in wanted:
        if name not in names:
            yield f"{owner} has no {name}"
