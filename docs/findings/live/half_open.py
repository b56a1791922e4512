"""A client that connects again is removed when its former connection ends."""

import asyncio
import logging

from distributed import Client, LocalCluster
from slow_link import SlowLink


async def main():
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    async with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", asynchronous=True
        ) as cluster,
        SlowLink(cluster.scheduler_address, delay=0) as link,
        Client(link.address, asynchronous=True) as client,
    ):
        former = [*link.connections]
        link.silent = True  # the scheduler does not notice
        for near, _ in former:
            near.close()
        while client.status == "running":
            await asyncio.sleep(0.01)
        link.silent = False
        while client.status != "running":
            await asyncio.sleep(0.1)
        future = client.submit(sum, [1, 2])
        print("after the client has connected again:", await future, future.status)
        for _, far in former:
            far.close()  # now it does
        await asyncio.sleep(3)
        later = client.submit(sum, [3, 4])
        await asyncio.sleep(5)
        print("after its former connection has ended:", future.status, later.status, client.status)
        print("the scheduler knows the client:", client.id in cluster.scheduler.clients)


if __name__ == "__main__":
    asyncio.run(main())
