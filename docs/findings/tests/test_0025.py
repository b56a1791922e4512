import asyncio
from distributed import wait
from distributed.utils_test import (
    BlockedExecute,
    async_poll_for,
    freeze_batched_send,
    gen_cluster,
    varying,
    wait_for_state,
)


def succeed(*inputs):
    return 0


@gen_cluster(
    client=True,
    nthreads=[("127.0.0.1", 1)],
    Worker=BlockedExecute,
)
async def test_a_worker_keeps_a_result_that_the_scheduler_has_given_up(client, s, w0):
    """a worker keeps a result that the scheduler has given up

    Expected: The scheduler and the workers agree on who holds what.
    Instead, with distributed 2026.8.0:
      w0 has b; the scheduler does not know
    Failed in 6 of 6 runs with distributed 2026.8.0: AssertionError
    """
    for it in (s, w0.state):
        it.validate = False
    w0.block_execute.set()
    w0.block_execute_exit.set()
    run_a = varying([0, RuntimeError("failed")])
    with freeze_batched_send(client.scheduler_comm):
        [b] = client.get({"a": (run_a,), "b": (succeed, "a")}, ["b"], sync=False)
        b.release()
        await async_poll_for(lambda: "b" not in client.futures, 5)
        w0.block_execute.clear()
    await async_poll_for(lambda: "a" not in s.tasks, 5)
    await wait_for_state("a", "cancelled", w0)
    [b] = client.get({"a": (run_a,), "b": (succeed, "a")}, ["b"], sync=False)
    await wait_for_state("a", "executing", w0)
    with freeze_batched_send(s.stream_comms[w0.address]):
        w0.block_execute.set()
        await wait_for_state("b", "processing", s)
        await wait_for_state("a", "memory", w0)
    await wait([b])
    await wait_for_state("a", "released", s)
    await wait_for_state("a", "released", w0)
    a = client.submit(run_a, key="a")
    await wait([a])
    with freeze_batched_send(s.client_comms[client.id]):
        [b] = client.get({"a": (run_a,), "b": (succeed, "a")}, ["b"], sync=False)
        await asyncio.sleep(0.1)
        b.release()
        await async_poll_for(lambda: "b" not in client.futures, 5)
        await async_poll_for(lambda: "b" not in s.tasks, 5)
    await async_poll_for(lambda: a.status == "error", 5)
    has_what = s.workers[w0.address].has_what
    assert {ts.key for ts in has_what} == set(w0.data)
