from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster, varying


def succeed(*inputs):
    return 0


class Unreadable:
    """Deserialises as what ``load`` returns."""

    def __init__(self, load):
        self.load = load

    def __reduce__(self):
        return self.load, ()


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1), ("127.0.0.1", 1)])
async def test_a_task_waits_for_an_input_that_did_not_deserialise(client, s, w0, w1):
    """a task waits for an input that did not deserialise

    Expected: The worker's own validation finds nothing wrong.
    Instead, with distributed 2026.8.0:
      AssertionError in validate_state (assert ts_wait.state in WAITING_FOR_DATA,
        self.story(ts_wait)), where ts_wait is error
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    load_a = varying([ValueError("unreadable"), 0])
    a = client.submit(Unreadable, load_a, key="a", workers=[w0.address])
    await wait([a])
    b = client.submit(succeed, key="b", workers=[w1.address])
    await wait([b])
    c = client.submit(succeed, a, b, key="c", workers=[w1.address])
    await client.submit(int)
    expected = ["finished", "finished", "finished"]
    await async_poll_for(lambda: [it.status for it in (a, b, c)] == expected, 5)
