from distributed import Worker
from distributed.utils_test import async_poll_for, gen_cluster, wait_for_state


def succeed(*inputs):
    return 0


@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_a_task_that_may_run_elsewhere_does_not_where_a_worker_joins(client, s, w0):
    """a task that may run elsewhere does not where a worker joins

    Expected: Every key that a client wants is told to be finished, to have failed, or
      to be cancelled.
    Instead, with distributed 2026.8.0:
      c0 waits for a: a is no-worker on the scheduler
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    await w0.close(executor_wait=False)
    a = client.submit(
        succeed,
        key="a",
        workers=[w0.address],
        allow_other_workers=True,
    )
    await wait_for_state("a", "no-worker", s)
    async with Worker(s.address, nthreads=1) as w1:
        await async_poll_for(lambda: a.status == "finished", 5)
