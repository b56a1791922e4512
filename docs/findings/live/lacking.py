"""A task that may run elsewhere is given to a worker that lacks its resource, and stays there."""

import logging
import time

from distributed import Client, LocalCluster


def states(dask_scheduler):
    return [task.state for task in dask_scheduler.tasks.values()]


def main():
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with LocalCluster(n_workers=1, threads_per_worker=1) as cluster, Client(cluster) as client:
        (worker,) = client.scheduler_info()["workers"]
        task = client.submit(
            abs, -1, workers=[worker], allow_other_workers=True, resources={"GPU": 1}
        )
        print("the client was told:", repr(task.exception(timeout=10)))
        print("the scheduler believes:", client.run_on_scheduler(states))
        task.release()
        time.sleep(2)
        print("2 s after it was let go:", client.run_on_scheduler(states))


if __name__ == "__main__":
    main()
