"""Cases to work with, and subjects that break on purpose."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from workerfuzz.harness.subjects.protocol import WorkerSubject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.statemachine.properties.property import Broken
from workerfuzz.statemachine.properties.worker.records import role_fits_state
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.worker_state import WorkerState

TEXT = """\
workerfuzz-case 1
title: the peer sending the last dependency dies
scope: worker
subject: reference, dask
found: hypothesis, 2026-11-23; 23 steps shrunk to 2

# y needs x and z; only b holds x.
> compute-task y needs x@b z@a
x: - -> flight
y: - -> waiting
z: - -> flight
! gather-dep a z
! gather-dep b x

# b dies. Nobody else holds x.
> gather-dep-network-failure b
x: flight -> missing
"""


@pytest.fixture
def text() -> str:
    """A case as files have it; it is true of the reference."""
    return TEXT


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a text into a file of its own."""

    def put(text: str, name: str = "0001-some.case") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return put


class TouchyWorker(ReferenceWorker):
    """Breaks a property as soon as x is missing."""

    def check(self, touched: Collection[str] | None) -> Iterator[Broken]:
        if self.state("x") is State.MISSING:
            yield role_fits_state, "x is missing\nand nobody cares"
        yield from super().check(touched)


class Touchy(ReferenceSubject):
    """A reference with a bug, under any name and version."""

    def __init__(self, name: str = "reference", version: str = "1.0") -> None:
        self.name = name  # type: ignore[misc]  # the reference has one name, this has many
        self._version = version

    def version(self) -> str:
        return self._version

    def worker(self, config: WorkerConfig) -> WorkerSubject:
        return TouchyWorker(WorkerState(config))


@pytest.fixture
def touchy() -> type[Touchy]:
    return Touchy


@pytest.fixture
def reference() -> ReferenceSubject:
    return ReferenceSubject()
