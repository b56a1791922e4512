"""What steps may know of a worker's surroundings. Nothing else is known to them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from workerfuzz.statemachine.instructions import Execute
from workerfuzz.statemachine.task import TaskSpec
from workerfuzz.statemachine.view import WorkerView


class Surroundings(Protocol):
    """A worker with all that can happen to it: what drawing a step needs to know.

    Attributes:
        view: the worker itself.
        pool: keys that may be used, each depending on earlier ones only.
        peers: addresses of other workers.
        executing: outstanding ``Execute``, by key.
        seceded: keys among ``executing`` that told so already.
        gathering: outstanding ``GatherDep``, by peer: the keys that were asked for.
        retrying: peers with an outstanding ``RetryBusyWorkerLater``.
        content: what was last requested of a key.
        fixed: keys whose content may not change, because nobody freed them since.
        run_id: of the last compute request; 0 before the first.
    """

    view: WorkerView
    pool: Sequence[str]
    peers: Sequence[str]
    executing: Mapping[str, Execute]
    seceded: Collection[str]
    gathering: Mapping[str, tuple[str, ...]]
    retrying: Collection[str]
    content: Mapping[str, TaskSpec]
    fixed: Collection[str]
    run_id: int
