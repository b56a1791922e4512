from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster, wait_for_state


def succeed(*inputs):
    return 0


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_cancelling_an_input_of_a_task_that_nobody_wants_by_itself(client, s, w0):
    """cancelling an input of a task that nobody wants by itself raises in the scheduler

    Expected: No event that can happen makes the worker raise, or go in circles.
    Instead, with distributed 2026.8.0:
      AssertionError in stimulus_cancel (assert ts.who_wants)
    Failed in 6 of 6 runs with distributed 2026.8.0: FutureCancelledError: int-...
      cancelled for reason: scheduler-connection-lost.
    """
    a, c = client.get(
        {"a": (succeed,), "b": (succeed, "a"), "c": (succeed, "b")},
        ["a", "c"],
        sync=False,
    )
    await wait([a, c])
    await wait_for_state("b", "released", s)
    await wait_for_state("b", "released", w0)
    await client.cancel([a])
    await client.submit(int)
    await async_poll_for(lambda: c.status == "finished", 5)
    await client.gather([c])
