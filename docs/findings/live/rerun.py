"""A task that is released and submitted again as it ends is run over and over, on a slow link."""

import asyncio

from distributed import Client, Scheduler, Worker, get_worker
from slow_link import SlowLink


def work():
    vars(get_worker()).setdefault("runs", []).append("")


async def main():
    async with (
        Scheduler(port=0, dashboard_address=None) as scheduler,
        SlowLink(scheduler.address, delay=0.05) as link,
        Worker(link.address, nthreads=1) as worker,
        Client(scheduler.address, asynchronous=True) as client,
    ):
        future = client.submit(work)
        await asyncio.sleep(0.08)  # it has ended, and the news of that are under way
        worker.runs = vars(worker).get("runs", [])
        print("runs:", len(worker.runs), future.status)
        key = future.key
        future.release()
        while key in client.futures:
            await asyncio.sleep(0)
        future = client.submit(work)
        for _ in range(4):
            await asyncio.sleep(5)
            print("after 5 s more:", future.status, len(worker.runs), "runs")
            if future.status != "pending":
                break


if __name__ == "__main__":
    asyncio.run(main())
