"""An actor that was stolen fails, and the scheduler removes its worker."""

import asyncio
import logging
import time

from distributed import Client, LocalCluster


class Fails:
    def __init__(self, number):
        time.sleep(0.5)
        raise ValueError(number)


async def main():
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    async with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, asynchronous=True
        ) as cluster,
        Client(cluster, asynchronous=True) as client,
    ):
        near = {"workers": [*cluster.scheduler.workers], "allow_other_workers": True}
        actors = [client.submit(Fails, number, actor=True, **near) for number in range(20)]
        await asyncio.sleep(0.7)
        cluster.scale(2)
        for _ in range(8):
            await asyncio.sleep(1)
            workers = [worker.status.name for worker in cluster.workers.values()]
            print("workers:", *workers, "| the scheduler has", len(cluster.scheduler.workers))
        print("actors:", *sorted(actor.status for actor in actors))


if __name__ == "__main__":
    asyncio.run(main())
