"""A real scheduler and workers, in processes of their own on this machine."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

#: Workers that have no workerfuzz.
WITHOUT: Final = """
import sys

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "workerfuzz":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Without())
from distributed.cli.dask_worker import main
main()
"""

WORKER: Final = ("-m", "distributed.cli.dask_worker")

Process = subprocess.Popen[bytes]


class DaskProcesses:
    """They end with it.

    Attributes:
        address: of the scheduler.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        scheduler = ("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1")
        self.scheduler = self.start(*scheduler, "--port", str(port), "--no-dashboard")
        self.read_until(self.scheduler, b"Scheduler at:")

    def start(self, *arguments: str) -> Process:
        variables = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
            "PYTHONWARNINGS": "ignore",
            "PYTHONUNBUFFERED": "1",
        }
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=variables,
        )
        self.stack.callback(self.end, process)
        return process

    def add_worker(self, *program: str) -> Process:
        """It has one thread; returns when the scheduler knows it."""
        worker = self.start(
            *(program or WORKER),
            self.address,
            *("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"),
        )
        self.read_until(worker, b"Registered to:")
        return worker

    @staticmethod
    def read_until(process: Process, words: bytes) -> None:
        """Until it says that; what it says afterwards is little, and stays in the pipe."""
        assert process.stderr is not None
        output = b""
        while words not in output:
            line = process.stderr.readline()
            assert line, output.decode()
            output += line

    @staticmethod
    def end(process: Process) -> None:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@contextmanager
def dask_processes(folder: Path, *, workers: int) -> Iterator[DaskProcesses]:
    with ExitStack() as stack:
        cluster = DaskProcesses(folder, stack)
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
