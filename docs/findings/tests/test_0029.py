from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster, varying, wait_for_state


def succeed(*inputs):
    return 0


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_a_result_that_went_with_its_worker_is_waited_for_though_its(client, s, w0):
    """a result that went with its worker is waited for, though its input has failed

    Expected: No event that can happen makes the worker raise, or go in circles.
    Instead, with distributed 2026.8.0:
      AssertionError in validate_released (assert not ts.waiters)
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    run_a = varying([0, RuntimeError("failed")])
    b, c = client.get(
        {"a": (run_a,), "b": (succeed, "a"), "c": (succeed, "b")},
        ["b", "c"],
        sync=False,
    )
    await wait([b, c])
    await wait_for_state("a", "released", s)
    await wait_for_state("a", "released", w0)
    a = client.submit(run_a, key="a")
    await wait([a])
    await w0.close(executor_wait=False)
    expected = ["error", "error", "error"]
    await async_poll_for(lambda: [it.status for it in (b, c, a)] == expected, 5)
