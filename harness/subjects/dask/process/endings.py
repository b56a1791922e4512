"""Tasks of which the graphs of a simulation consist, and the ways in which their threads end."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from distributed import Reschedule

from workerfuzz.statemachine.worker.task import TaskSpec

#: Makes a thread end: returns a value, or raises.
Ending: TypeAlias = Callable[[TaskSpec, Mapping[str, object]], object]


class TaskFailed(Exception):
    """A task was told to fail."""


class StoreFailed(OSError):
    """The disk of a worker is full."""


class SendingFailed(TypeError):
    """A result cannot be serialised."""


class WorkerStore(dict[str, object]):
    """The data of a worker, some of which cannot be stored.

    Attributes:
        refused: keys whose next value is not stored.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()

    def __setitem__(self, key: str, value: object) -> None:
        if key in self.refused:
            self.refused.remove(key)
            raise StoreFailed(key)
        super().__setitem__(key, value)


class UnserialisableText(str):
    """A result like any other where it is, and nowhere else."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> str:
        raise SendingFailed(str(self))


def fail(spec: TaskSpec, inputs: Mapping[str, object]) -> object:
    raise TaskFailed(spec.key)


def reschedule(spec: TaskSpec, inputs: Mapping[str, object]) -> object:
    raise Reschedule


#: Exceptions that a step means to be raised.
MEANT: Final = (TaskFailed, StoreFailed, SendingFailed)

#: The ending of the thread that runs; there is one at a time.
ENDINGS: Final[list[Ending]] = []


def perform(key: str, content: int, needs: str, *inputs: object) -> object:
    """Run a task: all that graphs of a simulation consist of.

    Args:
        key: with a sign before it, as are ``needs``: otherwise Dask would insert the value of the key.
    """
    spec = TaskSpec(key=key[1:], dependencies=tuple(needs[1:].split()), run_spec=content)
    return ENDINGS[-1](spec, dict(zip(spec.dependencies, inputs, strict=True)))
