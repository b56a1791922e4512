"""A task that is submitted again right after it was cancelled is cancelled by the former answer."""

import asyncio
import time

from distributed import Client, LocalCluster
from slow_link import SlowLink


async def main():
    async with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", asynchronous=True
    ) as cluster:
        for delay in (0, 0.02):
            cancelled = 0
            async with (
                SlowLink(cluster.scheduler_address, delay) as link,
                Client(link.address, asynchronous=True) as client,
            ):
                for number in range(20):
                    first = client.submit(time.sleep, number / 10_000)
                    await asyncio.sleep(0.005)
                    await client.cancel(first)
                    again = client.submit(time.sleep, number / 10_000)
                    await asyncio.sleep(5 * delay + 0.05)
                    cancelled += again.cancelled()
            print(f"delay {1000 * delay:g} ms: of 20 tasks that are wanted, {cancelled} cancelled")


if __name__ == "__main__":
    asyncio.run(main())
