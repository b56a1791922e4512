import asyncio
from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster, varying, wait_for_state


def succeed(*inputs):
    return 0


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1), ("127.0.0.1", 1)])
async def test_a_result_goes_with_its_worker_and_is_not_computed_again(client, s, w0, w1):
    """a result goes with its worker and is not computed again, since its input has
    failed

    Expected: Every key that a client wants is told to be finished, to have failed, or
      to be cancelled.
    Instead, with distributed 2026.8.0:
      c0 waits for b: b is released on the scheduler
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    run_a = varying([0, RuntimeError("failed")])
    [b] = client.get(
        {"a": (run_a,), "b": (succeed, "a")},
        ["b"],
        sync=False,
        workers=[w0.address],
    )
    await wait([b])
    await wait_for_state("a", "released", s)
    await wait_for_state("a", "released", w0)
    a = client.submit(run_a, key="a", workers=[w0.address])
    await wait([a])
    await w0.close(executor_wait=False)
    await asyncio.sleep(0.1)
    expected = ["error", "error"]
    await async_poll_for(lambda: [it.status for it in (b, a)] == expected, 5)
