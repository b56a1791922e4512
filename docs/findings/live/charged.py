"""Resources of a stolen task are counted for the worker that it was stolen from, for ever."""

import time

from distributed import Client, LocalCluster, wait


def main():
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, resources={"slot": 1}
        ) as cluster,
        Client(cluster) as client,
    ):
        first = client.submit(lambda: bytes(1_000), key="first")
        wait(first)
        slow = [
            client.submit(lambda x, _: time.sleep(0.5), first, number, resources={"slot": 1})
            for number in range(20)
        ]
        time.sleep(1)
        cluster.scale(2)
        wait(slow)
        del slow, first
        time.sleep(1)
        print("tasks that the scheduler knows:", len(cluster.scheduler.tasks))
        for worker in cluster.scheduler.workers.values():
            print("a worker uses", worker.used_resources)


if __name__ == "__main__":
    main()
