import asyncio
from distributed import wait
from distributed.utils_test import (
    BlockedExecute,
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
    Worker=BlockedExecute,
)
async def test_a_stale_finish_is_answered_by_taking_away_an_input_of_a(client, s, w0, w1):
    """a stale finish is answered by taking away an input of a thread that begins

    Expected: Dask logs no error, but what a user is to see.
    Instead, with distributed 2026.8.0:
      a thread could not begin: KeyError in _input (return actors[key] if key in actors
        else self.machine.data[key]): 'a'
    Failed in 6 of 6 runs with distributed 2026.8.0: Failed: condition not reached after
      5 seconds
    """
    w0.block_execute.set()
    w0.block_execute_exit.set()
    w1.block_execute.set()
    w1.block_execute_exit.set()
    with freeze_batched_send(w0.batched_stream):
        a = client.submit(succeed, key="a", workers=[w0.address])
        await wait_for_state("a", "memory", w0)
        a.release()
        await async_poll_for(lambda: "a" not in client.futures, 5)
        await async_poll_for(lambda: "a" not in s.tasks, 5)
        await async_poll_for(lambda: "a" not in w0.state.tasks, 5)
        a = client.submit(succeed, key="a", workers=[w1.address])
        await wait([a])
        w0.block_execute.clear()
        b = client.submit(succeed, a, key="b", workers=[w0.address])
        await wait_for_state("b", "executing", w0)
    await asyncio.sleep(0.1)
    w0.block_execute.set()
    expected = ["finished", "finished"]
    await async_poll_for(lambda: [it.status for it in (a, b)] == expected, 5)
    await client.gather([a, b])
