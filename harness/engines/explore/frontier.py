"""The frontier of an exploration on disk: ways that are to be gone on from, and states that were met.

A way is kept as its steps, which are replayed; ways share their beginnings.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

import workerfuzz
from workerfuzz.harness.cases.format.files import write
from workerfuzz.harness.engines.explore.explore import Exploration, Way
from workerfuzz.harness.engines.explore.visited import PossibleStep, Sleeping
from workerfuzz.harness.engines.protocol import ExploredUniverse
from workerfuzz.strategies.worker import Step, parse

#: Version of the form. What is of another one is explored from the beginning.
FORMAT: Final = 1

#: A state that was met: what was spent, and the steps that need not be taken.
SavedRecord = tuple[tuple[int, ...], tuple[str, ...]]


class SavedWay(msgspec.Struct, array_like=True):
    """A step, after another saved way.

    Attributes:
        before: place of the way without its last step; -1: it is the first one.
    """

    before: int
    step: str


class SavedEnd(msgspec.Struct, array_like=True):
    """A way that is to be gone on from.

    Attributes:
        way: its place; -1: the way of no steps.
    """

    way: int
    spent: tuple[int, ...]
    sleeping: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None


class SavedExploration(msgspec.Struct):
    """An exploration that stopped, or that is complete, which has neither ways nor states.

    Attributes:
        system: subject, its version and that of workerfuzz: what is of others is not gone on with.
        left: ends among ``ends`` that are of the present depth.
        visited: states by their marks, as hexadecimal numbers.
    """

    system: str
    extent: ExploredUniverse
    ways: list[SavedWay] = []
    ends: list[SavedEnd] = []
    left: int = 0
    visited: dict[str, list[SavedRecord]] = {}
    format: int = FORMAT


def system_of(name: str, version: str) -> str:
    """Name everything on which the states of an exploration depend."""
    return f"{name} {version}, workerfuzz {workerfuzz.__version__}"


def place_of(folder: Path, subject: str, scope: str, universe: str) -> Path:
    """Return the path of the file about a universe."""
    return folder / f"{subject}-{scope}-{universe.replace(',', '-').replace('=', '')}.json"


def load(path: Path, system: str) -> SavedExploration | None:
    """Return what there is; None where there is nothing, or nothing that could be gone on with."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=SavedExploration)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.format == FORMAT and found.system == system else None


def save(path: Path, system: str, extent: ExploredUniverse, exploration: Exploration) -> None:
    """Write where an exploration stopped. Raises OSError."""
    saved = SavedExploration(system, extent)
    if not extent.is_complete:
        places: dict[int, int] = {}
        saved.left = exploration.left
        saved.ends = [
            SavedEnd(
                placed(way, saved.ways, places),
                way.spent,
                texts(way.sleeping),
                None if way.only is None else texts(way.only),
            )
            for way in exploration.frontier
        ]
        saved.visited = {
            mark.hex(): [(spent, texts(sleeping)) for spent, sleeping in records]
            for mark, records in exploration.visited.records.items()
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, msgspec.json.encode(saved).decode())


def placed(way: Way, ways: list[SavedWay], places: dict[int, int]) -> int:
    """Return the place of a way among those that are saved, where it and its beginnings now are."""
    missing: list[Way] = []
    saved_way: Way | None = way
    while saved_way is not None and saved_way.step is not None and id(saved_way) not in places:
        missing.append(saved_way)
        saved_way = saved_way.before
    for saved_way in reversed(missing):
        before = (
            places[id(saved_way.before)]
            if saved_way.before is not None and saved_way.before.step
            else -1
        )
        places[id(saved_way)] = len(ways)
        ways.append(SavedWay(before, str(saved_way.step)))
    return places[id(way)] if way.step is not None else -1


def restore(saved: SavedExploration, exploration: Exploration) -> None:
    """Let an exploration that has not begun go on where another one stopped."""
    words = exploration.scope.words
    known: dict[str, Step] = {}
    first = Way(None, None, exploration.allowed.start)
    ways: list[Way] = []
    for saved_way in saved.ways:
        before = ways[saved_way.before] if saved_way.before >= 0 else first
        ways.append(Way(before, parsed(saved_way.step, words, known), ()))
    for end in saved.ends:
        way = ways[end.way] if end.way >= 0 else first
        sleeping = steps(end.sleeping, words, known)
        only = None if end.only is None else steps(end.only, words, known)
        exploration.frontier.append(Way(way.before, way.step, end.spent, sleeping, only))
    exploration.visited.records = {
        bytes.fromhex(mark): [(spent, steps(them, words, known)) for spent, them in records]
        for mark, records in saved.visited.items()
    }
    exploration.transitions, exploration.depth = saved.extent.transitions, saved.extent.depth
    exploration.left = saved.left


@contextmanager
def taken(path: Path) -> Iterator[bool]:
    """Tell whether nobody else explores a universe; while this lasts, nobody else does.

    Where the file system knows no locks, nobody does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    except OSError:
        yield True
    else:
        yield True
    finally:
        os.close(descriptor)


def texts(steps: Sleeping) -> tuple[str, ...]:
    return tuple(sorted(step.text for step in steps))


def steps(
    lines: tuple[str, ...], words: Mapping[str, type[Step]], known: dict[str, Step]
) -> Sleeping:
    return frozenset(PossibleStep(line, parsed(line, words, known)) for line in lines)


def parsed(line: str, words: Mapping[str, type[Step]], known: dict[str, Step]) -> Step:
    """Return the step that a line stands for; each line is read once."""
    found = known.get(line)
    if found is None:
        found = known[line] = parse(line, words)
    return found
