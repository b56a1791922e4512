"""Keys that are used for two contents: a task gets the value of the former one, or waits for ever."""

import asyncio
import threading

from distributed import Client, LocalCluster, get_worker


def wait(said=None):
    get_worker().proceed.wait(10)
    return said


async def gone(cluster, *keys):
    while any(key in cluster.scheduler.tasks for key in keys):
        await asyncio.sleep(0.01)


async def former_value(client, cluster):
    one, other = (worker.address for worker in cluster.workers.values())
    value = client.submit(wait, "former", key="value", workers=[one])
    await asyncio.sleep(0.3)
    value.release()
    await gone(cluster, "value")
    value = client.submit(lambda: "new", key="value", workers=[other])
    print("the value:", await value)
    reader = client.submit(lambda it: it, value, workers=[one])
    await asyncio.sleep(0.3)
    cluster.workers[0].proceed.set()
    print("a task that reads it on the worker of the former one:", await reader)


async def former_input(client, cluster):
    one, _ = (worker.address for worker in cluster.workers.values())
    first = client.submit(lambda: 1, key="first", workers=[one])
    second = client.submit(lambda it: it, first, key="second", workers=[one])
    third = client.submit(wait, second, key="third", workers=[one])
    await asyncio.sleep(0.5)
    for future in (third, second, first):
        future.release()
    await gone(cluster, "first", "second", "third")
    futures = [client.submit(lambda: 2, key=key, workers=[one]) for key in ("first", "second")]
    await asyncio.sleep(0.3)
    cluster.workers[0].proceed.set()
    await asyncio.sleep(10)
    print("two tasks without an input, after 10 s:", *(future.status for future in futures))


async def main():
    for scenario in (former_value, former_input):
        async with (
            LocalCluster(
                n_workers=2, threads_per_worker=1, processes=False, asynchronous=True
            ) as cluster,
            Client(cluster, asynchronous=True) as client,
        ):
            cluster.workers[0].proceed = threading.Event()
            await scenario(client, cluster)


if __name__ == "__main__":
    asyncio.run(main())
