"""A retry raises KeyError where its future is released before the scheduler has answered."""

import asyncio

from distributed import Client, LocalCluster, wait


def fail():
    raise ValueError("once more")


async def main():
    async with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, asynchronous=True
    ) as cluster:
        async with Client(cluster, asynchronous=True) as client:
            future = client.submit(fail)
            await wait(future)
            retrying = asyncio.ensure_future(client.retry([future]))
            await asyncio.sleep(0)  # the request is sent
            future.release()
            try:
                await retrying
            except KeyError as error:
                print("client.retry raises KeyError:", error)
            else:
                print("client.retry returns")


if __name__ == "__main__":
    asyncio.run(main())
