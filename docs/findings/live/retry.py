"""A task with two failed inputs, of which one is tried again, is pending for ever."""

import time

from distributed import Client, LocalCluster, get_worker, wait


def fail_once(place):
    runs = vars(get_worker()).setdefault("runs", [])
    runs.append(place)
    if runs.count(place) == 1:
        raise RuntimeError(place)
    return 1


def main():
    with (
        LocalCluster(n_workers=1, threads_per_worker=2, processes=False) as cluster,
        Client(cluster) as client,
    ):
        left = client.submit(fail_once, "left")
        right = client.submit(fail_once, "right")
        total = client.submit(sum, [left, right])
        wait([left, right, total])
        print("before:", left.status, right.status, total.status)
        left.retry()
        time.sleep(10)
        print("10 s after left.retry():", left.status, right.status, total.status)


if __name__ == "__main__":
    main()
