"""A task that is let go and submitted again as it ends is run over and over."""

import time

from distributed import Client, LocalCluster, get_worker


def work(seconds):
    vars(get_worker()).setdefault("runs", []).append(1)
    if seconds:
        time.sleep(seconds)
    return seconds


def runs(cluster):
    (worker,) = cluster.workers.values()
    return vars(worker).setdefault("runs", [])


def main():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster,
        Client(cluster) as client,
    ):
        worst = 0
        for attempt in range(200):
            seconds = 0.0005 * (attempt % 4)
            before = len(runs(cluster))
            future = client.submit(work, seconds, key="work")
            time.sleep(0.0002 * (attempt // 4))
            future.release()
            future = client.submit(work, seconds, key="work")
            try:
                future.result(timeout=5)
            except TimeoutError:
                times = len(runs(cluster)) - before
                print(f"attempt {attempt}: {future.status} after 5 s; it ran {times} times")
                return
            worst = max(worst, len(runs(cluster)) - before)
            future.release()
            time.sleep(0.02)
        print(f"no attempt of 200 hung; at most {worst} runs for two submissions")


if __name__ == "__main__":
    main()
