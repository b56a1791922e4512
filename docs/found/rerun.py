"""A task that is cancelled and submitted again as it ends is run over and over."""

import time
from distributed import Client, LocalCluster

RUNS = []


def work(seconds):
    RUNS.append(1)
    time.sleep(seconds)
    return seconds


def main():
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster, Client(cluster) as client:
        worst = 0
        for attempt in range(200):
            seconds = 0.0005 * (attempt % 20 + 1)
            RUNS.clear()
            future = client.submit(work, seconds, key="work")
            time.sleep(0.0005 * (attempt // 20))
            future.cancel()
            future = client.submit(work, seconds, key="work")
            try:
                future.result(timeout=5)
            except TimeoutError:
                print(f"attempt {attempt}: {future.status} after 5 s; it ran {len(RUNS)} times")
                return
            worst = max(worst, len(RUNS))
            future.release()
            del future
            time.sleep(0.01)
        print(f"no attempt of 200 hung; at most {worst} runs for two submissions")


if __name__ == "__main__":
    main()
