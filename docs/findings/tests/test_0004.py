import asyncio
from distributed import wait
from distributed.utils_test import async_poll_for, gen_cluster, varying


def succeed(*inputs):
    return 0


def fail(*inputs):
    raise RuntimeError("failed")


@gen_cluster(client=True, nthreads=[("127.0.0.1", 2)])
async def test_a_task_that_is_tried_again_with_one_of_its_two_failed_inputs(client, s, w0):
    """a task that is tried again with one of its two failed inputs is pending for ever

    Expected: Every key that a client wants is told to be finished, to have failed, or
      to be cancelled.
    Instead, with distributed 2026.8.0:
      c0 waits for c: c is waiting on the scheduler (inputs: erred)
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    for it in (s, w0.state):
        it.validate = False
    run_a = varying([RuntimeError("failed"), 0])
    a = client.submit(run_a, key="a")
    await wait([a])
    b = client.submit(fail, key="b")
    await wait([b])
    c = client.submit(succeed, a, b, key="c")
    await wait([c])
    await client.retry([a])
    await wait([a])
    await asyncio.sleep(0.1)
    expected = ["finished", "error", "error"]
    await async_poll_for(lambda: [it.status for it in (a, b, c)] == expected, 5)
