"""A program that runs a real cluster which hangs: a copy cannot be read.

It writes a dump in both formats to the folder that it is given, prints the address of the scheduler and
the address and process of the worker that hangs, and ends with its standard input.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Never

from distributed import Client, LocalCluster, wait


class Unreadable:
    """Its copies raise when they are read."""

    def __reduce__(self) -> tuple[Callable[[], Never], tuple[()]]:
        return unreadable, ()


def unreadable() -> Never:
    raise ValueError("cannot be read")


def say(*words: object) -> None:
    sys.stdout.write(f"{' '.join(map(str, words))}\n")
    sys.stdout.flush()


def main() -> None:
    arguments = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(**arguments) as cluster, Client(cluster) as client:
        first, second = client.scheduler_info()["workers"]
        bad = client.submit(Unreadable, workers=[first], key=("bad", 0))
        other = client.submit(abs, -1, workers=[second], key="other")
        user = client.submit(max, bad, other, workers=[second], key="user")
        wait([bad, other])
        time.sleep(3)
        for form in ("msgpack", "yaml"):
            client.dump_cluster_state(str(Path(sys.argv[1]) / "dump"), format=form)
        say(cluster.scheduler_address, second, client.run(os.getpid)[second])
        for _ in sys.stdin:  # a line asks how things are
            count = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.clients))
            say(user.status, count)


if __name__ == "__main__":
    main()
