"""A task that may run elsewhere, should its worker be missing, does not run where one joins."""

import time

from distributed import Client, LocalCluster


def main():
    with LocalCluster(n_workers=0, processes=False) as cluster, Client(cluster) as client:
        gone = "tcp://127.0.0.1:1"
        future = client.submit(sum, [1, 2], workers=[gone], allow_other_workers=True)
        time.sleep(1)
        plain = client.submit(sum, [3, 4])
        cluster.scale(1)
        print("without restrictions:", plain.result(timeout=20))
        try:
            print("with loose restrictions:", future.result(timeout=10))
        except TimeoutError:
            print(f"with loose restrictions: {future.status} after 10 s")


if __name__ == "__main__":
    main()
