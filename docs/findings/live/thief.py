"""A worker that was paused before it could steal is given the task, which stays there."""

import asyncio
import time

from distributed import Client, LocalCluster
from distributed.core import Status


async def main():
    async with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, memory_limit=0, asynchronous=True
        ) as cluster,
        Client(cluster, asynchronous=True) as client,
    ):
        scheduler = cluster.scheduler
        victim, thief = cluster.workers.values()
        busy = client.submit(time.sleep, 3, workers=[victim.address])
        task = client.submit(
            abs, -1, workers=[victim.address], allow_other_workers=True, key="task"
        )
        await asyncio.sleep(0.5)
        thief.status = Status.paused  # as for want of memory
        scheduler.extensions["stealing"].move_task_request(  # as Dask does when the thief is idle
            scheduler.tasks["task"],
            scheduler.workers[victim.address],
            scheduler.workers[thief.address],
        )
        await busy
        await asyncio.sleep(10)
        given = scheduler.tasks["task"].processing_on
        print("the scheduler knows that the thief is", given.status.name)
        print(
            f"10 s after the victim became idle: {task.status},",
            "on the thief" if given.address == thief.address else "elsewhere",
        )


if __name__ == "__main__":
    asyncio.run(main())
