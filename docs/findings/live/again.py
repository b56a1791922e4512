"""A finished result fails because its input, which it needs no more, is computed again and fails."""

import time

from dask import delayed
from distributed import Client, LocalCluster, get_worker, wait


def fail_later():
    """Well the first time, badly afterwards."""
    runs = vars(get_worker()).setdefault("runs", [])
    runs.append(1)
    if len(runs) > 1:
        raise RuntimeError("the second time")
    return 1


def main():
    with LocalCluster(n_workers=1, processes=False) as cluster, Client(cluster) as client:
        source = delayed(fail_later)(dask_key_name="source")
        result = delayed(lambda x: x + 1)(source, dask_key_name="result")
        finished = client.compute(result, optimize_graph=False)
        print("result:", finished.result(timeout=10))
        second = client.compute(source, optimize_graph=False)
        wait(second)
        print("its input, computed again:", second.status)
        once_more = client.compute(result, optimize_graph=False)
        time.sleep(2)
        print("the result, submitted again while it is there:", once_more.status, finished.status)


if __name__ == "__main__":
    main()
