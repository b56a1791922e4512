"""Runs of whole Dask processes, which need a Python of their own: ``in_own_process``."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from packaging.version import Version

from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get_processes
from workerfuzz.harness.worlds.playing import play
from workerfuzz.harness.worlds.process.world import ProcessWorld
from workerfuzz.harness.worlds.scopes import PROCESS
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.cluster.run_config import ClusterConfig
from workerfuzz.strategies.process import BY_WORD
from workerfuzz.strategies.worker import Step, parse

#: The release from which on processes of Dask are simulated.
OLDEST: Final = "2026.8.0"


def is_simulated() -> bool:
    """Return whether the release that is installed is one whose processes are simulated."""
    try:
        return Version(version("distributed")) >= Version(OLDEST)
    except PackageNotFoundError:
        return False


def in_own_process(program: str, hash_seed: str = "0") -> Any:
    """Return what a program that imports this module prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"from examples.process_runs import *\n{program}"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return json.loads(done.stdout)


def tell(value: object) -> None:
    sys.stdout.write(json.dumps(value))


def steps_of(text: str) -> list[Step]:
    """``"submit c0 a want a; flow"``."""
    return [parse(line.strip(), BY_WORD) for line in text.split(";")]


def opened(text: str = "", **options: Any) -> ProcessWorld:
    """A world with default options, in which all that the steps of a text name can happen."""
    steps = steps_of(text) if text else []
    config = PROCESS.run_config_of(steps, ClusterConfig(**options))
    world = PROCESS.open(get_processes("dask"), config)
    assert isinstance(world, ProcessWorld)
    return world


def played(text: str, **options: Any) -> dict[str, object]:
    """Return effects, by step, and what was violated; steps are separated by semicolons."""
    steps = steps_of(text)
    lines: list[list[str]] = []
    for result in play(opened(text, **options), steps):
        if result.violation is not None:
            return {
                "effects": lines,
                "broken": result.violation.property,
                "at_rest": result.step is None,
            }
        if result.impossible is not None:
            return {"effects": lines, "impossible": result.impossible}
        if result.effect is not None:
            lines.append(result.effect.lines())
    return {"effects": lines}


def digests(seeds: range) -> list[list[object]]:
    """Return the steps and the digest of all frames, of runs by seed."""
    return [[*digested(seed)] for seed in seeds]


def digested(seed: int) -> Iterator[object]:
    seen: list[tuple[int, str]] = []

    def observe(world: Any, step: Step | None) -> None:
        seen.append((world.cluster.digest, str(step)))

    try:
        walk(get_processes("dask"), f"frames/{seed}", lambda tactic: observe, PROCESS)
    except Violation as violation:
        yield violation.property
    yield from map(list, seen)


def refused(owner: object, name: str) -> None:
    """Let nobody call something."""

    def refuse(*args: object, **named: object) -> None:
        raise AssertionError(f"{name} was called")

    setattr(owner, name, refuse)


def attempt(call: Callable[[], object]) -> str:
    """Return what a call raises, in words."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is, the test compares it
        return f"{type(error).__name__}: {error}"
    return ""
