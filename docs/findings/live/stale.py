"""The finish of a task that was released takes its copy away: who needs that waits for ever."""

import asyncio
import time

from distributed import Client, LocalCluster, Worker
from slow_link import SlowLink


class Slow:
    """A value that takes a while to be sent."""

    def __reduce__(self):
        time.sleep(0.5)
        return Slow, ()


async def main():
    async with (
        LocalCluster(n_workers=1, threads_per_worker=1, asynchronous=True) as cluster,
        SlowLink(cluster.scheduler_address, delay=0.05) as link,
        Worker(link.address, nthreads=1) as far,
        Client(cluster, asynchronous=True) as client,
    ):
        (near,) = {*cluster.scheduler.workers} - {far.address}
        value = client.submit(Slow, workers=[far.address], pure=True)
        await asyncio.sleep(0.08)  # it has ended, and the news of that are under way
        print("the first request:", value.status)
        key = value.key
        value.release()
        while key in client.futures:
            await asyncio.sleep(0)
        value = client.submit(Slow, workers=[near], pure=True)
        reader = client.submit(type, value, workers=[far.address])
        await asyncio.sleep(15)
        print("15 s later:", value.status, reader.status)
        print("on the worker:", {task.key[:4]: task.state for task in far.state.tasks.values()})


if __name__ == "__main__":
    asyncio.run(main())
