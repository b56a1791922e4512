"""A retry raises KeyError where another client has cancelled the key."""

from distributed import Client, LocalCluster, wait


def fail(number):
    raise ValueError(number)


def main():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False) as cluster,
        Client(cluster) as one,
        Client(cluster) as other,
    ):
        raised = []
        for number in range(50):
            first, second = one.submit(fail, number), other.submit(fail, number)
            wait([first]), wait([second])
            other.cancel(second, force=True)
            try:
                first.retry()
            except KeyError as error:
                raised.append(type(error).__name__)
        print("of 50 retries", len(raised), "raise:", *sorted(set(raised)))


if __name__ == "__main__":
    main()
