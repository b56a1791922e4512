"""A scattered value that is lost while a task is being given it counts for ever."""

import os
import signal
import time

from distributed import Client, LocalCluster


def main():
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        reader, holder = client.scheduler_info()["workers"]
        value = client.scatter(b"x" * 1_000_000, workers=[holder])
        pid = client.run(os.getpid, workers=[holder])[holder]
        os.kill(pid, signal.SIGSTOP)
        length = client.submit(len, value, workers=[reader])
        time.sleep(1)
        os.kill(pid, signal.SIGKILL)
        time.sleep(4)
        print("the task:", length.status)
        length.release()
        value.release()
        del length, value
        time.sleep(2)
        state = cluster.scheduler.workers[reader]
        print("tasks that the scheduler knows:", len(cluster.scheduler.tasks))
        print("what the worker is to fetch:", len(state.needs_what), "keys")
        print("how long it is thought to be busy:", state.occupancy, "s")


if __name__ == "__main__":
    main()
