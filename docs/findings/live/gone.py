"""A finished result goes with its worker, and is pending for ever: its input has failed meanwhile."""

import os
import signal
import tempfile
import time
from pathlib import Path

from dask import delayed
from distributed import Client, LocalCluster, wait


def fail_later(marker):
    """Well the first time, badly afterwards."""
    if marker.exists():
        raise RuntimeError("the second time")
    marker.touch()
    return 1


def main():
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=1, threads_per_worker=1) as cluster,
        Client(cluster) as client,
    ):
        source = delayed(fail_later)(Path(folder) / "marker", dask_key_name="source")
        result = delayed(lambda x: x + 1)(source, dask_key_name="result")
        finished = client.compute(result, optimize_graph=False)
        print("result:", finished.result(timeout=10))
        second = client.compute(source, optimize_graph=False)
        wait(second)
        print("its input, computed again:", second.status)
        (pid,) = client.run(os.getpid).values()
        os.kill(pid, signal.SIGKILL)
        time.sleep(10)
        print("another task, after its worker was killed:", client.submit(sum, [1, 2]).result())
        try:
            print("the result:", finished.result(timeout=10))
        except TimeoutError:
            print("the result:", finished.status, "and no answer within 10 s")


if __name__ == "__main__":
    main()
