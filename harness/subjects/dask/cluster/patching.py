"""The one cluster of the process that Dask's modules belong to at the moment.

Names of its modules, its count of runs and its loggers are the process'. A cluster takes them before
it calls Dask, unless it has them already, and gives them back when it is closed.
"""

import itertools
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from workerfuzz.harness.subjects.dask.cluster import stubs as standins

#: Below which every logger of distributed is.
_ROOT: Final = "distributed"


class Logged(NamedTuple):
    """What Dask logged as an error.

    Attributes:
        text: as it stands in Dask's source, where nothing is filled in.
        error: the exception that was being handled.
    """

    text: str
    error: BaseException | None


class _Ear(logging.Handler):
    """Keeps records without formatting them."""

    def __init__(self, heard: list[Logged]) -> None:
        super().__init__(logging.ERROR)
        self.heard = heard

    def handle(self, record: logging.LogRecord) -> bool:
        error = record.msg if isinstance(record.msg, BaseException) else sys.exc_info()[1]
        self.heard.append(Logged("" if record.msg is error else str(record.msg), error))
        return True


@dataclass(slots=True, eq=False)
class Belongings:
    """What one cluster puts in place of what is the process'.

    Attributes:
        names: by module or class, what its names are to mean.
        heard: what was logged as an error since it was last emptied.
    """

    names: tuple[tuple[Any, Mapping[str, Any]], ...]
    heard: list[Logged] = field(default_factory=list)
    ear: logging.Handler = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.ear = _Ear(self.heard)


def belongings(
    scheduler: Any, stealing: Any, worker: Any, stream: Callable[..., Any]
) -> Belongings:
    """Of a fresh cluster.

    Args:
        scheduler: the module ``distributed.scheduler``.
        stealing: the module ``distributed.stealing``.
        worker: the module ``distributed.worker_state_machine``.
        stream: makes what messages are sent through.
    """
    clock = standins.clock()
    timed = {"time": clock, "monotonic": clock}
    imported_late = {"deserialize": standins.SCHEDULER["deserialize"]}  # in 2023.6, say
    return Belongings(
        (
            (scheduler, {**standins.SCHEDULER, **timed, "BatchedSend": stream}),
            (stealing, timed),
            (worker, {"time": standins.no_time}),
            (sys.modules["distributed.protocol"], imported_late),
            (sys.modules["distributed.utils"]._LogErrors, standins.LOG_ERRORS),
            (scheduler.TaskState, {"_run_id_iterator": itertools.count()}),
        )
    )


class Stage:
    """Who has the process' Dask, and what was there before."""

    def __init__(self) -> None:
        self.owner: Belongings | None = None
        self._before: list[tuple[Any, Mapping[str, Any]]] = []
        self._logger = logging.getLogger(_ROOT)
        self._logging: tuple[int, list[logging.Handler], bool] = (0, [], True)

    def enter(self, owner: Belongings) -> None:
        """From here on it belongs to ``owner``."""
        if self.owner is owner:
            return
        self.clear()
        self._before = [(module, standins.swap(module, names)) for module, names in owner.names]
        logger = self._logger
        self._logging = logger.level, logger.handlers, logger.propagate
        logger.handlers, logger.propagate = [owner.ear], False
        logger.setLevel(logging.ERROR)
        self.owner = owner

    def leave(self, owner: Belongings) -> None:
        """``owner`` will not be back."""
        if self.owner is owner:
            self.clear()

    def clear(self) -> None:
        """All is as it was before the first cluster."""
        if self.owner is None:
            return
        for module, names in reversed(self._before):
            standins.swap(module, names)
        self._before.clear()
        level, self._logger.handlers, self._logger.propagate = self._logging
        self._logger.setLevel(level)
        self.owner = None


STAGE: Final = Stage()
