"""The write-ahead log of this process: a record of what it is about to do, which outlives it.

Some bugs take the process with them: a loop that never ends, all of the memory, a crash. So a step is
in the log before it happens. The log is a file that is mapped into memory: what was written there
stays when the process is killed, and costs no call of the operating system. It holds the run that is
under way, as a case writes it.
"""

import enum
import mmap
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from workerfuzz.strategies.cluster.run_config import ClusterRunConfig
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig

AnyRunConfig: TypeAlias = RunConfig | ClusterRunConfig

#: Bytes of a log. A run of 150 steps takes about five thousand.
SIZE: Final = 1 << 20

#: Head of a log: what it is, how many signs of life there were, what goes on, where the text ends.
HEAD: Final = struct.Struct("<8sQQQ")
MAGIC: Final = b"wf-box 1"

#: Where the text begins.
TEXT: Final = 64


class RunPhase(enum.IntEnum):
    """Phase of the run that is under way."""

    IDLE = 0  # no run is under way
    OPENING = 1  # a world is being made
    STEPPING = 2  # the last step that is written happens, or has happened
    RESTING = 3  # it comes to rest
    OVERFLOWN = 4  # there are more steps than can be written


class LoggedWorld(Protocol):
    """The part of a world that the log records."""

    @property
    def run_config(self) -> AnyRunConfig:
        """Everything that was fixed before the first step."""

    @property
    def steps(self) -> Sequence[Step]:
        """Steps applied so far."""


class WriteAheadLog:
    """The log of this process, if it has one. Worlds write into it.

    Attributes:
        is_open: there is one.
        about: what the runs are for, in a line; whoever makes them says so.
    """

    def __init__(self) -> None:
        self.is_open = False
        self.about = ""
        self._map: mmap.mmap | None = None
        self._describe: Callable[[AnyRunConfig], str] = str
        self._world: LoggedWorld | None = None
        self._beats = 0
        self._end = TEXT

    def open(self, path: Path, describe: Callable[[AnyRunConfig], str]) -> None:
        """From now on everything is written to a file, which is made. Raises OSError.

        Args:
            describe: lines that say all about a run config that a replay must know.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, SIZE)
            self._map = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        self._describe = describe
        self.is_open = True
        self._beats = 0
        self._show(RunPhase.IDLE)

    def close(self) -> None:
        """Nothing is written any more; what was written stays."""
        if self.is_open:
            self.is_open = False
            self._world = None
            if self._map is not None:
                self._map.close()

    def begin(self, world: LoggedWorld) -> None:
        """A world is about to be made, or goes on where another one had been."""
        self._world = world
        self._end = TEXT
        steps = "".join(f"> {step}\n" for step in world.steps)
        self._write(f"{self.about}\n{self._describe(world.run_config)}\n{steps}")
        self._show(RunPhase.STEPPING if steps else RunPhase.OPENING)

    def note(self, world: LoggedWorld, step: Step) -> None:
        """A step is about to happen; it is the last of the steps of its world."""
        if world is not self._world:
            self.begin(world)
            return
        self._write(f"> {step}\n")
        self._show(RunPhase.STEPPING)

    def rest(self, world: LoggedWorld) -> None:
        """A world is about to come to rest."""
        if world is not self._world:
            self.begin(world)
        self._show(RunPhase.RESTING)

    def over(self) -> None:
        """The world is not used any more."""
        self._world = None
        self._show(RunPhase.IDLE)

    @contextmanager
    def doing(self, about: str) -> Iterator[None]:
        """Meanwhile the runs are for something else."""
        before, self.about = self.about, about
        try:
            yield
        finally:
            self.about = before

    def _write(self, text: str) -> None:
        line = text.encode()
        end = self._end + len(line)
        if end <= SIZE and self._map is not None:
            self._map[self._end : end] = line
        self._end = end

    def _show(self, phase: RunPhase) -> None:
        self._beats += 1
        if self._end > SIZE:
            phase = RunPhase.OVERFLOWN
        if self._map is not None:
            HEAD.pack_into(self._map, 0, MAGIC, self._beats, phase, self._end)


#: Of this process.
WRITE_AHEAD_LOG: Final = WriteAheadLog()
