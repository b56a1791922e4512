"""Cancelling an input of a task that nobody asked for directly cuts the client off."""

from dask import delayed
from distributed import Client, LocalCluster, wait
from distributed.client import FuturesCancelledError


@delayed(pure=False)
def add_one(number):
    return number + 1


def main():
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster:
        client = Client(cluster)
        first = add_one(0)
        last = add_one(add_one(first))
        first, last = client.compute([first, last], optimize_graph=False)
        first.cancel()
        later = client.submit(sum, [1, 2])
        try:
            wait(later, timeout=10)
            print("a task that was submitted afterwards:", later.status)
        except TimeoutError:
            print(f"a task that was submitted afterwards: {later.status} after 10 s")
        except FuturesCancelledError as error:
            print(error)


if __name__ == "__main__":
    main()
