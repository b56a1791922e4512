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
async def test_a_stale_finish_is_answered_by_taking_away_an_input_and_its(client, s, w0, w1):
    """a stale finish is answered by taking away an input, and its task waits for ever

    Expected: Every key that a client wants is told to be finished, to have failed, or
      to be cancelled.
    Instead, with distributed 2026.8.0:
      c0 waits for b: b is processing on the scheduler, waiting (inputs: released) on
        workers
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    for it in (s, w0.state, w1.state):
        it.validate = False
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
