"""A result that has become a copy cannot be stored, and its worker goes down."""

import asyncio
import logging
import threading

from distributed import Client, Scheduler, Worker, get_worker, wait


class Large:
    """A value that has to be spilled at once, and does not pickle."""

    def __sizeof__(self):
        return 10**9

    def __reduce__(self):
        raise TypeError("does not pickle")


def make():
    if get_worker().name == "small":
        get_worker().proceed.wait(30)
    return Large()


async def main():
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    async with (
        Scheduler(port=0, dashboard_address=None) as scheduler,
        Worker(scheduler.address, nthreads=1, name="small", memory_limit="1.2 GB") as small,
        Worker(scheduler.address, nthreads=1, name="large", memory_limit=0) as large,
        Client(scheduler.address, asynchronous=True) as client,
    ):
        small.proceed = threading.Event()
        value = client.submit(make, workers=[small.address], pure=True)
        await asyncio.sleep(0.5)
        value.release()
        while scheduler.tasks:
            await asyncio.sleep(0.01)
        value = client.submit(make, workers=[large.address], pure=True)
        await wait(value)
        reader = client.submit(type, value, workers=[small.address])
        await asyncio.sleep(0.5)
        small.proceed.set()
        await asyncio.sleep(3)
        print("the worker is", small.status.name, "and its reader", reader.status)


if __name__ == "__main__":
    asyncio.run(main())
