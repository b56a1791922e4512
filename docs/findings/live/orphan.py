"""The reader of an actor that was lost stays on its worker."""

import asyncio

from distributed import Client, LocalCluster


class Counter:
    number = 0


async def main():
    async with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, asynchronous=True
        ) as cluster,
        Client(cluster, asynchronous=True) as client,
    ):
        one, other = cluster.workers.values()
        actor = client.submit(Counter, actor=True, workers=[one.address])
        value = client.submit(bytes, 1000, workers=[other.address])
        await asyncio.gather(actor, value)
        other.state.transfer_incoming_count_limit = 0  # as while it copies much
        other.state.transfer_incoming_bytes_throttle_threshold = 0
        reader = client.submit(lambda *_: 1, actor, value, workers=[other.address], key="reader")
        await asyncio.sleep(0.5)
        await one.close()
        other.state.transfer_incoming_count_limit = 10
        await asyncio.sleep(5)
        print("the reader:", reader.status)
        for future in (reader, value, actor):
            future.release()
        await asyncio.sleep(2)
        print("tasks that the scheduler knows:", len(cluster.scheduler.tasks))
        print("on the worker:", {task.key[:6]: task.state for task in other.state.tasks.values()})


if __name__ == "__main__":
    asyncio.run(main())
