"""Stealing keeps the tasks of a graph that was let go before one of their kind finished."""

import gc
import time

from distributed import Client, LocalCluster


def slow(number):
    time.sleep(6)


def main():
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster:
        with Client(cluster) as client:
            futures = client.map(slow, range(1000))
            time.sleep(2)
            for future in futures:
                future.release()
            del futures, future
            time.sleep(8)
            gc.collect()
            scheduler = cluster.scheduler
            kept = scheduler.extensions["stealing"].unknown_durations
            print("tasks that the scheduler knows:", len(scheduler.tasks))
            print("tasks that stealing keeps:", {name: len(value) for name, value in kept.items()})


if __name__ == "__main__":
    main()
