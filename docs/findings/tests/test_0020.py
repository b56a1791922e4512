import asyncio
from distributed import wait
from distributed.utils_test import (
    BlockedGatherDep,
    async_poll_for,
    freeze_batched_send,
    gen_cluster,
    wait_for_state,
)


def succeed(*inputs):
    return 0


@gen_cluster(
    client=True,
    nthreads=[("127.0.0.1", 1), ("127.0.0.1", 1)],
    Worker=BlockedGatherDep,
)
async def test_a_stale_finish_is_answered_by_taking_away_an_input_that_is(client, s, w0, w1):
    """a stale finish is answered by taking away an input that is on its way

    Expected: The worker's own validation finds nothing wrong.
    Instead, with distributed 2026.8.0:
      AssertionError in validate_state (assert ts_wait.state in WAITING_FOR_DATA,
        self.story(ts_wait)), where ts_wait is cancelled
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    w0.block_gather_dep.set()
    w1.block_gather_dep.set()
    with freeze_batched_send(w0.batched_stream):
        a = client.submit(succeed, key="a", workers=[w0.address])
        await wait_for_state("a", "memory", w0)
        a.release()
        await async_poll_for(lambda: "a" not in client.futures, 5)
        await async_poll_for(lambda: "a" not in s.tasks, 5)
        await async_poll_for(lambda: "a" not in w0.state.tasks, 5)
        a = client.submit(succeed, key="a", workers=[w1.address])
        await wait([a])
        w0.block_gather_dep.clear()
        b = client.submit(succeed, a, key="b", workers=[w0.address])
        await wait_for_state("b", "processing", s)
        await wait_for_state("a", "flight", w0)
    await asyncio.sleep(0.1)
    w0.block_gather_dep.set()
    expected = ["finished", "finished"]
    await async_poll_for(lambda: [it.status for it in (a, b)] == expected, 5)
