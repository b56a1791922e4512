"""A worker that restarts at its address before the scheduler notices never starts."""

import asyncio
import logging
import sys

from distributed import Client, Scheduler
from slow_link import SlowLink

PORT = 47311


async def start(address):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny",
        "--worker-port", str(PORT), "--no-dashboard",
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def main():
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    async with (
        Scheduler(port=0, dashboard_address=None) as scheduler,
        SlowLink(scheduler.address, delay=0) as link,
        Client(scheduler.address, asynchronous=True) as client,
    ):
        worker = await start(link.address)
        await client.wait_for_workers(1)
        link.silent = True  # its machine goes down
        worker.kill()
        await worker.wait()
        link.silent = False
        worker = await start(link.address)  # and is up again
        await asyncio.sleep(10)
        (known,) = scheduler.workers
        await scheduler.remove_worker(known, stimulus_id="worker-ttl")  # as it does in the end
        await asyncio.sleep(15)
        running = worker.returncode is None
        print("the worker that came back:", "running" if running else "ended")
        print("workers that the scheduler has 15 s after it noticed:", len(scheduler.workers))
        worker.kill()


if __name__ == "__main__":
    asyncio.run(main())
