"""A value that does not deserialise on another worker stops the task there that needs it, for ever."""

import time

from distributed import Client, LocalCluster


class Unreadable:
    """Pickles well, and does not unpickle."""

    def __reduce__(self):
        return broken, ()


def broken():
    raise ValueError("cannot be read")


def slow(seconds):
    time.sleep(seconds)
    return seconds


def main():
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        first, second = list(client.scheduler_info()["workers"])
        unreadable = client.submit(Unreadable, workers=[first])
        other = client.submit(slow, 0.2, workers=[second])
        user = client.submit(lambda *inputs: 1, unreadable, other, workers=[second])
        try:
            print("result:", user.result(timeout=20))
        except TimeoutError:
            print(f"{user.status} after 20 s")


if __name__ == "__main__":
    main()
