"""Two actors live under one key, and callers reach different ones."""

import asyncio
import time

from distributed import Client, LocalCluster, get_worker


class Counter:
    """Takes long to be made on the first worker."""

    def __init__(self):
        self.number = 0
        time.sleep(3 if get_worker().name == 0 else 0)

    def add(self):
        self.number += 1
        return self.number


def add(counter):
    return counter.add().result() if hasattr(counter, "_address") else counter.add()


async def main():
    async with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, asynchronous=True
        ) as cluster,
        Client(cluster, asynchronous=True) as client,
    ):
        one, other = (cluster.workers[name].address for name in (0, 1))
        actor = client.submit(Counter, key="counter", actor=True, workers=[one])
        await asyncio.sleep(0.5)
        actor.release()
        while cluster.scheduler.tasks:
            await asyncio.sleep(0.01)
        actor = client.submit(Counter, key="counter", actor=True, workers=[other])
        counter = await actor
        reader = client.submit(add, actor, workers=[one])
        print("a task adds one:", await reader)
        print("the client adds one:", await counter.add())


if __name__ == "__main__":
    asyncio.run(main())
