from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster, varying, wait_for_state


def succeed(*inputs):
    return 0


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_a_task_that_is_in_memory_fails_because_its_input_was(client, s, w0):
    """a task that is in memory fails because its input was computed again

    Expected: Dask logs no error, but what a user is to see.
    Instead, with distributed 2026.8.0:
      AssertionError in _transition_memory_erred (assert ts.actor)
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    run_a = varying([0, RuntimeError("failed")])
    [b] = client.get({"a": (run_a,), "b": (succeed, "a")}, ["b"], sync=False)
    await wait([b])
    await wait_for_state("a", "released", s)
    await wait_for_state("a", "released", w0)
    a = client.submit(run_a, key="a")
    await wait([a])
    [b] = client.get({"a": (run_a,), "b": (succeed, "a")}, ["b"], sync=False)
    await client.submit(int)
    expected = ["finished", "error"]
    await async_poll_for(lambda: [it.status for it in (b, a)] == expected, 5)
    await client.gather([b])
