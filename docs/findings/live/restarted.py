"""A task that is submitted right before a restart is made after it, and nobody releases it."""

import asyncio

from distributed import Client, LocalCluster


async def main():
    async with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, asynchronous=True
    ) as cluster:
        async with Client(cluster, asynchronous=True) as client:
            future = client.submit(abs, 1, key="x")
            await client.restart(wait_for_workers=False)
            await asyncio.sleep(1)
            print(f"the future is {future.status}; the client has {len(client.futures)} futures")
            future.release()
            await asyncio.sleep(1)
            print("tasks that the scheduler keeps:", *cluster.scheduler.tasks)


if __name__ == "__main__":
    asyncio.run(main())
