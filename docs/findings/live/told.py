"""A client that submits a task which another client cancels at the time is told that it is cancelled."""

import time

from distributed import Client, LocalCluster


def slow(number):
    time.sleep(0.05)
    return number


def main():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster,
        Client(cluster) as one,
        Client(cluster) as other,
    ):
        told = []
        for number in range(100):
            first = one.submit(slow, number)
            time.sleep(0.01)
            one.cancel(first)
            second = other.submit(slow, number)
            while second.status == "pending":
                time.sleep(0.01)
            told.append(second.status)
        print("of 100 tasks that only the other client cancelled:", told.count("cancelled"), "are")


if __name__ == "__main__":
    main()
