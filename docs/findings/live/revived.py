"""A task that is let go with its input, and whose key is used again, fails for want of that input."""

import time

from distributed import Client, LocalCluster, wait


def main():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster,
        Client(cluster) as client,
    ):
        failed = []
        for attempt in range(400):
            (data,) = client.scatter([attempt])
            future = client.submit(lambda x: x, data, key=f"task-{attempt}")
            time.sleep(0.0001 * (attempt % 40))
            future.release()
            data.release()
            del data
            time.sleep(0.0001 * (attempt // 40))
            future = client.submit(lambda: 5, key=f"task-{attempt}")
            wait(future, timeout=5)
            if future.status == "error":
                failed.append(type(future.exception()).__name__)
            future.release()
        print(f"of 400 tasks without an input, {len(failed)} failed:", *sorted(set(failed)))


if __name__ == "__main__":
    main()
