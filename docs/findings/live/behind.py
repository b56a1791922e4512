"""A task is retried whose failed input is behind one that was released: it is pending for ever."""

import time

from distributed import Client, LocalCluster, get_worker, wait


def fails_after_that():
    """Succeed at first; fail ever after."""
    runs = vars(get_worker()).setdefault("runs", [])
    runs.append("")
    if len(runs) > 1:
        raise RuntimeError("not again")
    return 1


def double(number):
    return 2 * number


def fail(number):
    raise RuntimeError("no")


def main():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster,
        Client(cluster) as client,
    ):
        first = client.submit(fails_after_that, key="first")
        second = client.submit(double, first, key="second")
        third = client.submit(fail, second, key="third")
        del first, second
        wait(third)
        time.sleep(1)  # what third was made of is let go
        first = client.submit(fails_after_that, key="first")
        wait(first)
        print("before:", first.status, third.status)
        third.retry()
        time.sleep(10)
        print("10 s after third.retry():", first.status, third.status)


if __name__ == "__main__":
    main()
