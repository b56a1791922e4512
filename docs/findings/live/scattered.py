"""A scatter raises KeyError where its worker leaves while it waits for one that runs."""

import asyncio

from distributed import Client, LocalCluster
from distributed.core import Status


async def main():
    async with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, memory_limit=0, asynchronous=True
    ) as cluster:
        async with Client(cluster, asynchronous=True) as client:
            worker = cluster.workers[0]
            worker.status = Status.paused  # as for want of memory
            await asyncio.sleep(0.5)
            scattering = asyncio.ensure_future(
                client.scatter({"x": 1}, workers=[worker.address], hash=False, timeout=5)
            )
            await asyncio.sleep(1)
            await worker.close()
            try:
                await scattering
            except KeyError as error:
                print("client.scatter raises KeyError:", error)
            else:
                print("client.scatter returns")


if __name__ == "__main__":
    asyncio.run(main())
