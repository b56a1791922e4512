"""A replication raises ValueError where a worker leaves while a value is copied to it."""

import asyncio

from distributed import Client, LocalCluster


async def main():
    async with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, asynchronous=True
    ) as cluster:
        async with Client(cluster, asynchronous=True) as client:
            first, second = cluster.workers.values()
            futures = await client.scatter({"x": 1}, workers=[first.address])

            async def gather(who_has):
                await asyncio.sleep(10)  # a slow link, or a large value

            second.handlers["gather"] = gather
            replicating = asyncio.ensure_future(client.replicate([*futures.values()]))
            await asyncio.sleep(0.1)
            await second.close(nanny=False)
            try:
                await replicating
            except ValueError as error:
                print("client.replicate raises ValueError:", error)
            else:
                print("client.replicate returns")


if __name__ == "__main__":
    asyncio.run(main())
