"""An error that was put right is held against a task that is submitted afterwards."""

import time

from dask import delayed
from distributed import Client, LocalCluster, get_worker, wait


def fail_once():
    runs = vars(get_worker()).setdefault("runs", [])
    runs.append(1)
    if len(runs) == 1:
        raise RuntimeError("the first time")
    return 1


def main():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster,
        Client(cluster) as client,
    ):
        source = delayed(fail_once)(dask_key_name="source")
        middle = delayed(lambda x: x + 1)(source, dask_key_name="middle")
        both = delayed(lambda x, y: x + y)(source, middle, dask_key_name="both")
        source_future, both_future = client.compute([source, both], optimize_graph=False)
        wait([source_future, both_future])
        print("before:", source_future.status, both_future.status)
        source_future.retry()
        time.sleep(1)
        print("tried again:", both_future.result(timeout=10))
        other = delayed(lambda x: x * 10)(middle, dask_key_name="other")
        future = client.compute(other, optimize_graph=False)
        wait(future, timeout=10)
        print("other, which needs only what has just been computed:", future.status)
        if future.status == "error":
            print("its exception:", repr(future.exception()))


if __name__ == "__main__":
    main()
