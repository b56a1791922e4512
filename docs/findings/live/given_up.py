"""An actor fails because it is retried, though it is there and well."""

import time

from distributed import Client, LocalCluster


class Counter:
    number = 0


def main():
    with LocalCluster(n_workers=1, processes=False) as cluster, Client(cluster) as client:
        actor = client.submit(Counter, actor=True)
        actor.result(timeout=10)
        print("the actor:", actor.status)
        actor.retry()
        time.sleep(2)
        print("after actor.retry():", actor.status, repr(actor.exception(timeout=5)))


if __name__ == "__main__":
    main()
