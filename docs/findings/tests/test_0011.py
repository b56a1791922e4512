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
async def test_a_task_waits_for_ever_for_an_input_that_did_not_deserialise(client, s, w0, w1):
    """a task waits for ever for an input that did not deserialise

    Expected: Every key that a client wants is told to be finished, to have failed, or
      to be cancelled.
    Instead, with distributed 2026.8.0:
      c0 waits for c: c is processing on the scheduler, waiting (inputs: error) on
        workers
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    for it in (s, w0.state, w1.state):
        it.validate = False
    load_a = varying([ValueError("unreadable"), 0])
    a = client.submit(Unreadable, load_a, key="a", workers=[w0.address])
    await wait([a])
    b = client.submit(succeed, key="b", workers=[w1.address])
    await wait([b])
    c = client.submit(succeed, a, b, key="c", workers=[w1.address])
    await client.submit(int)
    expected = ["finished", "finished", "finished"]
    await async_poll_for(lambda: [it.status for it in (a, b, c)] == expected, 5)
