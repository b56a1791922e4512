"""Start-up time of the command line and of the pytest plugin.

    python benchmarks/startup.py [--turns 60] [--files 20]

``workerfuzz --help``, beside an interpreter that does nothing: processes, turn about. pytest on a suite
that does not use our plugin, with it and without it, and without the plugins of others: forks of a
process that has pytest loaded, turn about. The turn that warms up compiles what is compiled once.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import pytest
from timing import Costs, Program, alternate, excess, spread, stopwatch, table

HELP: Final = ("-m", "workerfuzz.harness.cli", "--help")

NOTHING: Final = ("-c", "pass")

PYTEST: Final = ("-q", "-p", "no:cacheprovider")

#: How our plugin is called where it is installed.
OURS: Final = "workerfuzz"

#: Of a process.
Environment = Mapping[str, str]

#: In milliseconds: what each may take.
HELP_MS: Final = 300
PLUGIN_MS: Final = 5


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="What it takes until something happens.")
    parser.add_argument("--turns", type=int, default=60, help="of each")
    parser.add_argument("--files", type=int, default=20, help="of the suite, of one test each")
    parser.add_argument("--suite", type=Path, help="measure pytest here; used by itself")
    options = parser.parse_args(arguments)
    if options.suite is not None:
        print(json.dumps(plugin_here(options.suite, options.turns)))
        return
    with compiled_once() as environment:
        print(command(options.turns, environment))
        print(f"\n{plugin(options.files, options.turns, environment)}")
    print(f"(CPU time, in ms; medians, and quartiles, of {options.turns} turns)")


# The command


def command(turns: int, environment: Environment) -> str:
    walls: list[float] = []

    def timed(turn: int) -> float:
        began = time.perf_counter()
        cost = cpu_of(HELP, environment)
        walls.append(time.perf_counter() - began)
        return cost

    programs: dict[str, Program] = {
        "help": timed,
        "nothing": lambda turn: cpu_of(NOTHING, environment),
    }
    costs = alternate(programs, turns, 1)
    rows = [
        ("workerfuzz --help", in_ms(costs["help"]), HELP_MS),
        ("  by the clock on the wall", in_ms(walls[-turns:]), HELP_MS),
        ("an interpreter that does nothing", in_ms(costs["nothing"]), ""),
    ]
    return table(("", "takes", "may take"), rows)


def cpu_of(arguments: Sequence[str], environment: Environment) -> float:
    """CPU seconds that a process of Python takes, from its start to its end.

    Raises:
        RuntimeError: it did not end well; says what it printed.
    """
    with tempfile.TemporaryFile() as random:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=random, stderr=random, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            random.seek(0)
            text = random.read().decode(errors="replace")
            raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}: {text}")
    return used.ru_utime + used.ru_stime


@contextmanager
def compiled_once() -> Iterator[Environment]:
    """An environment in which modules are compiled once, as where they are installed."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "",
            "PYTHONPYCACHEPREFIX": folder,
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        yield environment


# The plugin


def plugin(files: int, turns: int, environment: Environment) -> str:
    """In a process that has nothing of ours loaded."""
    with suite(files) as folder:
        measuring = [sys.executable, __file__, "--suite", str(folder), "--turns", str(turns)]
        process = subprocess.run(measuring, check=True, env=environment, stdout=subprocess.PIPE)
    costs: dict[str, Costs] = json.loads(process.stdout)
    rows = [
        ("pytest, without the plugin", in_ms(costs["without"]), ""),
        ("what the plugin adds", in_ms(excess(costs["with"], costs["without"])), PLUGIN_MS),
    ]
    return table(("", "takes", "may take"), rows)


def plugin_here(folder: Path, turns: int) -> dict[str, Costs]:
    """Both look at all that is installed, and load no other plugin of it."""
    alone = (*PYTEST, *but_not(plugins() - {OURS}), str(folder))
    without = (*alone, *but_not({OURS}))
    with redirect_stdout(io.StringIO()):
        pytest.main([*without])  # loads what pytest has of its own
    programs: dict[str, Program] = {
        "with": lambda turn: cpu_of_tests(alone),
        "without": lambda turn: cpu_of_tests(without),
    }
    return alternate(programs, turns, 1)


def plugins() -> set[str]:
    """Those that are installed, by name. Raises RuntimeError where ours is not among them."""
    found = {point.name for point in entry_points(group="pytest11")}
    if OURS not in found:
        raise RuntimeError("its plugin is not installed here: pip install -e .")
    return found


def but_not(names: Iterable[str]) -> Iterator[str]:
    """Options with which pytest does not load these."""
    for name in sorted(names):
        yield from ("-p", f"no:{name}")


def cpu_of_tests(arguments: Sequence[str]) -> float:
    """CPU seconds of pytest, in a fork that forgets what it loaded. Raises RuntimeError: it failed."""
    hear, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        with redirect_stdout(io.StringIO()), stopwatch() as seconds:
            status = pytest.main([*arguments])
        os.write(tell, str(seconds()).encode())
        os._exit(status)
    os.close(tell)
    cost = os.read(hear, 100)
    os.close(hear)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        raise RuntimeError(f"pytest {' '.join(arguments)} ended with {status}")
    return float(cost)


@contextmanager
def suite(files: int) -> Iterator[Path]:
    """Tests that have nothing to do with us."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        (folder / "pytest.ini").write_text("[pytest]\n")
        for number in range(files):
            (folder / f"test_{number}.py").write_text("def test_nothing():\n    pass\n")
        yield folder


def in_ms(costs: Costs) -> str:
    return spread([1e3 * cost for cost in costs], 1)


if __name__ == "__main__":
    main()
