"""Actors that are released before they are made count for ever."""

import time

from distributed import Client, LocalCluster


class Slow:
    def __init__(self):
        time.sleep(0.2)


def main():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster,
        Client(cluster) as client,
    ):
        actors = [client.submit(Slow, actor=True) for _ in range(10)]
        time.sleep(0.5)
        for actor in actors:
            actor.release()
        time.sleep(1)
        (worker,) = cluster.scheduler.workers.values()
        print("tasks that the scheduler knows:", len(cluster.scheduler.tasks))
        print("actors that it counts on the worker:", len(worker.actors))


if __name__ == "__main__":
    main()
