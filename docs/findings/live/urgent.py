"""A new task on top of a failed one is pending for ever, if its reader is more urgent."""

import time

import dask
from dask import delayed
from distributed import Client, LocalCluster, wait


def fail():
    raise RuntimeError("always")


def main():
    with LocalCluster(n_workers=1, processes=False) as cluster, Client(cluster) as client:
        source = delayed(fail)(dask_key_name="source")
        failed = client.compute(source, optimize_graph=False)
        wait(failed)
        print("source:", failed.status)
        for priority in (0, 1):
            middle = delayed(lambda x: x + 1)(source, dask_key_name=f"middle-{priority}")
            with dask.annotate(priority=priority):
                last = delayed(lambda x: x + 1)(middle, dask_key_name=f"last-{priority}")
            futures = client.compute([middle, last], optimize_graph=False)
            time.sleep(10)
            print(
                f"last has priority {priority}: after 10 s", *(future.status for future in futures)
            )


if __name__ == "__main__":
    main()
