"""The installed release of distributed, and what differs between releases.

Nothing here goes by version numbers but the lowest supported one: which fields an event has, which
arguments a worker takes and what a record is called is read from the release itself. A release that
lacks something, or asks for something that is not known here, is refused by name.
"""

import functools
import importlib
import importlib.metadata
import inspect
import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from packaging.version import InvalidVersion, Version

from workerfuzz.harness.subjects.dask.instrumentation import (
    OWN_NAME,
    DaskObject,
    FirstByName,
    address,
    recording,
    recording_tasks,
)
from workerfuzz.harness.subjects.dask.interface import LIMITS, fields_by_kind, unknown
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.statemachine.worker.config import WorkerConfig

#: The first release whose worker has random numbers of its own and offers all that is used here.
OLDEST: Final = Version("2022.7.0")

#: More transitions than any event should cause; Dask raises then.
MOST_TRANSITIONS: Final = 10_000


@dataclass(frozen=True, slots=True)
class DaskRelease:
    """One release of distributed.

    Attributes:
        version: as PEP 440 writes it.
        module: its ``worker_state_machine``.
        machine: its ``WorkerState``, which also records transitions.
        task: its ``TaskState``, with a hash that depends on the key alone.
        arguments: names of what its ``WorkerState`` takes.
        fields: names of the fields of each of its events and instructions, by class name.
    """

    version: str
    module: DaskObject
    machine: DaskObject = field(repr=False)
    task: DaskObject = field(repr=False)
    arguments: frozenset[str] = field(repr=False)
    fields: Mapping[str, frozenset[str]] = field(repr=False)

    @property
    def logger(self) -> logging.Logger:
        """To which its worker says what it does."""
        logger: logging.Logger = self.module.logger
        return logger

    def worker(self, config: WorkerConfig, *, validate: bool) -> DaskObject:
        """A fresh ``WorkerState``."""
        arguments: dict[str, object] = {
            "nthreads": config.nthreads,
            "resources": dict(config.resources),
            "address": address(OWN_NAME),
            "validate": validate,
            "transition_counter_max": MOST_TRANSITIONS,
        }
        attributes: dict[str, object] = {
            "rng": FirstByName(),
            "tasks": recording_tasks(self.task)(),
        }
        for limit, names in LIMITS.items():
            for name in names:
                if name in self.arguments:
                    arguments[name] = getattr(config, limit)
                elif hasattr(self.machine, name):
                    attributes[name] = getattr(config, limit)
        worker = self.machine(**arguments)
        for name, value in attributes.items():
            setattr(worker, name, value)
        return worker


@functools.cache
def installed() -> DaskRelease:
    """The release that is installed; raises SubjectUnavailable."""
    version = _imported_version()
    _refuse_old(version)
    try:
        module = importlib.import_module("distributed.worker_state_machine")
    except Exception as error:
        raise _broken(error) from error
    return release_of(module, version)


def release_of(module: DaskObject, version: str) -> DaskRelease:
    """Return the release that a module is of, if it is known; raises SubjectUnavailable."""
    for reason in unknown(module):
        raise _not_known(version, reason)
    machine, task = recording(module.WorkerState, module.TaskState)
    release = DaskRelease(
        version=version,
        module=module,
        machine=machine,
        task=task,
        arguments=frozenset(inspect.signature(module.WorkerState).parameters),
        fields=MappingProxyType(fields_by_kind(module)),
    )
    try:
        release.worker(WorkerConfig(), validate=True)
    except Exception as error:
        raise _not_known(version, f"no WorkerState can be made: {_first_line(error)}") from error
    return release


def _imported_version() -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old releases use what is deprecated by now
            distributed = importlib.import_module("distributed")
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name in ("distributed", "dask"):
            raise SubjectUnavailable(
                'subject "dask" needs distributed: pip install "workerfuzz[dask]"'
            ) from error
        _refuse_old(_recorded_version())
        raise _broken(error) from error
    return str(getattr(distributed, "__version__", "0"))


def _recorded_version() -> str:
    """As the installer wrote it down, where the package does not import."""
    try:
        return importlib.metadata.version("distributed")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def _refuse_old(version: str) -> None:
    try:
        known = Version(version)
    except InvalidVersion:
        return
    if known.release[0] == 0:
        return  # a checkout without tags calls itself 0+unknown
    if known < OLDEST:
        raise SubjectUnavailable(
            f'subject "dask" supports distributed {OLDEST} and later; {version} is installed'
        )


def _not_known(version: str, reason: str) -> SubjectUnavailable:
    return SubjectUnavailable(
        f'subject "dask" does not know distributed {version}: {reason}; '
        "try another release of distributed or of workerfuzz"
    )


def _broken(error: Exception) -> SubjectUnavailable:
    return SubjectUnavailable(
        'subject "dask" needs distributed, whose import failed: '
        f"{type(error).__name__}: {_first_line(error)}"
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")
