"""All kinds of step, in a fixed order, and their text."""

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.strategies.step import Step
from workerfuzz.strategies.text import BadText
from workerfuzz.strategies.worker.from_environment import (
    ExecuteFailure,
    ExecuteSuccess,
    FindMissing,
    Pause,
    Reschedule,
    RetryBusyWorker,
    Secede,
    Unpause,
)
from workerfuzz.strategies.worker.from_peers import (
    GatherDepBusy,
    GatherDepFailure,
    GatherDepNetworkFailure,
    GatherDepSuccess,
)
from workerfuzz.strategies.worker.from_scheduler import (
    AcquireReplicas,
    CancelCompute,
    ComputeTask,
    ForgetKeys,
    FreeKeys,
    RefreshWhoHas,
    RemoveReplicas,
    RemoveWorker,
    StealRequest,
    UpdateData,
)

__all__ = ["BY_WORD", "WORKER_STEPS", "BadText", "Step", "parse"]

#: Every kind of step at the scope of one worker.
WORKER_STEPS: Final[tuple[type[Step], ...]] = (
    ComputeTask, FreeKeys, ForgetKeys, AcquireReplicas, RemoveReplicas, StealRequest, CancelCompute,
    RefreshWhoHas, RemoveWorker, UpdateData, Pause, Unpause, FindMissing, RetryBusyWorker,
    ExecuteSuccess, ExecuteFailure, Reschedule, Secede,
    GatherDepSuccess, GatherDepBusy, GatherDepNetworkFailure, GatherDepFailure,
)  # fmt: skip

BY_WORD: Final[Mapping[str, type[Step]]] = MappingProxyType(
    {kind.word: kind for kind in WORKER_STEPS}
)


def parse(line: str, by_word: Mapping[str, type[Step]] = BY_WORD) -> Step:
    """The step that a line of text stands for; the reverse of ``str``. Raises BadText."""
    words = line.split()
    if not words:
        raise BadText("expected a step")
    kind = by_word.get(words[0])
    if kind is None:
        near = difflib.get_close_matches(words[0], by_word, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; one of {', '.join(by_word)}"
        raise BadText(f'unknown step "{words[0]}"{hint}')
    try:
        return kind.parse(words[1:])
    except BadText as error:
        raise BadText(f"{error}; usage: {kind.word} {kind.usage}".rstrip()) from None
